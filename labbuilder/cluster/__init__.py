"""Objects of a cluster: clients' models, the state of a lab, labs in a listing."""
