"""What is known of the cluster's objects, and whom a change wakes."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from execution_operator.reconcile.ports import FirstSeen, Key
from execution_operator.runtime.cache import ObjectCache
from support.cached import Known, raw_run, raw_server

RUN = Key("TestExecution", "shop", "smoke")
HUB = Key("ExecutionServer", "shop", "hub")
SPARE = Key("ExecutionServer", "shop", "spare")
MANY = 200
"""More than are kept as models."""


def in_phase(version, phase):
    return raw_run(version) | {"status": {"phase": phase}}


def many():
    known = Known()
    known.put(raw_server(), *(raw_run(name=f"run-{n}", uid=f"u{n}") for n in range(MANY)))
    return known


def test_an_object_is_there_after_it_was_put():
    known = Known()
    put = known.cache.put(raw_run(), first_seen=FirstSeen.ADDED)
    assert put is known.cache.get(RUN)
    assert Key.of(put) == RUN


def test_nothing_is_known_of_other_objects():
    known = Known()
    known.put(raw_run())
    assert known.cache.get(HUB) is None
    assert list(known.cache.referrers(SPARE)) == []


def test_keys_are_those_of_a_kind():
    known = Known()
    known.put(raw_run(), raw_run(name="other"), raw_server())
    assert known.cache.keys("TestExecution") == [RUN, Key("TestExecution", "shop", "other")]
    assert [one.key for one in known.cache.of_kind("ExecutionServer")] == [HUB]
    assert len(list(known.cache.digests())) == 3


@pytest.mark.parametrize(
    ("uid", "version"),
    [
        pytest.param("u1", 4, id="older"),
        pytest.param("u1", 5, id="the same"),
        pytest.param("u0", 4, id="older, of an object that had the name before"),
    ],
)
def test_an_older_state_is_ignored(uid, version):
    known = Known()
    known.put(raw_run(5))
    known.woken()
    kept = known.cache.put(raw_run(version, uid=uid, server="spare"), first_seen=FirstSeen.ADDED)
    assert kept is known.cache.get(RUN)
    assert (known.version(RUN), known.woken(), known.referrers(SPARE)) == ("5", [], [])


def test_versions_are_compared_as_numbers():
    known = Known()
    known.put(raw_run(9), raw_run(10))
    assert known.version(RUN) == "10"


def test_a_newer_object_of_the_name_takes_its_place_and_the_former_is_forgotten():
    known = Known()
    known.put(raw_run(5), raw_run(6, uid="u2"))
    assert known.cache.get(RUN).metadata.uid == "u2"
    assert known.runs.forgotten == ["u1"]


def test_how_an_object_was_first_seen_stays():
    known = Known()
    known.put(raw_run(1), first_seen=FirstSeen.ADDED)
    known.put(raw_run(2), first_seen=FirstSeen.LISTED)
    assert known.cache.first_seen(RUN) is FirstSeen.ADDED


def test_a_listed_object_is_not_added_by_a_later_event():
    known = Known()
    known.put(raw_run(1), first_seen=FirstSeen.LISTED)
    known.put(raw_run(2), first_seen=FirstSeen.ADDED)
    assert known.cache.first_seen(RUN) is FirstSeen.LISTED


def test_an_object_made_anew_is_first_seen_anew():
    known = Known()
    known.put(raw_run(1), first_seen=FirstSeen.LISTED)
    known.put(raw_run(2, uid="u2"), first_seen=FirstSeen.ADDED)
    assert known.cache.first_seen(RUN) is FirstSeen.ADDED


def test_an_object_that_nobody_knows_counts_as_listed():
    assert Known().cache.first_seen(RUN) is FirstSeen.LISTED


def test_referrers_are_found_before_what_they_name_is_there():
    known = Known()
    known.put(raw_run(), raw_run(name="other"), raw_run(name="third", server="spare"))
    assert sorted(known.referrers(HUB)) == ["other", "smoke"]


def test_referrers_are_given_in_their_newest_state():
    known = Known()
    known.put(in_phase(1, "Running"), in_phase(2, "Stopping"))
    assert [one.phase for one in known.cache.referrers(HUB)] == ["Stopping"]


def test_referrers_follow_a_change_of_the_spec():
    known = Known()
    known.put(raw_run(1), raw_run(2, server="spare"))
    assert (known.referrers(HUB), known.referrers(SPARE)) == ([], ["smoke"])


def test_a_deleted_object_refers_to_nothing():
    known = Known()
    known.put(raw_run(), raw_run(name="other"))
    known.cache.drop(raw_run())
    assert known.referrers(HUB) == ["other"]


def test_a_change_wakes_the_object_itself_in_its_new_state():
    seen = []
    known = Known()
    cache = ObjectCache(
        {"TestExecution": known.runs},
        lambda key: seen.append(cache.get(key).metadata.resource_version),
    )
    cache.put(raw_run(1), first_seen=FirstSeen.ADDED)
    cache.put(raw_run(2), first_seen=FirstSeen.ADDED)
    assert seen == ["1", "2"]


def test_a_change_that_concerns_nobody_wakes_nobody_else():
    known = Known()
    known.put(raw_server(), raw_run())
    known.woken()
    known.put(raw_server(2))
    known.put(raw_run(2))
    assert known.woken() == [HUB, RUN]


def test_a_change_that_concerns_the_referrers_wakes_all_of_them():
    known = Known(wakes_referrers=True)
    known.put(raw_run(), raw_run(name="other"), raw_run(name="third", server="spare"))
    known.woken()
    known.put(raw_server())
    assert known.woken() == [HUB, Key("TestExecution", "shop", "other"), RUN]


def test_a_change_that_concerns_what_is_named_wakes_old_and_new():
    known = Known(wakes_references=True)
    known.put(raw_run(1))
    known.woken()
    known.put(raw_run(2, server="spare"))
    assert known.woken() == [HUB, SPARE, RUN]


def test_a_deletion_wakes_those_that_name_the_object_and_not_itself():
    known = Known(wakes_referrers=True)
    known.put(raw_server(), raw_run())
    known.woken()
    known.cache.drop(raw_server())
    assert known.woken() == [RUN]


def test_a_deletion_wakes_what_the_object_named():
    known = Known(wakes_references=True)
    known.put(raw_server(), raw_run())
    known.woken()
    known.cache.drop(raw_run())
    assert known.woken() == [HUB]


def test_a_kind_is_asked_with_the_state_before_and_after():
    asked = []
    known = Known()
    known.runs.wakes_references = lambda *states: asked.append(
        tuple(state and state.phase for state in states)
    )
    known.put(in_phase(1, "Running"), in_phase(2, "Stopping"))
    known.cache.drop(raw_run(3))
    assert asked == [(None, "Running"), ("Running", "Stopping"), ("Stopping", None)]


def test_a_dropped_object_is_gone_and_forgotten():
    known = Known()
    known.put(raw_run())
    known.cache.drop(raw_run())
    assert known.cache.get(RUN) is None
    assert known.runs.forgotten == ["u1"]


def test_the_end_of_an_object_does_not_end_a_younger_one_of_its_name():
    known = Known()
    known.put(raw_run(5, uid="u2"))
    known.woken()
    known.cache.drop(raw_run(4, uid="u1"))
    assert (known.version(RUN), known.woken(), known.runs.forgotten) == ("5", [], [])


def test_the_end_of_an_unknown_object_is_no_news():
    known = Known(wakes_references=True)
    known.cache.drop(raw_run())
    assert known.woken() == []


def test_a_state_from_before_its_deletion_does_not_bring_an_object_back():
    known = Known()
    known.put(raw_run(5))
    known.cache.drop(raw_run(7))
    known.put(raw_run(6))
    assert known.cache.get(RUN) is None


def test_an_object_made_anew_after_a_deletion_is_there():
    known = Known()
    known.put(raw_run(5))
    known.cache.drop(raw_run(7))
    known.put(raw_run(8, uid="u2"))
    assert known.version(RUN) == "8"


def test_the_answer_to_a_write_is_known_at_once():
    known = Known()
    known.put(raw_run(5), first_seen=FirstSeen.ADDED)
    put = known.cache.put_answer(raw_run(6))
    assert put is known.cache.get(RUN)
    assert (known.version(RUN), known.cache.first_seen(RUN)) == ("6", FirstSeen.ADDED)


@pytest.mark.parametrize(
    "answered",
    [raw_run(6), raw_run(9)],
    ids=["from before its end", "newer than all that is known"],
)
def test_the_answer_to_a_write_brings_no_object_back_that_is_not_there_any_more(answered):
    known = Known()
    known.put(raw_run(5))
    known.cache.drop_key(RUN, uid="u1")
    assert known.cache.put_answer(answered) is None
    assert known.cache.get(RUN) is None


def test_the_answer_to_a_write_does_not_replace_a_younger_object_of_the_name():
    known = Known()
    known.put(raw_run(7, uid="u2"))
    assert known.cache.put_answer(raw_run(6)) is None
    assert known.cache.get(RUN).metadata.uid == "u2"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param(lambda known: known.cache.drop(raw_run(7)), [RUN], id="deleted"),
        pytest.param(lambda known: known.cache.drop_key(RUN, uid="u1"), [RUN], id="not found"),
        pytest.param(lambda known: known.put(raw_run(7, uid="u2")), [RUN], id="made anew"),
        pytest.param(lambda known: known.put(raw_run(7)), [], id="changed"),
        pytest.param(lambda known: known.cache.drop_key(RUN, uid="u0"), [], id="another's end"),
    ],
)
def test_the_end_of_an_object_is_told(end, expected):
    known = Known()
    known.put(raw_run(5))
    end(known)
    assert known.gone == expected


def test_an_object_that_cannot_be_read_is_skipped_and_told():
    known = Known()
    with capture_logs() as logs:
        put = known.cache.put(raw_run(tags="no list"), first_seen=FirstSeen.ADDED)
    assert (put, known.cache.get(RUN), known.woken()) == (None, None, [])
    (line,) = logs
    assert (line["log_level"], line["object"]) == ("error", "TestExecution shop/smoke")
    assert line["cause"].startswith("spec.tags: ")


def test_an_object_that_cannot_be_read_stays_as_it_was():
    known = Known()
    known.put(raw_run(1))
    with capture_logs():
        known.put(raw_run(2, tags="no list"))
    assert known.version(RUN) == "1"


def test_what_is_told_of_an_unreadable_object_holds_none_of_its_values():
    known = Known()
    with capture_logs() as logs:
        known.put(raw_run(variables={"password": ["hunter2"]}, cancel="hunter2"))
    assert "hunter2" not in str(logs)


def test_an_object_that_was_not_looked_at_for_long_is_equal_to_what_was_put():
    known = many()
    first = known.runs.digested[0]
    found = known.cache.get(Key.of(first))
    assert (found is first, found) == (False, first)


def test_an_object_that_is_looked_at_often_is_read_once():
    known = many()
    assert known.cache.get(HUB) is known.cache.get(HUB)


def test_an_answer_that_is_older_gives_what_is_known():
    known = many()
    kept = known.cache.put(
        raw_run(0, name="run-0", uid="u0", server="spare"), first_seen=FirstSeen.LISTED
    )
    assert kept == known.runs.digested[0]


@pytest.mark.parametrize(
    "scan",
    [
        pytest.param(lambda cache: [one.key.name for one in cache.digests()], id="all"),
        pytest.param(
            lambda cache: [one.key.name for one in cache.of_kind("TestExecution")], id="of a kind"
        ),
        pytest.param(lambda cache: [one.key.name for one in cache.referrers(HUB)], id="referrers"),
        pytest.param(lambda cache: [one.name for one in cache.keys("TestExecution")], id="keys"),
    ],
)
def test_a_scan_reads_no_object(scan):
    known = many()
    known.runs.model = None  # whatever reads an object now, fails
    assert {f"run-{n}" for n in range(MANY)} <= {*scan(known.cache)}


def test_a_change_reads_no_former_state():
    known = many()
    known.cache.drop_key(Key("TestExecution", "shop", "run-0"), uid="u0")
    known.put(raw_run(2, name="run-1", uid="u1", server="spare"))
    assert len(known.runs.digested) == MANY + 1
    assert known.referrers(SPARE) == ["run-1"]
