"""What people get wrong in agents and docker hosts: told, nothing changed, heals when put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from execution_simulator.world import Project, Space
from support import tls_material
from support.kube import condition, until
from support.machines import DOCKER, EACH_SORT, Sort, Subject

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from execution_simulator import Simulator
    from support.kube import Json, Namespace

GOOD, OTHER = tls_material.material(), tls_material.material()


@dataclass(frozen=True)
class Stage:
    """Where a mistake is made, and put right."""

    namespace: Namespace
    simulator: Simulator
    hub_url: str

    async def space(self, space_id: str, *, member: bool = True) -> None:
        known = Space(id=space_id, display_name=f"Space {space_id}", member=member)
        self.simulator.world.put_space(known)

    async def project(self, project_id: str, name: str) -> None:
        known = Project(id=project_id, name=name, space_id="demo")
        self.simulator.world.put_project(known)


@dataclass(frozen=True)
class Mistake:
    """What is wrong, what is said of it, and how it is put right without the object."""

    spec: Json
    reason: str
    says: str
    mend: Callable[[Stage], Awaitable[Any]]


OF_PLACES = {
    "an ExecutionServer that there is not": Mistake(
        {"serverRef": {"name": "lab"}},
        "ServerNotFound",
        'there is no ExecutionServer "lab" in this namespace: create it',
        lambda stage: stage.namespace.server(stage.hub_url, "lab"),
    ),
    "a space of an unknown name": Mistake(
        {"space": {"name": "Space lab"}},
        "ReferenceNotFound",
        'no team spaces are called "Space lab"',
        lambda stage: stage.space("lab"),
    ),
    "a space of an unknown id": Mistake(
        {"space": {"id": "lab"}},
        "NotFound",
        'team space "lab" does not exist (HTTP 404); check spec.space',
        lambda stage: stage.space("lab"),
    ),
    "a space that the token cannot see": Mistake(
        {"space": {"id": "closed"}},
        "Forbidden",
        '"closed" (HTTP 403); give the token\'s user the rights for it',
        lambda stage: stage.space("closed"),
    ),
}
OF_PROJECTS = {
    "a project of an unknown name": Mistake(
        {"projects": [{"name": "Lab"}]},
        "ReferenceNotFound",
        'there is no project "Lab" that this token may see: check name and space',
        lambda stage: stage.project("1200", "Lab"),
    ),
    "a project of an unknown id": Mistake(
        {"projects": [{"id": "1200"}]},
        "NotFound",
        'project "1200" does not exist (HTTP 404); check spec.projects',
        lambda stage: stage.project("1200", "Lab"),
    ),
}


@dataclass(frozen=True)
class Unfit:
    """What a Secret holds that cannot be used, and what is said of it."""

    holds: dict[str, str]
    reason: str
    says: str


OF_SECRETS = {
    "a Secret without a key": Unfit(
        {name: GOOD[name] for name in ("ca.crt", "tls.crt")},
        "SecretKeyMissing",
        'Secret "docker-tls" has no key "tls.key": add it, as PEM',
    ),
    "an empty key": Unfit(
        GOOD | {"tls.key": " "},
        "SecretKeyMissing",
        'Secret "docker-tls" key "tls.key" is empty: store PEM in it',
    ),
    "a key of another certificate": Unfit(
        GOOD | {"tls.key": OTHER["tls.key"]},
        "InvalidSpec",
        'the key in "tls.key" is not that of the first certificate in "tls.crt"',
    ),
    "a key with a password": Unfit(
        GOOD | {"tls.key": tls_material.locked(GOOD["tls.key"])},
        "InvalidSpec",
        '"tls.key" needs a password: store the key without one',
    ),
    "a key that is none": Unfit(
        GOOD | {"tls.key": "none"},
        "InvalidSpec",
        '"tls.key" has no private key that can be read',
    ),
    "an authority that is none": Unfit(
        GOOD | {"ca.crt": "none"},
        "InvalidSpec",
        '"ca.crt" has no certificate that can be read',
    ),
    "an expired certificate": Unfit(
        tls_material.expired(),
        "InvalidSpec",
        'the certificate in "tls.crt" expired at',
    ),
}
BY_SECRET = {"secure": True, "tlsSecretRef": {"name": "docker-tls"}}


@pytest.fixture
def subject(namespace, sort: Sort) -> Subject:
    return Subject(namespace, sort)


@pytest.fixture
def docker(namespace) -> Subject:
    return Subject(namespace, DOCKER)


@pytest.fixture
def stage(namespace, simulator, hub) -> Stage:
    simulator.world.put_space(Space(id="closed", display_name="Closed", member=False))
    return Stage(namespace, simulator, hub)


@pytest.mark.usefixtures("operator")
@EACH_SORT
@pytest.mark.parametrize("mistake", OF_PLACES.values(), ids=OF_PLACES.keys())
async def test_a_wrong_place_is_told_and_changes_nothing_until_it_is_right(
    subject, sort, stage, mistake
):
    await subject.create(sort.spec(**mistake.spec))
    found = await subject.is_("Ready", "False", mistake.reason)
    assert mistake.says in condition(found, "Ready")["message"]
    assert sort.changes(stage.simulator) == []
    await subject.told("Warning", mistake.reason)
    await mistake.mend(stage)
    await subject.ready()
    assert sort.changes(stage.simulator) == [f"create_{sort.word}"]


@pytest.mark.usefixtures("operator")
@EACH_SORT
@pytest.mark.parametrize("mistake", OF_PROJECTS.values(), ids=OF_PROJECTS.keys())
async def test_a_wrong_project_is_told_and_keeps_what_was_right_until_it_is_right(
    subject, sort, stage, mistake
):
    before = {"projects": [{"id": "1050"}]}
    await subject.create(sort.spec(**before))
    await subject.ready()
    (machine,) = sort.shelf(stage.simulator)
    await subject.change(projects=[*before["projects"], *mistake.spec["projects"]])
    found = await subject.is_("Ready", "False", mistake.reason)
    assert mistake.says in condition(found, "Ready")["message"]
    await subject.told("Warning", mistake.reason)
    assert [*sort.shelf(stage.simulator)] == [machine]
    assert set(machine.projects) == {"1050"}
    await mistake.mend(stage)
    await subject.ready()
    assert set(machine.projects) == {"1050", "1200"}


@pytest.mark.usefixtures("hub", "operator")
@EACH_SORT
async def test_a_project_by_id_and_by_name_is_one_project(subject, sort, simulator):
    await subject.create(sort.spec(projects=[{"id": "1050"}, {"name": "Shop"}]))
    found = await subject.ready()
    assert found["status"]["projectCount"] == 1
    assert sort.changes(simulator).count(f"associate_{sort.word}") == 1
    await subject.change(projects=[{"name": "Shop"}])
    await subject.shows("the change", lambda status: status["observedGeneration"] == 2)
    (machine,) = sort.shelf(simulator)
    assert set(machine.projects) == {"1050"}
    assert f"dissociate_{sort.word}" not in sort.changes(simulator)


@pytest.mark.usefixtures("hub", "operator")
@pytest.mark.parametrize("secret", OF_SECRETS.values(), ids=OF_SECRETS.keys())
async def test_a_wrong_secret_is_told_and_changes_nothing_until_it_is_right(
    docker, namespace, simulator, secret
):
    await namespace.secret("docker-tls", **secret.holds)
    await docker.create(DOCKER.spec(**BY_SECRET))
    found = await docker.is_("Ready", "False", secret.reason)
    assert secret.says in condition(found, "Ready")["message"]
    assert DOCKER.changes(simulator) == []
    await docker.told("Warning", secret.reason)
    await namespace.change_secret("docker-tls", **GOOD)
    await docker.ready()
    (machine,) = simulator.docker_hosts
    assert machine.members["clientKey"] == GOOD["tls.key"]


@pytest.mark.usefixtures("hub", "operator")
async def test_a_secret_that_is_not_there_is_told_and_waited_for(docker, namespace, simulator):
    await docker.create(DOCKER.spec(**BY_SECRET))
    found = await docker.is_("Ready", "False", "SecretNotFound")
    assert 'cannot find Secret "docker-tls"' in condition(found, "Ready")["message"]
    assert DOCKER.changes(simulator) == []
    await namespace.secret("docker-tls", **GOOD)
    await docker.ready()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_rotation_to_a_wrong_secret_leaves_the_old_one_in_use(docker, namespace, simulator):
    await namespace.secret("docker-tls", **GOOD)
    await docker.create(DOCKER.spec(**BY_SECRET))
    before = (await docker.ready())["status"]["tlsFingerprint"]
    done = DOCKER.changes(simulator)
    await namespace.change_secret("docker-tls", **{"tls.key": OTHER["tls.key"]})
    found = await docker.is_("Ready", "False", "InvalidSpec")
    (machine,) = simulator.docker_hosts
    assert machine.members["clientKey"] == GOOD["tls.key"]
    assert (found["status"]["tlsFingerprint"], DOCKER.changes(simulator)) == (before, done)
    await namespace.change_secret("docker-tls", **OTHER)
    await until(lambda: machine.members["clientKey"] == OTHER["tls.key"], "the new key")
    await docker.ready()
