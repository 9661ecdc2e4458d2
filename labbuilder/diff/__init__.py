"""Compares two sets of manifests: what differs, what it does to a running lab, and to whose."""
