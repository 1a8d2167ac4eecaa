"""When a host that does not answer is left alone."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from execution_operator.remote.breaker import Breaker, BreakerRules, State

RULES = BreakerRules(failures=3, open_seconds=5, longest_open_seconds=20)


def opened(now: float = 0) -> Breaker:
    breaker = Breaker(RULES)
    for _ in range(RULES.failures):
        breaker.failed(now, probe=False)
    return breaker


def test_fewer_failures_than_the_rule_leave_it_closed() -> None:
    breaker = Breaker(RULES)
    breaker.failed(0, probe=False)
    breaker.failed(0, probe=False)

    assert breaker.state(0) is State.CLOSED


def test_success_between_failures_begins_the_count_anew() -> None:
    breaker = Breaker(RULES)
    for _ in range(5):
        breaker.failed(0, probe=False)
        breaker.failed(0, probe=False)
        breaker.succeeded()

    assert breaker.state(0) is State.CLOSED


def test_open_breaker_says_how_long_to_wait() -> None:
    assert opened().refusal(2) == 3


def test_single_probe_passes_when_half_open() -> None:
    breaker = opened()

    assert breaker.refusal(5) is None
    assert breaker.admit(5)
    assert breaker.refusal(5) == RULES.open_seconds


def test_failed_probe_doubles_the_wait_up_to_a_limit() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(4):
        wait = breaker.refusal(now) or 0
        waits.append(wait)
        now += wait
        breaker.failed(now, probe=breaker.admit(now))

    assert waits == [5, 10, 20, 20]


def test_answered_probe_closes_it() -> None:
    breaker = opened()
    breaker.admit(5)
    breaker.succeeded()

    assert breaker.state(5) is State.CLOSED
    assert not breaker.admit(5)


def test_abandoned_probe_leaves_its_place_to_the_next() -> None:
    breaker = opened()
    breaker.abandoned(probe=breaker.admit(5))

    assert breaker.refusal(5) is None


def test_late_failures_of_older_requests_do_not_lengthen_the_wait() -> None:
    breaker = opened()
    breaker.failed(3, probe=False)

    assert breaker.refusal(4) == 1


class OneProbe(RuleBasedStateMachine):
    """Whatever happens, at most one request is under way while the breaker is half-open."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(RULES)
        self.now = 0.0
        self.under_way: list[bool] = []

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def request_comes(self) -> None:
        if self.breaker.refusal(self.now) is None:
            self.under_way.append(self.breaker.admit(self.now))

    @precondition(lambda self: self.under_way)
    @rule(ending=st.sampled_from(["succeeded", "failed", "abandoned"]))
    def request_ends(self, ending: str) -> None:
        probe = self.under_way.pop()
        match ending:
            case "succeeded":
                self.breaker.succeeded()
                self.under_way = [False for _ in self.under_way]
            case "failed":
                self.breaker.failed(self.now, probe=probe)
            case _:
                self.breaker.abandoned(probe=probe)

    @invariant()
    def at_most_one_probe(self) -> None:
        assert sum(self.under_way) <= 1


TestOneProbe = OneProbe.TestCase
