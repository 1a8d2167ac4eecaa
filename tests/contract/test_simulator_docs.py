"""The simulator's page tells of everything that there is to script."""

import re
from pathlib import Path

import pytest

from execution_simulator import control, testhub
from execution_simulator.faults import FAULTS
from execution_simulator.scripts import Script
from execution_simulator.variants import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def test_every_control_call_has_an_example() -> None:
    examples = "\n".join(line for line in PAGE.splitlines() if "curl" in line)
    missing = [
        f"{operation.method} {operation.path}"
        for operation in control.OPERATIONS
        if not _example(operation.method, operation.path).search(examples)
    ]
    assert missing == []


@pytest.mark.parametrize("name", sorted({operation.name for operation in testhub.OPERATIONS}))
def test_every_operation_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    "name",
    [
        *Settings().model_dump(by_alias=True),
        *sorted(set(Script().model_dump(by_alias=True)) - {"name", "match"}),
        *FAULTS.json_schema()["items"]["discriminator"]["mapping"],
    ],
)
def test_every_setting_member_and_kind_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE


def _example(method: str, path: str) -> re.Pattern[str]:
    place = re.sub(r"\\\{\w+\\\}", r"[^\\s/]+", re.escape(path.removeprefix("/_simulator/")))
    verb = "-s" if method == "GET" else f"-X {method}"
    return re.compile(rf'{verb} "?\$SIM/{place}(?:[\s?"]|$)', re.MULTILINE)
