"""What the people who run the operator see: metrics and probes."""
