"""Stepping only woken and due rules says exactly what stepping every rule at every tick says."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.ids import RuleId
from alerts.domain.reading import Reading
from alerts.domain.rule import Direction, Join, Repeat, State, Timing
from alerts.engine.freshness import turned
from alerts.engine.peaks import Peaks
from alerts.engine.step import step
from alerts.engine.wake import WakeIndex
from alerts.rules.judge import look
from tests.builders import BASIS, PRICE, SKEW, a_gap, a_leg, a_reading, a_rule, at, minutes

GRACE = minutes(6)
STALE = minutes(4)
SERIES = st.sampled_from([SKEW, BASIS, PRICE])
SPANS = st.integers(0, 12).map(minutes)


@st.composite
def legs(draw):
    direction = draw(st.sampled_from(Direction))
    level = draw(st.integers(-3, 3))
    gap = draw(st.integers(0, 2)) * (-1 if direction is Direction.ABOVE else 1)
    return a_leg(draw(SERIES), direction, level, level + gap)


@st.composite
def rules(draw):
    """Rules of one to five conditions, joined either way, some with an end."""
    repeat = draw(st.sampled_from(Repeat))
    remind = draw(st.none() | st.integers(1, 12).map(minutes))
    timing = Timing(draw(SPANS), draw(SPANS), draw(SPANS), remind, repeat)
    until = draw(st.none() | st.none() | st.integers(1, 90).map(at))
    own = draw(st.lists(legs(), min_size=1, max_size=5))
    join = draw(st.sampled_from(Join))
    rule = a_rule(*own, timing=timing)
    return replace(rule, draft=replace(rule.draft, join=join, until=until))


@dataclass
class Market:
    """What both engines see at a tick."""

    latest: dict = field(default_factory=dict)

    def samples(self, now):
        return {
            series: reading if now - reading.at <= STALE else a_gap(series, reading.at)
            for series, reading in self.latest.items()
        }


@dataclass
class Engine:
    """Steps the rules it is told to, and keeps what they said."""

    rules: dict
    states: dict = field(default_factory=dict)
    due: dict = field(default_factory=dict)
    said: list = field(default_factory=list)

    def look_at(self, ids, samples, now, widen):
        for name in sorted(ids):
            rule = self.rules[name]
            state = widen(rule, self.states.get(name, State()))
            move = step(rule, state, look(rule.draft, samples), now, GRACE)
            self.states[name], self.due[name] = move.state, move.due
            self.said += [move.event] if move.event else []

    def is_due(self, now):
        return {name for name, due in self.due.items() if due is not None and due <= now}


def naive(book, ticks):
    engine, market = Engine(book), Market()
    for now, readings in ticks:
        market.latest.update({reading.series: reading for reading in readings})
        engine.look_at(book, market.samples(now), now, lambda _, state: state)
    return engine.said


def indexed(book, ticks):
    engine, market, index, peaks = Engine(book), Market(), WakeIndex(), Peaks()
    dark, woken = frozenset(), set(book)
    for rule in book.values():
        index.put(rule)
    for now, readings in ticks:
        for reading in readings:
            before = market.latest.get(reading.series)
            woken |= index.wake(reading.series, before and before.value, reading.value)
            market.latest[reading.series] = reading
            peaks.add(reading, now)
        times = {series: reading.at for series, reading in market.latest.items()}
        went, back = turned(times, dark, now, lambda _: STALE)
        dark = (dark | went) - back
        woken |= {name for series in went | back for name in index.on(series)}
        engine.look_at(woken | engine.is_due(now), market.samples(now), now, peaks.widen)
        woken = set()
    return engine.said


@st.composite
def histories(draw):
    minute, ticks = 0, []
    for wait in draw(st.lists(st.integers(1, 5), max_size=30)):
        minute += wait
        seen = draw(st.dictionaries(SERIES, st.integers(-4, 4)))
        readings = [a_reading(float(value), series, at(minute)) for series, value in seen.items()]
        ticks.append((at(minute), readings))
    return ticks


@settings(max_examples=120)
@given(st.lists(rules(), min_size=1, max_size=6), histories())
def test_the_index_changes_nothing_about_what_is_said(drawn, ticks):
    book = {
        RuleId(f"r{number}"): replace(rule, id=RuleId(f"r{number}"))
        for number, rule in enumerate(drawn)
    }

    assert indexed(book, ticks) == naive(book, ticks)


def test_the_market_of_this_test_moves():
    assert isinstance(Market({SKEW: a_reading()}).samples(at(0))[SKEW], Reading)
