"""Judges manifests: by the schemas of Kubernetes, then by the rules."""
