"""What `kubectl-tex` says when there is no cluster, or one that is not as it should be."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
import yaml
from aiohttp import web

from contract.small_servers import web_server
from support.tex import PROGRAM, SMOKE, begin, tex

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "http://127.0.0.1:1"


def kubeconfig(folder: Path, server: str, **user: object) -> Path:
    path = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t0ken-of-mine"} | user}],
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}
        ],
    }
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("list",), id="list"),
        pytest.param(("wait", "a"), id="wait"),
        pytest.param(("run", *SMOKE), id="run"),
        pytest.param(("logs", "a"), id="logs"),
    ],
)
async def test_cluster_out_of_reach_is_told_in_one_line(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = await tex(*words, kubeconfig=kubeconfig(tmp_path, NOWHERE))

    assert done.code == 4
    assert f"cannot reach the cluster at {NOWHERE}" in done.only_line


async def test_missing_kubeconfig_says_how_to_give_one() -> None:
    done = await tex("list", kubeconfig=None)

    assert done.code == 2
    assert "give --kubeconfig FILE or set KUBECONFIG" in done.only_line


async def test_unknown_context_names_those_that_there_are(tmp_path: Path) -> None:
    done = await tex("list", "--context=there", kubeconfig=kubeconfig(tmp_path, NOWHERE))

    assert done.code == 2
    assert 'has no context "there": it has here' in done.only_line


@pytest.mark.parametrize(
    ("status", "body", "code", "says"),
    [
        pytest.param(404, "404 page not found", 2, "execution-operator crds | kubectl", id="CRD"),
        pytest.param(401, "{}", 2, "the cluster does not know you", id="account"),
        pytest.param(503, "<html>", 4, "cannot list testexecutions", id="proxy"),
        pytest.param(200, "<html>", 4, "what it answers is not JSON", id="page"),
        pytest.param(200, "{}", 4, "is no Kubernetes API", id="other API"),
    ],
)
async def test_answer_that_is_none_is_told_in_one_line(
    tmp_path: Path, status: int, body: str, code: int, says: str
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    async with web_server(answer) as url:
        done = await tex("list", kubeconfig=kubeconfig(tmp_path, url))

    assert done.code == code
    assert says in done.only_line


async def test_token_that_ran_out_is_got_anew(tmp_path: Path) -> None:
    tokens: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        tokens.append(request.headers["Authorization"])
        if len(tokens) == 1:
            kubeconfig(tmp_path, url, token="newer")
            return web.json_response({}, status=401)
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})

    async with web_server(answer) as url:
        done = await tex("list", "-o=json", kubeconfig=kubeconfig(tmp_path, url))

    assert done.code == 0, done.err
    assert json.loads(done.out)["items"] == []
    assert tokens == ["Bearer t0ken-of-mine", "Bearer newer"]


async def test_bug_is_never_taken_for_a_verdict(tmp_path: Path) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": 7})

    async with web_server(answer) as url:
        done = await tex("wait", "a", kubeconfig=kubeconfig(tmp_path, url))

    assert done.code == 4
    assert "this is a bug (TypeError at cluster.py:" in done.only_line


async def test_reader_that_goes_away_is_never_taken_for_a_verdict(tmp_path: Path) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": [_run()]})

    async with web_server(answer) as url:
        process = await asyncio.create_subprocess_exec(
            "/bin/bash",
            "-c",
            f"{PROGRAM} list | true; echo ${{PIPESTATUS[0]}}",
            env={"PATH": "/usr/bin:/bin", "KUBECONFIG": str(kubeconfig(tmp_path, url))},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()

    assert (out, err) == (b"141\n", b"")


async def test_namespace_is_the_contexts(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert "/namespaces/shop/" in request.path
        return web.json_response({"metadata": {}, "items": []})

    async with web_server(answer) as url:
        done = await tex("list", kubeconfig=kubeconfig(tmp_path, url))

    assert (done.code, done.err) == (0, 'no testexecutions in namespace "shop"\n')


async def test_interrupt_before_there_is_anything_to_stop_is_quiet(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if request.query.get("watch"):
            await response.prepare(request)
            await response.write(b"\n")
            going.interrupt()
            await going.process.wait()
            return response
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": [_run()]})

    async with web_server(answer) as url:
        going = await begin("wait", "a", kubeconfig=kubeconfig(tmp_path, url))
        done = await going.done()

    assert (done.code, done.err) == (130, "")


def _run() -> dict[str, object]:
    spec = {
        "serverRef": {"name": "hub"},
        "project": {"id": "1"},
        "testAsset": {"name": "x", "revision": "main"},
    }
    return {"metadata": {"name": "a", "namespace": "shop", "uid": "u"}, "spec": spec}
