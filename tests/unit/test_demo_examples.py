"""What the examples say of themselves, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from demonstration.errors import DemoError
from demonstration.examples import (
    PLACEHOLDER,
    Ending,
    Field,
    Named,
    parse_ending,
    read_example,
    read_examples,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
SMOKE = Named("TestExecution", "smoke")
RUN = """
apiVersion: execution-operator.io/v1alpha1
kind: TestExecution
metadata: {name: smoke}
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: hub-token}
"""
ENDS = "# Ends: TestExecution/smoke phase=Succeeded\n"


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        pytest.param("phase=Failed", (Field("phase", "Failed"),), id="one"),
        pytest.param(
            "  phase=Failed   reason=TestsFailed ",
            (Field("phase", "Failed"), Field("reason", "TestsFailed")),
            id="several",
        ),
        pytest.param("reason=a=b", (Field("reason", "a=b"),), id="equals sign in a value"),
    ],
)
def test_an_end_is_read(said: str, fields: tuple[Field, ...]) -> None:
    assert parse_ending(f" TestExecution/smoke {said}") == Ending(SMOKE, fields)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param("", "must be", id="nothing"),
        pytest.param("TestExecution/smoke", "must be", id="no field"),
        pytest.param("smoke phase=Failed", "must be", id="no kind"),
        pytest.param("TestExecution/ phase=Failed", "must be", id="no name"),
        pytest.param("/smoke phase=Failed", "must be", id="an empty kind"),
        pytest.param("TestExecution/smoke fase=Failed", 'fase=Failed".*one of phase,', id="key"),
        pytest.param("TestExecution/smoke phase", '"phase" says no end', id="no value"),
        pytest.param("TestExecution/smoke phase=", '"phase=" says no end', id="empty value"),
    ],
)
def test_what_says_no_end_is_refused(said: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_ending(said)


def test_an_end_is_written_as_it_was_read() -> None:
    said = "TestExecution/smoke phase=Failed reason=TestsFailed"
    assert str(parse_ending(said)) == said


def test_only_our_objects_need_an_end() -> None:
    example = read_example("a.yaml", f"{ENDS}{SECRET}---{RUN}---\n")
    assert example.objects == (SMOKE,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(RUN, "has TestExecution/smoke, .* tell of nothing$", id="no end"),
        pytest.param(
            ENDS + RUN.replace("smoke", "other"), "TestExecution/other, .*/smoke$", id="another"
        ),
        pytest.param(ENDS + ENDS + RUN, "smoke, TestExecution/smoke$", id="two ends"),
        pytest.param(ENDS + SECRET, "it has nothing, .* TestExecution/smoke$", id="no object"),
        pytest.param("# Ends: smoke\n" + RUN, "says no end", id="no kind"),
        pytest.param(ENDS + "a: [", "line 2, column 5", id="not YAML"),
        pytest.param(ENDS + "kind: TestExecution", "a document lacks", id="not an object"),
    ],
)
def test_an_example_that_is_wrong_is_told_in_one_line_with_its_name(text: str, told: str) -> None:
    with pytest.raises(DemoError, match=told) as refused:
        read_example("a.yaml", text)
    assert str(refused.value).startswith('cannot read example "a.yaml": ')
    assert "\n" not in str(refused.value)


def test_the_url_of_the_server_is_put_in() -> None:
    example = read_example("a.yaml", f"{ENDS}{RUN}spec: {{url: '{PLACEHOLDER}'}}\n")
    assert "url: 'http://127.0.0.1:7/x'" in example.pointed_at("http://127.0.0.1:7/x")


@pytest.mark.parametrize("there", [True, False], ids=["empty", "absent"])
def test_a_folder_without_examples_is_refused(tmp_path: Path, there: bool) -> None:  # noqa: FBT001 - a table's column
    folder = tmp_path if there else tmp_path / "none"
    with pytest.raises(DemoError, match=r"there is no \*\.yaml$"):
        read_examples(folder)


def test_a_folder_s_examples_are_read_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (tmp_path / name).write_text(ENDS + RUN)
    assert [example.file for example in read_examples(tmp_path)] == ["a.yaml", "b.yaml"]


def test_the_page_of_the_examples_tells_the_same_ends_as_they_do() -> None:
    lines = (EXAMPLES / "README.md").read_text().splitlines()
    rows = [line.split("|")[2:4] for line in lines if "/" in line and line.startswith("|")]
    told = {f"{about.strip(' `')} {ends.strip(' `')}" for about, ends in rows}
    assert told == {str(end) for one in read_examples(EXAMPLES) for end in one.endings}


def test_the_page_of_the_examples_links_each_file() -> None:
    page = (EXAMPLES / "README.md").read_text()
    assert all(f"[{one.file}]({one.file})" in page for one in read_examples(EXAMPLES))


def test_an_example_says_which_run_is_cancelled_and_when() -> None:
    said = "# Cancelled: TestExecution/smoke phase=Running\n"
    example = read_example("a.yaml", f"{ENDS}{said}{RUN}")
    assert example.cancelled == (Ending(SMOKE, (Field("phase", "Running"),)),)


def test_what_an_example_does_not_have_cannot_be_cancelled() -> None:
    said = "# Cancelled: TestExecution/other phase=Running\n"
    with pytest.raises(DemoError, match="no TestExecution/other to be cancelled"):
        read_example("a.yaml", f"{ENDS}{said}{RUN}")
