"""Which variables a run has, from its spec and from what its sources hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.sources import VariableSources
from execution_operator.kinds.test_execution.variables import LONGEST, MOST, Variables, merged
from execution_operator.reconcile.ports import Entries, ObjectsUnavailable, SecretProblem
from support.runs import run

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entries(changed_at: datetime | None = NOON, **values: str | None) -> Entries:
    known = {key: None if value is None else SecretStr(value) for key, value in values.items()}
    return Entries(known, changed_at)


def secret(name: str, **more):
    return {"secretRef": {"name": name} | more}


def config(name: str, **more):
    return {"configMapRef": {"name": name} | more}


class There:
    """The Secrets and ConfigMaps that are there, by kind and name."""

    def __init__(self, **known: Entries | Exception) -> None:
        self._known = known

    async def entries(self, kind: str, namespace: str, name: str) -> Entries:
        assert namespace == "shop"
        found = self._known.get(f"{kind}_{name}")
        if found is None:
            text = f'cannot find {kind} "{name}": create it'
            raise SecretProblem(text, kind=kind)
        if isinstance(found, Exception):
            raise found
        return found


async def read(*sources, variables=None, **there: Entries | Exception) -> Variables | Problem:
    wanted = run(spec={"variables": variables, "variablesFrom": list(sources)})
    return await VariableSources(There(**there)).read(wanted)  # type: ignore[arg-type]


A, B = entries(a="a1", b="a2"), entries(b="b2", c="b3")
MERGED = {
    "all keys": ([secret("A")], {}, {"a": "a1", "b": "a2"}),
    "later wins": ([secret("A"), config("B")], {}, {"a": "a1", "b": "b2", "c": "b3"}),
    "the other way round": ([config("B"), secret("A")], {}, {"a": "a1", "b": "a2", "c": "b3"}),
    "own win": ([secret("A")], {"a": "own"}, {"a": "own", "b": "a2"}),
    "one key": ([secret("A", key="b")], {}, {"b": "a2"}),
    "prefix": ([secret("A", prefix="P_")], {}, {"P_a": "a1", "P_b": "a2"}),
    "key and prefix": ([config("B", key="c", prefix="P_")], {}, {"P_c": "b3"}),
    "prefixes part them": ([secret("A", key="b"), config("B", key="b", prefix="x")], {}, None),
    "optional and absent": ([secret("Z", optional=True), config("B", key="c")], {}, {"c": "b3"}),
    "optional key": ([secret("A", key="z", optional=True)], {"x": "1"}, {"x": "1"}),
    "nothing": ([], {}, {}),
}


@pytest.mark.parametrize(("sources", "own", "expected"), MERGED.values(), ids=MERGED)
async def test_variables_are_merged_as_kubernetes_does(sources, own, expected):
    found = await read(*sources, variables=own, Secret_A=A, ConfigMap_B=B)
    assert isinstance(found, Variables)
    assert found.sent == ({"b": "a2", "xb": "b2"} if expected is None else expected)


NO_RIGHT = SecretProblem('may not read Secret "A": grant the operator get on it', forbidden=True)
TEN = ", ".join(f"k0{number}" for number in range(10))
MISSING = {
    "a Secret": (secret("Z"), "SecretNotFound", 'cannot find Secret "Z": create it'),
    "a ConfigMap": (config("Z"), "ReferenceNotFound", 'cannot find ConfigMap "Z": create it'),
    "a key": (
        secret("A", key="z"),
        "SecretKeyMissing",
        'Secret "A" has no key "z": add it; its keys are a, b',
    ),
    "a ConfigMap's key": (
        config("B", key="z"),
        "ReferenceNotFound",
        'ConfigMap "B" has no key "z": add it; its keys are b, c',
    ),
    "a key of nothing": (
        secret("E", key="z"),
        "SecretKeyMissing",
        'Secret "E" has no key "z": add it; its keys are none',
    ),
    "a key of many": (
        secret("L", key="z"),
        "SecretKeyMissing",
        f'Secret "L" has no key "z": add it; its keys are {TEN}, 2 more',
    ),
    "a right, though optional": (secret("F", optional=True), "SecretNotFound", str(NO_RIGHT)),
}


@pytest.mark.parametrize(("source", "reason", "told"), MISSING.values(), ids=MISSING)
async def test_what_is_missing_is_told(source, reason, told):
    many = entries(**{f"k{number:02}": "v" for number in range(12)})
    there = {"Secret_A": A, "ConfigMap_B": B, "Secret_E": entries(), "Secret_L": many}
    found = await read(source, **there, Secret_F=NO_RIGHT)
    assert isinstance(found, Problem)
    assert (found.reason, found.message) == (reason, f"spec.variablesFrom: {told}")


async def test_the_first_source_that_is_wrong_is_told():
    found = await read(secret("A", key="z"), secret("Z"), Secret_A=A)
    assert isinstance(found, Problem)
    assert found.reason == "SecretKeyMissing"


async def test_an_api_server_that_is_away_is_no_missing_secret():
    with pytest.raises(ObjectsUnavailable):
        await read(secret("A", optional=True), Secret_A=ObjectsUnavailable("away"))


INVALID = {
    "not text": (entries(a=None), 'Secret "A" key "a" is not text: store it as UTF-8'),
    "too long": (
        entries(a="s3cr3t" * 700),
        'Secret "A" key "a" has 4200 characters, 4096 is the most: shorten it',
    ),
}


@pytest.mark.parametrize(("held", "told"), INVALID.values(), ids=INVALID)
async def test_a_value_that_no_variable_can_have_is_told_without_it(held, told):
    found = await read(secret("A"), Secret_A=held)
    assert isinstance(found, Problem)
    assert (found.reason, found.message) == ("InvalidSpec", f"spec.variablesFrom: {told}")


async def test_what_is_overridden_may_be_anything():
    found = await read(secret("A"), variables={"a": "own"}, Secret_A=entries(a=None))
    assert isinstance(found, Variables)
    assert found.sent == {"a": "own"}


@pytest.mark.parametrize("length", [0, LONGEST])
async def test_values_from_nothing_to_the_longest_are_sent(length):
    found = await read(secret("A"), Secret_A=entries(a="x" * length))
    assert isinstance(found, Variables)
    assert found.sent == {"a": "x" * length}


@pytest.mark.parametrize(("count", "accepted"), [(MOST - 1, True), (MOST, False)])
async def test_all_variables_together_are_bounded(count, accepted):
    many = entries(**{f"k{number}": "v" for number in range(count)})
    found = await read(secret("A"), variables={"own": "1"}, Secret_A=many)
    assert isinstance(found, Variables) is accepted


async def test_only_values_from_elsewhere_are_private_and_none_is_in_the_repr():
    found = await read(secret("A"), variables={"b": "own-value"}, Secret_A=A)
    assert isinstance(found, Variables)
    assert found.private == ("a1",)
    assert not {"a1", "own-value"} & set(repr(found).split("'"))


LATER = NOON + timedelta(hours=1)
CHANGED = {
    "the newest": ((entries(), entries(LATER)), LATER),
    "one is not known": ((entries(), entries(None)), None),
    "one is gone": ((entries(), None), None),
    "there is none": ((), None),
}


@pytest.mark.parametrize(("found", "expected"), CHANGED.values(), ids=CHANGED)
def test_when_the_sources_were_last_written(found, expected):
    sources = [secret(f"s{number}", optional=True) for number in range(len(found))]
    result = merged(run(spec={"variablesFrom": sources}).spec, found)
    assert isinstance(result, Variables)
    assert result.changed_at == expected
