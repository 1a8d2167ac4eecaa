"""DockerHost: is it on the server as wanted, does the server reach it, who may use it."""
