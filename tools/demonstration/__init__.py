"""What `make demo` tells, from the preparing to the end; knows the operator from outside only."""
