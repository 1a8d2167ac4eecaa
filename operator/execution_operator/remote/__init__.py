"""The outside: how execution servers are reached and understood."""
