"""What `logs` does: reads the log of a run from its server, with the caller's rights."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click
from pydantic import ValidationError

from execution_operator.api.test_execution import Phase
from execution_operator.cli.tex.cluster import reach, suggesting
from execution_operator.cli.tex.following import states
from execution_operator.cli.tex.interrupts import Interrupts
from execution_operator.cli.tex.lines import Lines
from execution_operator.cli.tex.mistakes import Code, Deleted, Trouble
from execution_operator.cli.tex.objects import read_server
from execution_operator.cli.tex.outcome import phase_of, said_of
from execution_operator.cli.tex.refusals import Ask
from execution_operator.cli.tex.secrets import CallerSecrets
from execution_operator.cli.tex.streams import Scope
from execution_operator.kinds.blueprints import blueprint_of
from execution_operator.kinds.testhubs import TestHubs
from execution_operator.reconcile.ports import Key, SecretProblem
from execution_operator.remote.errors import Gone, RateLimited, RemoteError, Unreachable
from execution_operator.remote.testhub.log import LogCursor
from execution_operator.runtime.clock import SystemClock
from execution_operator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from execution_operator.api.run_status import Execution
    from execution_operator.cli.tex.cluster import Cluster
    from execution_operator.cli.tex.objects import Found
    from execution_operator.cli.tex.options import Place
    from execution_operator.remote.testhub.client import TestHub

_LEAST_POLL_SECONDS: Final = 1.0
_SERVER_AWAY: Final = (Unreachable, RateLimited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which log, and how the server may be reached."""

    name: str
    follow: bool
    init: bool
    allow_loopback: bool
    allowed_server_hosts: tuple[str, ...]


async def logs(place: Place, wish: Wish) -> Code:
    """Print a run's log."""
    async with reach(place) as cluster, suggesting(cluster):
        with Interrupts() as interrupts:
            try:
                await interrupts.unless(_printed(cluster, wish))
            except SecretProblem as problem:
                raise Trouble(str(problem)) from problem
    return Code.PASSED


async def _printed(cluster: Cluster, wish: Wish) -> None:
    namespace = cluster.namespace
    found = await cluster.get(namespace, wish.name)
    if not wish.follow:
        execution = _begun(found)
        async with _hub(cluster, found, wish) as (hub, _):
            lines = Lines(sys.stdout, hub.hide)
            log = _Log(hub, execution, lines, init=wish.init)
            await log.read()
            lines.finish()
            if lines.is_empty:
                _say(f'the log is empty so far: "{wish.name}" is {phase_of(found.run)}')
        return
    await _Following(cluster, wish).run()


def _begun(found: Found) -> Execution:
    """What runs on the server.

    Raises:
        Trouble: nothing, and why.
    """
    execution, phase = found.run.status.execution, found.run.status.phase
    if execution is not None and execution.id and phase is not Phase.SCHEDULED:
        return execution
    said = f"{phase_of(found.run)}: {said_of(found.run)}".rstrip(": ")
    if phase is not None and phase.is_terminal:
        text = f'"{found.name}" has no log, it never ran: {said}'
    else:
        text = f'"{found.name}" has no log yet ({said}); wait for it with -f'
    raise Trouble(text)


class _Log:
    """The log of one execution; it can be read again and again."""

    def __init__(self, hub: TestHub, execution: Execution, lines: Lines, *, init: bool) -> None:
        self.id = execution.id or ""
        self._project = execution.project_id or ""
        self._hub = hub
        self._init = init
        self._cursor = LogCursor(lines.take)

    async def read(self) -> None:
        """Print what is new; raises Trouble, and a RemoteError where a repeat may work."""
        try:
            await self._hub.read_log(self._project, self.id, self._cursor, init=self._init)
            if self._cursor.began_anew:
                _say("the container was started anew, and its log with it")
                self._cursor.restart()
                await self._hub.read_log(self._project, self.id, self._cursor, init=self._init)
        except Gone as gone:
            text = (
                f"{gone}: it keeps logs for about a day, and none of a run that never began;"
                " what is left is the result: kubectl tex open"
            )
            raise Trouble(text) from gone
        except _SERVER_AWAY:
            raise
        except RemoteError as error:
            raise Trouble(str(error)) from error


class _Following:
    """Prints a log as it grows, from before it begins until the run is over."""

    def __init__(self, cluster: Cluster, wish: Wish) -> None:
        self._cluster = cluster
        self._wish = wish
        self._found: Found | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Until the run is over, or its object is gone."""
        watching = asyncio.create_task(self._watch())
        try:
            found = await self._seen(watching)
            while not _has_begun(found) and not _is_over(found):
                _say(f"waiting: {phase_of(found.run)} {said_of(found.run)}".rstrip())
                found = await self._seen(watching)
            _begun(found)
            async with _hub(self._cluster, found, self._wish) as (hub, poll_seconds):
                await self._print(hub, max(poll_seconds, _LEAST_POLL_SECONDS), watching)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _print(self, hub: TestHub, poll_seconds: float, watching: asyncio.Task[None]) -> None:
        lines = Lines(sys.stdout, hub.hide)
        log: _Log | None = None
        is_away = False
        while True:
            found = self._found
            if found is None or (execution := found.run.status.execution) is None:
                return
            # What ended before this look has written all that it writes.
            is_last = _is_over(found) or watching.done()
            if log is None or log.id != execution.id:
                if log is not None:
                    lines.finish()
                    _say(f"attempt {found.run.status.attempt}")
                log = _Log(hub, execution, lines, init=self._wish.init)
            try:
                await log.read()
                is_away = False
            except _SERVER_AWAY as error:
                if is_last:
                    raise Trouble(str(error), code=Code.ERROR) from error
                if not is_away:
                    _say(f"{error}; trying on")
                is_away = True
            if is_last:
                lines.finish()
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news(watching), poll_seconds)

    async def _watch(self) -> None:
        scope = Scope(self._cluster.namespace, self._wish.name)
        async with contextlib.aclosing(states(self._cluster, scope, _say)) as seen:
            async for found in seen:
                self._found = found
                self._changed.set()
                if _is_over(found):
                    return

    async def _seen(self, watching: asyncio.Task[None]) -> Found:
        """The next state; raises what ends the watch."""
        await self._news(watching)
        if self._found is None:
            watching.result()
            raise AssertionError  # a watch that ended well has seen something
        return self._found

    async def _news(self, watching: asyncio.Task[None]) -> None:
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({changed, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        if watching.done() and not self._changed.is_set():
            self._end(watching)
        self._changed.clear()

    def _end(self, watching: asyncio.Task[None]) -> None:
        error = watching.exception()
        if isinstance(error, Deleted) and self._found is not None:
            _say(str(error))
        elif error is not None:
            raise error


@contextlib.asynccontextmanager
async def _hub(cluster: Cluster, found: Found, wish: Wish) -> AsyncGenerator[tuple[TestHub, float]]:
    """The server that has the run, and how many seconds apart it likes to be asked."""
    name, namespace = found.run.spec.server_ref.name, found.namespace
    ask = Ask(verb="get", resource="executionservers", namespace=namespace, name=name)
    server = read_server(await cluster.get_raw(ask))
    secrets, settings = CallerSecrets(cluster), _settings(wish)
    poll = settings.poll_period.total_seconds()
    try:
        blueprint, _ = await blueprint_of(server, secrets, poll=poll)
    except ValueError as exc:
        text = f'cannot use executionserver "{name}": {exc}'
        raise Trouble(text) from exc
    execution = found.run.status.execution
    if execution is not None and execution.server not in {None, blueprint.url}:
        text = (
            f'the run is on {execution.server}, but executionserver "{name}" is {blueprint.url}'
            " now: its log cannot be read there"
        )
        raise Trouble(text)
    open_hub = TestHubs(settings, secrets, clock=SystemClock(), meter=_NoMeter())
    hub = open_hub(Key("ExecutionServer", namespace, name), blueprint)
    try:
        yield hub, blueprint.poll_seconds
    except _SERVER_AWAY as error:
        raise Trouble(str(error), code=Code.ERROR) from error
    finally:
        await hub.close()


def _settings(wish: Wish) -> Settings:
    """The operator's own rules for hosts, from its variables and our flags."""
    chosen: dict[str, object] = {}
    if wish.allow_loopback:
        chosen["allow_loopback"] = True
    if wish.allowed_server_hosts:
        chosen["allowed_server_hosts"] = wish.allowed_server_hosts
    try:
        return Settings(**chosen)  # type: ignore[arg-type] # the fields' own types
    except ValidationError as exc:
        where = exc.errors(include_url=False, include_input=False)[0]["loc"]
        text = f"EXECUTION_OPERATOR_{'_'.join(map(str, where)).upper()} cannot be used: correct it"
        raise Trouble(text) from exc


class _NoMeter:
    """Counts nothing."""

    def request(self, server: str, operation: str, code: str, seconds: float) -> None:
        """Nothing."""

    def rate_limit_wait(self, server: str, seconds: float) -> None:
        """Nothing."""


def _has_begun(found: Found) -> bool:
    execution = found.run.status.execution
    is_scheduled = found.run.status.phase is Phase.SCHEDULED
    return execution is not None and execution.id is not None and not is_scheduled


def _is_over(found: Found) -> bool:
    phase = found.run.status.phase
    return phase is not None and phase.is_terminal


def _say(text: str) -> None:
    click.echo(text, err=True)
