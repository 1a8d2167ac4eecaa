"""ExecutionServer: is it reachable, does it let us in, who uses it."""
