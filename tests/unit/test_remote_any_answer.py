"""Whatever bytes a Test Hub answers: a value or a RemoteError, never another exception."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings

from execution_operator.remote.answers import Answer
from execution_operator.remote.errors import Ambiguous, RemoteError
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.redaction import Redactor
from execution_operator.remote.testhub import protocol, reading
from execution_operator.remote.testhub.queries import AssetFilter, ExecutionFilter, StopOptions
from execution_operator.remote.testhub.wire import Asset, ExecutionResource, Project, Space
from support.any_answers import responses

READ = protocol.get_execution("1050", "e-1")
START = protocol.start_execution("1050", {}, offline_token="t")
LIST = protocol.list_executions("1050", ExecutionFilter())
TOKEN = protocol.exchange_token("offline-token")
RESULT = protocol.get_result("1050", "2451")


READERS: list[tuple[Request, Callable[[Answer], object]]] = [
    (TOKEN, reading.read_token),
    (START, reading.read_started),
    (READ, reading.read_execution),
    (RESULT, reading.read_result),
    (protocol.get_junit("1050", "2451"), reading.read_junit),
    (protocol.stop_execution("1", "2", StopOptions()), reading.read_stopped),
    (protocol.stop_executions("1", ("2", "3"), StopOptions()), reading.read_all_stopped),
    (protocol.list_spaces("x"), lambda found: reading.Pages(Space).add(found)),
    (protocol.list_projects("x", None), lambda found: reading.Pages(Project).add(found)),
    (protocol.list_assets("1", AssetFilter()), lambda found: reading.Pages(Asset).add(found)),
    (LIST, lambda found: reading.Pages(ExecutionResource).add(found)),
]
WORDS = """
id status message result ref startDate completionDate access_token expires_in content data total
totalElements totalPages last verdict reports href name content-type duration display_name
external_type error error_description userMessage
"""


@pytest.mark.parametrize(("request_", "read"), READERS, ids=[one[0].operation for one in READERS])
@settings(max_examples=1200, deadline=None)
@given(response=responses(WORDS))
def test_whatever_a_server_answers_is_a_value_or_a_remote_error(
    request_: Request, read: Callable[[Answer], object], response: Response
) -> None:
    raised = None
    try:
        read(Answer(request_, response, Redactor(["offline-token"])))
    except RemoteError as error:
        raised = error

    assert str(raised).isprintable()
    if request_ is START and raised is not None and 200 <= response.status < 300:
        assert isinstance(raised, Ambiguous)
