"""An embedded execution server: the Test Hub API on a laptop."""

from execution_simulator.server import serve
from execution_simulator.simulator import Simulator

__all__ = ["Simulator", "serve"]
