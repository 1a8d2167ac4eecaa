"""Docker hosts are on the server as wanted, and what keeps them from it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from execution_simulator.docker_connections import DockerConnection
from execution_simulator.faults import AnswerStatus
from support import tls_material
from support.kube import condition, until
from support.machines import DOCKER, Subject

if TYPE_CHECKING:
    from execution_simulator import Simulator

HOST = "docker-1.example.com"
CHANGES = {
    *("create_docker_host", "update_docker_host", "delete_docker_host"),
    *("associate_docker_host", "dissociate_docker_host"),
}
REFUSED = DockerConnection(
    host=HOST, status="FAILURE", reason="connection refused", reachable=False
)
GOOD, OTHER = tls_material.material(), tls_material.material()


def one(simulator: Simulator):
    (machine,) = simulator.docker_hosts
    return machine


def changes(simulator: Simulator) -> list[str]:
    return [seen.operation for seen in simulator.requests.read() if seen.operation in CHANGES]


def registered(simulator: Simulator, **members: Any) -> None:
    given = {"hostName": HOST, **members}
    simulator.docker_hosts.add(given, now=simulator.clock.now())


@pytest.fixture
def docker(namespace):
    async def create(name: str = "docker", **spec: Any) -> dict[str, Any]:
        wanted = {"serverRef": {"name": "hub"}, "hostName": HOST, "port": "2375"}
        return await namespace.create("DockerHost", name, wanted | spec)

    return create


@pytest.fixture
def ready(namespace):
    async def wait(status: str = "True", reason: str = "") -> dict[str, Any]:
        return await namespace.condition("DockerHost", "docker", "Ready", status, reason)

    return wait


@pytest.mark.usefixtures("hub", "operator")
async def test_one_that_is_not_there_is_created_and_associated(docker, ready, namespace, simulator):
    await docker(port="2376", username="me", projects=[{"name": "Shop"}])
    await ready()
    found = await namespace.wait(
        "DockerHost", "docker", "its connection", lambda it: it["status"].get("connection")
    )
    status, machine = found["status"], one(simulator)
    assert (status["dockerHostId"], status["origin"]) == (str(machine.id), "Created")
    assert status["connection"] == {"status": "SUCCESS"}
    assert status["info"]["version"] == "27.3.1"
    assert status["projects"] == [{"id": "1050", "name": "Shop"}]
    assert status["projectCount"] == 1
    assert machine.members == {"hostName": HOST, "port": "2376", "username": "me"}
    assert list(machine.projects) == ["1050"]


@pytest.mark.usefixtures("hub", "operator")
async def test_one_that_is_there_is_adopted_in_whatever_case_it_is_written(
    docker, ready, simulator
):
    registered(simulator, hostName=HOST.upper(), port="2375", type="theirs")
    await docker()
    found = await ready()
    assert found["status"]["origin"] == "Adopted"
    assert one(simulator).members["type"] == "theirs"
    assert changes(simulator) == []


@pytest.mark.usefixtures("hub", "operator")
async def test_one_is_found_by_its_address(docker, ready, simulator):
    registered(simulator, hostName=None, ipAddress="192.0.2.7", port="2375")
    await docker(hostName=None, ipAddress="192.0.2.7")
    found = await ready()
    assert found["status"]["origin"] == "Adopted"
    assert changes(simulator) == []


@pytest.mark.usefixtures("hub", "operator")
async def test_new_certificates_are_sent_when_the_secret_changes(
    docker, ready, namespace, simulator
):
    await namespace.secret("docker-tls", **GOOD)
    await docker(secure=True, tlsSecretRef={"name": "docker-tls"})
    before = (await ready())["status"]["tlsFingerprint"]
    assert one(simulator).members["clientKey"] == GOOD["tls.key"]
    await namespace.change_secret("docker-tls", **OTHER)
    found = await namespace.wait(
        "DockerHost",
        "docker",
        "another fingerprint",
        lambda it: it["status"].get("tlsFingerprint") != before,
    )
    assert one(simulator).members["clientKey"] == OTHER["tls.key"]
    assert one(simulator).members["secure"] is True
    for value in (*GOOD.values(), *OTHER.values()):
        assert value not in str(found)


@pytest.mark.usefixtures("hub", "operator")
async def test_a_repair_brings_the_certificates_along(docker, ready, namespace, simulator):
    await namespace.secret("docker-tls", **GOOD)
    await docker(tlsSecretRef={"name": "docker-tls"}, secure=True)
    await ready()
    one(simulator).members["port"] = "1"
    await until(lambda: one(simulator).members["port"] == "2375", "the port repaired")
    assert one(simulator).members["clientKey"] == GOOD["tls.key"]


@pytest.mark.usefixtures("hub", "operator")
async def test_certificates_of_one_that_is_adopted_are_sent(docker, ready, namespace, simulator):
    registered(simulator, port="2375", caCert="old", clientCert="old", clientKey="old")
    await namespace.secret("docker-tls", **GOOD)
    await docker(tlsSecretRef={"name": "docker-tls"}, secure=True)
    found = await ready()
    assert found["status"]["origin"] == "Adopted"
    assert one(simulator).members["clientKey"] == GOOD["tls.key"]


@pytest.mark.usefixtures("hub", "operator")
async def test_one_that_cannot_be_reached_is_not_created_until_it_can(
    docker, ready, namespace, simulator
):
    simulator.docker_connections.put(REFUSED)
    await docker(testConnection=True)
    found = await ready("False", "ConnectionFailed")
    assert "connection refused" in condition(found, "Ready")["message"]
    assert changes(simulator) == []
    await Subject(namespace, DOCKER, name="docker").told("Warning", "ConnectionFailed")
    simulator.docker_connections.clear()
    await ready()
    assert changes(simulator) == ["create_docker_host"]


@pytest.mark.usefixtures("hub", "operator")
async def test_one_that_could_not_be_reached_any_more_is_not_changed(
    docker, ready, namespace, simulator
):
    await docker(testConnection=True)
    await ready()
    simulator.docker_connections.put(REFUSED)
    await namespace.patch("DockerHost", "docker", {"spec": {"port": "2376"}})
    await ready("False", "ConnectionFailed")
    assert one(simulator).members["port"] == "2375"
    simulator.docker_connections.clear()
    await until(lambda: one(simulator).members["port"] == "2376", "the port changed")
    await ready()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_connection_that_fails_later_is_told_and_heals(docker, ready, simulator):
    await docker()
    await ready()
    simulator.docker_connections.put(REFUSED)
    found = await ready("False", "ConnectionFailed")
    assert found["status"]["connection"] == {"status": "FAILURE", "reason": "connection refused"}
    simulator.docker_connections.clear()
    await ready()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_without_docker_hosts_is_told_so_and_heals(docker, ready, simulator):
    simulator.change(docker_hosts="retired")
    await docker()
    found = await ready("False", "DockerHostsUnsupported")
    assert condition(found, "Stalled")["status"] == "True"
    assert "docker hosts" in condition(found, "Ready")["message"]
    simulator.change(docker_hosts="served")
    await ready()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_server_that_loses_its_docker_hosts_is_told_and_lets_them_go(
    docker, ready, namespace, simulator
):
    await docker()
    await ready()
    simulator.change(docker_hosts="retired")
    await ready("False", "DockerHostsUnsupported")
    simulator.change(docker_hosts="served")
    await ready()
    simulator.change(docker_hosts="retired")
    await ready("False", "DockerHostsUnsupported")
    await namespace.delete("DockerHost", "docker")
    await namespace.gone("DockerHost", "docker")


@pytest.mark.usefixtures("hub", "operator")
async def test_a_change_that_failed_and_is_taken_back_is_forgotten(
    docker, ready, namespace, simulator
):
    await docker()
    await ready()
    simulator.faults.add(AnswerStatus(operation="update_docker_host", status=422, times=None))
    await namespace.patch("DockerHost", "docker", {"spec": {"type": "odd"}})
    await ready("False", "Rejected")
    await namespace.patch("DockerHost", "docker", {"spec": {"type": None}})
    await ready()


@pytest.mark.usefixtures("hub", "operator")
async def test_a_deletion_needs_no_certificates(docker, ready, namespace, simulator):
    await namespace.secret("docker-tls", **GOOD)
    await docker(tlsSecretRef={"name": "docker-tls"}, secure=True)
    await ready()
    await namespace.core.delete_namespaced_secret("docker-tls", namespace.name)
    await ready("False", "SecretNotFound")
    await namespace.delete("DockerHost", "docker")
    await namespace.gone("DockerHost", "docker")
    assert list(simulator.docker_hosts) == []


@pytest.mark.usefixtures("hub", "operator")
async def test_a_proxys_page_in_their_place_proves_nothing(docker, ready, simulator):
    simulator.change(docker_hosts="retiredPage")
    await docker()
    await ready("Unknown", "ProtocolError")
    lists = simulator.requests.counts()["list_docker_hosts"]
    await until(lambda: simulator.requests.counts()["list_docker_hosts"] > lists + 3, "more lists")
    await ready("Unknown", "ProtocolError")


@pytest.mark.usefixtures("hub", "operator")
async def test_what_was_adopted_is_left_but_for_our_associations(
    docker, ready, namespace, simulator
):
    simulator.docker_hosts.add(
        {"hostName": HOST, "port": "2375"}, now=simulator.clock.now(), projects=["1100"]
    )
    await docker(projects=[{"id": "1050"}])
    await ready()
    assert set(one(simulator).projects) == {"1050", "1100"}
    await namespace.delete("DockerHost", "docker")
    await namespace.gone("DockerHost", "docker")
    assert list(one(simulator).projects) == ["1100"]


@pytest.mark.usefixtures("hub", "operator")
async def test_at_rest_nothing_is_written(docker, ready, namespace, simulator):
    await namespace.secret("docker-tls", **GOOD)
    await docker(tlsSecretRef={"name": "docker-tls"}, secure=True, projects=[{"id": "1050"}])
    await ready()
    await namespace.wait(
        "DockerHost", "docker", "its connection", lambda it: it["status"].get("connection")
    )

    async def version() -> str:
        return (await namespace.get("DockerHost", "docker"))["metadata"]["resourceVersion"]

    before, asked = await version(), simulator.requests.counts()["get_docker_host_status"]
    await until(
        lambda: simulator.requests.counts()["get_docker_host_status"] >= asked + 2,
        "two more looks at the connection",
    )
    assert await version() == before


@pytest.mark.usefixtures("hub")
async def test_keys_are_in_no_log(docker, ready, namespace, operator, simulator):
    await namespace.secret("docker-tls", **GOOD)
    await docker(secure=True, tlsSecretRef={"name": "docker-tls"})
    await ready()
    assert one(simulator).members["clientKey"] == GOOD["tls.key"]
    await namespace.delete("DockerHost", "docker")
    await namespace.gone("DockerHost", "docker")
    assert await operator.stop() == 0
    logged = operator.log_file.read_text()
    assert "created" in logged.lower()
    for line in GOOD["tls.key"].splitlines()[1:-1]:
        assert line not in logged
