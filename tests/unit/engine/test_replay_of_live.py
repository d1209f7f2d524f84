"""What the live engine saw, replayed, gives the events that it told: flapping and all."""

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.event import Kind
from alerts.domain.rule import Repeat, State, Timing
from alerts.engine.replay import replay
from alerts.ports import Hands, New
from alerts.storage.memory import MemoryStore
from alerts.tick import open_watch, tick
from tests.builders import CHAT, NOON, a_draft, a_reading, at, minutes

AGE = minutes(3)
HANDS = Hands(CHAT.platform, "test", timedelta(seconds=9))
SPANS = st.sampled_from([0, 0, 2, 5]).map(minutes)
TIMINGS = st.builds(
    Timing,
    *(SPANS, SPANS, SPANS, st.none() | st.just(minutes(7)), st.sampled_from(Repeat)),
    st.booleans(),
)
CALM = st.lists(st.sampled_from([10.0, 14.0, 16.0, 20.0]), max_size=40)
WILD = st.lists(st.sampled_from([[20.0, 10.0], [10.0] * 31, [18.0] * 31, [20.0]]), max_size=14)


EVENING = at(12 * 60 - 20)
"""Twenty minutes before the daily close, so that runs go on over it."""


async def told_live(draft, readings):
    store = MemoryStore()
    watch = await open_watch(store.rules, store.history, lambda _: AGE, lambda _: AGE)
    await store.rules.add(New(CHAT, "7", draft, State()), now=NOON, limit=9)
    told = []
    for reading in readings:
        await tick(watch, [reading], reading.at, 1)
        for entry in await store.outbox.take(HANDS, count=9, wait=timedelta(0)):
            told += entry.events
            await store.outbox.settle(HANDS, entry)
    return told


def brief(events):
    return [
        (e.kind, e.at, e.value, e.episode, e.since, e.extreme, e.held, e.happened, e.times)
        for e in events
    ]


@settings(max_examples=60, deadline=None)
@given(CALM | WILD.map(lambda parts: [value for part in parts for value in part]), TIMINGS)
def test_replaying_what_the_live_engine_saw_gives_the_same_events(values, timing):
    draft = a_draft(timing=timing)
    readings = [
        a_reading(value, when=EVENING + minutes(place)) for place, value in enumerate(values)
    ]

    live = asyncio.run(told_live(draft, readings))

    assert brief(replay(draft, readings, max_age=AGE).events) == brief(live)


def test_a_replay_counts_the_episodes_that_were_held_back_too():
    values = [10.0, *[20.0, 10.0] * 4, *[10.0] * 40]
    readings = [a_reading(value, when=at(place)) for place, value in enumerate(values)]

    run = replay(a_draft(), readings, max_age=AGE)

    assert (run.episodes, run.on_seconds) == (4, 240.0)
    assert [event.kind for event in run.events] == [
        *[Kind.FIRED, Kind.RESOLVED] * 2,
        *[Kind.FIRED, Kind.FLAPPING, Kind.RESOLVED],
    ]
