"""Whatever is added, taken and done: no key is with two workers, and none is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support.queues import key, lane_of, make_queue, taken
from support.virtual_time import run

NAMES = st.sampled_from(["a-1", "a-2", "a-3", "b-1", "b-2", "c-1"])
STEPS = st.one_of(
    st.tuples(st.just("add"), NAMES),
    st.tuples(st.just("take"), st.none()),
    st.tuples(st.just("done"), st.integers(0, 5)),
)


class Model:
    """What a queue must do, without order: who waits, who is worked on, who changed since."""

    PER_LANE = 2

    def __init__(self):
        self.queue = make_queue(per_lane=self.PER_LANE)
        self.waiting, self.running, self.changed = set(), [], set()

    def add(self, name):
        self.queue.add(key(name))
        (self.changed if name in self.running else self.waiting).add(name)

    async def take(self, _=None):
        name = await taken(self.queue)
        if name is None:
            assert all(self.is_full(one) for one in self.waiting)
            return False
        assert name not in self.running
        assert not self.is_full(name)
        self.waiting.remove(name)
        self.running.append(name)
        return True

    def done(self, index):
        if self.running:
            name = self.running.pop(index % len(self.running))
            self.queue.done(key(name), failed=False, again=None)
            if name in self.changed:
                self.changed.remove(name)
                self.waiting.add(name)

    def is_full(self, name):
        others = [one for one in self.running if lane_of(key(one)) == lane_of(key(name))]
        return len(others) >= self.PER_LANE

    async def work_it_off(self):
        while self.running or self.waiting:
            await self.take()
            self.done(0)
        assert not await self.take()


@given(st.lists(STEPS, max_size=40))
def test_no_key_is_handed_out_twice_at_a_time_and_none_is_lost(steps):
    async def follow():
        model = Model()
        for step, argument in steps:
            outcome = getattr(model, step)(argument)
            if outcome is not None:
                await outcome
        await model.work_it_off()

    run(follow())
