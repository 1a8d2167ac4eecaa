"""A Test Hub's agents and docker hosts as objects: one method a call, at a level or in a project.

It does what `machine_protocol` says and no more; what is ours and what is not, others decide.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic

from execution_operator.remote.testhub import machine_protocol, reading
from execution_operator.remote.testhub.calls import off_loop
from execution_operator.remote.testhub.machine_wire import (
    KEY_MEMBERS,
    ConnectionStatus,
    DockerHostResource,
    MachineItem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from execution_operator.remote.messages import JSON, Request
    from execution_operator.remote.testhub.calls import Calls
    from execution_operator.remote.testhub.levels import Level
    from execution_operator.remote.testhub.machine_protocol import Sort
    from execution_operator.remote.whole_list import WholeList

    Fence = Callable[[], None]


class Machines(Generic[MachineItem]):
    """The agents, or the docker hosts, of a Test Hub.

    Every method raises a RemoteError by meaning when it cannot do what it says. `before_bytes` is
    called immediately before bytes leave; what it raises is passed on.
    """

    def __init__(self, calls: Calls, sort: Sort[MachineItem]) -> None:
        self._calls = calls
        self._sort: Sort[MachineItem] = sort

    @property
    def word(self) -> str:
        """What operations call one, as metrics show them."""
        return self._sort.word

    async def list(self, level: Level) -> WholeList[MachineItem]:
        """List what the level has, all pages; of agents those of all users.

        What moves while several pages are read may be missing: see `remote.listing`.
        Agents come with their host names in lower case: read one by `get` before an update.
        """
        sort = self._sort
        return await self._calls.all_pages(
            sort.model,
            lambda page: machine_protocol.list_machines(sort, level, page),
            may_be_short=True,
        )

    async def list_of_project(self, project_id: str) -> WholeList[MachineItem]:
        """List what is associated with a project, all pages, whoever associated it."""
        sort = self._sort
        return await self._calls.all_pages(
            sort.model,
            lambda page: machine_protocol.list_of_project(sort, project_id, page),
            may_be_short=True,
        )

    async def get(self, level: Level, machine_id: str) -> MachineItem:
        """Read one.

        Raises:
            NotFound: the API says that there is none.
        """
        answer = await self._calls.answer(
            machine_protocol.get_machine(self._sort, level, machine_id)
        )
        return await off_loop(partial(reading.read_machine, self._sort.model), answer)

    async def get_of_project(self, project_id: str, machine_id: str) -> MachineItem:
        """Read one that is associated with a project, whoever associated it.

        Raises:
            NotFound: the API says that it is not associated, or that there is no such project.
        """
        answer = await self._calls.answer(
            machine_protocol.get_of_project(self._sort, project_id, machine_id)
        )
        return await off_loop(partial(reading.read_machine, self._sort.model), answer)

    async def create(
        self, level: Level, members: Mapping[str, JSON], *, before_bytes: Fence | None = None
    ) -> MachineItem:
        """Define one, with members under the API's own names.

        Raises:
            Ambiguous: it may have been defined. Every other error: surely not.
            Rejected: with status 409, a machine of that host name is there.
        """
        answer = await self._calls.answer(
            machine_protocol.create_machine(self._sort, level, members),
            before_bytes=before_bytes,
            secrets=secrets_of(members),
        )
        return await off_loop(partial(reading.read_created, self._sort.model), answer)

    async def update(
        self,
        level: Level,
        last: MachineItem,
        changes: Mapping[str, JSON],
        *,
        before_bytes: Fence | None = None,
    ) -> None:
        """Replace members of one.

        Args:
            level: where it is.
            last: as `get` read it; all of it is sent back, so a stale one undoes changes.
            changes: the new members, under the API's own names. Certificates and key of a docker
                host are lost on some servers, when they are not among them.
            before_bytes: see the class.

        Raises:
            NotFound: the API says that there is none.
        """
        request = machine_protocol.update_machine(self._sort, level, last, changes)
        await self._accepted(request, before_bytes, secrets_of(changes))

    async def delete(
        self, level: Level, machine_id: str, *, before_bytes: Fence | None = None
    ) -> None:
        """Remove one, with all its associations.

        Raises:
            NotFound: there is none; some servers say so, others accept.
            Rejected: with status 409, it is in use.
        """
        request = machine_protocol.delete_machine(self._sort, level, machine_id)
        await self._accepted(request, before_bytes)

    async def associate(
        self, project_id: str, machine_id: str, *, before_bytes: Fence | None = None
    ) -> None:
        """Let a project use one; nothing changes where it may already.

        Raises:
            NotFound: the API says that there is no such project, or no such machine.
        """
        request = machine_protocol.associate(self._sort, project_id, machine_id)
        await self._accepted(request, before_bytes)

    async def dissociate(
        self, project_id: str, machine_id: str, *, before_bytes: Fence | None = None
    ) -> None:
        """Let a project use one no longer.

        Raises:
            NotFound: it is not associated; some servers say so, others accept.
        """
        request = machine_protocol.dissociate(self._sort, project_id, machine_id)
        await self._accepted(request, before_bytes)

    async def _accepted(
        self, request: Request, before_bytes: Fence | None, secrets: tuple[str, ...] = ()
    ) -> None:
        answer = await self._calls.answer(request, before_bytes=before_bytes, secrets=secrets)
        reading.read_accepted(answer)


class DockerHosts(Machines[DockerHostResource]):
    """The docker hosts of a Test Hub, and whether it reaches them."""

    async def status(self, level: Level, machine_id: str) -> ConnectionStatus:
        """Read what the server found out when it tried to reach the host last."""
        request = machine_protocol.get_docker_host_status(level, machine_id)
        return reading.read_connection(await self._calls.answer(request))

    async def test_connection(self, members: Mapping[str, JSON]) -> ConnectionStatus:
        """Let the server try to reach a host, defined or not; nothing is kept.

        A host that cannot be reached is no error: its `status` and `reason` say so.
        """
        request = machine_protocol.test_connection(members)
        answer = await self._calls.answer(request, secrets=secrets_of(members))
        return reading.read_connection(answer)


def secrets_of(members: Mapping[str, JSON]) -> tuple[str, ...]:
    """Certificates and key among the members: what no message may repeat."""
    values = (members.get(name) for name in KEY_MEMBERS)
    return tuple(value for value in values if isinstance(value, str) and value)
