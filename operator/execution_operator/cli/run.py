"""`execution-operator run`: the operator itself; flags win over `EXECUTION_OPERATOR_*`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

import click
import durationpy
from pydantic import ValidationError

from execution_operator import logs
from execution_operator.app import MISTAKE, Mistake
from execution_operator.app import run as run_app
from execution_operator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_PERIODS: Final = {
    "lease-duration": "A Lease that is not renewed keeps others away for so long.",
    "renew-deadline": "The leader tries to renew for so long before it stops.",
    "retry-period": "The leader renews so often.",
    "settling-time": "A run whose start got no answer is looked for so long before it is started"
    " again.  [default: the server's request time-out and 30s]",
    "resync-period": "Each object is looked at without cause so often.",
    "probe-period": "An idle server is asked so often whether it still lets us in.",
    "secret-period": "A Secret's value is kept so long, and one that is missing is read so often.",
    "outage-period": "A server may be out of reach for so long before its runs say so.",
    "verdict-period": "A complete run may go without a verdict for so long.",
    "lost-period": "A server must deny a run for so long before it is lost.",
    "unused-period": "A server must be unused for so long before its finalizer goes.",
    "missing-period": "A missing Secret or key counts as about to come for so long.",
    "counts-period": "A server's counts of runs are renewed so often.",
    "poll-period": "Active runs are looked at so often, where pollInterval is not set.",
    "late-period": "A run may be so late after its scheduled.at, where it has no timeouts.queue.",
    "quiet-period": "Agents and docker hosts are looked at so rarely while nothing changes.",
    "fight-period": "What others overwrite again and again is repaired so rarely.",
    "deletion-period": "The deletion of an agent or docker host may wait for its server so long.",
    "drain-period": "Requests under way may take so long at the end.",
}


def _periods(command: Callable[..., None]) -> Callable[..., None]:
    for name, text in reversed(_PERIODS.items()):
        default = Settings.model_fields[name.replace("-", "_")].default
        shown = f"  [default: {durationpy.to_str(default)}]" if default else ""
        command = click.option(f"--{name}", metavar="DURATION", help=text + shown)(command)
    return command


@click.command()
@click.option("--kubeconfig", type=click.Path(dir_okay=False), help="Kubeconfig file.")
@click.option("--namespace", "namespaces", multiple=True, help="Only this namespace; repeatable.")
@click.option("--workers", type=click.IntRange(1, 256), help="Objects looked at at a time.")
@click.option("--ops-address", metavar="HOST:PORT", help="Where /livez, /readyz, /metrics listen.")
@click.option("--lease-namespace", help="Where the Lease is.")
@click.option("--lease-name", help="What the Lease is called.")
@click.option("--no-leader-election", is_flag=True, help="Hold no Lease: this is the only one.")
@click.option("--cluster-id", help="What tells this cluster from others.")
@click.option(
    "--argocd-instance-label",
    metavar="LABEL",
    help="The label by which Argo CD tracks objects, where it does not by annotation;"
    " ttlAfterFinished is not applied to objects that have it.",
)
@click.option("--allowed-server-host", "allowed_server_hosts", multiple=True, metavar="PATTERN")
@click.option("--allow-loopback", is_flag=True, help="Reach servers on this machine itself.")
@click.option("--log-format", type=click.Choice(["json", "text"]))
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
@_periods
def run(*, no_leader_election: bool, allow_loopback: bool, **flags: Any) -> None:  # noqa: ANN401 - click's values
    """Run the operator until SIGTERM or SIGINT."""
    chosen = {name: value for name, value in flags.items() if value not in {None, ()}}
    if no_leader_election:
        chosen["leader_election"] = False
    if allow_loopback:
        chosen["allow_loopback"] = True
    try:
        settings = Settings(**chosen)
    except ValidationError as exc:
        _give_up("; ".join(_told(error) for error in exc.errors(include_url=False)))
    logs.configure(style=settings.log_format, level=settings.log_level)
    try:
        code = asyncio.run(run_app(settings))
    except Mistake as exc:
        _give_up(str(exc))
    sys.exit(code)


def _told(error: Any) -> str:  # noqa: ANN401 - pydantic's dictionary
    where = "--" + "-".join(map(str, error["loc"])).replace("_", "-") if error["loc"] else ""
    text = error["msg"].removeprefix("Value error, ")
    return f"{where}: {text}" if where else text


def _give_up(text: str) -> None:
    click.echo(f"execution-operator: {text}", err=True)
    sys.exit(MISTAKE)
