"""The options that commands share, and the value they become; it asks nobody."""

from __future__ import annotations

import functools
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Which cluster and namespace the caller means; None is what the kubeconfig says."""

    namespace: str | None = None
    context: str | None = None
    kubeconfig: str | None = None

    def command(self, verb: str, name: str, namespace: str) -> str:
        """What to type to do something else with a run, for people to copy."""
        parts = ["kubectl", "tex", verb, name, "-n", namespace]
        if self.context:
            parts += ["--context", self.context]
        if self.kubeconfig:
            parts += ["--kubeconfig", self.kubeconfig]
        return shlex.join(parts)


def placed(command: Command) -> Command:
    """Give a command -n, --context and --kubeconfig; it gets them as `place`."""

    @functools.wraps(command)
    def with_place(
        namespace: str | None, context: str | None, kubeconfig: str | None, **more: object
    ) -> object:
        return command(place=Place(namespace, context, kubeconfig), **more)

    for option in (
        click.option("--kubeconfig", metavar="FILE", help="Kubeconfig file."),
        click.option("--context", metavar="NAME", help="Context of the kubeconfig."),
        click.option(
            "-n", "--namespace", metavar="NAME", help="Namespace.  [default: the context's]"
        ),
    ):
        with_place = option(with_place)
    return with_place


class Period(click.ParamType[timedelta]):
    """A length of time as Kubernetes writes it: 90s, 1h30m."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it; fails with what to write instead."""
        if isinstance(value, timedelta):
            return value
        import durationpy  # noqa: PLC0415 - only where somebody gives one

        try:
            found = durationpy.from_str(str(value))
        except (ValueError, OverflowError):
            found = timedelta(0)
        if found <= timedelta(0):
            self.fail(f'"{value}" is no duration: write it like 90s or 1h30m', param, ctx)
        return found


def timed(help_text: str) -> Callable[[Command], Command]:
    """Give a command --timeout, in seconds or None."""
    return click.option("--timeout", type=Period(), metavar="DURATION", help=help_text)


def shown(*formats: str) -> Callable[[Command], Command]:
    """Give a command -o/--output."""
    return click.option(
        "-o", "--output", type=click.Choice(formats), help="Print objects in this form."
    )
