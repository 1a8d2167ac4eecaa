"""The client's docker hosts over real HTTP, against the simulator in its variants."""

from collections.abc import AsyncIterator

import pytest

from contract.machines_meeting import EACH_VARIANT, HOST, KEYS, LEVELS, SPACE, USER, Both, meeting
from execution_operator.remote.errors import (
    NotFound,
    ProtocolError,
    Rejected,
    RemoteError,
)
from execution_operator.remote.testhub.levels import Level
from execution_simulator.docker_connections import DockerConnection
from execution_simulator.faults import EchoRequest


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    async with meeting() as met:
        yield met


@LEVELS
@EACH_VARIANT
async def test_a_docker_hosts_whole_life(
    both: Both, level: Level, variant: dict[str, object]
) -> None:
    both.server.change(**variant)
    hosts = both.hub.docker_hosts
    made = await hosts.create(level, {"hostName": HOST, "port": "2376", "secure": True, **KEYS})
    await hosts.update(level, await hosts.get(level, made.id), {"port": "2377", **KEYS})
    await hosts.associate("1050", made.id)
    (associated,) = (await hosts.list_of_project("1050")).items
    alone = await hosts.get_of_project("1050", made.id)
    (listed,) = (await hosts.list(level)).items
    status = await hosts.status(level, made.id)
    (kept,) = both.server.docker_hosts
    await hosts.dissociate("1050", made.id)
    await hosts.delete(level, made.id)

    assert (associated.id, listed.id) == (made.id, made.id)
    assert (listed.members["port"], listed.members["secure"]) == ("2377", True)
    assert (alone.id, alone.members["port"]) == (made.id, "2377")
    assert {name: kept.members[name] for name in KEYS} == KEYS
    assert status.status == "SUCCESS"
    assert (status.info is None) is (variant == {"docker_info": "null"})
    assert (await hosts.list(level)).items == ()


async def test_masks_of_keys_are_never_sent_back(both: Both) -> None:
    both.server.change(docker_keys="masked", machine_put="merge")
    number = both.docker_host(**KEYS)
    hosts = both.hub.docker_hosts
    await hosts.update(USER, await hosts.get(USER, number), {"port": "1"})
    (kept,) = both.server.docker_hosts
    assert {name: kept.members[name] for name in KEYS} == KEYS


@pytest.mark.parametrize(
    ("connection", "reason"),
    [
        (None, None),
        (
            DockerConnection(host=HOST, status="FAILURE", reason="refused", reachable=False),
            "refused",
        ),
    ],
    ids=["reached", "not reached"],
)
async def test_a_connection_that_fails_is_no_error(
    both: Both, connection: DockerConnection | None, reason: str | None
) -> None:
    if connection:
        both.server.docker_connections.put(connection)
    status = await both.hub.docker_hosts.test_connection({"hostName": HOST, "port": "2375"})
    assert (status.reason, status.info is None) == (reason, connection is not None)


@pytest.mark.parametrize(
    ("form", "meaning"), [("retired", NotFound), ("retiredPage", ProtocolError)]
)
async def test_retired_docker_hosts_are_told_apart_from_a_wrong_url(
    both: Both, form: str, meaning: type[RemoteError]
) -> None:
    both.server.change(docker_hosts=form)
    for call in (
        both.hub.docker_hosts.list(USER),
        both.hub.docker_hosts.create(SPACE, {"hostName": HOST}),
        both.hub.docker_hosts.associate("1050", "51"),
        both.hub.docker_hosts.get_of_project("1050", "51"),
        both.hub.docker_hosts.test_connection({"hostName": HOST}),
    ):
        with pytest.raises(meaning):
            await call


async def test_no_error_shows_a_key_that_the_server_repeats(both: Both) -> None:
    found = await both.hub.docker_hosts.get(USER, both.docker_host())
    hosts = both.hub.docker_hosts
    both.server.faults.add(EchoRequest(operation="*", times=None))
    for call in (
        hosts.create(USER, {"hostName": HOST, **KEYS}),
        hosts.update(USER, found, KEYS),
        hosts.test_connection({"hostName": HOST, **KEYS}),
    ):
        with pytest.raises(Rejected, match=r"\*\*\*") as refusal:
            await call
        shown = f"{refusal.value!r} {refusal.value.__context__!r}"
        assert [key for key in KEYS.values() if key in shown] == []
