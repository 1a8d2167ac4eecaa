"""Every row of the state tables, as kstatus' own library reads it and the API server keeps it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.aio import client

import kstatus
from execution_operator.api.model import PAUSED_ANNOTATION
from execution_operator.kinds.test_execution.summarize import summarize
from support import other_states, run_states
from support.kube import GROUP, PLURALS, VERSION
from support.runs import PERIODS, at, seen
from support.states import State, cells, stored

if TYPE_CHECKING:
    from execution_operator.api.test_execution import TestExecution
    from support.kube import Json, Namespace

STATES = (*run_states.STATES, *other_states.STATES)
ENDED = tuple(one for one in run_states.STATES if one.row in {"passed", "did not pass"})


def named(states: tuple[State, ...]) -> list[Any]:
    return [
        pytest.param(
            state,
            id=state.id,
            marks=pytest.mark.xfail(state.bug != "", reason=state.bug, strict=True),
        )
        for state in states
    ]


def read(found: Json) -> str:
    """What an object shows, kstatus last."""
    return cells(found, *kstatus.compute([found]))


@pytest.mark.parametrize("state", named(STATES))
def test_each_state_shows_its_row(state: State):
    assert read(stored(state.reached())) == state.shows


@pytest.mark.parametrize("table", [run_states, other_states], ids=["runs", "other kinds"])
def test_each_row_is_produced_or_left_for_later(table: Any):
    produced = {state.row for state in table.STATES}
    assert sorted([*produced, *table.LATER]) == sorted(table.ROWS)


def test_no_state_is_told_twice():
    ids = [state.id for state in STATES]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("state", named(ENDED))
def test_a_finished_run_keeps_its_row_when_it_is_paused(state: State):
    wanted = changed(state.reached(), annotations={PAUSED_ANNOTATION: "true"})
    assert read(stored(looked_at(wanted))) == state.shows


@pytest.mark.parametrize("state", named(ENDED))
def test_a_finished_run_is_in_progress_until_its_new_generation_is_seen(state: State):
    wanted = changed(state.reached(), generation=4)
    assert kstatus.compute([stored(wanted)]) == ["InProgress"]


@pytest.mark.parametrize("state", named(ENDED))
def test_a_finished_run_keeps_its_row_in_a_new_generation(state: State):
    wanted = changed(state.reached(), generation=4)
    assert read(stored(looked_at(wanted))) == state.shows


def changed(wanted: TestExecution, **metadata: Any) -> TestExecution:
    meta = wanted.metadata.model_copy(update=metadata)
    return wanted.model_copy(update={"metadata": meta})


def looked_at(wanted: TestExecution) -> TestExecution:
    status = summarize(wanted, seen(), at(500.0), PERIODS)
    return wanted.model_copy(update={"status": status})


@pytest.mark.parametrize(
    "state",
    [
        run_states.STATES[0],
        other_states.STATES[0],
        other_states.AGENTS[0],
        other_states.HOSTS[0],
    ],
    ids=["TestExecution", "ExecutionServer", "StaticAgent", "DockerHost"],
)
async def test_a_new_object_is_in_progress_before_anybody_looks(namespace: Namespace, state: State):
    asked = stored(state.wanted)
    found = await namespace.create(asked["kind"], "new", asked["spec"])
    assert found["status"] == {"observedGeneration": -1}
    assert kstatus.compute([found]) == ["InProgress"]


async def test_the_api_server_keeps_each_status_unchanged(namespace: Namespace):
    kept = await asyncio.gather(*(keep(namespace, state, n) for n, state in enumerate(STATES)))
    told = [stored(state.reached())["status"] for state in STATES]
    ids = [state.id for state in STATES]
    assert dict(zip(ids, kept, strict=True)) == dict(zip(ids, told, strict=True))


async def keep(namespace: Namespace, state: State, number: int) -> Json:
    """The status that the API server keeps when the operator writes it; or what it says instead."""
    asked, name = stored(state.reached()), f"state-{number}"
    write = [{"op": "add", "path": "/status", "value": asked["status"]}]
    try:
        await namespace.create(asked["kind"], name, asked["spec"])
        found = await namespace.custom.patch_namespaced_custom_object_status(
            *(GROUP, VERSION, namespace.name, PLURALS[asked["kind"]], name, write),
            _content_type="application/json-patch+json",
        )
    except client.ApiException as refusal:
        return {"refused": refusal.body}
    return dict(found["status"])
