"""What of a run's values is hidden in a server's words."""

from __future__ import annotations

import pytest

from execution_operator.api.reasons import Reason
from execution_operator.kinds.problems import Problem
from execution_operator.kinds.test_execution.memories import Memories
from execution_operator.kinds.test_execution.privacy import CONCEALED, Privacy
from execution_operator.remote.errors import Unreachable
from execution_operator.remote.outage import Trouble
from support.runs import execution, result, run

SECRET = 'pä ss"w'
OWN = run(spec={"variables": {"user": "long-enough", "place": "staging"}}, metadata={"uid": "u2"})
SOURCED = run(
    spec={"variables": {"user": "long-enough"}, "variablesFrom": [{"secretRef": {"name": "s"}}]}
)


def knowing() -> Privacy:
    privacy = Privacy()
    privacy.keep(SOURCED, [SECRET])
    return privacy


HIDDEN = {
    "plain": f"got {SECRET} twice: {SECRET}",
    "in a URL": "got p%C3%A4%20ss%22w",
    "in a form": "got p%C3%A4+ss%22w",
    "in JSON": 'got p\\u00e4 ss\\"w',
    "our own": "got long-enough",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_value_is_hidden_in_every_form(text):
    assert set(knowing().clean(SOURCED, text).split()) <= {"got", "***", "twice:"}


def test_a_short_word_of_the_spec_is_shown():
    assert Privacy().clean(OWN, "no staging for long-enough") == "no staging for ***"


def test_values_are_hidden_for_their_own_run_only():
    assert knowing().clean(OWN, f"got {SECRET}") == f"got {SECRET}"


def test_what_was_sent_before_stays_hidden_after_another_value_is_sent():
    privacy = knowing()
    privacy.keep(SOURCED, ["other-value"])
    assert privacy.clean(SOURCED, f"{SECRET} other-value") == "*** ***"


def test_a_redactor_that_is_kept_learns_of_new_values():
    privacy = knowing()
    privacy.clean(SOURCED, "x")
    privacy.keep(SOURCED, ["other-value"])
    assert privacy.clean(SOURCED, "other-value") == "***"


def test_all_words_are_concealed_where_the_values_are_not_known_any_more():
    privacy = Privacy()
    privacy.conceal(SOURCED)
    memories = Memories()
    memories.privacy.conceal(SOURCED)
    kept = memories.keep(SOURCED, run=execution(f"GOT {SECRET}", message=SECRET))
    assert privacy.clean(SOURCED, "anything") == CONCEALED
    assert kept.run is not None
    assert (kept.run.status, kept.run.message) == (CONCEALED, CONCEALED)
    assert len(CONCEALED) <= 128, "it stands where the server's word does, too"


def test_a_value_that_is_sent_now_ends_the_concealment():
    privacy = Privacy()
    privacy.conceal(SOURCED)
    privacy.keep(SOURCED, [SECRET])
    assert privacy.clean(SOURCED, f"got {SECRET}") == "got ***"


@pytest.mark.parametrize(
    ("wanted", "prepare", "knows"),
    [
        pytest.param(OWN, None, True, id="nothing to learn"),
        pytest.param(SOURCED, None, False, id="not learnt"),
        pytest.param(SOURCED, Privacy.conceal, True, id="concealed"),
        pytest.param(SOURCED, lambda privacy, it: privacy.keep(it, []), True, id="learnt"),
        pytest.param(
            SOURCED, lambda privacy, it: privacy.forget(it.metadata.uid), False, id="gone"
        ),
    ],
)
def test_it_is_known_what_has_to_be_learnt(wanted, prepare, knows):
    privacy = Privacy()
    if prepare is not None:
        prepare(privacy, wanted)
    assert privacy.knows(wanted) is knows


def test_problems_and_troubles_show_no_value():
    privacy = knowing()
    problem = Problem(reason=Reason.REJECTED, message=f"cannot start: {SECRET}", retry_after=2.0)
    trouble = Trouble(Unreachable(f"cannot list: {SECRET}", retry_after=3.0, status=502), 40.0)
    assert privacy.problem(SOURCED, problem).message == "cannot start: ***"
    cleaned = privacy.trouble(SOURCED, trouble)
    assert cleaned is not None
    assert (str(cleaned.error), cleaned.since) == ("cannot list: ***", 40.0)
    assert (cleaned.error.retry_after, cleaned.error.status) == (3.0, 502)
    assert privacy.trouble(run(), trouble) is trouble


def test_what_memories_keep_of_a_server_s_words_shows_no_value():
    memories = Memories()
    memories.privacy.keep(SOURCED, [SECRET, "COMPLETE"])
    kept = memories.keep(
        SOURCED, run=execution("COMPLETE", message=SECRET), result=result("FAIL", SECRET)
    )
    assert kept.run is not None
    assert kept.result is not None
    assert (kept.run.message, kept.result.message) == ("***", "***")
    assert kept.run.status == "COMPLETE", "one of the API's words means something"


def test_nothing_of_it_is_in_the_repr():
    assert SECRET not in repr(knowing()) + repr(vars(knowing())["_redactors"])


def test_an_object_that_is_gone_leaves_no_value_behind():
    memories = Memories()
    memories.privacy.keep(SOURCED, [SECRET])
    memories.forget(SOURCED.metadata.uid)
    assert SECRET not in str(vars(memories.privacy))
