"""The control API under `/_simulator/`: how a person or a test scripts the simulator.

It asks for no token, is never below the context path and speaks JSON in camelCase.
`docs/simulator.md` shows every call. The models are those of the Python API: `Script`, `Fault`,
`Settings`, `Space`, …
"""

from execution_simulator.control import behaviour, contents, machines, observed

OPERATIONS = (
    *behaviour.OPERATIONS,
    *contents.OPERATIONS,
    *machines.OPERATIONS,
    *observed.OPERATIONS,
)
