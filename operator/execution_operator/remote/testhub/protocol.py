"""The Test Hub API as functions: what to send for each call; `reading` has what comes back.

Paths and parameters are those of seed 000, of the Test Hub API where it says more. It does no I/O.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from execution_operator.remote.errors import Rejected
from execution_operator.remote.messages import JSON, Priority, Request
from execution_operator.remote.testhub.wire import ACTIVE_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ANY: Final = "application/json, text/plain;q=0.9, */*;q=0.1"
_XML: Final = "application/xml, text/xml;q=0.9, */*;q=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Which runs of a project to list: those that match every part that is set.

    Attributes:
        status: the API's words, or ALL; always sent, since date filters may lift the default.
        tags: a run must have them all; of the other tuples one value suffices.
        scheduled_before, scheduled_after: aware, about the expected start.
        completed_before, completed_after, completed_not_set_or_after: aware, about the end.
        include_data: ask for what the API calls additional information.
    """

    status: tuple[str, ...] = ACTIVE_WORDS
    tags: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    asset_ids: tuple[str, ...] = ()
    asset_paths: tuple[str, ...] = ()
    asset_external_types: tuple[str, ...] = ()
    scheduled_before: datetime | None = None
    scheduled_after: datetime | None = None
    completed_before: datetime | None = None
    completed_after: datetime | None = None
    completed_not_set_or_after: datetime | None = None
    include_data: bool = False

    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values.

        Raises:
            ValueError: a value has a comma, which the API takes for two values.
        """
        lists: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("execution.status", self.status or ("ALL",)),
            ("tag", self.tags),
            ("environment", self.environments),
            ("asset.id", self.asset_ids),
            ("asset.path", self.asset_paths),
            ("asset.externalType", self.asset_external_types),
        )
        moments = (
            ("scheduledDateBefore", self.scheduled_before),
            ("scheduledDateAfter", self.scheduled_after),
            ("completionDateBefore", self.completed_before),
            ("completionDateAfter", self.completed_after),
            ("completionDateNotSetOrAfter", self.completed_not_set_or_after),
        )
        listed = tuple((name, _comma_list(name, values)) for name, values in lists if values)
        dated = tuple((name, _instant(moment)) for name, moment in moments if moment)
        return (*listed, *dated, *((("include", "data"),) if self.include_data else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFilter:
    """Which test assets of a project to list."""

    name: str | None = None
    revision: str | None = None
    asset_id: str | None = None
    asset_types: str = "EXECUTABLE"

    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values."""
        parts = (
            ("assetTypes", self.asset_types),
            ("name", self.name),
            ("revision", self.revision),
            ("assetIds", self.asset_id),
            ("deployable", "true"),
        )
        return tuple((name, value) for name, value in parts if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOptions:
    """How to stop a run; the defaults are the API's own."""

    timeout_seconds: int = 30
    execute_finally_block: bool = True
    capture_results: bool = True

    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values."""
        return (
            ("stopTimeoutSecs", str(self.timeout_seconds)),
            ("executeFinallyBlock", _flag(self.execute_finally_block)),
            ("captureResults", _flag(self.capture_results)),
        )


def exchange_token(offline_token: str) -> Request:
    """Ask for an access token; a form, with the slash (the Test Hub API, section Tokens)."""
    return Request(
        operation="exchange_token",
        purpose="exchange the offline token",
        method="POST",
        path="/rest/tokens/",
        body=urlencode({"refresh_token": offline_token}).encode(),
        content_type="application/x-www-form-urlencoded",
        priority=Priority.STOP,  # everybody else waits for it
    )


def list_spaces(search: str | None = None, page: int = 0) -> Request:
    """List the user's team spaces; `search` is not exact."""
    query = (*((("search", search),) if search else ()), ("member", "true"))
    return _list("list_spaces", "list team spaces", "/rest/spaces", query, page)


def list_projects(name: str, space_id: str | None, page: int = 0) -> Request:
    """List the user's projects whose name is like `name`; the space goes as a header."""
    return _list(
        "list_projects",
        f'list projects named "{name}"',
        "/rest/projects",
        (("archived", "false"), ("member", "true"), ("name", name)),
        page,
        headers=() if space_id is None else (("spaceId", _header(space_id)),),
    )


def list_assets(project_id: str, which: AssetFilter, page: int = 0) -> Request:
    """List test assets of a project."""
    purpose = f'list test assets of project "{project_id}"'
    path = f"/rest/projects/{segment(project_id, purpose)}/assets/"
    return _list("list_assets", purpose, path, which.query(), page)


def list_executions(project_id: str, which: ExecutionFilter, page: int = 0) -> Request:
    """List runs of a project; the first page is asked for without a page's number."""
    purpose = f'list executions of project "{project_id}"'
    path = _executions(project_id, purpose)
    return _list("list_executions", purpose, path, which.query(), page)


def start_execution(
    project_id: str, specification: Mapping[str, JSON], *, offline_token: str
) -> Request:
    """Start a run; the specification is sent as it is, with the token the run itself needs."""
    purpose = f'start an execution in project "{project_id}"'
    body = {**specification, "offlineToken": offline_token}
    return Request(
        operation="start_execution",
        purpose=purpose,
        method="POST",
        path=_executions(project_id, purpose),
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        content_type="application/json",
        repeatable=False,
        priority=Priority.START,
    )


def get_execution(project_id: str, execution_id: str) -> Request:
    """Ask for one run."""
    purpose = f'read execution "{execution_id}" of project "{project_id}"'
    return Request(
        operation="get_execution",
        purpose=purpose,
        method="GET",
        path=_executions(project_id, purpose) + segment(execution_id, purpose),
        priority=Priority.END,
    )


def stop_execution(project_id: str, execution_id: str, options: StopOptions) -> Request:
    """Stop an active run or cancel a scheduled one."""
    purpose = f'stop execution "{execution_id}" of project "{project_id}"'
    return Request(
        operation="stop_execution",
        purpose=purpose,
        method="DELETE",
        path=_executions(project_id, purpose) + segment(execution_id, purpose),
        query=options.query(),
        accept=_ANY,
        priority=Priority.STOP,
    )


def stop_executions(project_id: str, execution_ids: Iterable[str], options: StopOptions) -> Request:
    """Stop or cancel many runs; the body is seed 000's JsonPatch, one `remove` a run.

    No caller of it is known (the Test Hub API, section Stopping), so whoever uses this must be
    ready for any refusal.
    """
    purpose = f'stop executions of project "{project_id}"'
    operations = [{"op": "remove", "path": f"/{_pointer(one)}"} for one in execution_ids]
    return Request(
        operation="stop_executions",
        purpose=purpose,
        method="PATCH",
        path=_executions(project_id, purpose),
        query=options.query(),
        body=json.dumps({"operations": operations}, separators=(",", ":")).encode(),
        content_type="application/json",
        accept=_ANY,
        priority=Priority.STOP,
    )


def get_result(project_id: str, result_id: str) -> Request:
    """Ask for a run's result."""
    purpose = f'read result "{result_id}" of project "{project_id}"'
    project, result = segment(project_id, purpose), segment(result_id, purpose)
    return Request(
        operation="get_result",
        purpose=purpose,
        method="GET",
        path=f"/rest/projects/{project}/results/{result}",
        priority=Priority.END,
    )


def get_junit(project_id: str, result_id: str) -> Request:
    """Ask for the JUnit view of a run's result (the Test Hub API, section Results)."""
    purpose = f'read the JUnit view of result "{result_id}" of project "{project_id}"'
    project, result = segment(project_id, purpose), segment(result_id, purpose)
    return Request(
        operation="get_junit",
        purpose=purpose,
        method="GET",
        path=f"/rest/projects/{project}/results/{result}/data/views/surefire/",
        accept=_XML,
        priority=Priority.END,
    )


def _list(  # noqa: PLR0913 - the parts of a request
    operation: str,
    purpose: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    page: int,
    *,
    headers: tuple[tuple[str, str], ...] = (),
) -> Request:
    return Request(
        operation=operation,
        purpose=purpose,
        method="GET",
        path=path,
        query=page_of(query, page),
        headers=headers,
    )


def page_of(query: tuple[tuple[str, str], ...], page: int) -> tuple[tuple[str, str], ...]:
    """The query of a list's page; the first page is asked for without its number."""
    return (*query, ("page", str(page))) if page else query


def _executions(project_id: str, purpose: str) -> str:
    return f"/rest/projects/{segment(project_id, purpose)}/executions/"


def segment(text: str, purpose: str) -> str:
    """Encode one segment of a path.

    Raises:
        Rejected: it is empty, "." or "..", which would lead to another path.
    """
    if text in {"", ".", ".."}:
        message = f'cannot {purpose}: "{text}" is not an id'
        raise Rejected(message)
    return quote(text, safe="", errors="replace")


def _pointer(text: str) -> str:
    """One member of a JSON pointer (RFC 6901)."""
    return text.replace("~", "~0").replace("/", "~1")


def _comma_list(name: str, values: tuple[str, ...]) -> str:
    if any("," in value for value in values):
        message = f"cannot filter by {name}: a value with a comma cannot be asked for"
        raise ValueError(message)
    return ",".join(values)


def _instant(moment: datetime) -> str:
    """Write a moment in the form every Java server reads: whole seconds, UTC, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _flag(value: bool) -> str:  # noqa: FBT001 - the value itself is what is written
    return "true" if value else "false"


def _header(text: str) -> str:
    return quote(text, safe="!#$&'*+-.^_`|~:/ ")
