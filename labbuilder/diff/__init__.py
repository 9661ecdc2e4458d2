"""Two sets of manifests: what differs, what that does to a running lab, and for whom."""
