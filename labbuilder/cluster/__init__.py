"""Objects of a cluster: models of client libraries, states of labs, labs in listings."""
