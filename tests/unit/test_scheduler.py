"""Who leads, and what a new leader does first."""

import asyncio
import contextlib
from datetime import timedelta

from alerts.scheduler import Cadence, Poller
from alerts.storage.memory import MemoryStore
from tests.fakes.clock import ManualClock

HOUR = timedelta(hours=1)


class Stopwatch:
    seconds = 0.0

    def __call__(self):
        return self.seconds


async def test_who_takes_over_polls_at_once_and_not_at_the_next_interval():
    stopwatch = Stopwatch()
    store = MemoryStore(stopwatch)
    await store.lease("other", timedelta(seconds=3)).acquire()
    poller = Poller(
        store=store,
        lease=store.lease("ours", timedelta(seconds=3)),
        sources=[],
        assets=[],
        cadence=Cadence({"options": HOUR, "price": HOUR}),
        clock=ManualClock(),
        stale_after=lambda _: HOUR,
        grace=lambda _: HOUR,
    )
    running = asyncio.create_task(poller.run())
    await poller.begun.wait()
    assert (poller.fence, poller.ticks) == (None, {})

    stopwatch.seconds = 3.0
    async with asyncio.timeout(5):
        while not {"options", "price"} <= set(poller.ticks):
            await asyncio.sleep(0.02)

    assert poller.fence == 2
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
