"""`kubectl-tex`: runs tests from a command line, with the caller's own kubeconfig and rights."""
