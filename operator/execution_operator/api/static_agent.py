"""StaticAgent: an agent known to the server, and the projects that may use it; the model alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from execution_operator.api.machine import (
    HostName,
    IpAddress,
    MachineObject,
    MachineSpec,
    MachineStatus,
    identity,
)
from execution_operator.api.model import (
    ApiModel,
    Duration,
    GivenText,
    GivenWord,
    Id,
    Instant,
    Text,
    Word,
    duration_schema,
    matching,
)

Ram = Annotated[
    GivenWord,
    Field(json_schema_extra=matching("^[0-9]+$", 'write the bytes in quotes, as "17179869184"')),
]
Interval = Annotated[
    Duration,
    WithJsonSchema(
        duration_schema({"rule": "self.matches('[1-9]')", "message": "write an interval above 0s"})
    ),
]


class CapabilityValue(ApiModel):
    """One value of a capability."""

    key: Word | None = None
    """Its name for programs."""
    value: Word | None = None
    """The value."""
    descriptive_text_id: Word | None = None
    """The server's id of the text that describes it."""
    icon: Word | None = None
    """What the server shows beside it."""
    weight: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    """Its place among the others."""
    hidden: bool | None = None
    """Whether the server shows it."""


class CapabilityValues(ApiModel):
    """Values that belong together."""

    icon: Word | None = None
    """What the server shows beside them."""
    capability: Annotated[tuple[CapabilityValue, ...], Field(max_length=8)] | None = None
    """The values."""


class Capability(ApiModel):
    """Something that the agent can do."""

    key: Word | None = None
    """Its name for programs."""
    name: Word | None = None
    """Its name for people."""
    version: Word | None = None
    """Its version."""
    vendor: Word | None = None
    """Who made it."""
    category: Literal["SYSTEM", "APPLICATION", "USER_DEFINED"] | None = None
    """What it is a property of."""
    value: Annotated[tuple[CapabilityValues, ...], Field(max_length=4)] | None = None
    """What it consists of."""


class StaticAgentSpec(MachineSpec):
    """Which agent, how it is described, and who may use it. Only what is set is sent."""

    host_name: HostName
    """Its host name, by which it is found on the server; compared in lower case."""
    ip_address: IpAddress | None = None
    """Its IP address."""
    version: GivenWord | None = None
    """The agent's version; it has to be the server's."""
    operating_system: GivenText | None = None
    """The operating system it runs on."""
    architecture: GivenWord | None = None
    """The architecture of its CPU."""
    ram: Ram | None = None
    """Its memory in bytes."""
    license_type: GivenWord | None = None
    """The server's own word for its licence."""
    poll_interval: Interval | None = None
    """How often it asks the server for work."""
    capabilities: Annotated[tuple[Capability, ...], Field(max_length=50)] | None = None
    """What it can do. When set, all of them: the agent's own others are repaired away."""


class StaticAgentStatus(MachineStatus):
    """What the server says of the agent."""

    machine_id: Id | None = Field(default=None, alias="agentId")
    """The server's id of it."""
    state: Word | None = None
    """The server's own word as last seen: AVAILABLE, BUSY or LOST."""
    version: Text | None = None
    """The agent's version."""
    operating_system: Text | None = None
    """The operating system it runs on."""
    architecture: Text | None = None
    """The architecture of its CPU."""
    capabilities: int | None = None
    """How many it has."""
    last_contact_time: Instant | None = None
    """When it contacted the server last; renewed only together with something else."""


class StaticAgent(MachineObject):
    """An agent known to the server, and the projects that may use it."""

    kind: Literal["StaticAgent"] = "StaticAgent"
    spec: Annotated[
        StaticAgentSpec, Field(json_schema_extra=identity("serverRef", "space", "hostName"))
    ]
    """Which agent, and who may use it."""
    status: StaticAgentStatus = StaticAgentStatus()
    """What the server says of it; written by the operator."""
