"""The Kubernetes side: fills the ports of the engine."""
