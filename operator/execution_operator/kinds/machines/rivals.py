"""Finds who manages a machine when several objects want to; changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from execution_operator.api.execution_server import ExecutionServer
from execution_operator.api.model import ByIdOrName
from execution_operator.api.reasons import Reason
from execution_operator.kinds.blueprints import url_of
from execution_operator.kinds.machines.digest import MachineDigest, elder, older
from execution_operator.kinds.machines.identity import space_of
from execution_operator.kinds.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution_operator.kinds.connections import Connection, Connections
    from execution_operator.reconcile.ports import Key, Objects
    from execution_operator.remote.testhub.levels import Level


class Rivals:
    """The objects of each machine; only those of its host or id are looked at."""

    def __init__(self, *, objects: Objects, connections: Connections) -> None:
        self._objects = objects
        self._connections = connections
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, host: str) -> asyncio.Lock:
        """For one at a time to look for rivals and to write that the machine becomes its own.

        Else two that came in the same moment would each find nobody before itself.
        """
        return self._turns.setdefault(host, asyncio.Lock())

    async def owner(
        self, mine: MachineDigest, level: Level | None, connection: Connection
    ) -> MachineDigest | Problem | None:
        """The object that manages the same machine and goes before this one; None: this one does.

        It counts before its server is connected and before its team space is looked up: both may
        come while this one creates the machine. A Problem: it cannot be known now.
        """
        found = older(mine, self._related(mine), url=connection.url, urls_of=self._urls_of)
        space_id = space_of(level) if level is not None else None
        if space_id is None:
            return elder(mine, found)
        placed = [await _placed(one, connection) for one in found]
        known = [one for one in placed if isinstance(one, MachineDigest)]
        problem = next((one for one in placed if isinstance(one, Problem)), None)
        return elder(replace(mine, space_id=space_id), known) or problem

    def others(self, known: MachineDigest) -> Iterable[Key]:
        """Other objects of the machine: they may have waited for this one to go."""
        return [one.key for one in self._related(known) if one.uid != known.uid]

    def _related(self, known: MachineDigest) -> list[MachineDigest]:
        found = {
            one.key: one
            for group in known.groups
            for one in self._objects.grouped(known.key.kind, group)
        }
        return [one for one in found.values() if isinstance(one, MachineDigest)]

    def _urls_of(self, key: Key) -> frozenset[str]:
        """Where an ExecutionServer leads: by its open connection, and by its spec."""
        connection, server = self._connections.get(key), self._objects.get(key)
        urls = {connection.url} if connection is not None else set()
        meant = url_of(server) if isinstance(server, ExecutionServer) else None
        return frozenset(urls | ({meant} if meant is not None else set()))


async def _placed(one: MachineDigest, connection: Connection) -> MachineDigest | Problem:
    """The same with the id of the team space that it gives by name, where there is one."""
    if one.space_id is not None or one.space_name is None:
        return one
    found = await connection.find_space(ByIdOrName(name=one.space_name))
    if isinstance(found, str):
        return replace(one, space_id=found)
    return one if found.reason is Reason.REFERENCE_NOT_FOUND else found
