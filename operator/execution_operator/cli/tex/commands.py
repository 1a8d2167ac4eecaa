"""The commands and their flags; what they do is imported when one is called, to start fast."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from execution_operator.cli.tex.completing import complete_names
from execution_operator.cli.tex.mistakes import Code, PipeClosed
from execution_operator.cli.tex.options import Place, placed, shown, timed

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import timedelta

COMPLETE_VARIABLE: Final = "_KUBECTL_TEX_COMPLETE"
_CODES: Final = """
\b
Exit codes:
  0    it passed (a stub: it runs)
  1    it did not pass (Failed)
  2    a mistake: usage, not found, refused by the API server
  3    it was stopped
  4    no verdict: the infrastructure failed (Error, Lost, stalled, no API server)
  5    --timeout was over first; the run goes on
  130  interrupted
"""


@click.group(
    name="kubectl-tex",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(None, package_name="execution-operator", message="kubectl-tex %(version)s")
def tex() -> None:
    """Run tests on an execution server, from TestExecutions in your cluster.

    \b
    kubectl tex run --server hub --project Shop --asset Shop/Tests/Smoke.testsuite --revision main
    kubectl tex list
    kubectl tex logs smoke-x7k2p -f
    """


def _done(work: Coroutine[Any, Any, Code]) -> None:
    try:
        code = asyncio.run(work)
        sys.stdout.flush()
    except BrokenPipeError as exc:  # click would exit with 1, which says that a test failed
        raise PipeClosed from exc
    click.get_current_context().exit(code)


_NAME = click.argument("name", shell_complete=complete_names)
_NAMES = click.argument("names", nargs=-1, required=True, shell_complete=complete_names)
_STOP_ON_INTERRUPT = click.option(
    "--stop-on-interrupt", is_flag=True, help="Ctrl-C and SIGTERM stop the run, too."
)
_NO_WAIT = click.option("--no-wait", is_flag=True, help="Do not wait for its end.")
_WAIT = timed("Wait no longer than this; the run goes on.  [default: no bound]")


@tex.command(epilog=_CODES)
@placed
@click.option("-f", "--file", metavar="FILE", help="A file with one TestExecution; - is stdin.")
@click.option("--server", metavar="NAME", help="The ExecutionServer.")
@click.option("--project", metavar="ID|NAME", help="Digits are an id; id:… and name:… say it.")
@click.option("--asset", metavar="PATH|ID", help="The test: its repository path or its id.")
@click.option("--revision", metavar="BRANCH", help="The branch of the test.")
@click.option("--name", metavar="NAME", help="Name of the run.  [default: made from the test's]")
@click.option("--environment", metavar="NAME", help="The environment to run in.")
@click.option("--var", "variables", metavar="KEY=VALUE", multiple=True, help="A variable.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="A tag of the run.")
@click.option("--scheduled-in", metavar="PT15M", help="Run that much later (ISO 8601).")
@click.option("--scheduled-at", metavar="TIME", help="Run then: 2026-12-01T15:00:25Z.")
@_WAIT
@_NO_WAIT
@_STOP_ON_INTERRUPT
@shown("json", "yaml", "name")
def run(  # noqa: PLR0913 - flags
    *,
    place: Place,
    file: str | None,
    variables: tuple[str, ...],
    timeout: timedelta | None,
    no_wait: bool,
    stop_on_interrupt: bool,
    output: str | None,
    **flags: Any,  # noqa: ANN401 - click's values
) -> None:
    """Run a test and wait for its verdict.

    The values of --var can be read by whoever may list processes on this machine or read
    TestExecutions: keep secrets in a Secret, and name it in a file by variablesFrom.
    """
    from execution_operator.cli.tex import running, wanted

    manner = running.Manner(
        timeout=timeout, no_wait=no_wait, stop_on_interrupt=stop_on_interrupt, output=output
    )
    asked = wanted.read(file, flags, variables, namespace=place.namespace)
    _done(running.run(place, asked, manner))


@tex.command(epilog=_CODES)
@placed
@_NAMES
@_WAIT
@shown("json", "yaml", "name")
def wait(
    *, place: Place, names: tuple[str, ...], timeout: timedelta | None, output: str | None
) -> None:
    """Wait for runs; the exit code is the verdict, of several the highest."""
    from execution_operator.cli.tex import running

    _done(running.wait(place, names, running.Manner(timeout=timeout, output=output)))


@tex.command(epilog=_CODES)
@placed
@_NAME
@click.option("--name", "new_name", metavar="NAME", help="Name of the new run.")
@_WAIT
@_NO_WAIT
@_STOP_ON_INTERRUPT
@shown("json", "yaml", "name")
def rerun(  # noqa: PLR0913 - flags
    *,
    place: Place,
    name: str,
    new_name: str | None,
    timeout: timedelta | None,
    no_wait: bool,
    stop_on_interrupt: bool,
    output: str | None,
) -> None:
    """Run again what a run ran, as a new run, and wait for its verdict."""
    from execution_operator.cli.tex import running

    manner = running.Manner(
        timeout=timeout, no_wait=no_wait, stop_on_interrupt=stop_on_interrupt, output=output
    )
    _done(running.rerun(place, name, new_name, manner))


@tex.command()
@placed
@_NAME
@click.option("-f", "--follow", is_flag=True, help="Go on until the run is over.")
@click.option("--init", is_flag=True, help="The log of the init container.")
@click.option(
    "--allowed-server-host",
    "allowed_server_hosts",
    metavar="PATTERN",
    multiple=True,
    help="Speak to these servers only.  [default: any]",
)
@click.option("--allow-loopback", is_flag=True, help="Speak to a server on this machine itself.")
def logs(*, place: Place, **wish: Any) -> None:  # noqa: ANN401 - click's values
    """Print the log of a run, from its server.

    It is read from here, with your own rights: you need get on the run, on its ExecutionServer
    and on the Secret with the token. EXECUTION_OPERATOR_ALLOWED_SERVER_HOSTS and
    EXECUTION_OPERATOR_ALLOW_LOOPBACK mean what they mean to the operator.

    \b
    Exit codes: 0 printed, whatever the verdict is; 2 a mistake, or there is no log (any more);
    4 the server cannot be asked.
    """
    from execution_operator.cli.tex import reading

    _done(reading.logs(place, reading.Wish(**wish)))


@tex.command(name="list")
@placed
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of all namespaces.")
@click.option("-l", "--selector", default="", metavar="LABELS", help="Only these: app=shop.")
@click.option("-w", "--watch", is_flag=True, help="Then print each change, until Ctrl-C.")
@shown("json", "yaml", "name")
def list_(
    *, place: Place, everywhere: bool, selector: str, watch: bool, output: str | None
) -> None:
    """List the runs, the newest last."""
    from execution_operator.cli.tex import listing

    if watch and output:
        text = "--watch and --output do not go together: leave one out"
        raise click.UsageError(text)
    _done(
        listing.list_runs(
            place, selector=selector, everywhere=everywhere, watch=watch, output=output
        )
    )


@tex.command()
@placed
@_NAMES
@_WAIT
@_NO_WAIT
def stop(*, place: Place, names: tuple[str, ...], timeout: timedelta | None, no_wait: bool) -> None:
    """Stop runs and wait until they are over; one that was not started never is.

    \b
    Exit codes: 0 they are over; 2 a mistake; 4 one was lost or may go on; 5 --timeout
    was over first.
    """
    from execution_operator.cli.tex import stopping

    _done(stopping.stop(place, names, no_wait=no_wait, patience=timeout))


@tex.command(name="open")
@placed
@_NAME
@click.option("--print", "only_print", is_flag=True, help="Print the link, open nothing.")
def open_(*, place: Place, name: str, only_print: bool) -> None:
    """Open the result of a run in the browser; through a pipe it only prints the link."""
    from execution_operator.cli.tex import listing

    _done(listing.open_result(place, name, only_print=only_print))


@tex.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell, for the command kubectl-tex.

    \b
    bash:  source <(kubectl tex completion bash)
    zsh:   source <(kubectl tex completion zsh)
    fish:  kubectl tex completion fish | source
    kubectl itself completes `kubectl tex …` by the command kubectl_complete-tex, if it is
    on your PATH.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(tex, {}, "kubectl-tex", COMPLETE_VARIABLE).source())
