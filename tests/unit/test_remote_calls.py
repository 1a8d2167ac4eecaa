"""What a list of several pages says of the server's own seconds, read or not."""

import json

import pytest

from execution_operator.remote.errors import ProtocolError, RemoteError, Unreachable
from execution_operator.remote.messages import Response
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub import protocol
from execution_operator.remote.testhub.calls import Calls
from execution_operator.remote.testhub.queries import ExecutionFilter
from execution_operator.remote.testhub.wire import ExecutionResource


class Tokens:
    """Knows no token: nobody asks for one."""

    def redactor(self, *more: str) -> Redactor:
        return Redactor(more)


class Pages:
    """Answers one page after the other."""

    def __init__(self, *answers: Response | RemoteError) -> None:
        self._answers = [*answers]

    async def send(self, *_: object, **__: object) -> Response:
        found = self._answers.pop(0)
        if isinstance(found, RemoteError):
            raise found
        return found


def page(name: str, server_seconds: float, status: int = 200, *, last: bool = True) -> Response:
    found = {"content": [{"id": name}], "last": last}
    body = json.dumps(found).encode()
    return Response(status, "application/json", body, server_seconds=server_seconds)


def lost(server_seconds: float) -> Unreachable:
    error = Unreachable("away")
    error.server_seconds = server_seconds
    return error


async def read(*answers: Response | RemoteError) -> float:
    """The server's seconds, of what was read as of what was not."""
    calls = Calls(Pages(*answers), Tokens())  # type: ignore[arg-type] # all that is asked of them
    try:
        found = await calls.all_pages(
            ExecutionResource,
            lambda number: protocol.list_executions("1050", ExecutionFilter(), number),
        )
    except RemoteError as error:
        return error.server_seconds
    return found.server_seconds


FIRST = page("a", 3.0, last=False)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param((page("a", 3.0),), 3.0, id="one page"),
        pytest.param((FIRST, page("b", 4.0)), 7.0, id="two pages"),
        pytest.param((lost(5.0),), 5.0, id="no answer"),
        pytest.param((FIRST, lost(5.0)), 8.0, id="no answer to the second"),
        pytest.param((FIRST, page("b", 4.0, 500)), 7.0, id="the second refused"),
        pytest.param((FIRST, page("a", 4.0, last=False)), 7.0, id="the second without sense"),
    ],
)
async def test_the_server_s_seconds_are_those_of_all_pages(answers, expected):
    assert await read(*answers) == expected


async def test_a_list_without_an_end_tells_the_server_s_seconds_too():
    answers = [page(str(number), 1.0, last=False) for number in range(1000)]
    calls = Calls(Pages(*answers), Tokens())  # type: ignore[arg-type] # all that is asked of them
    with pytest.raises(ProtocolError, match="more than 1000 pages") as refusal:
        await calls.all_pages(
            ExecutionResource,
            lambda number: protocol.list_executions("1050", ExecutionFilter(), number),
        )
    assert refusal.value.server_seconds == 1000.0
