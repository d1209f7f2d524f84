"""A rhythm that neither bursts nor stops, whatever becomes of the clocks."""

import asyncio
from datetime import timedelta

import pytest

from alerts.beats import Beats

FIVE = timedelta(seconds=5)
HOURS = 2 * 3600.0


class Stopwatch:
    """A monotonic clock that only passes while somebody sleeps; `jumps` are added to sleeps."""

    def __init__(self, jumps=()):
        self.seconds, self.jumps, self.sleeps = 1000.0, list(jumps), []

    def monotonic(self):
        return self.seconds

    async def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.seconds += seconds + (self.jumps.pop(0) if self.jumps else 0.0)
        await asyncio.sleep(0)


async def run(watch, times, beat=None, jitter=0.0):
    """When so many beats came, and how many were skipped before each."""
    came, skipped = [], []

    async def one():
        came.append(watch.seconds - 1000.0)
        if beat:
            beat()
        if len(came) == times:
            raise StopIteration

    beats = Beats(FIVE, skipped.append, jitter, watch.monotonic, watch.sleep)
    with pytest.raises(RuntimeError):  # what a coroutine makes of StopIteration
        await beats.run(one)
    return came, skipped


async def test_beats_come_at_their_interval():
    assert await run(Stopwatch(), 3) == ([5.0, 10.0, 15.0], [])


async def test_after_a_suspended_machine_comes_one_beat_and_no_burst():
    came, skipped = await run(Stopwatch(jumps=[0.0, HOURS]), 4)

    assert came == [5.0, 10.0 + HOURS, 15.0 + HOURS, 20.0 + HOURS]
    assert skipped == [HOURS / 5]


async def test_a_beat_longer_than_the_interval_skips_those_it_covers_and_says_how_many():
    watch = Stopwatch()

    def takes_twelve_seconds():
        watch.seconds += 12.0

    came, skipped = await run(watch, 3, takes_twelve_seconds)

    assert came == [5.0, 17.0, 29.0]
    assert skipped == [1, 1], "the places at 10 and at 20 passed meanwhile; 15 and 25 came late"


async def test_beats_spread_by_their_jitter_and_do_not_drift():
    came, skipped = await run(Stopwatch(), 200, jitter=0.1)

    assert all(abs(at - 5.0 * (place + 1)) <= 0.5 for place, at in enumerate(came))
    assert skipped == []
    assert len({round(at % 5.0, 3) for at in came}) > 50
