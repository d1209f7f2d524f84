"""Who leads, and what a new leader does first."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from alerts.collect import Source
from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.scheduler import RENEW_SECONDS, Cadence, Poller
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


class Gate:
    """A venue's client that answers when it is let."""

    def __init__(self):
        self.asked, self.open = 0, asyncio.Event()

    async def fetch(self, request):
        self.asked += 1
        await self.open.wait()
        raise FetchError("deribit", "a test")


def a_poller(store, **fields):
    return Poller(
        store=store,
        lease=store.lease("ours", timedelta(seconds=3)),
        stale_after=lambda _: HOUR,
        grace=lambda _: HOUR,
        **{
            "sources": [],
            "assets": [],
            "clock": ManualClock(),
            "cadence": Cadence({"price": HOUR}),
            **fields,
        },
    )


async def test_a_poll_that_still_runs_is_not_run_twice_and_the_skipped_one_is_counted():
    gate = Gate()
    poller = a_poller(MemoryStore(), sources=[Source(DERIBIT, gate)], assets=[Asset("BTC")])
    first = asyncio.create_task(poller.beat("price"))
    while not gate.asked:
        await asyncio.sleep(0)
    asked = gate.asked

    assert await poller.beat("price") is None

    assert (gate.asked, poller.skipped) == (asked, {"price": 1})
    gate.open.set()
    assert (await first).readings == 0
    assert (await poller.beat("price")) is not None


async def test_a_slow_poll_of_a_later_term_does_not_keep_the_lease_from_being_extended():
    stopwatch, gate = Stopwatch(), Gate()
    store = MemoryStore(stopwatch)
    await store.lease("other", timedelta(seconds=3)).acquire()
    poller = a_poller(store, sources=[Source(DERIBIT, gate)], assets=[Asset("BTC")])
    running = asyncio.create_task(poller.run())
    await poller.begun.wait()
    stopwatch.seconds = 3.0
    async with asyncio.timeout(5):
        while not gate.asked:
            await asyncio.sleep(0.02)

    stopwatch.seconds = 5.9  # a second before the lease runs out, and the poll still waits
    await asyncio.sleep(RENEW_SECONDS + 0.2)
    stopwatch.seconds = 8.0

    assert await store.lease("other", timedelta(seconds=3)).acquire() is None
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_wall_clock_that_is_set_by_an_hour_ends_no_polling(hours):
    clock, store = ManualClock(), MemoryStore()
    poller = a_poller(store, clock=clock, cadence=Cadence({"price": timedelta(seconds=0.05)}))
    running = asyncio.create_task(poller.run())
    await poller.begun.wait()
    clock.advance(hours=hours)
    before = poller.ticks.get("price", 0)

    async with asyncio.timeout(5):
        while poller.ticks["price"] < before + 3:
            await asyncio.sleep(0.01)

    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
