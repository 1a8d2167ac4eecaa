"""The client that an operator process has of the model of a server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from execution_operator.remote import errors
from execution_operator.remote.testhub.wire import Asset, ExecutionResource, ResultResource, Space
from execution_operator.remote.whole_list import WholeList
from support.exactly_once_points import Point
from support.exactly_once_server import AWAY, STOP_SECONDS, Fate
from support.virtual_time import seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pydantic import SecretStr

    from execution_operator.remote.testhub.junit import TestCounts
    from execution_operator.remote.testhub.queries import AssetFilter, ExecutionFilter, StopOptions
    from support.exactly_once_points import Sender
    from support.exactly_once_server import ModelServer


class ModelHub:
    """The client that one process has of the server; duck-typed like the Test Hub's."""

    def __init__(self, server: ModelServer, sender: Sender) -> None:
        self._server = server
        self._sender = sender

    def turn_to(self, _token: SecretStr) -> bool:
        """It has none."""
        return False

    async def list_spaces(self, search: str | None = None) -> tuple[Space, ...]:
        """The one there is."""
        del search
        async with self._reading():
            return (Space(id="s1", display_name="Team"),)

    async def list_assets(self, _project: str, which: AssetFilter) -> tuple[Asset, ...]:
        """Every asset is there; its id is its name."""
        async with self._reading():
            return (Asset.model_validate({"id": which.name, "name": which.name}),)

    async def list_executions(
        self, _project: str, chosen: ExecutionFilter
    ) -> WholeList[ExecutionResource]:
        """Those that match and are listed by now."""
        began = seconds()
        async with self._reading():
            return WholeList(self._server.matching(chosen), seconds() - began)

    async def get_execution(self, _project: str, execution_id: str) -> ExecutionResource:
        """One, without lag."""
        async with self._reading():
            run = self._server.run(execution_id)
            return run.resource(run.word)

    async def get_result(self, _project: str, result_id: str) -> ResultResource:
        """The result of one."""
        async with self._reading():
            run = self._server.run(result_id.removeprefix("r-"))
            return ResultResource.model_validate({"id": result_id, "verdict": run.verdict})

    async def get_tests(self, _project: str, result_id: str) -> TestCounts:
        """The result of none has a JUnit view."""
        async with self._reading():
            text = f"cannot count the tests of {result_id}: it has no such view"
            raise errors.NotFound(text)

    async def stop_execution(self, _project: str, execution_id: str, _options: StopOptions) -> None:
        """Begin to stop it."""
        async with self._reading():
            run = self._server.run(execution_id)
            if run.is_over:
                text = "cannot stop: it is over"
                raise errors.Rejected(text, status=409)
            run.stop(until=seconds() + STOP_SECONDS)

    async def stop_executions(
        self, project: str, execution_ids: tuple[str, ...], options: StopOptions
    ) -> frozenset[str]:
        """Begin to stop them; those that are over are not stopped."""
        left = set()
        for one in execution_ids:
            try:
                await self.stop_execution(project, one, options)
            except errors.Rejected:
                left.add(one)
        return frozenset(left)

    async def start_execution(
        self,
        _project: str,
        specification: dict[str, Any],
        *,
        before_bytes: Callable[[], None] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> ExecutionResource:
        """Start a run, or whatever is its fate."""
        del secrets
        await self._sender.at(Point.BEFORE_POST)
        fate = self._server.next_fate()
        if fate is Fate.UNREACHABLE:
            raise AWAY
        if before_bytes is not None:
            before_bytes()
        if not self._sender.may_send():
            self._server.fenced_out.append(specification["testAsset"]["assetId"])
        await self._sender.at(Point.AFTER_FENCE)
        try:
            return await self._server.carry_out(fate, specification)
        finally:
            await self._sender.at(Point.AFTER_POST)

    async def close(self) -> None:
        """Nothing is open."""

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[None]:
        await self._sender.at(Point.BEFORE_READ)
        try:
            self._server.require_reachable()
            yield
        finally:
            await self._sender.at(Point.AFTER_READ)
