"""What the kinds of machine are given beside a server, for tests in memory on a clock of theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from execution_operator.remote.shared_list import Pacing
from execution_operator.remote.testhub.machine_lists import MachineLists
from support.chance import Chance
from support.runs import at

if TYPE_CHECKING:
    from collections.abc import Callable


def machine_lists(seconds: Callable[[], float]) -> MachineLists:
    """Lists that are asked for every five seconds, and wake nobody."""
    return MachineLists(
        pacing=Pacing(poll=5.0, quiet=60.0, outage=60.0),
        monotonic=seconds,
        random=Chance(),
        wake_all=lambda _wakes: None,
    )


def machine_ports(
    seconds: Callable[[], float], told: list[str], *, objects: Any = None, term_began: float = 0.0
) -> Any:
    """Ports of a process that leads; `told` gets the reasons of its events."""
    return SimpleNamespace(
        objects=objects,
        fence=SimpleNamespace(check=lambda: None, writer="w/1", since=term_began),
        clock=SimpleNamespace(now=lambda: at(seconds())),
        random=Chance(),
        events=SimpleNamespace(publish=lambda *what, **_kind: told.append(what[1])),
        wake=lambda _key: None,
        cluster_id="c1",
    )
