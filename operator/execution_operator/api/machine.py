"""What the specs and states of StaticAgent and DockerHost have in common; the models alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from execution_operator.api.model import (
    ApiModel,
    ByIdOrName,
    GivenText,
    Id,
    LocalReference,
    Name,
    Resource,
    Status,
    Url,
    matching,
)
from execution_operator.api.rules import immutable

MOST_PROJECTS: Final = 50
"""So many an object lists, and so many its status records."""

# As RFC 1123 has it, and with the underscores that machines in the field have.
_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_EACH_ONCE = {
    "rule": (
        "self.filter(p, has(p.id)).all(p, self.exists_one(q, has(q.id) && q.id == p.id)) &&"
        " self.filter(p, has(p.name)).all(p, self.exists_one(q, has(q.name) && q.name == p.name))"
    ),
    "message": "give each project once",
}

HostName = Annotated[
    Name,
    Field(
        json_schema_extra=matching(
            rf"^{_LABEL}([.]{_LABEL})*$",
            "write the host name without scheme, port and path, as loadgen-1.example.com",
        )
    ),
]
IpAddress = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Field(
        json_schema_extra={
            "x-kubernetes-validations": [
                {
                    "rule": "isIP(self)",
                    "message": "write an IPv4 or IPv6 address, as 192.0.2.7 or 2001:db8::7",
                }
            ]
        }
    ),
]


class Origin(StrEnum):
    """Who put it on the server."""

    CREATED = "Created"
    ADOPTED = "Adopted"


class MachineSpec(ApiModel):
    """Something that runs tests for a server, and the projects that may use it."""

    server_ref: LocalReference
    """The ExecutionServer, in the same namespace."""
    space: ByIdOrName | None = None
    """The team space that it belongs to. Default: the user's own level, outside of team spaces."""
    type: GivenText | None = None
    """Its type, in the server's words."""
    projects: (
        Annotated[
            tuple[ByIdOrName, ...],
            Field(
                max_length=MOST_PROJECTS,
                json_schema_extra={"x-kubernetes-validations": [_EACH_ONCE]},
            ),
        ]
        | None
    ) = None
    """The projects that may use it; a name is looked up. What is no longer listed is dissociated,
    what others associated stays."""
    deletion_policy: Literal["Delete", "Orphan"] | None = None
    """What a deletion does on the server: delete and dissociate, or leave everything. Default:
    delete what was created, leave what was adopted."""


class AssociatedProject(ApiModel):
    """A project that may use it because of this object."""

    id: Id
    """The server's id of the project."""
    name: Name | None = None
    """Its name, where the spec names it so."""


class MachineStatus(Status):
    """What is known of it; a kind gives `machine_id` the name that people read."""

    machine_id: Id | None = None
    """The server's id of it."""
    server: Url | None = None
    """The normalised URL of the server that has it."""
    space_id: Id | None = None
    """The team space that has it; absent at the user's own level."""
    origin: Origin | None = None
    """Created by this object, or adopted because it was there."""
    projects: Annotated[
        tuple[AssociatedProject, ...],
        Field(
            max_length=MOST_PROJECTS,
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["id"],
            },
        ),
    ] = ()
    """The projects that this object associated; not those that others had associated before."""
    project_count: int | None = None
    """How many these are; 0 where others had associated all of them."""

    @property
    def sent(self) -> str | None:
        """The fingerprint of what was sent and is never given back; None when nothing was."""
        return None


class MachineObject(Resource):
    """An object of any kind of machine."""

    spec: MachineSpec
    status: MachineStatus


_REMEDY: Final = (
    "after creation: create a new object, then delete this one; to keep on the server what this one"
    " created, set deletionPolicy: Orphan here first"
)


def identity(*fields: str) -> dict[str, object]:
    """Rules for a spec: these fields say which machine it is; a host name in whatever case."""
    rules = [
        immutable(one, _REMEDY, compared="{}.lowerAscii()" if one == "hostName" else "{}")
        for one in fields
    ]
    return {"x-kubernetes-validations": rules}
