"""The Test Hub API: wire models, pure protocol, authentication, client."""
