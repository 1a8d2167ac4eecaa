"""Agents and docker hosts as the Test Hub answers them; it does no I/O.

As tolerant as `wire`: numbers may come as strings and the other way round, states are the server's
own words. Each also keeps the JSON that it was read from, since an update has to send all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BeforeValidator, ModelWrapValidatorHandler, PrivateAttr, model_validator

from execution_operator.remote.testhub.wire import Listed, Moment, Text, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from execution_operator.remote.messages import JSON

KEY_MEMBERS: Final = ("caCert", "clientCert", "clientKey")
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _object(value: object) -> object | None:
    return value if isinstance(value, dict) else None


def _objects(value: object) -> int:
    return sum(isinstance(item, dict) for item in value) if isinstance(value, list) else 0


def _without(found: dict[str, Any], names: frozenset[str]) -> dict[str, object]:
    """The same without members of these names, also in the objects of its lists; no deeper."""
    return {
        name: [_bare(one, names) for one in value] if isinstance(value, list) else value
        for name, value in found.items()
        if name not in names
    }


def _bare(one: object, names: frozenset[str]) -> object:
    if not isinstance(one, dict):
        return one
    return {name: value for name, value in one.items() if name not in names}


Flag = Annotated[bool | None, BeforeValidator(_flag)]


class Machine(Listed):
    """What agents and docker hosts have in common.

    Attributes:
        host_name: as the server wrote it; host names are compared in lower case.
    """

    withheld: ClassVar[tuple[str, ...]] = ()
    """Members that an update never sends back as they were read."""

    fleeting: ClassVar[frozenset[str]] = frozenset()
    """Members, its own or of what it lists, that change at each contact with the server."""

    host_name: Text = None
    ip_address: Text = None
    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)  # in no repr: it may hold a key

    @model_validator(mode="wrap")
    @classmethod
    def _keep_what_was_read(cls, found: Any, read: ModelWrapValidatorHandler[Machine]) -> Machine:  # noqa: ANN401 - it is JSON of any shape
        machine = read(found)
        if isinstance(found, dict):
            machine._raw = found  # noqa: SLF001 - it is an instance of this class
        return machine

    def is_host(self, host_name: str) -> bool:
        """Whether it has this host name, in whatever case either is written."""
        return (self.host_name or "").lower() == host_name.lower()

    @property
    def members(self) -> dict[str, JSON]:
        """What the server says of it, under the API's own names, without what it withholds."""
        return {name: value for name, value in self._raw.items() if name not in self.withheld}

    def lasting(self) -> object:
        """What it is made of, without what changes at each contact."""
        return _without(self._raw, self.fleeting)

    def changed(self, changes: Mapping[str, JSON]) -> dict[str, JSON]:
        """The whole object to send back: as it was read, with members replaced, but never the id.

        A server may take what is missing for removed (seed 000 leaves it open), so members that
        this client does not know go back as well.
        """
        return {**self.members, **changes, "id": self._raw.get("id", self.id)}


class StaticAgentResource(Machine):
    """A static agent (seed 000, schema StaticAgent).

    Attributes:
        state: AVAILABLE, BUSY, LOST, or a word that we do not know.
        contact_time: when it contacted the server last.
        capabilities: how many it has.
    """

    fleeting: ClassVar[frozenset[str]] = frozenset(
        {"contactTime", "rtbContactTime", "engineListSize", "lastModified", "matchSpecifics"}
    )

    version: Text = None
    operating_system: Text = None
    architecture: Text = None
    contact_time: Moment = None
    capabilities: Annotated[int, BeforeValidator(_objects)] = 0
    state: Text = None


class DockerHostInfo(Wire):
    """What a docker host says of itself."""

    server: Text = None
    version: Text = None
    api_version: Text = None
    go_version: Text = None
    git_commit: Text = None
    build_date: Text = None
    os_arch: Text = None
    experimental: Flag = None


class DockerHostResource(Machine):
    """A remote docker host (seed 000, schema DockerHost).

    Certificates and key are not read: a server gives them back not at all, or masked. An update
    that is to keep them has to bring them.
    """

    withheld: ClassVar[tuple[str, ...]] = KEY_MEMBERS

    info: Annotated[DockerHostInfo | None, BeforeValidator(_object)] = None


class ConnectionStatus(Wire):
    """Whether the server reaches a docker host; `status` and `reason` are free words."""

    status: Text = None
    reason: Text = None
    info: Annotated[DockerHostInfo | None, BeforeValidator(_object)] = None


MachineItem = TypeVar("MachineItem", bound=Machine)
