"""The Test Hub API as functions: what to send for each call; `reading` has what comes back.

Paths and parameters are those of seed 000, of the Test Hub API where it says more. It does no I/O.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from execution_operator.remote.errors import Rejected
from execution_operator.remote.messages import JSON, Priority, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from execution_operator.remote.testhub.queries import AssetFilter, ExecutionFilter, StopOptions

_ANY: Final = "application/json, text/plain;q=0.9, */*;q=0.1"
_XML: Final = "application/xml, text/xml;q=0.9, */*;q=0.1"


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


def _header(text: str) -> str:
    return quote(text, safe="!#$&'*+-.^_`|~:/ ")
