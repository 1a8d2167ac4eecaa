"""The Test Hub as an object: one method a call; it does what `protocol` says and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from execution_operator.remote.testhub import configurations, protocol, reading
from execution_operator.remote.testhub.auth import Tokens
from execution_operator.remote.testhub.calls import Calls, off_loop
from execution_operator.remote.testhub.log import LogCursor, get_log, require_log
from execution_operator.remote.testhub.machine_protocol import AGENTS, DOCKER_HOSTS
from execution_operator.remote.testhub.machines import DockerHosts, Machines
from execution_operator.remote.testhub.wire import Asset, ExecutionResource, Project, Space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

    from execution_operator.remote.messages import JSON, Request
    from execution_operator.remote.testhub.auth import OfflineToken
    from execution_operator.remote.testhub.junit import TestCounts
    from execution_operator.remote.testhub.machine_wire import StaticAgentResource
    from execution_operator.remote.testhub.queries import AssetFilter, ExecutionFilter, StopOptions
    from execution_operator.remote.testhub.wire import ResultResource
    from execution_operator.remote.transport import Transport
    from execution_operator.remote.whole_list import WholeList


class TestHub:
    """A Test Hub, spoken to with one user's offline token.

    Every method raises a RemoteError by meaning when it cannot do what it says. A 401 renews the
    access token and repeats the request once, a start too, because a 401 started nothing. Where
    that does not help it is done ever more rarely.

    Attributes:
        agents: the server's static agents.
        docker_hosts: the server's remote docker hosts.
    """

    __test__ = False  # for pytest: it is none

    def __init__(
        self,
        transport: Transport,
        offline_token: OfflineToken,
        *,
        clock: Callable[[], float],
        refusal_seconds: float = 60.0,
    ) -> None:
        """Speak by `transport`.

        Args:
            transport: the way to the server; closed with this.
            offline_token: gives the offline token; True asks for it anew, past any cache.
            clock: monotonic seconds.
            refusal_seconds: how long a refused offline token is left alone.
        """
        self._transport = transport
        self._tokens = Tokens(
            transport.send, offline_token, clock=clock, refusal_seconds=refusal_seconds
        )
        self._calls = Calls(transport, self._tokens)
        self.agents: Machines[StaticAgentResource] = Machines(self._calls, AGENTS)
        self.docker_hosts = DockerHosts(self._calls, DOCKER_HOSTS)

    def turn_to(self, offline_token: SecretStr) -> bool:
        """Use that offline token from now on; returns whether that changed anything."""
        return self._tokens.turn_to(offline_token)

    async def list_spaces(self, search: str | None = None) -> tuple[Space, ...]:
        """List the user's team spaces; the server's search is not exact."""
        found = await self._calls.all_pages(Space, lambda page: protocol.list_spaces(search, page))
        return found.items

    async def list_projects(self, name: str, space_id: str | None = None) -> tuple[Project, ...]:
        """List the user's projects with a name like that, of one team space or of all."""
        found = await self._calls.all_pages(
            Project, lambda page: protocol.list_projects(name, space_id, page)
        )
        return found.items

    async def list_assets(self, project_id: str, which: AssetFilter) -> tuple[Asset, ...]:
        """List test assets of a project."""
        found = await self._calls.all_pages(
            Asset, lambda page: protocol.list_assets(project_id, which, page)
        )
        return found.items

    async def list_executions(
        self, project_id: str, which: ExecutionFilter
    ) -> WholeList[ExecutionResource]:
        """List the runs of a project that match, all pages of them.

        Raises:
            RemoteError: the list is not complete; what is missing from it would prove nothing.
            ValueError: the filter cannot be asked for.
        """
        return await self._calls.all_pages(
            ExecutionResource,
            lambda page: protocol.list_executions(project_id, which, page),
        )

    async def start_execution(
        self,
        project_id: str,
        specification: Mapping[str, JSON],
        *,
        before_bytes: Callable[[], None] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> ExecutionResource:
        """Start a run.

        Args:
            project_id: the project's id.
            specification: an ExecutionSpecification without its offline token.
            before_bytes: called immediately before bytes leave; what it raises is passed on.
            secrets: values to hide in the server's words, beside the tokens.

        Raises:
            Ambiguous: the run may have been started. Every other error: surely not.
        """

        async def build() -> Request:
            offline = (await self._tokens.offline()).get_secret_value()
            return protocol.start_execution(project_id, specification, offline_token=offline)

        answer = await self._calls.built(build, before_bytes=before_bytes, secrets=secrets)
        return await off_loop(reading.read_started, answer)

    async def get_execution(self, project_id: str, execution_id: str) -> ExecutionResource:
        """Read one run."""
        request = protocol.get_execution(project_id, execution_id)
        return await off_loop(reading.read_execution, await self._calls.answer(request))

    async def stop_execution(
        self, project_id: str, execution_id: str, options: StopOptions
    ) -> None:
        """Ask for a run to be stopped; it goes on for a while.

        Raises:
            NotFound: the API says there is no such run.
            Rejected: it cannot be stopped (any more): 409, 410, 422 in `status`.
        """
        request = protocol.stop_execution(project_id, execution_id, options)
        reading.read_stopped(await self._calls.answer(request))

    async def stop_executions(
        self, project_id: str, execution_ids: tuple[str, ...], options: StopOptions
    ) -> frozenset[str]:
        """Ask for many runs to be stopped; returns those that the answer says were not.

        Raises:
            RemoteError: nothing is known of any of them: 422, for one, may have stopped some.
        """
        request = protocol.stop_executions(project_id, execution_ids, options)
        return reading.read_all_stopped(await self._calls.answer(request))

    async def get_configurations(self, project_id: str, execution_id: str) -> dict[str, str]:
        """Read a run's advanced configurations.

        Raises:
            NotFound: the API says there is no such run, or that it has none.
        """
        request = configurations.get_configurations(project_id, execution_id)
        return await off_loop(configurations.read_configurations, await self._calls.answer(request))

    async def update_configurations(
        self, project_id: str, execution_id: str, changes: Mapping[str, str]
    ) -> None:
        """Change some of a run's advanced configurations, or add them.

        Raises:
            NotFound: the API says there is no such run, or that it has ended.
            Rejected: this kind of test takes no changes.
        """
        request = configurations.update_configurations(project_id, execution_id, changes)
        configurations.read_changed(await self._calls.answer(request))

    async def get_result(self, project_id: str, result_id: str) -> ResultResource:
        """Read a run's result; its verdict may still be None."""
        request = protocol.get_result(project_id, result_id)
        return await off_loop(reading.read_result, await self._calls.answer(request))

    async def get_tests(self, project_id: str, result_id: str) -> TestCounts:
        """Count the tests of a result by its JUnit view.

        Raises:
            NotFound: it has no such view.
            ProtocolError: the view is no JUnit XML, or XML that could do harm.
        """
        request = protocol.get_junit(project_id, result_id)
        return await off_loop(reading.read_junit, await self._calls.answer(request))

    async def read_log(
        self, project_id: str, execution_id: str, cursor: LogCursor, *, init: bool = False
    ) -> None:
        """Pass on what a run's log has after the cursor, however large it is.

        When the answer breaks off, the cursor stands where a repeat goes on.

        Raises:
            Gone: the server does not keep it any more.
            NotFound: the API says there is no such run.
        """
        request = get_log(project_id, execution_id, init=init, offset=cursor.offset)
        answer = await self._calls.answer(request, receiver=cursor)
        if not cursor.ends():
            require_log(answer)

    def hide(self, text: str) -> str:
        """Hide the tokens in use in a text that is not made one line."""
        return self._tokens.redactor().hide(text)

    async def close(self) -> None:
        """Close all connections, once what is under way is done; see the transport."""
        await self._tokens.close()
        await self._transport.close()
