"""TestExecution: one run of one test asset, from Pending to its verdict."""
