"""A spread is the same replayed from the past of its two sides as it was live."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.derive import Derivation
from alerts.domain.ids import Venue
from alerts.domain.reading import Reading, Series
from alerts.history.along import along
from alerts.storage.memory import MemoryStore

START = datetime(2026, 2, 6, tzinfo=UTC)
MINE, OTHER = Series.parse("skew25_norm.7d:BTC"), Series.parse("skew25_norm.30d:BTC")
SPREAD = MINE.less(OTHER)

MOMENTS = st.lists(
    st.tuples(st.integers(1, 50), st.booleans(), st.integers(-40, 40)), min_size=2, max_size=30
)
"""Minutes since the one before, which side was read, and what it was."""


def readings(moments):
    at = START
    for minutes, mine, value in moments:
        at += timedelta(minutes=minutes)
        yield Reading(MINE if mine else OTHER, float(value), at, (Venue("deribit"),))


async def lived(read):
    """What the engine would have taken over: each reading newer than the last."""
    derivation, latest, told = Derivation(MemoryStore().history), {}, []
    for one in read:
        latest[one.series] = one
        for made in await derivation.derive([one], latest, {SPREAD}, one.at):
            if isinstance(made, Reading) and (not told or made.at > told[-1].at):
                told.append(made)
                latest[SPREAD] = made
    return [(one.at, one.value) for one in told]


@settings(max_examples=60)
@given(MOMENTS)
async def test_a_spread_along_the_past_is_what_was_seen_live(moments):
    read = list(readings(moments))
    sides = [[one for one in read if one.series == side] for side in (MINE, OTHER)]

    assert [(one.at, one.value) for one in along(SPREAD, *sides, points=True)] == await lived(read)
