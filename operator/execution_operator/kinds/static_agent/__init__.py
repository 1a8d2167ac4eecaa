"""StaticAgent: an agent that the server knows, and the projects that may use it."""
