"""A KRM function: a ResourceList in, a ResourceList out."""
