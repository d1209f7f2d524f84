"""The real tick over a store says exactly what a naive engine says, whatever happens between.

The naive engine keeps all rules and looks at every one at every tick. Between ticks rules are
made, edited and deleted, readings stay away, the process is killed, the store refuses a write; and
the rules may be shared out among several watches by what they watch.
"""

import asyncio
from dataclasses import dataclass, field, replace
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.errors import StoreError
from alerts.domain.ids import Platform
from alerts.domain.rule import Direction, Draft, Join, Repeat, State, Timing
from alerts.engine.step import step
from alerts.ports import Hands, New
from alerts.rules.judge import look
from alerts.storage.memory import MemoryStore
from alerts.tick import open_watch, tick
from tests.builders import BASIS, CHAT, NOON, PRICE, SKEW, a_gap, a_leg, a_reading, at, minutes

ALL = (SKEW, BASIS, PRICE)
STALE, GRACE = minutes(4), minutes(6)
SPANS = st.integers(0, 8).map(minutes)
VALUES = st.dictionaries(st.sampled_from(ALL), st.integers(-4, 4), min_size=1)


@st.composite
def legs(draw):
    direction = draw(st.sampled_from(Direction))
    level, gap = draw(st.integers(-3, 3)), draw(st.integers(0, 2))
    clear = level - gap if direction is Direction.ABOVE else level + gap
    return a_leg(draw(st.sampled_from(ALL)), direction, float(level), float(clear))


@st.composite
def drafts(draw):
    remind = draw(st.none() | st.integers(1, 8).map(minutes))
    timing = Timing(draw(SPANS), draw(SPANS), draw(SPANS), remind, draw(st.sampled_from(Repeat)))
    own = draw(st.lists(legs(), min_size=1, max_size=3))
    return Draft(tuple(own), timing, draw(st.sampled_from(Join)))


NUMBERS = st.integers(1, 4)
TICKS = st.lists(st.tuples(st.just("tick"), VALUES), min_size=1, max_size=5)
ACTIONS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 9)),
    st.tuples(st.just("fail"), VALUES),
    st.tuples(st.just("add"), drafts()),
    st.tuples(st.just("edit"), st.tuples(NUMBERS, drafts())),
    st.tuples(st.just("delete"), NUMBERS),
    st.tuples(st.just("kill"), st.none()),
)


@dataclass
class Naive:
    """Every rule, at every tick."""

    rules: dict = field(default_factory=dict)
    states: dict = field(default_factory=dict)
    latest: dict = field(default_factory=dict)
    said: list = field(default_factory=list)

    def put(self, rule):
        self.rules[rule.number], self.states[rule.number] = rule, State()

    def tick(self, readings, now):
        late = {
            one.series
            for one in readings
            if (old := self.latest.get(one.series)) and one.at - old.at > STALE
        }
        self.latest |= {one.series: one for one in readings}
        for number, rule in self.rules.items():
            samples = {leg.series: self._sample(leg.series, now) for leg in rule.legs}
            seen = look(rule.draft, samples, late=bool(late & samples.keys()))
            move = step(rule, self.states[number], seen, now, GRACE)
            self.states[number] = move.state
            self.said += [move.event] if move.event else []

    def _sample(self, series, now):
        old = self.latest.get(series)
        if old and now - old.at <= STALE:
            return old
        return a_gap(series, old.at if old else now)


class Refusing:
    """A book whose commits fail while it is told to."""

    def __init__(self, book):
        self._book, self.refuses = book, False

    def __getattr__(self, name):
        return getattr(self._book, name)

    async def commit(self, readings, steps, fence):
        if self.refuses:
            raise StoreError("no room")
        return await self._book.commit(readings, steps, fence)


class Real:
    """The watches of as many shards, and what they queued."""

    def __init__(self, shards):
        self.store, self.shards = MemoryStore(), shards
        self.book = Refusing(self.store.rules)

    async def start(self):
        self.watches = [
            await open_watch(
                self.book,
                self.store.history,
                lambda _: STALE,
                lambda _: GRACE,
                lambda seen, shard=shard: _shard(seen, self.shards) == shard,
            )
            for shard in range(self.shards)
        ]

    async def tick(self, readings, now):
        gaps = [a_gap(series, now) for series in ALL if series not in {r.series for r in readings}]
        for watch in self.watches:
            await tick(watch, [*readings, *gaps], now, 1)

    async def said(self):
        hands, found = Hands(Platform("telegram"), "test", minutes(1)), []
        for first in await self.store.outbox.take(hands, count=100, wait=minutes(0)):
            entry = first
            while entry:
                found += entry.events
                entry = await self.store.outbox.settle(hands, entry)
        return found


def _shard(seen, shards):
    return crc32(str(seen.legs[0][0]).encode()) % shards


async def both(actions, shards):
    """What the naive engine and the real one say of the same actions."""
    naive, real = Naive(), Real(shards)
    await real.start()
    minute = 0
    for name, what in actions:
        minute += what if name == "wait" else 1
        now = at(minute)
        match name:
            case "wait":
                continue
            case "tick":
                readings = [a_reading(float(v), series, now) for series, v in what.items()]
                naive.tick(readings, now)
                await real.tick(readings, now)
            case "fail":
                real.book.refuses = True
                with pytest.raises(StoreError):
                    await real.tick(
                        [a_reading(float(v), series, now) for series, v in what.items()], now
                    )
                real.book.refuses = False
            case "kill":
                await real.start()
            case _:
                await _edit(naive, real.store.rules, name, what)
    return naive.said, await real.said()


async def _edit(naive, book, name, what):
    if name == "add":
        new = New(CHAT, "7", what, State())
        naive.put(await book.add(new, now=NOON, limit=99))
    elif name == "edit" and what[0] in naive.rules:
        number, draft = what
        rule = replace(naive.rules[number], draft=draft)
        naive.put(await book.replace(rule, State(), now=NOON))
    elif name == "delete" and what in naive.rules:
        await book.remove(CHAT, what)
        del naive.rules[what], naive.states[what]


def spoken(events):
    """What is said, whoever says it first.

    A peak between two looks is known to who was there only, so a kill loses it.
    """
    return sorted(map(_words, events))


def _words(event):
    of = (event.at, event.number, event.revision, event.kind, event.episode)
    about = (str(event.series), event.level, event.value, event.since, event.late)
    return (*of, *about, event.again or NOON)


@settings(max_examples=150)
@given(
    st.lists(drafts(), min_size=1, max_size=4),
    st.lists(st.tuples(TICKS, ACTIONS), min_size=3, max_size=8),
    st.integers(1, 3),
)
def test_the_tick_says_what_a_naive_engine_says(first, rounds, shards):
    actions = [("add", draft) for draft in first]
    for ticks, other in rounds:
        actions += [*ticks, other]

    expected, real = asyncio.run(both(actions, shards))

    assert spoken(real) == spoken(expected)
