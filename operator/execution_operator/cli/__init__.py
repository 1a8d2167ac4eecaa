"""What people type; each command is in a module of its own, so that one does not load all."""
