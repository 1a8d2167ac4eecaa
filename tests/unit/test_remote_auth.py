"""One access token for all: when it is renewed, by whom, and when not."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from execution_operator.remote.errors import LicenseRefused, Unauthorized, Unreachable
from execution_operator.remote.messages import Request, Response
from execution_operator.remote.testhub.auth import Tokens, lifetime


class Server:
    """Exchanges offline tokens it knows, and counts; it also is the Secret and the clock."""

    def __init__(self) -> None:
        self.good = {"offline-1"}
        self.exchanged: list[str] = []
        self.asked: list[bool] = []
        self.cached = self.stored = "offline-1"
        self.expires_in: int | None = 300
        self.status = 200
        self.now = 1000.0
        self.gate = asyncio.Event()
        self.gate.set()

    async def exchange(self, request: Request) -> Response:
        await self.gate.wait()
        (offline,) = parse_qs((request.body or b"").decode())["refresh_token"]
        self.exchanged.append(offline)
        if offline not in self.good:
            return Response(400, "application/json", b'{"error":"invalid_grant"}')
        token = {"access_token": f"access-{len(self.exchanged)}", "expires_in": self.expires_in}
        return Response(self.status, "application/json", json.dumps(token).encode())

    async def offline_token(self, fresh: bool) -> str:  # noqa: FBT001 - the port's form
        self.asked.append(fresh)
        if fresh:
            self.cached = self.stored
        return self.cached

    def tokens(self) -> Tokens:
        return Tokens(self.exchange, self.offline_token, clock=lambda: self.now, refusal_seconds=60)


@pytest.fixture
def server() -> Server:
    return Server()


async def access(tokens: Tokens) -> str:
    return (await tokens.access()).get_secret_value()


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [(300, 270), (60, 48), (3600, 3570), (10, 8), (None, 48), (0, 48), (10**9, 86_370)],
)
def test_token_is_used_until_shortly_before_its_end(expires_in: int | None, seconds: float) -> None:
    assert lifetime(expires_in) == seconds


async def test_token_is_kept_while_it_is_good(server: Server) -> None:
    tokens = server.tokens()
    first = await access(tokens)
    server.now += 269

    assert await access(tokens) == first == "access-1"


async def test_token_is_renewed_before_it_expires(server: Server) -> None:
    tokens = server.tokens()
    await access(tokens)
    server.now += 271

    assert await access(tokens) == "access-2"


async def test_all_that_ask_at_once_share_one_exchange(server: Server) -> None:
    tokens = server.tokens()

    assert set(await asyncio.gather(*(access(tokens) for _ in range(20)))) == {"access-1"}
    assert len(server.exchanged) == 1


async def test_one_that_gives_up_does_not_end_the_exchange_of_the_others(server: Server) -> None:
    tokens = server.tokens()
    server.gate.clear()
    waiting = [asyncio.create_task(access(tokens)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    server.gate.set()

    assert await waiting[1] == "access-1"


async def test_refused_token_is_replaced_once_for_all_that_used_it(server: Server) -> None:
    tokens = server.tokens()
    used = await tokens.access()

    await asyncio.gather(*(tokens.replace(used) for _ in range(20)))
    await tokens.replace(used)

    assert await access(tokens) == "access-2"
    assert len(server.exchanged) == 2


async def in_vain(tokens: Tokens) -> bool:
    """A request is refused with each token that it gets; whether it got another one."""
    if not await tokens.replace(await tokens.access()):
        return False
    tokens.replaced(await tokens.access(), helped=False)
    return True


async def test_exchange_that_does_not_help_is_repeated_after_growing_pauses(
    server: Server,
) -> None:
    tokens, exchanged_at = server.tokens(), []
    server.expires_in = 86_400
    for _ in range(300):
        if await in_vain(tokens):
            exchanged_at.append(server.now - 1000)
        server.now += 1

    assert exchanged_at == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


async def test_many_that_are_refused_together_lengthen_the_pause_once(server: Server) -> None:
    tokens = server.tokens()
    await in_vain(tokens)
    for _ in range(20):
        tokens.replaced(await tokens.access(), helped=False)
    server.now += 1

    assert await in_vain(tokens)


async def test_rotated_secret_ends_the_pause(server: Server) -> None:
    tokens = server.tokens()
    while await in_vain(tokens):
        pass
    server.good, server.stored = {"offline-2"}, "offline-2"

    assert await in_vain(tokens)
    assert server.exchanged[-1] == "offline-2"


async def test_exchange_that_helps_ends_the_pauses(server: Server) -> None:
    tokens = server.tokens()
    for _ in range(5):
        await in_vain(tokens)
        server.now += 20
    await tokens.replace(await tokens.access())
    tokens.replaced(await tokens.access(), helped=True)
    await in_vain(tokens)
    server.now += 1

    assert await in_vain(tokens)


async def test_rotated_secret_is_picked_up_when_a_token_is_refused(server: Server) -> None:
    tokens = server.tokens()
    used = await tokens.access()
    server.good, server.stored = {"offline-2"}, "offline-2"

    await tokens.replace(used)

    assert server.exchanged == ["offline-1", "offline-2"]


async def test_rotated_secret_is_picked_up_when_the_exchange_is_refused(server: Server) -> None:
    server.good, server.stored = {"offline-2"}, "offline-2"

    assert await access(server.tokens()) == "access-2"
    assert server.exchanged == ["offline-1", "offline-2"]


async def test_wrong_offline_token_is_tried_once_and_then_left_alone(server: Server) -> None:
    server.good = set()
    tokens = server.tokens()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            await tokens.access()
        server.now += 10

    assert server.exchanged == ["offline-1"]


async def test_secret_is_not_asked_for_anew_while_the_token_is_left_alone(server: Server) -> None:
    server.good = set()
    tokens = server.tokens()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            await tokens.access()

    assert server.asked.count(True) == 1


async def test_wrong_offline_token_is_tried_again_after_the_back_off(server: Server) -> None:
    server.good = set()
    tokens = server.tokens()
    with pytest.raises(Unauthorized) as refusal:
        await tokens.access()
    server.now += refusal.value.retry_after or 0
    server.good = {"offline-1"}

    assert await access(tokens) == "access-2"


async def test_changed_text_is_tried_at_once(server: Server) -> None:
    server.good = set()
    tokens = server.tokens()
    with pytest.raises(Unauthorized):
        await tokens.access()
    server.good, server.cached = {"offline-2"}, "offline-2"

    assert await access(tokens) == "access-2"


async def test_licence_refusal_is_not_hammered_either(server: Server) -> None:
    server.status = 403
    tokens = server.tokens()
    for _ in range(3):
        with pytest.raises(LicenseRefused):
            await tokens.access()

    assert len(server.exchanged) == 1


async def test_server_that_fails_is_asked_again(server: Server) -> None:
    server.status = 502
    tokens = server.tokens()
    for _ in range(2):
        with pytest.raises(Unreachable):
            await tokens.access()

    assert len(server.exchanged) == 2


async def test_all_tokens_in_use_are_redacted(server: Server) -> None:
    tokens = server.tokens()
    await tokens.replace(await tokens.access())

    assert tokens.redactor("hunter22")("offline-1 access-1 access-2 hunter22") == "*** *** *** ***"


async def test_close_ends_a_renewal_under_way(server: Server) -> None:
    tokens = server.tokens()
    server.gate.clear()
    waiting = asyncio.create_task(access(tokens))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    await tokens.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_offline_token_for_a_run_is_not_asked_for_anew(server: Server) -> None:
    assert await server.tokens().offline() == SecretStr("offline-1")
    assert server.asked == [False]
