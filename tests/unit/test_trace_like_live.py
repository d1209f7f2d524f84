"""What `/why` plays back of a day is what the live engine did in it, dark minutes included."""

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.event import Kind
from alerts.domain.reading import Gap, Reason
from alerts.domain.rule import State, Timing, Verdict
from alerts.engine.tape import Tape, wind
from alerts.engine.trace import trace
from alerts.ports import New
from alerts.rules.judge import judge
from alerts.storage.memory import MemoryStore
from alerts.tick import open_watch, tick
from tests.builders import CHAT, SKEW, a_draft, a_leg, a_reading, at, minutes

STALE = minutes(2.5)
GRACE = timedelta(days=1)

minute = st.one_of(st.none(), st.sampled_from([12.0, 14.0, 14.9, 15.1, 16.0]))


async def lived(draft, values):
    """The firings of a rule over minutes, None for one without a reading, and what was kept."""
    store = MemoryStore()
    new = New(CHAT, "ann", draft, State())
    await store.rules.add(new, now=at(0), limit=9)
    watch = await open_watch(store.rules, store.history, lambda _: STALE, lambda _: GRACE)
    for count, value in enumerate(values):
        now = at(count)
        gap = Gap(SKEW, Reason.NO_DATA, "no answer", now)
        await tick(watch, [gap if value is None else a_reading(value, SKEW, now)], now, 1)
    fired = [one.fired for one in await store.episodes.of_chat(CHAT)]
    return fired[::-1], await store.history.window(SKEW, at(-1), at(len(values)))


@settings(deadline=None, max_examples=150)
@given(st.lists(minute, min_size=1, max_size=40), st.integers(0, 5))
def test_the_trace_of_a_day_fires_where_the_live_engine_fired(values, hold):
    draft = a_draft(a_leg(), timing=Timing(hold=minutes(hold)))
    told, kept = asyncio.run(lived(draft, values))
    tape: Tape = wind(draft, kept, max_age=STALE)

    found = trace(draft, tape, at(0), at(len(values) - 1))

    assert [event.at for event in found.fired] == [event.at for event in told]
    assert all(event.kind is Kind.FIRED for event in told)


@settings(deadline=None, max_examples=60)
@given(st.lists(minute, min_size=1, max_size=40))
def test_every_reading_that_met_the_level_lies_in_a_stretch_that_was_met(values):
    draft = a_draft(a_leg())
    readings = [
        a_reading(value, SKEW, at(count)) for count, value in enumerate(values) if value is not None
    ]

    found = trace(draft, wind(draft, readings, max_age=STALE), at(0), at(len(values)))

    for reading in readings:
        met = judge(draft.legs[0], reading) is Verdict.MET
        assert met == any(one.start <= reading.at < one.end for one in found.met)
