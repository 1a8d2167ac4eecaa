"""What all custom resources are made of: base models and bounded types, without behaviour."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final

import durationpy
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from execution_operator.api.rules import one_of

GROUP: Final = "execution-operator.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
FINALIZER: Final = f"{GROUP}/finalizer"
INTENT_ANNOTATION: Final = f"{GROUP}/intent"
PAUSED_ANNOTATION: Final = f"{GROUP}/paused"
REQUESTED_AT_ANNOTATION: Final = f"{GROUP}/requested-at"

DURATION_PATTERN: Final = r"^([0-9]+(ms|s|m|h))+$"
INSTANT_PATTERN: Final = (
    r"^[0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|[12][0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
ISO_DURATION_PATTERN: Final = (
    r"^P([0-9]+D|([0-9]+D)?T([0-9]+H([0-9]+M)?([0-9]+([.][0-9]+)?S)?"
    r"|[0-9]+M([0-9]+([.][0-9]+)?S)?|[0-9]+([.][0-9]+)?S))$"
)
LONGEST: Final = timedelta(days=3650)
"""Ten years; whoever asks for more gets this, since a time so far away cannot be computed with."""


def matching(pattern: str, message: str) -> dict[str, object]:
    """A rule for a string: unlike a bare pattern, its refusal is a sentence."""
    rule = f"self.matches(r'{pattern}')"
    return {"x-kubernetes-validations": [{"rule": rule, "message": message}]}


def duration_schema(*also: dict[str, str]) -> dict[str, object]:
    """A duration's schema; a field may add rules of its own."""
    rule = f"self.matches(r'{DURATION_PATTERN}')"
    written = {"rule": rule, "message": "write a duration such as 30s, 5m or 1h30m"}
    return {"type": "string", "maxLength": 32, "x-kubernetes-validations": [written, *also]}


def _read_duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return min(durationpy.from_str(value), LONGEST)
    except ValueError:
        if re.fullmatch(DURATION_PATTERN, value):
            return LONGEST
        raise


def _write_duration(value: timedelta) -> str:
    return str(durationpy.to_str(value))


def _write_instant(value: datetime) -> str:
    # Not strftime: it leaves out a year's leading zeros, and the CRD refuses such a date.
    return f"{value.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


Duration = Annotated[
    timedelta,
    BeforeValidator(_read_duration),
    PlainSerializer(_write_duration, return_type=str),
    WithJsonSchema(duration_schema()),
]
"""A length of time as Kubernetes writes it (`90s`, `1h30m`); never negative."""

Instant = Annotated[
    datetime,
    PlainSerializer(_write_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 64}),
]
"""A moment in UTC, to the second."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=253)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Text = Annotated[str, StringConstraints(max_length=1024)]
Word = Annotated[str, StringConstraints(max_length=128)]
GivenText = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
"""A text of a spec: leaving the field out says that it is not given."""
GivenWord = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""The same, short."""


class ApiModel(BaseModel):
    """A part of a custom resource: camelCase outside, frozen, tolerant of fields it lacks."""

    __test__: ClassVar[bool] = False  # pytest would collect TestExecution as a class of tests

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        frozen=True,
        use_attribute_docstrings=True,
    )


class KeyReference(ApiModel):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: Name
    """Name of the Secret or ConfigMap."""
    key: Name
    """Key in its data."""


class LocalReference(ApiModel):
    """An object in the same namespace."""

    name: Name
    """Its metadata.name."""


class ByIdOrName(
    ApiModel, json_schema_extra=one_of("id", "name", message="give either id or name, not both")
):
    """Something on the server, by its id or by its name; exactly one."""

    id: Id | None = None
    """The server's own id."""
    name: Name | None = None
    """The name as the server shows it; looked up."""


class Metadata(ApiModel):
    """The part of an object's metadata that the operator reads."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    finalizers: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)

    @property
    def is_deleted(self) -> bool:
        """Whether somebody asked for its deletion."""
        return self.deletion_timestamp is not None

    @property
    def is_paused(self) -> bool:
        """Whether somebody asked that nothing be changed."""
        return self.annotations.get(PAUSED_ANNOTATION) == "true"

    @property
    def asked_for(self) -> tuple[int, str]:
        """What people last asked for: another one is tried at once, whatever failed before."""
        return (self.generation, self.annotations.get(REQUESTED_AT_ANNOTATION, ""))

    @property
    def is_held(self) -> bool:
        """Whether our finalizer holds it."""
        return FINALIZER in self.finalizers


class Status(ApiModel):
    """What every kind's status has."""

    observed_generation: int = -1
    """The generation of the spec that this status speaks of; -1 before the first look."""
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=16,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
            },
        ),
    ] = ()
    """What is known, one entry a type: Ready, Reconciling, Stalled and those of the kind."""
    last_handled_reconcile_at: Annotated[str, StringConstraints(max_length=256)] | None = None
    """The value of the annotation execution-operator.io/requested-at that was handled last."""

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type, if there is one."""
        return next((one for one in self.conditions if one.type == kind), None)


class Condition(ApiModel):
    """One thing that is known of an object, as Kubernetes' conventions for conditions say."""

    type: Annotated[str, StringConstraints(max_length=64)]
    """What this is about."""
    status: Annotated[str, Field(json_schema_extra={"enum": ["True", "False", "Unknown"]})]
    """True, False or Unknown."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Why, in one CamelCase word; stable, for programs."""
    message: Text = ""
    """Why, in a sentence, and what to do about it; for people."""
    observed_generation: int = 0
    """The generation of the spec that this speaks of."""
    last_transition_time: Instant
    """When the status last changed between True, False and Unknown."""


class Resource(ApiModel):
    """A custom resource as it stands in the API server."""

    kind: str
    metadata: Metadata
    status: Status


Status.model_rebuild()
