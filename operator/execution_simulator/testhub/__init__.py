"""The Test Hub API, one module per area; `OPERATIONS` is all of it."""

from execution_simulator.testhub import (
    access,
    agents,
    catalogue,
    configurations,
    docker_hosts,
    executions,
    log,
    results,
    stopping,
)

OPERATIONS = (
    *access.OPERATIONS,
    *catalogue.OPERATIONS,
    *executions.OPERATIONS,
    *log.OPERATIONS,
    *stopping.OPERATIONS,
    *configurations.OPERATIONS,
    *results.OPERATIONS,
    *agents.OPERATIONS,
    *docker_hosts.OPERATIONS,
)
"""An area that is added later is registered here and nowhere else."""
