"""The demonstration from start to end; knows nothing of command lines."""

from __future__ import annotations

import time
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cluster import KubectlError, control_plane
from cluster.errors import one_line
from cluster.servers import Server, Servers, open_servers
from demonstration import installation, parts
from demonstration.errors import DemoError
from demonstration.examples import GROUP, Named, read_examples
from demonstration.lookup import NAMESPACE, open_lookup
from demonstration.next_steps import Shell, commands
from demonstration.outcomes import Patience, compare, difference, due
from demonstration.screen import Sight, happened, open_view, step

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cluster import ControlPlane
    from cluster.report import Report
    from demonstration.examples import Ending, Example
    from demonstration.installation import Resource
    from demonstration.outcomes import Outcome
    from demonstration.tables import Seen

LIMIT_SECONDS: Final = 90
LOOK_SECONDS: Final = 0.25
CHECK_SECONDS: Final = 1
SHOWN_LINES: Final = 15


@dataclass(frozen=True, slots=True)
class _Stage:
    """What runs, and what is told on it."""

    plane: ControlPlane
    servers: Servers
    operator: Server
    resources: tuple[Resource, ...]
    examples: tuple[Example, ...]

    @property
    def endings(self) -> list[Ending]:
        return [ending for example in self.examples for ending in example.endings]

    @property
    def shown(self) -> list[Resource]:
        """The kinds that the examples have, in the examples' order."""
        known = {resource.kind: resource for resource in self.resources}
        return [known[kind] for kind in dict.fromkeys(one.about.kind for one in self.endings)]

    def check(self) -> None:
        """See that everything runs."""
        self.plane.check()
        self.servers.check()


def tell(folder: Path, *, stay: bool, report: Report) -> bool:
    """Prepare everything, show the examples in the folder, and say how they ended.

    Args:
        folder: where the examples are.
        stay: keep everything running until a KeyboardInterrupt.
        report: whom to tell.

    Returns:
        Whether each of them ended as it says.

    Raises:
        ClusterError: something cannot be prepared or has died.
        DemoError: as above, or an example cannot be read.
        KeyboardInterrupt: it was interrupted before the end was known.
    """
    examples = read_examples(folder)
    with ExitStack() as stack:
        stage = _prepare(stack, examples, report)
        stack.callback(report.say, "stopping operator, simulator and control plane")
        outcomes = _play(stage, report)
        _say_how_it_ended(stage, outcomes, report)
        if stay:
            shell = Shell(stage.plane.kubeconfig, stage.plane.kubectl, folder)
            _say_what_next(shell, stage, outcomes=outcomes, report=report)
            _stay(stage)
    report.say("stopped, nothing is left")
    return all(outcome.is_as_said for outcome in outcomes)


def _prepare(stack: ExitStack, examples: tuple[Example, ...], report: Report) -> _Stage:
    plane = stack.enter_context(control_plane(report=report))
    servers = stack.enter_context(open_servers())
    with step(report, "installing the resources", done="installed the resources"):
        definitions = installation.printed_definitions()
        installation.install_definitions(plane, definitions)
    with step(report, "making the operator's account", done="made the operator's account"):
        kubeconfig = installation.install_account(plane)
    simulator = parts.simulator_in(servers.folder)
    with step(report, "starting the simulator", done="started the simulator"):
        url = parts.start_simulator(servers, simulator)
    report.hint(f"it is a Test Hub at {url}")
    operator = parts.operator_in(servers.folder, kubeconfig)
    with step(report, "starting the operator", done="started the operator"):
        parts.start_operator(servers, operator)
    report.hint(f"its log is {operator.log}")
    for example in examples:
        with step(report, f"applying {example.file}", done=f"applied {example.file}"):
            _apply(plane, example, url)
    resources = installation.resources_in(definitions)
    return _Stage(plane, servers, operator, resources, examples)


def _apply(plane: ControlPlane, example: Example, url: str) -> None:
    # As a person would: an apply of theirs after a server-side one of ours would be warned about.
    arguments = ("apply", f"--namespace={NAMESPACE}", "--filename=-")
    try:
        plane.run_kubectl(*arguments, stdin=example.pointed_at(url))
    except KubectlError as exc:
        message = f'cannot apply example "{example.file}": {one_line(exc.stderr.splitlines())}'
        raise DemoError(message) from exc


def _cancel(plane: ControlPlane, about: Named) -> None:
    patch = '{"spec":{"cancel":true}}'
    where = f"{about.kind.lower()}s.{GROUP}/{about.name}"
    arguments = ("patch", f"--namespace={NAMESPACE}", where, "--type=merge", f"--patch={patch}")
    try:
        plane.run_kubectl(*arguments)
    except KubectlError as exc:
        message = f"cannot cancel {about}: {one_line(exc.stderr.splitlines())}"
        raise DemoError(message) from exc


def _play(stage: _Stage, report: Report) -> tuple[Outcome, ...]:
    """Show the objects until nothing more is to be waited for, or the limit is over."""
    report.say(f"watching until each example has ended, at most {LIMIT_SECONDS} s")
    patience = Patience()
    waiting = [one for example in stage.examples for one in example.cancelled]
    end = report.elapsed_seconds() + LIMIT_SECONDS
    with open_lookup(stage.plane) as lookup, open_view(report.console) as view:
        while True:
            stage.check()
            sights = [Sight(one, lookup.table(one)) for one in stage.shown]
            view.show(sights)
            seen = _seen(sights)
            for about in due(waiting, seen):
                _cancel(stage.plane, about)
            outcomes = compare(stage.endings, seen)
            now = report.elapsed_seconds()
            if patience.is_over(outcomes, now) or now > end:
                return outcomes
            time.sleep(LOOK_SECONDS)


def _seen(sights: Iterable[Sight]) -> dict[Named, Seen]:
    return {
        Named(sight.resource.kind, row.seen.metadata.name): row.seen
        for sight in sights
        for row in sight.table.rows
    }


def _say_how_it_ended(stage: _Stage, outcomes: tuple[Outcome, ...], report: Report) -> None:
    report.console.print(happened(outcomes, stage.resources))
    others = [outcome for outcome in outcomes if not outcome.is_as_said]
    if not others:
        report.say("every example ended as its page says")
        return
    for outcome in others:
        told = "ended otherwise" if outcome.is_final else f"not reached in {LIMIT_SECONDS} s"
        report.say(f"{told}: {difference(outcome)}")
    report.say(f"the operator's log ends ({stage.operator.log}):")
    for line in _tail(stage.operator.log):
        report.hint(line)


def _tail(log: Path) -> Iterable[str]:
    with log.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip() for line in deque(lines, maxlen=SHOWN_LINES)]


def _say_what_next(
    shell: Shell, stage: _Stage, *, outcomes: tuple[Outcome, ...], report: Report
) -> None:
    report.say("to look around, in another terminal:")
    tried = commands(shell, stage.examples, outcomes=outcomes, resources=stage.resources)
    for line in (*shell.exports(), "", *tried):
        report.console.print(line, style="cyan", soft_wrap=True, highlight=False, markup=False)
    report.say("Ctrl-C ends the demonstration")


def _stay(stage: _Stage) -> None:
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(CHECK_SECONDS)
            stage.check()
