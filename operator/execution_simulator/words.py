"""The closed vocabularies of the Test Hub API (seed 000, schema Execution); knows nothing else."""

from typing import Literal, get_args

ActiveStatus = Literal["SCHEDULED", "IN_TRANSITION", "RUNNING", "STOPPING"]
EndStatus = Literal[
    "COMPLETE",
    "COMPLETE_WITH_ERROR",
    "STOPPED_BY_USER",
    "STOPPED_AUTOMATICALLY",
    "INCOMPLETE",
    "CANCELED",
    "LAUNCH_FAILED",
]
Verdict = Literal["PASS", "FAIL", "ERROR", "INCONCLUSIVE"]
AssetType = Literal["EXECUTABLE", "ENVIRONMENT", "DATASET"]

ACTIVE: frozenset[str] = frozenset(get_args(ActiveStatus))
ENDED: frozenset[str] = frozenset(get_args(EndStatus))

STUB = "APISTUB"
"""The external type of a virtual service: it is done when it runs, and has no result."""
