"""One lab, in the order of the pipeline: from arguments to manifests."""
