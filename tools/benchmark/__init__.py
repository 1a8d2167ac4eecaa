"""The benchmark behind `make bench`: the operator beside a bare client, in one run."""
