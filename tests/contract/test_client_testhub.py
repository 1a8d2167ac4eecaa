"""The Test Hub client over real HTTP: tokens, meanings, pages, and what people get to read."""

import asyncio
import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web

from contract.small_servers import OFFLINE, Hub, outside, web_server
from execution_operator.remote.errors import (
    Ambiguous,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    Unauthorized,
)
from execution_operator.remote.testhub.queries import ExecutionFilter, StopOptions
from execution_simulator import Simulator, serve

RUN = {"id": "1cee", "status": "RUNNING", "result": {"id": "2451", "ref": "https://h/r/2451"}}
ACTIVE = ExecutionFilter(tags=("exo-1",))


def answering(
    body: object, status: int = 200, content_type: str = "application/json", **headers: str
) -> Hub:
    async def answer(request: web.Request) -> web.Response:
        assert request
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=status, content_type=content_type, headers=headers)

    return Hub(answer)


async def test_start_sends_the_specification_with_the_offline_token() -> None:
    server = answering(RUN, 201)
    async with outside() as out, web_server(server) as url:
        run = await out.hub(f"{url}/test").start_execution("1050", {"tags": ["a"]})

    assert run.id == "1cee"
    assert server.bodies == [{"tags": ["a"], "offlineToken": OFFLINE}]
    assert server.seen == [("POST", "/test/rest/projects/1050/executions/", "access-1")]


async def test_token_is_exchanged_once_for_many_calls() -> None:
    server = answering(RUN)
    async with outside() as out, web_server(server) as url:
        hub = out.hub(url)
        await asyncio.gather(*(hub.get_execution("1050", str(n)) for n in range(20)))

    assert server.exchanges == 1


async def test_token_is_renewed_once_for_twenty_401s_at_the_same_time() -> None:
    server = answering(RUN)
    async with outside() as out, web_server(server) as url:
        hub = out.hub(url)
        await hub.get_execution("1050", "first")
        server.good.clear()
        runs = await asyncio.gather(*(hub.get_execution("1050", str(n)) for n in range(20)))

    assert len(runs) == 20
    assert server.exchanges == 2


async def test_start_refused_with_401_is_repeated_once_with_a_new_token() -> None:
    server = answering(RUN, 201)
    fences: list[bool] = []
    async with outside() as out, web_server(server) as url:
        hub = out.hub(url)
        await hub.start_execution("1050", {})
        server.good.clear()
        await hub.start_execution("1050", {}, before_bytes=lambda: fences.append(True))

    assert [token for _, _, token in server.seen] == ["access-1", "access-1", "access-2"]
    assert fences == [True, True]


async def test_401_that_stays_is_unauthorized_after_two_requests() -> None:
    server = answering({"message": "not a member"}, 401)
    async with outside() as out, web_server(server) as url:
        with pytest.raises(Unauthorized, match="not a member"):
            await out.hub(url).start_execution("1050", {})

    assert len(server.seen) == 2


async def test_api_404_and_a_proxys_404_are_told_apart() -> None:
    async with outside() as out:
        async with web_server(answering({"message": "gone"}, 404)) as url:
            with pytest.raises(NotFound, match="gone"):
                await out.hub(url).get_execution("1050", "1")
        async with web_server(answering("<html>nginx</html>", 404, "text/html")) as url:
            with pytest.raises(ProtocolError, match="context path"):
                await out.hub(url).get_execution("1050", "1")


@pytest.mark.parametrize(
    ("server", "meaning"),
    [
        pytest.param(answering("", 302, Location="/x"), Ambiguous, id="redirect that may be done"),
        pytest.param(answering("", 307, Location="/x"), ProtocolError, id="redirect"),
        pytest.param(answering("<html>", 200, "text/html"), Ambiguous, id="a page"),
        pytest.param(answering({"no": "id"}, 201), Ambiguous, id="no id"),
        pytest.param(answering({}, 500), Ambiguous, id="500"),
        pytest.param(answering({}, 429), RateLimited, id="429"),
        pytest.param(answering({"message": "schema"}, 400), Rejected, id="400"),
    ],
)
async def test_start_that_brings_no_run_has_its_meaning_and_is_sent_once(
    server: Hub, meaning: type[Exception]
) -> None:
    async with outside() as out, web_server(server) as url:
        with pytest.raises(meaning):
            await out.hub(url).start_execution("1050", {})

    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [409, 410, 422])
async def test_stop_of_an_ended_run_is_rejected_with_its_status(status: int) -> None:
    async with outside() as out, web_server(answering("ended", status, "text/plain")) as url:
        with pytest.raises(Rejected, match="ended") as refusal:
            await out.hub(url).stop_execution("1050", "1", StopOptions())

    assert refusal.value.status == status


async def test_stop_is_accepted() -> None:
    server = answering("", 202, "text/plain")
    async with outside() as out, web_server(server) as url:
        await out.hub(url).stop_execution("1050", "e-1", StopOptions(timeout_seconds=5))

    assert server.seen[0][:2] == (
        "DELETE",
        (
            "/rest/projects/1050/executions/e-1"
            "?stopTimeoutSecs=5&executeFinallyBlock=true&captureResults=true"
        ),
    )


@pytest.mark.parametrize("variant", ["works", "outcomes"])
async def test_many_are_stopped_by_one_request_in_a_form_that_the_server_takes(
    variant: str,
) -> None:
    simulator = Simulator()
    simulator.tokens.add(OFFLINE)
    simulator.change(bulk_stop=variant)
    async with outside() as out, serve(simulator) as url:
        hub = out.hub(url)
        asset = {"name": "Shop/Load/Soak.schedule", "revision": "main"}
        runs = [await hub.start_execution("1050", {"testAsset": asset}) for _ in range(3)]
        options = StopOptions(timeout_seconds=5, capture_results=False)
        ids = tuple(run.id for run in runs[:2])
        assert await hub.stop_executions("1050", ids, options) == set()
        words = [(await hub.get_execution("1050", run.id)).status for run in runs]

    assert words == ["STOPPING", "STOPPING", "IN_TRANSITION"]
    (asked,) = simulator.requests.read("stop_executions")
    assert asked.query["stopTimeoutSecs"] == ("5",)
    assert asked.query["captureResults"] == ("false",)


@pytest.mark.parametrize(
    ("variant", "meaning"), [("works", Rejected), ("notFound", NotFound), ("refused", Rejected)]
)
async def test_a_refused_stop_of_many_has_its_meaning(variant: str, meaning: type) -> None:
    simulator = Simulator()
    simulator.tokens.add(OFFLINE)
    simulator.change(bulk_stop=variant)
    async with outside() as out, serve(simulator) as url:
        with pytest.raises(meaning):
            await out.hub(url).stop_executions("1050", ("unknown", "neither"), StopOptions())


async def test_all_pages_of_a_list_are_read() -> None:
    async def paged(request: web.Request) -> web.Response:
        page = int(request.query.get("page", "0"))
        content = [{"id": f"{page}-{n}"} for n in range(50)]
        found = {"content": content, "totalElements": 150, "totalPages": 3, "last": page == 2}
        return web.json_response(found)

    server = Hub(paged)
    async with outside() as out, web_server(server) as url:
        found = await out.hub(url).list_executions("1050", ACTIVE)

    assert len(found.items) == 150
    assert len(server.seen) == 3


async def test_list_of_which_one_page_fails_raises() -> None:
    async def broken(request: web.Request) -> web.Response:
        if request.query.get("page") == "1":
            return web.Response(status=502)
        return web.json_response({"content": [{"id": "a"}], "last": False})

    async with outside() as out, web_server(Hub(broken)) as url:
        with pytest.raises(Exception, match="502"):
            await out.hub(url).list_executions("1050", ACTIVE)


class Threads(ThreadPoolExecutor):
    """Counts what is done off the event loop."""

    def __init__(self) -> None:
        super().__init__(1)
        self.used = 0

    def submit(self, *work: Any, **options: Any) -> Future[Any]:
        self.used += 1
        return super().submit(*work, **options)


@pytest.mark.parametrize(("length", "used"), [(10, 0), (20_000, 1)], ids=["small", "large"])
async def test_only_a_large_list_is_read_off_the_event_loop(length: int, used: int) -> None:
    items = [{"id": str(n), "status": "RUNNING", "message": "x" * 100} for n in range(length)]
    threads = Threads()
    asyncio.get_running_loop().set_default_executor(threads)
    async with outside() as out, web_server(answering(items)) as url:
        hub = out.hub(url)
        await hub.stop_execution("1050", "opens it: TLS takes a thread", StopOptions())
        before = threads.used
        found = await hub.list_executions("1050", ACTIVE)

    assert len(found.items) == length
    assert threads.used - before == used


async def test_no_link_of_an_answer_is_followed() -> None:
    lured: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        lured.append(request.path)
        return web.json_response({})

    async with outside() as out, web_server(elsewhere) as trap:
        link = f"{trap}/rest/projects/1050/x/1"
        run = {**RUN, "result": {"id": "2451", "ref": link}, "href": link, "next": link}
        page = {"content": [run], "totalElements": 1, "last": True, "links": {"next": link}}
        result = {"id": "2451", "verdict": "PASS", "reports": [{"name": "r", "href": link}]}
        for body, status in ((run, 201), (page, 200), (result, 200), (run, 302), (run, 307)):
            server = answering(body, status, Location=link, Link=f'<{link}>; rel="next"')
            async with web_server(server) as url:
                hub = out.hub(url)
                calls = (
                    hub.start_execution("1050", {}),
                    hub.get_execution("1050", "1"),
                    hub.list_executions("1050", ACTIVE),
                    hub.list_projects("Shop"),
                    hub.get_result("1050", "2451"),
                    hub.stop_execution("1050", "1", StopOptions()),
                    hub.stop_executions("1050", ("1", "2"), StopOptions()),
                )
                await asyncio.gather(*calls, return_exceptions=True)
            assert len(server.seen) >= len(calls)

    assert lured == []


async def test_projects_and_result_are_read() -> None:
    async def answer(request: web.Request) -> web.Response:
        if "results" in request.path:
            return web.json_response({"verdict": "PASS"})
        assert request.headers["spaceId"] == "s-1"
        return web.json_response({"total": 1, "data": [{"id": 1050, "name": "P"}]})

    async with outside() as out, web_server(Hub(answer)) as url:
        hub = out.hub(url)
        (project,) = await hub.list_projects("P", "s-1")
        result = await hub.get_result(project.id, "2451")

    assert (project.id, result.verdict) == ("1050", "PASS")


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
async def test_no_error_shows_a_secret_that_the_server_repeats(status: int) -> None:
    async def repeat(request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        said = f"refused {body} {request.headers['Authorization']}\nhunter22"
        return web.json_response({"message": said}, status=status)

    async with outside() as out, web_server(Hub(repeat)) as url:
        with pytest.raises(Exception, match=r"\*\*\*") as refusal:
            await out.hub(url).start_execution(
                "1050", {"variables": {"pw": "hunter22"}}, secrets=("hunter22",)
            )

    shown = f"{refusal.value!r} {refusal.value.__cause__!r} {refusal.value.__context__!r}"
    for secret in (OFFLINE, "access-1", "hunter22"):
        assert secret not in shown


async def test_message_of_a_run_shows_no_token() -> None:
    async with outside() as out, web_server(answering({**RUN, "message": f"x {OFFLINE}"})) as url:
        run = await out.hub(url).get_execution("1050", "1")

    assert run.message == "x ***"


async def test_metrics_tell_operation_and_status() -> None:
    async with outside() as out, web_server(answering(RUN)) as url:
        hub = out.hub(url)
        await hub.get_execution("1050", "1")
        await hub.close()

    assert out.meter.codes == ["200", "200"]
