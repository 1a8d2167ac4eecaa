"""What was announced is ours only when it was made: refusals, crashes, and strangers meanwhile."""

from __future__ import annotations

import pytest

from execution_simulator.faults import AnswerStatus, Delay, Hang
from support.kube import until
from support.machines import DOCKER, EACH_SORT, REFUSED, SORTS, Subject

INTENT = "execution-operator.io/intent"
SLOW = {
    **{f"lists of {name}s": (sort, (f"list_{sort.word}s", {})) for name, sort in SORTS.items()},
    **{
        f"the try of a {name}": (sort, ("test_connection", sort.tried))
        for name, sort in SORTS.items()
        if sort.has_connection
    },
}


async def announces_nothing(subject):
    def holds(found):
        meta = found["metadata"]
        return not meta.get("finalizers") and INTENT not in meta.get("annotations", {})

    return await subject.namespace.wait(
        subject.sort.kind, subject.name, "neither intent nor finalizer", holds
    )


async def is_adopted_and_left(subject, simulator, stranger):
    found = await subject.ready()
    assert found["status"]["origin"] == "Adopted"
    await subject.deleted()
    assert [*subject.sort.shelf(simulator)] == [stranger]


@pytest.fixture
def subject(namespace, sort) -> Subject:
    return Subject(namespace, sort)


@pytest.mark.usefixtures("hub")
@EACH_SORT
@pytest.mark.parametrize("status", [403, 409, 503])
async def test_what_came_after_a_refused_create_and_a_crash_is_a_stranger_s(
    subject, simulator, start, sort, status
):
    operator = await start()
    operation, body = f"create_{sort.word}", "html" if status == 503 else "json"
    simulator.faults.add(AnswerStatus(operation=operation, status=status, body=body, times=None))
    await subject.create(sort.spec())
    await until(lambda: simulator.requests.counts().get(operation), "a refused create")
    await subject.is_("Synced", "False")
    await announces_nothing(subject)
    await operator.kill()
    simulator.faults.clear()
    await announces_nothing(subject)
    stranger = sort.register(simulator)
    await start()
    await is_adopted_and_left(subject, simulator, stranger)


@pytest.mark.usefixtures("hub")
@EACH_SORT
async def test_what_came_after_ours_vanished_and_a_crash_is_a_stranger_s(
    subject, simulator, operator, start, sort
):
    await subject.create(sort.spec())
    await subject.ready()
    refusal = AnswerStatus(operation=f"create_{sort.word}", status=409, times=None)
    simulator.faults.add(refusal)
    (ours,) = sort.shelf(simulator)
    sort.shelf(simulator).remove(ours.id)
    await subject.is_("Stalled", "True", "Rejected")
    await announces_nothing(subject)
    await operator.kill()
    stranger = sort.register(simulator)
    await start()
    await is_adopted_and_left(subject, simulator, stranger)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("sort", [DOCKER], ids=["docker host"])
async def test_a_docker_host_that_is_tried_first_is_announced_when_it_was_reached(
    subject, simulator, operator, start, sort
):
    simulator.docker_connections.put(REFUSED)
    created = await subject.create(sort.spec(**sort.tried))
    found = await subject.is_("Ready", "False", "ConnectionFailed")
    assert "finalizers" not in found["metadata"]
    tries = simulator.requests.counts()["test_connection"]
    await until(lambda: simulator.requests.counts()["test_connection"] > tries + 1, "more tries")
    found = await announces_nothing(subject)
    assert found["metadata"]["generation"] == created["metadata"]["generation"]
    await operator.kill()
    simulator.docker_connections.clear()
    stranger = sort.register(simulator)
    await start()
    await is_adopted_and_left(subject, simulator, stranger)


@pytest.mark.usefixtures("hub")
@EACH_SORT
async def test_a_create_that_was_lost_with_a_crash_is_repeated_once_and_ours(
    subject, simulator, operator, start, sort
):
    operation = f"create_{sort.word}"
    simulator.faults.add(Hang(operation=operation, seconds=30.0))
    await subject.create(sort.spec())
    await until(lambda: simulator.requests.counts().get(operation), "a create")
    await operator.kill()
    await start()
    found = await subject.ready()
    assert found["status"]["origin"] == "Created"
    assert len([*sort.shelf(simulator)]) == 1
    await subject.deleted()
    assert [*sort.shelf(simulator)] == []


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("sort", "slow"), SLOW.values(), ids=SLOW.keys())
async def test_a_slow_server_has_it_created_once_and_in_the_first_attempt(
    subject, simulator, start, sort, slow
):
    """Slower than a look-up is new for; a look that comes to nothing would be logged as a bug."""
    operation, spec = slow
    simulator.faults.add(Delay(operation=operation, seconds=1.5, times=None))
    await start()
    await subject.create(sort.spec(**spec))
    found = await subject.ready()
    assert found["status"]["origin"] == "Created"
    asked = simulator.requests.counts()
    assert (asked[f"create_{sort.word}"], len([*sort.shelf(simulator)])) == (1, 1)
    assert asked.get("test_connection", 0) == len(spec)
