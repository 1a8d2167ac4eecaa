"""A Kubernetes operator that runs tests on an execution server."""
