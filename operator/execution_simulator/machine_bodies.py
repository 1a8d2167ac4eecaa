"""The bodies of agents and docker hosts, strict as seed 000 says; resolves and keeps nothing.

Members are accepted under the API's own names only. `null` means the same as absent.
"""

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from execution_simulator.specification import Part

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
MachineId = Int64 | str
"""int64 by the seed; a server that shows its ids as strings takes them as strings."""
State = Literal["AVAILABLE", "BUSY", "LOST"]


class CapabilityValue(Part):
    """One value of a capability."""

    id: Int64 | None = None
    key: str | None = None
    value: str | None = None
    descriptive_text_id: str | None = Field(default=None, alias="descriptiveTextId")
    icon: str | None = None
    weight: Int32 | None = None
    hidden: bool | None = None


class CapabilityValues(Part):
    """Values that belong together."""

    id: Int64 | None = None
    icon: str | None = None
    capability: tuple[CapabilityValue, ...] | None = None


class Capability(Part):
    """Something that an agent can do."""

    id: Int64 | None = None
    name: str | None = None
    version: str | None = None
    vendor: str | None = None
    value: tuple[CapabilityValues, ...] | None = None
    key: str | None = None
    category: Literal["SYSTEM", "APPLICATION", "USER_DEFINED"] | None = None
    last_modified: Int64 | None = Field(default=None, alias="lastModified")


def _unique(items: tuple[Capability, ...] | None) -> tuple[Capability, ...] | None:
    texts = [json.dumps(item.model_dump(), sort_keys=True) for item in items or ()]
    if len(texts) != len(set(texts)):
        message = "items must be unique"
        raise ValueError(message)
    return items


Capabilities = Annotated[tuple[Capability, ...] | None, AfterValidator(_unique)]


class CapabilityMatch(Part):
    """How an agent fits what was asked for; the server's own, taken back unread."""

    matched: Capabilities = Field(default=None, alias="matchedCapability")
    mismatched: Capabilities = Field(default=None, alias="misMatchedCapability")
    match: bool | None = None


class AgentBody(Part):
    """A static agent (seed 000, schema StaticAgent)."""

    id: MachineId | None = None
    host_name: str = Field(alias="hostName", min_length=1)
    ip_address: str | None = Field(default=None, alias="ipAddress")
    owner: str | None = None
    type: str | None = None
    version: str | None = None
    operating_system: str | None = Field(default=None, alias="operatingSystem")
    architecture: str | None = None
    ram: str | None = None
    license_type: str | None = Field(default=None, alias="licenseType")
    poll_interval: Int64 | None = Field(default=None, alias="pollInterval")
    engine_list_size: Int32 | None = Field(default=None, alias="engineListSize")
    contact_time: Int64 | None = Field(default=None, alias="contactTime")
    capabilities: Capabilities = None
    match_specifics: CapabilityMatch | None = Field(default=None, alias="matchSpecifics")
    state: State | None = None
    rtb_state: State | None = Field(default=None, alias="rtbState")
    rtb_contact_time: Int64 | None = Field(default=None, alias="rtbContactTime")


class DockerHostInfo(Part):
    """What a docker host says of itself."""

    server: str | None = None
    version: str | None = None
    api_version: str | None = Field(default=None, alias="apiVersion")
    go_version: str | None = Field(default=None, alias="goVersion")
    git_commit: str | None = Field(default=None, alias="gitCommit")
    build_date: str | None = Field(default=None, alias="buildDate")
    os_arch: str | None = Field(default=None, alias="osArch")
    experimental: bool | None = None


class DockerHostBody(Part):
    """A remote docker host (seed 000, schema DockerHost); the port is a string."""

    id: MachineId | None = None
    username: str | None = None
    info: DockerHostInfo | None = None
    name: str | None = None
    host_name: str | None = Field(default=None, alias="hostName")
    ip_address: str | None = Field(default=None, alias="ipAddress")
    port: str | None = None
    owner: str | None = None
    type: str | None = None
    project_list: str | None = Field(default=None, alias="projectList")
    team_space_list: str | None = Field(default=None, alias="teamSpaceList")
    secure: bool | None = None
    ca_cert: str | None = Field(default=None, alias="caCert")
    client_cert: str | None = Field(default=None, alias="clientCert")
    client_key: str | None = Field(default=None, alias="clientKey")


def names_of(model: type[Part]) -> frozenset[str]:
    """The members that a body may have, as the API writes them."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


Members = dict[str, JsonValue]
