"""The custom resources: what users write and read. No behaviour."""
