"""What is decided about a docker host beside what holds for every machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from execution_operator.api.reasons import ConditionType, Reason
from execution_operator.kinds.machines.actions import Look, LookUp, Update
from execution_operator.kinds.machines.decide import decide
from execution_operator.kinds.machines.seen import Denials, Found, Hidden, Memory
from execution_operator.kinds.machines.streak import Streak
from execution_operator.kinds.problems import Problem
from execution_operator.remote.errors import NotFound, Unreachable
from execution_operator.remote.outage import Trouble
from execution_operator.remote.shared_list import Sight
from execution_operator.remote.testhub.levels import UserLevel
from execution_operator.remote.testhub.machine_wire import (
    ConnectionStatus,
    DockerHostResource,
)
from support.docker_hosts import (
    MEMBERS,
    RECORDED,
    TRAITS,
    docker_host,
    linked,
    said,
    seen,
    status_of,
)
from support.runs import PERIODS, URL, at

USER = UserLevel()
NEW = Hidden({"clientKey": "PEM"}, "f2")
SENT = {**RECORDED, "tlsFingerprint": "f1"}


def plan(known, seconds: float = 100.0, **wanted):
    return decide(docker_host(**wanted), known, at(seconds), PERIODS)


def test_the_connection_is_asked_for_once_before_anything_is_said_of_it():
    assert plan(seen(Memory())).action == Look(USER, "51")


def test_the_connection_is_asked_for_once_a_minute():
    assert plan(seen(linked(at=100.0)), 159.0).action is None
    assert plan(seen(linked(at=100.0)), 159.0).look_again == 1.0
    assert plan(seen(linked(at=100.0)), 160.0).action == Look(USER, "51")


@pytest.mark.parametrize(
    ("status", "memory", "changed"),
    [
        pytest.param(SENT, linked(), True, id="another one than is recorded"),
        pytest.param({**RECORDED, "tlsFingerprint": "f2"}, linked(), False, id="the recorded one"),
        pytest.param(SENT, linked(sent="f2"), False, id="sent, and about to be recorded"),
        pytest.param(RECORDED, linked(), True, id="never sent"),
    ],
)
def test_certificates_are_sent_when_they_are_not_those_sent_last(status, memory, changed):
    action = plan(seen(memory, hidden=NEW), status=status).action
    assert action == (Update(USER, "51") if changed else None)


@pytest.mark.parametrize(
    ("repairs", "seconds", "action", "look_again"),
    [
        pytest.param(Streak(1, 98.0), 100.0, None, 3.0, id="just denied: later"),
        pytest.param(Streak(1, 98.0), 103.0, Update(USER, "51"), None, id="denied a while ago"),
        pytest.param(
            Streak(9, 41.0),
            101.0,
            Update(USER, "51"),
            None,
            id="a fight over the rest: within a minute",
        ),
    ],
)
def test_certificates_are_not_sent_in_a_row(repairs, seconds, action, look_again):
    known = seen(linked(repairs=repairs), hidden=NEW)
    decided = plan(known, seconds, status=SENT)
    assert (decided.action, decided.look_again) == (action, look_again)


def test_nothing_is_sent_while_it_is_not_known_what():
    assert plan(seen(hidden=None), status=SENT).action is None


def test_a_list_that_is_denied_is_asked_for_on_its_own():
    sight = Sight(Trouble(NotFound("cannot list docker hosts"), 0.0))
    assert plan(seen(sight=sight)).action == LookUp(USER, 100.0)


@pytest.mark.parametrize(
    ("unsupported", "action"),
    [
        pytest.param(
            Reason.DOCKER_HOSTS_UNSUPPORTED, LookUp(USER, 100.0), id="not all servers have them"
        ),
        pytest.param(None, None, id="all servers have them"),
    ],
)
def test_a_kind_without_a_connection_may_be_denied_too(unsupported, action):
    sight = Sight(Trouble(NotFound("cannot list them"), 0.0))
    known = seen(Memory(), sight=sight, look_every=None, unsupported=unsupported)
    assert plan(known).action == action


def test_a_list_that_worked_since_it_was_denied_ends_the_asking():
    sight = Sight(Trouble(NotFound("cannot list docker hosts"), 50.0))
    memory = replace(linked(), found=Found(60.0, (), ended=60.0, url=URL))
    assert plan(seen(memory, sight=sight)).action is None


def test_a_list_that_fails_otherwise_is_left_to_those_who_ask_for_it():
    sight = Sight(Trouble(Unreachable("cannot list docker hosts"), 0.0))
    assert plan(seen(sight=sight)).action is None


def test_what_was_denied_is_asked_for_again_until_it_is_not():
    denied = linked(denials=Denials(0.0, 5), retry_at=160.0)
    assert plan(seen(denied), 159.0).action is None
    assert plan(seen(denied), 160.0).action == LookUp(USER, 160.0)


@pytest.mark.parametrize("look_every", [60.0, None], ids=["looked at", "never looked at"])
def test_what_failed_and_is_not_wanted_any_more_is_not_told_for_ever(look_every):
    refused = Problem(reason=Reason.REJECTED, message="no such type", needs_person=True)
    known = seen(linked(problem=refused), look_every=look_every)
    assert plan(known).action == LookUp(USER, 100.0)


def ready(wanted, known, seconds: float = 100.0):
    conditions = status_of(wanted, known, at(seconds)).conditions
    return next(one for one in conditions if one.type == ConditionType.READY)


def test_it_is_not_ready_before_its_certificates_are_there():
    told = ready(docker_host(), seen(hidden=NEW))
    assert (told.status, told.reason) == ("False", Reason.PENDING)


def test_that_there_are_none_is_told_before_that_lists_fail():
    unsupported = Problem(reason=Reason.DOCKER_HOSTS_UNSUPPORTED, message="none", needs_person=True)
    sight = Sight(Trouble(NotFound("cannot list docker hosts"), 0.0))
    told = ready(docker_host(), seen(linked(problem=unsupported), sight=sight))
    assert told.reason == Reason.DOCKER_HOSTS_UNSUPPORTED


def test_the_recorded_connection_speaks_until_the_server_was_asked_again():
    status = {**RECORDED, "connection": {"status": "FAILURE", "reason": "refused"}}
    told = ready(docker_host(status=status, ready="True"), seen(Memory()))
    assert (told.status, told.reason) == ("False", Reason.CONNECTION_FAILED)


def test_the_fingerprint_is_recorded_once_it_was_sent():
    wanted = docker_host(status=SENT)
    assert status_of(wanted, seen(hidden=NEW), at(1)).tls_fingerprint == "f1"
    assert status_of(wanted, seen(linked(sent="f2"), hidden=NEW), at(1)).tls_fingerprint == "f2"


def test_a_secret_that_cannot_be_read_changes_no_fingerprint():
    assert status_of(docker_host(status=SENT), seen(hidden=None), at(1)).tls_fingerprint == "f1"


def test_without_a_secret_there_is_no_fingerprint():
    assert status_of(docker_host(status=SENT), seen(), at(1)).tls_fingerprint is None


def test_what_it_said_of_itself_is_kept_while_it_cannot_be_reached():
    known = {**RECORDED, "info": {"version": "27.3.1"}}
    wanted = docker_host(status=known)
    assert status_of(wanted, seen(linked(said("FAILURE"))), at(1)).info.version == "27.3.1"


def test_at_rest_the_status_is_the_same():
    first = docker_host(status={})
    written = status_of(first, seen(), at(100))
    again = first.model_copy(update={"status": written})
    assert status_of(again, seen(linked(at=160.0)), at(161)) == written


@pytest.mark.parametrize(
    ("asked", "found", "same"),
    [
        ({"hostName": "Docker-1"}, {"hostName": "docker-1"}, True),
        ({"hostName": "docker-1"}, {"hostName": "docker-2"}, False),
        ({"ipAddress": "2001:DB8::7"}, {"ipAddress": "2001:db8:0::7"}, True),
        ({"ipAddress": "192.0.2.7"}, {"ipAddress": "192.0.2.8"}, False),
        ({"ipAddress": "192.0.2.7"}, {"hostName": "192.0.2.7"}, False),
        ({"ipAddress": "192.0.2.7"}, {"ipAddress": "no address"}, False),
    ],
    ids=["case", "another host", "form", "another address", "a name", "no address"],
)
def test_it_is_found_by_host_name_or_address_in_whatever_form(asked, found, same):
    given = docker_host().model_dump(by_alias=True, exclude_unset=True)
    spec = {"serverRef": {"name": "hub"}, **asked}
    wanted = type(docker_host()).model_validate(given | {"spec": spec})
    assert TRAITS.is_it(wanted, DockerHostResource.model_validate({"id": 51, **found})) is same


@pytest.mark.parametrize(
    ("asked", "found", "repaired"),
    [
        ({"hostName": "docker-1"}, {"hostName": "DOCKER-1"}, False),
        ({"ipAddress": "2001:DB8::7"}, {"ipAddress": "2001:db8:0::7"}, False),
        ({"ipAddress": "192.0.2.7"}, {"ipAddress": "192.0.2.8"}, True),
        ({"port": "2375"}, {"port": "2376"}, True),
    ],
    ids=["case", "form", "another address", "another port"],
)
def test_the_form_of_a_name_or_address_is_no_drift(asked, found, repaired):
    machine = DockerHostResource.model_validate({"id": 51, **MEMBERS, **found})
    known = seen(machine=machine, members={**MEMBERS, **asked})
    assert plan(known).action == (Update(USER, "51") if repaired else None)


_KEY = "-----BEGIN KEY-----\nc2VjcmV0LWxpbmU=\n-----END KEY-----"
_LOADED = {"server": "Docker with c2VjcmV0LWxpbmU=", "osArch": "linux", "experimental": True}


@pytest.mark.parametrize("source", ["list", "look"])
def test_what_a_docker_host_says_of_itself_never_shows_the_key(source):
    hidden = Hidden({"clientKey": _KEY}, "f1")
    told = ConnectionStatus.model_validate({"status": "SUCCESS", "info": _LOADED})
    machine = {"id": 51, **MEMBERS, "info": _LOADED}
    known = (
        seen(linked(told), hidden=hidden)
        if source == "look"
        else seen(hidden=hidden, machine=DockerHostResource.model_validate(machine))
    )
    info = status_of(docker_host(status=SENT), known, at(1)).info
    assert info is not None
    assert (info.server, info.os_arch, info.experimental) == ("Docker with ***", "linux", True)


def test_what_a_docker_host_says_of_itself_waits_until_its_key_is_known():
    machine = DockerHostResource.model_validate({"id": 51, **MEMBERS, "info": _LOADED})
    wanted = docker_host(status={**SENT, "info": {"server": "before"}})
    info = status_of(wanted, seen(hidden=None, machine=machine), at(1)).info
    assert info is not None
    assert info.server == "before"


def test_a_connection_that_fails_again_and_again_is_written_once():
    first = seen(linked(said("FAILURE", "timed out after 30012 ms"), lost_since=0.0))
    wanted = docker_host(ready="True")
    known = wanted.model_copy(update={"status": status_of(wanted, first, at(400))})
    again = seen(linked(said("FAILURE", "timed out after 30007 ms"), lost_since=0.0))
    assert status_of(known, again, at(460)) == known.status
    refused = seen(linked(said("FAILURE", "refused"), lost_since=0.0))
    assert status_of(known, refused, at(460)).connection.reason == "refused"
