"""The engine: what reconciling is, knowing neither Kubernetes nor a server."""
