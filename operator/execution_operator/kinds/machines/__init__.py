"""What StaticAgent and DockerHost have in common; a kind adds its `Traits`."""
