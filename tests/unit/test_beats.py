"""Beats that neither burst nor stop, whatever becomes of the clocks."""

import asyncio
import contextlib
import time
from datetime import timedelta

from alerts.beats import Beats

QUICK, HOUR = timedelta(seconds=0.05), timedelta(hours=1)


class Wall:
    """A wall's clock that can be set."""

    def __init__(self):
        self.set_by = 0.0

    def __call__(self):
        return time.time() + self.set_by


@contextlib.asynccontextmanager
async def running(beats):
    task = asyncio.create_task(beats.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds):
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_beat_comes_again_and_again():
    came = []

    async def beat():
        came.append(time.monotonic())

    beats = Beats(lambda *_: None)
    beats.add("price", QUICK, beat)
    async with running(beats):
        await until(lambda: len(came) >= 4)

    assert came[3] - came[0] > 0.1


def suspend(seconds):
    """Nothing at all goes on meanwhile, as on a machine that sleeps."""
    time.sleep(seconds)


async def test_after_a_suspended_machine_comes_one_beat_and_no_burst():
    came = []

    async def beat():
        came.append(time.monotonic())

    beats = Beats(lambda *_: None)
    beats.add("price", timedelta(seconds=0.2), beat)
    async with running(beats):
        await until(lambda: came)
        suspend(1.5)
        woke = time.monotonic()
        await until(lambda: came[-1] >= woke)
        await asyncio.sleep(0.3)

    assert 1 <= len([at for at in came if woke <= at < woke + 0.3]) <= 3, "seven were missed"


async def test_a_beat_longer_than_its_interval_never_runs_twice_and_says_what_it_skips():
    skipped, runs, at_once = [], [], []

    async def beat():
        runs.append(1)
        at_once.append(len(runs))
        await asyncio.sleep(0.3)
        runs.pop()

    beats = Beats(lambda name, count: skipped.append((name, count)))
    beats.add("price", QUICK, beat)
    async with running(beats):
        await until(lambda: len(at_once) >= 2)

    assert set(at_once) == {1}
    assert set(skipped) == {("price", 1)}
    assert len(skipped) >= 3


async def test_a_wall_clock_that_is_set_by_an_hour_is_noticed_and_all_is_planned_anew():
    for set_by in (-3600.0, 3600.0):
        wall, came = Wall(), []

        async def beat(came=came):
            came.append(1)

        beats = Beats(lambda *_: None, wall=wall)
        beats.add("options", HOUR, beat)
        async with running(beats):
            await asyncio.sleep(0.05)
            assert came == []
            wall.set_by = set_by
            await until(lambda came=came: came)


async def test_a_beat_under_way_is_ended_and_awaited_with_the_rest(caplog):
    ended, begun = [], asyncio.Event()

    async def beat():
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append(1)

    beats = Beats(lambda *_: None)
    beats.add("price", QUICK, beat)
    async with running(beats):
        await begun.wait()

    assert ended == [1]
    assert "Traceback" not in caplog.text
