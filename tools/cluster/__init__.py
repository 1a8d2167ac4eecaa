"""Starts a real Kubernetes control plane on this machine; knows nothing of the operator."""

from cluster.control_plane import ControlPlane, control_plane
from cluster.errors import ClusterError, KubectlError

__all__ = ["ClusterError", "ControlPlane", "KubectlError", "control_plane"]
