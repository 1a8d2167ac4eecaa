"""Measures the operator beside a bare client that makes the same writes, in one run.

`idle`: from an object's creation to the request at the server, on an idle operator.
`burst`: many objects at once, until every execution id is recorded.
`active`: what following those runs costs; `restart`: until a new process has seen them all.
`--active 10000` starts so many for that instead, without a bare client beside.
`--finished 10000`: what so many finished objects cost, in memory and in processor time at rest.
`--machines 2000`: what so many StaticAgents cost, at rest, after a restart, and when one changes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import aiohttp
from kubernetes.aio import client, config
from rich.console import Console
from rich.table import Table

from benchmark.fleet import machines
from benchmark.measurements import active, burst, idle, restart
from benchmark.processes import ROOT, Operator, cluster, simulator
from benchmark.scale import finished, start_many
from benchmark.workload import Bench

if TYPE_CHECKING:
    from cluster import ControlPlane


async def measure(plane: ControlPlane, arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures of one run."""
    configuration = client.Configuration()
    await config.load_kube_config(str(plane.kubeconfig), client_configuration=configuration)
    async with (
        simulator() as hub,
        Operator(plane.kubeconfig) as operator,
        client.ApiClient(configuration) as api,
        aiohttp.ClientSession() as http,
    ):
        custom = client.CustomObjectsApi(api)
        bench = Bench(custom, http, hub, hub.rpartition("/")[0], operator)
        await bench.never_end()
        await _server(plane, hub)
        found: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
        if arguments.idle:
            found["idle"] = await idle(bench, arguments.idle)
        if arguments.burst:
            found["burst"] = await burst(bench, arguments.burst)
        if arguments.active:
            found["started"] = await start_many(bench, arguments.active)
        if arguments.burst or arguments.active:
            found["active"] = await active(bench, arguments.intervals)
            found["restart"] = await restart(bench)
        if arguments.finished:
            found["finished"] = await finished(bench, arguments.finished)
        if arguments.machines:
            found["machines"] = await machines(bench, plane, arguments.machines)
        found["load_at_end"] = os.getloadavg()[0]
        return found


async def _server(plane: ControlPlane, hub: str) -> None:
    text = (ROOT / "examples/executionserver.yaml").read_text()
    text = text.replace("http://127.0.0.1:8070/test", hub)
    await asyncio.to_thread(plane.run_kubectl, "apply", "-f", "-", stdin=text)
    limits = {"requestsPerSecond": 1000, "burst": 10000}
    fast = {"spec": {"rateLimit": limits, "pollInterval": None}}  # else as a user has it
    await asyncio.to_thread(
        plane.run_kubectl,
        *("patch", "exs", "hub", "--type=merge", "-p", json.dumps(fast)),
    )
    await asyncio.to_thread(
        plane.run_kubectl, "wait", "--for=condition=Ready", "exs/hub", "--timeout=60s"
    )


def _show(found: dict[str, Any]) -> None:
    table = Table(title=f"on {found['cores']} cores, beside a bare client in the same run")
    for head in ("measurement", "operator", "bare client", "ratio"):
        table.add_column(head)
    if "idle" in found:
        _show_idle(table, found["idle"])
    if "burst" in found:
        _show_burst(table, found["burst"])
    if "active" in found:
        _show_active(table, found["active"], found["restart"])
    if "finished" in found:
        _show_finished(table, found["finished"])
    if "machines" in found:
        _show_machines(table, found["machines"])
    Console(stderr=True).print(table)


def _show_idle(table: Table, one: dict[str, Any]) -> None:
    for name in ("p50", "p99"):
        ratio = round(one["operator_ms"][name] / one["bare_ms"][name], 2)
        table.add_row(
            f"created → request arrives, {name} of {one['n']}",
            f"{one['operator_ms'][name]} ms",
            f"{one['bare_ms'][name]} ms",
            str(ratio),
        )


def _show_burst(table: Table, many: dict[str, Any]) -> None:
    table.add_row(
        f"{many['n']} at once, all ids recorded",
        f"{many['operator_s']} s",
        f"{many['bare_s']} s",
        str(many["ratio"]),
    )
    table.add_row("memory then", f"{many['memory_mib']} MiB")


def _show_active(table: Table, going: dict[str, Any], again: dict[str, Any]) -> None:
    requests = ", ".join(f"{count} {name}" for name, count in going["requests"].items() if count)
    table.add_row(f"{going['active']} active, {going['intervals']} intervals", requests)
    table.add_row("processor then", f"{going['cpu_percent']} %")
    table.add_row("memory then, at most", f"{going['memory_mib']}, {going['peak_mib']} MiB")
    table.add_row(f"restart with {again['active']} active, all seen", f"{again['observed_s']} s")
    table.add_row("memory then, at most", f"{again['memory_mib']}, {again['peak_mib']} MiB")


def _show_finished(table: Table, many: dict[str, Any]) -> None:
    table.add_row(f"{many['n']} finished: looked at after a start", f"{many['start_s']} s")
    table.add_row("memory then, at most", f"{many['memory_mib']}, {many['peak_mib']} MiB")
    table.add_row("processor at rest", f"{many['cpu_percent_at_rest']} %")
    table.add_row("with a resync every ten minutes", f"{many['cpu_percent']} %")


def _show_machines(table: Table, many: dict[str, Any]) -> None:
    made, rest, change = many["created"], many["at_rest"], many["changed"]
    again = many["restart"]
    table.add_row(
        f"{many['n']} agents: all created, all ready", _seconds(made, "created", "all_ready")
    )
    table.add_row("memory then, at most", f"{made['memory_mib']}, {made['peak_mib']} MiB")
    table.add_row(f"at rest for {rest['seconds']} s: Kubernetes writes", _counts(rest["writes"]))
    table.add_row("requests then", _counts(rest["requests"]))
    table.add_row("processor, memory then", f"{rest['cpu_percent']} %, {rest['memory_mib']} MiB")
    table.add_row("drift at rest repaired after", f"{change['repaired_s']} s")
    table.add_row("writes of that", _counts(change["writes_of_repair"]))
    table.add_row("another one lost: shown after", f"{change['lost_shown_s']} s")
    table.add_row("writes of that", _counts(change["writes_of_lost"]))
    table.add_row("restart: all known, all woken", _seconds(again, "observed", "settled"))
    table.add_row("memory then, at most", f"{again['memory_mib']}, {again['peak_mib']} MiB")
    table.add_row(f"writes since, with {again['resyncs']} resyncs", _counts(again["writes"]))
    table.add_row("with a resync every ten minutes", f"{again['cpu_percent']} % of a core")


def _seconds(found: dict[str, Any], *names: str) -> str:
    return ", ".join(f"{found[f'{name}_s']} s" for name in names)


def _counts(found: dict[str, int]) -> str:
    return "\n".join(f"{count} {name}" for name, count in sorted(found.items())) or "none"


def main() -> None:
    """Measure, print JSON on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--idle", type=int, default=100, help="objects one after the other; 0: none"
    )
    parser.add_argument("--burst", type=int, default=500, help="objects at once; 0: none")
    parser.add_argument("--active", type=int, default=0, help="runs to start and to follow")
    parser.add_argument("--finished", type=int, default=0, help="finished objects at rest")
    parser.add_argument("--machines", type=int, default=0, help="agents to make and to keep")
    parser.add_argument("--intervals", type=int, default=10, help="poll intervals to watch")
    arguments = parser.parse_args()
    with cluster() as plane:
        found = asyncio.run(measure(plane, arguments))
    print(json.dumps(found, indent=2))
    _show(found)


if __name__ == "__main__":
    main()
