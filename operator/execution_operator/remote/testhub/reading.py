"""What the Test Hub's answers mean, as pure functions; it does no I/O.

Every function returns a value or raises a RemoteError, whatever bytes the server sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from execution_operator.remote.answers import parse_json
from execution_operator.remote.errors import (
    Forbidden,
    LicenseRefused,
    NotFound,
    ProtocolError,
    RemoteError,
    Unauthorized,
)
from execution_operator.remote.testhub.junit import TestCounts, count_tests
from execution_operator.remote.testhub.machine_wire import (
    ConnectionStatus,
    MachineItem,
)
from execution_operator.remote.testhub.wire import (
    ExecutionResource,
    Page,
    ResultResource,
    Token,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from execution_operator.remote.answers import Answer
    from execution_operator.remote.testhub.wire import Listed

Model = TypeVar("Model", bound=BaseModel)
Item = TypeVar("Item", bound="Listed")
_BAD_TOKEN: Final = frozenset({400, 401, 402})
_FIRST_REFUSAL: Final = 400
_NO_LICENCE: Final = 403
_NO_METHOD: Final = 405
# People have no more to go by than this: the server says the same for a token that is mistyped,
# deleted, or unused for 30 days (the Test Hub API, section Tokens).
_TO_REPLACE_IT: Final = (
    "the offline token is wrong, was revoked, or expired after 30 days without use: create a new"
    " one on the server (User icon, Create Token) and store it in the Secret"
)
_TO_LICENSE_IT: Final = "assign a licence to the token's user on the server"
_TO_FIND_IT: Final = (
    "check the URL: https://host/test for version 11, https://host without a path for 10"
)


def read_token(answer: Answer) -> Token:
    """Read an access token.

    Raises:
        LicenseRefused: 403, which means the licence here.
        Unauthorized: 400, 401 or 402, which all mean the offline token here.
        Forbidden, ProtocolError: the same as a page, which comes from something in between.
        NotFound, ProtocolError: this is no server's token endpoint, the URL is wrong.
        RemoteError: anything else.
    """
    if answer.is_page and answer.response.status in {*_BAD_TOKEN, _NO_LICENCE, _NO_METHOD}:
        raise _foreign(answer)
    try:
        found = answer.json()
    except RemoteError as error:
        raise _token_refusal(answer, error) from None
    return _model(Token, found, answer)


def _token_refusal(answer: Answer, error: RemoteError) -> RemoteError:
    status = answer.response.status
    if status == _NO_LICENCE:
        return LicenseRefused(_refused(answer, _TO_LICENSE_IT), status=status)
    if status in _BAD_TOKEN:
        return Unauthorized(_refused(answer, _TO_REPLACE_IT), status=status)
    if isinstance(error, NotFound) or status == _NO_METHOD:
        return NotFound(_refused(answer, f"no token endpoint here: {_TO_FIND_IT}"), status=status)
    if isinstance(error, ProtocolError):
        return ProtocolError(
            f"{error.message}; {_TO_FIND_IT}", retry_after=error.retry_after, status=status
        )
    return error


def _foreign(answer: Answer) -> RemoteError:
    """A page where only the API should answer: a firewall, a login, another server."""
    status = answer.response.status
    kind = Forbidden if status == _NO_LICENCE else ProtocolError
    cause = f"a page and not the API refused (HTTP {status})"
    remedy = f"let the operator through a proxy, firewall or login page, or {_TO_FIND_IT}"
    return kind(f"cannot {answer.request.purpose}: {cause}; {remedy}", status=status)


def read_started(answer: Answer) -> ExecutionResource:
    """Read the run that was started; the id may come in the Location header alone.

    Raises:
        Ambiguous: a 2xx without an id, or any answer that leaves it open.
        RemoteError: by meaning.
    """
    return _model(ExecutionResource, _with_id(answer), answer)


def read_execution(answer: Answer) -> ExecutionResource:
    """Read one run."""
    return _model(ExecutionResource, answer.json(), answer)


def read_stopped(answer: Answer) -> None:
    """Return when the server accepted; what an ended run answers (404, 409, 410, 422) raises."""
    answer.require_success()


def read_all_stopped(answer: Answer) -> frozenset[str]:
    """Return the ids of the runs that the answer itself says were not stopped.

    The contract has no more than 202 and a sentence (seed 000). A server that tells run by run,
    as 207 does, is believed: a list of objects with an id and a status, or a map from id to
    status, where 400 and above mean no.
    """
    answer.require_success()
    if not answer.response.content_type.endswith("json"):
        return frozenset()
    try:
        found = parse_json(answer.response.body)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(name for name, status in _outcomes(found) if status >= _FIRST_REFUSAL)


def read_result(answer: Answer) -> ResultResource:
    """Read a run's result."""
    found = answer.json()
    if not isinstance(found, dict) or not found:
        answer.nonsense("the answer is not a result")
    return _model(ResultResource, found, answer)


def read_machine(model: type[MachineItem], answer: Answer) -> MachineItem:
    """Read one agent or docker host."""
    return _model(model, answer.json(), answer)


def read_created(model: type[MachineItem], answer: Answer) -> MachineItem:
    """Read what was defined; the id may come in the Location header alone.

    Raises:
        Ambiguous: a 2xx without an id, or any answer that leaves it open.
        RemoteError: by meaning.
    """
    return _model(model, _with_id(answer), answer)


def read_accepted(answer: Answer) -> None:
    """Return when the server did what was asked, whatever JSON or nothing it says then.

    Raises:
        ProtocolError: a page with a 200, such as a proxy's that asks for a log-in.
        RemoteError: by meaning.
    """
    answer.require_success()
    if answer.response.body.strip() and answer.response.content_type == "text/html":
        answer.nonsense("the answer is a page; is the URL that of the server's API?")


def read_connection(answer: Answer) -> ConnectionStatus:
    """Read whether the server reaches a docker host."""
    found = answer.json()
    if not isinstance(found, dict) or not found:
        answer.nonsense("the answer is not a connection's status")
    return _model(ConnectionStatus, found, answer)


def read_junit(answer: Answer) -> TestCounts:
    """Read how many tests a result's JUnit view tells of."""
    answer.require_success()
    try:
        return count_tests(answer.response.body)
    except ValueError as error:
        answer.nonsense(f"the answer cannot be read as JUnit: {error}")


@dataclass(slots=True)
class Pages(Generic[Item]):
    """Gathers the pages of a list, and tells whether all are there.

    A page that brings nothing new means that the server ignored which page was asked for; fewer
    items than it counted mean that the list changed while it was read. Both raise ProtocolError:
    an incomplete list would prove what is not so. Who wants it all the same is told `is_short`.
    """

    model: type[Item]
    may_be_short: bool = False
    is_short: bool = False
    found: dict[str, Item] = field(default_factory=dict)
    pages: int = 0

    def add(self, answer: Answer) -> bool:
        """Take the next page in order; returns whether one more must be asked for."""
        try:
            page = Page.of(answer.json())
        except ValueError:
            answer.nonsense("the answer has no usable list")
        before = len(self.found)
        for item in page.items:
            read = _model(self.model, item, answer)
            self.found[read.id] = read
        self.pages += 1
        return self._goes_on(page, answer, grown=len(self.found) > before)

    def _goes_on(self, page: Page, answer: Answer, *, grown: bool) -> bool:
        missing = page.total is not None and len(self.found) < page.total
        if _is_last(page, self.pages, missing=missing):
            self.is_short = missing
            if missing and not (self.may_be_short and self.pages > 1):
                answer.nonsense("the list changed while its pages were read")
            return False
        if not grown and self.may_be_short and self.pages > 1 and not page.items:
            self.is_short = True
            return False
        if not grown:
            answer.nonsense("the list's next page brought nothing new")
        return True


def _is_last(page: Page, read: int, *, missing: bool) -> bool:
    if page.last is not None:
        return page.last
    if page.pages is not None:
        return read >= page.pages
    return not missing


def _with_id(answer: Answer) -> object:
    """What a creation answered, with the id of its Location where the body has none."""
    answer.require_success()
    found = answer.json() if answer.response.body.strip() else {}
    if isinstance(found, dict) and found.get("id") is None:
        return {**found, "id": _last_segment(answer.response.location)}
    return found


def _model(model: type[Model], found: object, answer: Answer) -> Model:
    try:
        return model.model_validate(found, context=answer.clean)
    except (ValidationError, RecursionError) as error:
        answer.nonsense(f"the answer has no usable {model.__name__}: {_where(error)}")


def _outcomes(found: object) -> Iterator[tuple[str, int]]:
    if isinstance(found, list):
        for one in found:
            if isinstance(one, dict):
                yield from _outcome(one.get("id", one.get("executionId")), one.get("status"))
    elif isinstance(found, dict):
        for name, told in found.items():
            yield from _outcome(name, told.get("status") if isinstance(told, dict) else told)


def _outcome(name: object, status: object) -> Iterator[tuple[str, int]]:
    if isinstance(name, str) and isinstance(status, int):
        yield name, status


def _where(error: ValidationError | RecursionError) -> str:
    """Which member is wrong and why, without its value, which may be a secret."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"


def _refused(answer: Answer, remedy: str) -> str:
    words = answer.words() or "the server refused"
    return f"cannot {answer.request.purpose}: {words} (HTTP {answer.response.status}); {remedy}"


def _last_segment(location: str | None) -> str:
    return (location or "").partition("?")[0].rstrip("/").rpartition("/")[2]
