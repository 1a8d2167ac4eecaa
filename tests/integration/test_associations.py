"""Projects may use machines, or no longer, and the server is not believed before it shows that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from execution_simulator.faults import AnswerStatus, Hang, LoseAnswer
from support.kube import condition, until
from support.machines import SORTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from execution_simulator import Simulator
    from execution_simulator.faults import Fault
    from execution_simulator.machines import Machine
    from support.kube import Json, Namespace
    from support.machines import Sort


@dataclass(frozen=True)
class Lab:
    """A machine of a sort, on the server and in the cluster."""

    sort: Sort
    namespace: Namespace
    simulator: Simulator

    def registered(self, *projects: str) -> Machine:
        """It is there before its object, and some projects may use it."""
        return self.sort.register(self.simulator, projects=projects)

    def projects(self, count: int) -> list[str]:
        """So many projects of the server, new ones."""
        world, ids = self.simulator.world, [str(2000 + one) for one in range(count)]
        for one in ids:
            known = world.projects["1050"]
            world.put_project(known.model_copy(update={"id": one, "name": f"Project {one}"}))
        return ids

    async def wanted(self, *projects: str, **more: Any) -> None:
        spec = self.sort.spec(projects=[{"id": one} for one in projects], **more)
        await self.namespace.create(self.sort.kind, "one", spec)

    async def lists(self, *projects: str) -> None:
        """Change the spec's projects."""
        change = {"spec": {"projects": [{"id": one} for one in projects]}}
        await self.namespace.patch(self.sort.kind, "one", change)

    async def ready(self, status: str = "True", reason: str = "") -> Json:
        return await self.namespace.condition(self.sort.kind, "one", "Ready", status, reason)

    async def shows(self, what: str, holds: Callable[[Json], Any]) -> Json:
        return await self.namespace.wait(self.sort.kind, "one", what, holds)

    async def claims(self, *projects: str) -> Json:
        """Wait until the status has these projects as ours."""
        return await self.shows(f"projects {projects}", lambda it: claimed(it) == [*projects])

    async def deleted(self) -> None:
        await self.namespace.delete(self.sort.kind, "one")
        await self.namespace.gone(self.sort.kind, "one")

    async def told(self, *event: str) -> None:
        """Wait for an event of that type and reason."""

        async def is_told() -> bool:
            return event in await self.namespace.events("one")

        await until(is_told, f"the event {event}")

    def fault(self, operation: str, **more: Any) -> None:
        """Let an operation on projects' machines of this sort fail in some way, for ever."""
        self.plant(AnswerStatus(operation=f"{operation}_{self.sort.word}", times=None, **more))

    def accepts_in_vain(self, operation: str, path: str | None = None) -> None:
        """Let the server answer that it did something, and do nothing."""
        self.fault(operation, status=200, path=path)

    def plant(self, fault: Fault) -> None:
        self.simulator.faults.add(fault)

    def asked(self, project: str = "1050") -> list[str]:
        """What was asked of that project and one machine, in order."""
        ours = f"/projects/{project}/"
        words = {f"{one}_{self.sort.word}": one for one in ("associate", "dissociate")}
        words[f"get_project_{self.sort.word}"] = "read"
        return [
            words[one.operation]
            for one in self.simulator.requests.read()
            if one.operation in words and ours in one.path
        ]

    async def listed(self, times: int = 3) -> None:
        """Wait until the projects were listed some more times."""
        operation = f"list_project_{self.sort.word}s"
        counts = self.simulator.requests.counts
        enough = counts().get(operation, 0) + times
        await until(lambda: counts().get(operation, 0) >= enough, "more lists")


def claimed(found: Json) -> list[str]:
    return [one["id"] for one in found["status"].get("projects", ())]


@pytest.fixture(params=SORTS.values(), ids=SORTS.keys())
def lab(request, namespace, simulator) -> Lab:
    return Lab(request.param, namespace, simulator)


@pytest.mark.usefixtures("hub", "operator")
async def test_an_association_is_read_once_and_not_at_rest(lab):
    machine = lab.registered()
    await lab.wanted("1050")
    await lab.ready()
    await lab.listed()
    assert lab.asked() == ["associate", "read"]
    assert set(machine.projects) == {"1050"}


@pytest.mark.usefixtures("hub")
async def test_an_association_that_the_server_only_accepts_is_told_and_repeated(lab, start):
    await start(fight_period="2s")
    machine = lab.registered()
    lab.accepts_in_vain("associate", path="/projects/1050/")
    await lab.wanted("1050", "1100")
    found = await lab.namespace.condition(lab.sort.kind, "one", "Synced", "False", "Conflict")
    told = condition(found, "Ready")
    assert (told["status"], told["reason"]) == ("False", "Pending")
    assert "the server accepted that project 1050 uses" in told["message"]
    assert lab.asked()[:6] == ["associate", "read"] * 3
    assert set(machine.projects) == {"1100"}
    lab.simulator.faults.clear()
    await lab.ready()
    assert set(machine.projects) == {"1050", "1100"}


@pytest.mark.usefixtures("hub", "operator")
async def test_an_association_that_lists_show_is_not_fought_over_with_a_read_that_denies_it(lab):
    machine = lab.registered()
    lab.fault("get_project", status=404)
    await lab.wanted("1050")
    await lab.ready()
    await lab.listed()
    assert lab.asked() == ["associate", "read"]
    assert set(machine.projects) == {"1050"}


UNREADABLE = {
    "denied": {"status": 403},
    "proxy's page": {"status": 404, "body": "html"},
    "server's fault": {"status": 500},
}


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_where_the_association_cannot_be_read_the_list_says_it(lab, answer):
    machine = lab.registered()
    lab.fault("get_project", **answer)
    await lab.wanted("1050")
    await lab.ready()
    assert lab.asked().count("associate") == 1
    assert set(machine.projects) == {"1050"}


@pytest.mark.usefixtures("hub", "operator")
async def test_what_was_only_accepted_and_cannot_be_read_is_never_called_usable(lab):
    lab.registered()
    lab.accepts_in_vain("associate")
    lab.fault("get_project", status=403)
    await lab.wanted("1050")
    seen = set()

    def are_repeated(found):
        seen.add(condition(found, "Ready").get("status"))
        return lab.asked().count("associate") >= 3

    await lab.shows("two repeats", are_repeated)
    assert "True" not in seen


@pytest.mark.usefixtures("hub", "operator")
async def test_a_lost_answer_of_an_association_leaves_one_that_is_ours(lab):
    machine = lab.registered("1100")
    lab.plant(LoseAnswer(operation=f"associate_{lab.sort.word}", times=None))
    await lab.wanted("1050", "1100")
    await lab.ready()
    lab.simulator.faults.clear()
    await lab.deleted()
    assert set(machine.projects) == {"1100"}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_dissociation_is_read_before_and_after(lab):
    machine = lab.registered("1100")
    await lab.wanted("1050", "1100")
    await lab.ready()
    await lab.lists("1100")
    await lab.claims()
    await lab.listed()
    assert lab.asked()[2:] == ["read", "dissociate", "read"]
    assert set(machine.projects) == {"1100"}


@pytest.mark.usefixtures("hub")
async def test_a_dissociation_that_the_server_only_accepts_is_told_and_repeated(lab, start):
    await start(fight_period="2s")
    machine = lab.registered()
    await lab.wanted("1050")
    await lab.ready()
    lab.accepts_in_vain("dissociate")
    await lab.lists()
    found = await lab.namespace.condition(lab.sort.kind, "one", "Synced", "False", "Conflict")
    told = condition(found, "Ready")
    assert (told["status"], claimed(found)) == ("True", ["1050"])
    assert "accepted that project 1050 uses" in told["message"]
    assert lab.asked()[2:11] == ["read", "dissociate", "read"] * 3
    lab.simulator.faults.clear()
    await lab.claims()
    assert machine.projects == {}
    await lab.namespace.condition(lab.sort.kind, "one", "Synced", "True")


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
async def test_where_the_association_cannot_be_read_the_list_says_that_it_is_gone(lab, answer):
    machine = lab.registered("1100")
    await lab.wanted("1050")
    await lab.ready()
    lab.fault("get_project", **answer)
    await lab.lists()
    await lab.claims()
    assert lab.asked().count("dissociate") == 1
    assert set(machine.projects) == {"1100"}


@pytest.mark.usefixtures("hub", "operator")
async def test_what_lists_show_is_dissociated_although_a_read_denies_it(lab):
    machine = lab.registered("1100")
    lab.fault("get_project", status=404)
    await lab.wanted("1050")
    await lab.ready()
    await lab.lists()
    await lab.claims()
    assert lab.asked().count("dissociate") == 1
    assert set(machine.projects) == {"1100"}


@pytest.mark.usefixtures("hub", "operator")
async def test_what_somebody_else_dissociated_costs_no_change_at_the_deletion(lab):
    machine = lab.registered("1100")
    await lab.wanted("1050")
    await lab.ready()
    pause = {"metadata": {"annotations": {"execution-operator.io/paused": "true"}}}
    await lab.namespace.patch(lab.sort.kind, "one", pause)
    await lab.ready("Unknown", "Paused")
    machine.projects.pop("1050")
    await lab.deleted()
    assert lab.asked() == ["associate", "read", "read"]
    assert set(machine.projects) == {"1100"}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_deletion_does_not_let_go_of_what_was_only_accepted(lab):
    machine = lab.registered("1100")
    await lab.wanted("1050")
    await lab.ready()
    lab.accepts_in_vain("dissociate")
    await lab.namespace.delete(lab.sort.kind, "one")
    found = await lab.shows(
        "what it waits for",
        lambda it: "1050 uses" in condition(it, "Reconciling").get("message", ""),
    )
    assert condition(found, "Reconciling")["reason"] == "DeletionBlocked"
    lab.simulator.faults.clear()
    await lab.namespace.gone(lab.sort.kind, "one")
    assert set(machine.projects) == {"1100"}
    assert ("Warning", "MachineLeftBehind") not in await lab.namespace.events("one")


@pytest.mark.usefixtures("hub")
async def test_a_deletion_that_the_server_only_accepts_ends_and_says_so(lab, start):
    await start(deletion_period="2s")
    lab.registered()
    await lab.wanted("1050")
    await lab.ready()
    lab.accepts_in_vain("dissociate")
    await lab.deleted()

    await lab.told("Warning", "MachineLeftBehind")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_machine_that_is_removed_takes_associations_along_that_nothing_else_ends(lab):
    lab.accepts_in_vain("dissociate")
    await lab.wanted("1050")
    await lab.ready()
    await lab.deleted()
    assert [*lab.sort.shelf(lab.simulator)] == []
    assert lab.asked()[2:] == ["read", "dissociate", "read"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_project_that_is_gone_keeps_no_deletion_waiting(lab):
    lab.registered()
    await lab.wanted("1050")
    await lab.ready()
    lab.simulator.world.projects.pop("1050")
    await lab.deleted()
    assert ("Warning", "MachineLeftBehind") not in await lab.namespace.events("one")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_refused_dissociation_is_told_and_keeps_nothing_else_waiting(lab):
    machine = lab.registered()
    await lab.wanted("1050", "1100")
    await lab.ready()
    lab.fault("dissociate", status=403, path="/projects/1050/")
    await lab.lists()
    found = await lab.namespace.condition(lab.sort.kind, "one", "Synced", "False", "Forbidden")
    assert condition(found, "Ready")["status"] == "True"
    await lab.claims("1050")
    assert set(machine.projects) == {"1050"}
    lab.simulator.faults.clear()
    await lab.claims()
    assert machine.projects == {}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_machine_is_removed_although_a_dissociation_is_refused(lab):
    await lab.wanted("1050", "1100")
    await lab.ready()
    lab.fault("dissociate", status=403, path="/projects/1050/")
    await lab.deleted()
    assert [*lab.sort.shelf(lab.simulator)] == []
    assert "dissociate" in lab.asked("1100")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_spec_may_list_as_many_other_projects_as_an_object_holds(lab):
    machine = lab.registered()
    all_of_them = lab.projects(52)
    await lab.wanted(*all_of_them[:50])
    await lab.ready()
    await lab.lists(*all_of_them[2:])
    await lab.claims(*all_of_them[2:])
    await lab.ready()
    assert set(machine.projects) == {*all_of_them[2:]}


@pytest.mark.usefixtures("hub", "operator")
async def test_what_a_person_associated_after_our_dissociation_is_not_ours(lab):
    machine = lab.registered()
    await lab.wanted("1050")
    await lab.ready()
    await lab.lists()
    await lab.claims()
    machine.projects["1050"] = None
    await lab.lists("1050", "1100")
    await lab.claims("1100")
    await lab.ready()
    await lab.deleted()
    assert lab.asked().count("associate") == 1
    assert set(machine.projects) == {"1050"}


CRASHES = {
    "before the server had it": (Hang(operation="associate", seconds=60), 1),
    "after the server had it": (LoseAnswer(operation="associate", hang_seconds=60), 0),
}


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("fault", "repeats"), CRASHES.values(), ids=CRASHES)
async def test_a_crash_between_claim_and_association_leaves_one_that_is_ours(
    lab, operator, start, fault, repeats
):
    machine = lab.registered("1100")
    lab.plant(fault.model_copy(update={"operation": f"associate_{lab.sort.word}"}))
    await lab.wanted("1050", "1100")
    await until(lambda: "associate" in lab.asked(), "an association")
    await operator.kill()
    assert claimed(await lab.namespace.get(lab.sort.kind, "one")) == ["1050"]
    assert len(machine.projects) == 2 - repeats
    lab.simulator.faults.clear()
    lab.simulator.requests.clear()
    await start()
    found = await lab.ready()
    await lab.listed()
    assert lab.asked() == ["associate", "read"] * repeats
    assert claimed(found) == ["1050"]
    assert set(machine.projects) == {"1050", "1100"}
    await lab.deleted()
    assert lab.asked()[2 * repeats :] == ["read", "dissociate", "read"]
    assert lab.asked("1100") == []
    assert set(machine.projects) == {"1100"}


@pytest.mark.usefixtures("hub")
async def test_a_crash_in_a_deletion_dissociates_what_is_ours_and_no_more(lab, operator, start):
    machine = lab.registered("1100")
    await lab.wanted("1050", "1100")
    await lab.ready()
    lab.plant(Hang(operation=f"dissociate_{lab.sort.word}", seconds=60))
    await lab.namespace.delete(lab.sort.kind, "one")
    await until(lambda: "dissociate" in lab.asked(), "a dissociation")
    await operator.kill()
    assert set(machine.projects) == {"1050", "1100"}
    lab.simulator.faults.clear()
    await start()
    await lab.namespace.gone(lab.sort.kind, "one")
    assert set(machine.projects) == {"1100"}
    assert lab.asked("1100") == []


@pytest.mark.usefixtures("hub", "operator")
async def test_what_a_person_associates_after_a_refusal_is_theirs(lab):
    machine = lab.registered()
    lab.fault("associate", status=403, path="/projects/1050/")
    await lab.wanted("1050", "1100")
    await lab.ready("False", "Forbidden")
    await lab.claims("1100")
    machine.projects["1050"] = None
    await lab.ready()
    lab.simulator.faults.clear()
    await lab.lists()
    await lab.claims()
    await lab.deleted()
    assert set(machine.projects) == {"1050"}


@pytest.mark.usefixtures("hub")
async def test_a_restart_does_not_make_ours_what_was_refused_and_then_associated(
    lab, operator, start
):
    machine = lab.registered()
    lab.fault("associate", status=403, path="/projects/1050/")
    await lab.wanted("1050", "1100")
    await lab.ready("False", "Forbidden")
    await lab.claims("1100")
    await operator.kill()
    machine.projects["1050"] = None
    lab.simulator.faults.clear()
    await start()
    await lab.ready()
    await lab.deleted()
    assert set(machine.projects) == {"1050"}


@pytest.mark.usefixtures("hub")
async def test_what_the_server_had_before_a_crash_is_ended_although_it_is_not_wanted_any_more(
    lab, operator, start
):
    machine = lab.registered("1100")
    lab.plant(LoseAnswer(operation=f"associate_{lab.sort.word}", hang_seconds=60))
    await lab.wanted("1050", "1100")
    await until(lambda: "1050" in machine.projects, "an association")
    await operator.kill()
    await lab.lists("1100")
    lab.simulator.faults.clear()
    await start()
    await lab.claims()
    assert set(machine.projects) == {"1100"}


FAILING = {
    "refused": ({"status": 403}, ("False", "Forbidden"), ()),
    "server's fault": ({"status": 500}, ("Unknown", "ServerUnreachable"), ("1050",)),
    "proxy's page": ({"status": 404, "body": "html"}, ("Unknown", "ProtocolError"), ("1050",)),
}


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize(("answer", "told", "doubtful"), FAILING.values(), ids=FAILING)
async def test_a_project_that_fails_keeps_no_other_project_and_no_repair_waiting(
    lab, answer, told, doubtful
):
    machine = lab.registered()
    for operation in ("associate", "get_project", "dissociate"):
        lab.fault(operation, path="/projects/1050/", **answer)
    await lab.wanted("1050", "1100", type="wanted")
    await until(lambda: set(machine.projects) == {"1100"}, "the other association")
    await until(lambda: machine.members.get("type") == "wanted", "the repair")
    await lab.ready(*told)
    await lab.claims(*doubtful, "1100")
    machine.members["type"] = "drifted"
    await until(lambda: machine.members.get("type") == "wanted", "another repair")
    await lab.lists()
    await lab.claims(*doubtful)
    assert machine.projects == {}
    lab.simulator.faults.clear()
    await lab.claims()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_project_whose_lists_fail_keeps_nothing_else_waiting(lab):
    machine = lab.registered()
    lists = f"list_project_{lab.sort.word}s"
    lab.plant(AnswerStatus(operation=lists, path="/projects/1050/", status=500, times=None))
    await lab.wanted("1050", "1100", type="wanted")
    await until(lambda: set(machine.projects) == {"1100"}, "the other association")
    await until(lambda: machine.members.get("type") == "wanted", "the repair")
    await lab.ready("Unknown", "ServerUnreachable")
    await lab.deleted()
    assert machine.projects == {}


@pytest.mark.usefixtures("hub", "operator")
async def test_a_lost_agent_is_told_although_a_project_fails(namespace, simulator):
    lab = Lab(SORTS["agent"], namespace, simulator)
    machine = lab.registered()
    lab.fault("associate", path="/projects/1050/", status=500)
    await lab.wanted("1050", "1100")
    await lab.ready("Unknown", "ServerUnreachable")
    machine.members["state"] = "LOST"
    await lab.ready("False", "AgentLost")


@pytest.mark.usefixtures("hub")
async def test_a_deletion_ends_although_a_project_fails(lab, start):
    await start(deletion_period="2s")
    machine = lab.registered()
    await lab.wanted("1050", "1100")
    await lab.ready()
    lab.fault("dissociate", path="/projects/1050/", status=500)
    await lab.deleted()
    assert set(machine.projects) == {"1050"}
    await lab.told("Warning", "MachineLeftBehind")


@pytest.mark.usefixtures("hub")
async def test_what_somebody_takes_away_again_and_again_is_told_steadily_until_they_stop(
    lab, start
):
    await start(fight_period="1s")
    machine, readiness = lab.registered(), []
    await lab.wanted("1050")
    await lab.ready()

    def took(found: Json) -> bool:
        """Take it away whenever it is there, and see all that is told meanwhile."""
        machine.projects.pop("1050", None)
        return condition(found, "Synced").get("reason") == "Conflict"

    async def fights() -> bool:
        return took(await lab.namespace.get(lab.sort.kind, "one"))

    await until(fights, "a conflict")
    before = lab.asked().count("associate")

    async def goes_on() -> bool:
        found = await lab.namespace.get(lab.sort.kind, "one")
        readiness.append(condition(found, "Ready")["status"])
        took(found)
        return lab.asked().count("associate") >= before + 3

    await until(goes_on, "more repairs")
    assert set(readiness) == {"False"}
    await lab.ready()
    assert set(machine.projects) == {"1050"}
    await lab.namespace.condition(lab.sort.kind, "one", "Synced", "True")
