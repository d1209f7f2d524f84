"""The whole engine (ticks, wake index, due times, codec, restarts) against a model of its rules."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from alerts import codec
from alerts.domain.errors import StoreError
from alerts.domain.rule import Repeat, State, Timing
from alerts.engine.step import align
from alerts.ports import Hands, New
from alerts.rules.judge import look
from alerts.storage.memory import MemoryStore
from alerts.tick import open_watch, tick
from tests.builders import CHAT, NOON, SKEW, a_draft, a_gap, a_leg, a_reading, minutes
from tests.unit.engine.lifecycle_model import GRACE, STALE, Model

HOLDS = st.sampled_from([0, 0, 2]).map(minutes)
VALUES = st.sampled_from([20.0, 16.0, 14.0, 12.0, 10.0])
NUMBERS = st.sampled_from([1, 2])
HANDS = Hands(CHAT.platform, "test", timedelta(seconds=9))


@st.composite
def timings(draw):
    remind = draw(st.none() | st.just(minutes(5)))
    repeat = draw(st.sampled_from([Repeat.EACH, Repeat.EACH, Repeat.ONCE]))
    quiet = minutes(draw(st.sampled_from([0, 0, 10])))
    return Timing(draw(HOLDS), draw(HOLDS), quiet, remind, repeat)


class Lifecycle(RuleBasedStateMachine):
    """Two rules on one series; after each tick, what was queued is what the model says."""

    def __init__(self):
        super().__init__()
        self.loop = asyncio.Runner()
        self.store, self.now, self.reading, self.models = MemoryStore(), NOON, None, {}
        self.fence, self.paused = 1, set()
        self.restarts()

    def run(self, work):
        return self.loop.run(work)

    def teardown(self):
        self.loop.close()

    @initialize(drawn=st.lists(timings(), min_size=2, max_size=2), until=st.none() | st.just(45))
    def saves_rules(self, drawn, until):
        for timing, level in zip(drawn, (15.0, 13.0), strict=True):
            end = until and NOON + minutes(until)
            draft = a_draft(a_leg(level=level), timing=timing, until=end)
            new = New(CHAT, "7", draft, State())
            saved = self.run(self.store.rules.add(new, now=self.now, limit=9))
            self.models[saved.number] = Model(draft)

    def ticks(self, sample, wait):
        self.now += minutes(wait)
        sample = replace(sample, at=self.now)
        late = False
        if hasattr(sample, "value"):
            late = bool(self.reading) and self.now - self.reading.at > STALE
            self.reading = sample
        self.run(tick(self.watch, [sample], self.now, self.fence))
        said = dict.fromkeys(self.models)
        for event in self.told():
            assert said[event.number] is None
            brief = (str(event.kind), event.episode, event.held and str(event.held))
            said[event.number] = (*brief, event.happened, event.times)
        for number, model in self.models.items():
            paused = number in self.paused
            wanted = None if paused else model.tick(self.now, self.reading, late)
            assert said[number] == wanted, number

    def told(self):
        entries = self.run(self.store.outbox.take(HANDS, count=9, wait=timedelta(0)))
        for entry in entries:
            self.run(self.store.outbox.settle(HANDS, entry))
        return [event for entry in entries for event in entry.events]

    @rule(values=st.lists(VALUES, min_size=1, max_size=8), wait=st.sampled_from([1, 1, 2]))
    def sees(self, values, wait):
        for value in values:
            self.ticks(a_reading(value), wait)

    @rule(times=st.integers(1, 4))
    def flips(self, times):
        for _ in range(times):
            self.ticks(a_reading(20.0), 2)
            self.ticks(a_reading(10.0), 2)

    @rule(value=VALUES, hours=st.sampled_from([0.5, 9]))
    def sleeps_long(self, value, hours):
        self.ticks(a_reading(value), hours * 60)

    @rule(times=st.integers(1, 5))
    def is_blind(self, times):
        for _ in range(times):
            self.ticks(a_gap(), 2)

    @rule()
    def restarts(self):
        """A kill between ticks: all that is left is what the store can read back."""
        held = self.store._shelf.held
        for name, one in held.items():
            state = codec.decode_state(codec.encode_state(one.state))
            overlay = codec.decode_overlay(codec.encode_overlay(one.overlay))
            held[name] = replace(one, state=state, overlay=overlay)
        self.watch = self.run(
            open_watch(self.store.rules, self.store.history, lambda _: STALE, lambda _: GRACE)
        )

    @rule(value=VALUES)
    def fails_to_commit(self, value):
        """A tick the store refuses has not happened."""
        self.now += minutes(1)
        with pytest.raises(StoreError):
            self.run(tick(self.watch, [a_reading(value, when=self.now)], self.now, -1))

    @rule(number=NUMBERS)
    def acknowledges(self, number):
        self.does(number, acked=self.models[number].episodes)

    @rule(number=NUMBERS, wait=st.sampled_from([3, 10, 40]))
    def snoozes(self, number, wait):
        self.does(number, snoozed_until=self.now + minutes(wait))

    @rule(number=NUMBERS)
    def takes_it_back(self, number):
        self.does(number, acked=0, snoozed_until=None)

    def does(self, number, **what):
        held = self.run(self.store.rules.get(CHAT, number))
        overlay = replace(held.overlay, **what)
        self.run(self.store.rules.overlay(held.rule.id, overlay, now=self.now))
        for name, value in what.items():
            setattr(self.models[number], name, value)

    @rule(number=NUMBERS, level=st.sampled_from([11.0, 15.0]))
    def edits(self, number, level):
        """As the commands do it: another level, a state as its maker sees it."""
        held = self.run(self.store.rules.get(CHAT, number))
        draft = replace(held.rule.draft, legs=(a_leg(level=level),))
        fresh = self.reading and self.now - self.reading.at <= STALE
        phase = align(draft, look(draft, {SKEW: self.reading} if fresh else {})).phase
        state = State(phase, held.state.episodes, held.state.fired_at)
        edited = replace(held.rule, draft=draft, paused=False)
        self.run(self.store.rules.replace(edited, state, now=self.now))
        self.paused.discard(number)
        self.models[number].begins(draft, self.reading.value if fresh else None)

    @rule(number=NUMBERS)
    def pauses(self, number):
        held = self.run(self.store.rules.get(CHAT, number))
        self.run(
            self.store.rules.replace(replace(held.rule, paused=True), held.state, now=self.now)
        )
        self.paused.add(number)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
