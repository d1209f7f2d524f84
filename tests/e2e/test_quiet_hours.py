"""A night through the whole path: typed at the console, judged by ticks, told by the courier.

It is the night of 28 to 29 March 2026 in Berlin, in which an hour is missing: 07:00 is 05:00 UTC.
"""

import asyncio
import contextlib
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset, Platform
from alerts.domain.turn import Rates
from alerts.storage.embedded import embedded
from alerts.storage.redis import RedisStore
from alerts.tick import open_watch, tick
from bot.commands.front import Front
from bot.commands.spec import Desk, Readings
from bot.courier import Courier
from bot.limits import Limits
from bot.platforms.console.adapter import ASK, Console
from tests.builders import SKEW, a_reading
from tests.fakes.clock import ManualClock

CONSOLE = Platform("console")
EVENING = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)  # 22:30 in Berlin


class House:
    """The bot without its processes: the clock and the market are moved by hand."""

    def __init__(self, store):
        self.store = store
        self.clock = ManualClock(EVENING)
        self.out = io.StringIO()
        self.console = Console(self.clock, out=self.out, source=None, ends=True)
        self.readings = Readings()
        self.front = Front(
            Desk(
                rules=store.rules,
                history=store.history,
                notes=store.notes,
                chats=store.chats,
                outbox=store.outbox,
                records=store.records,
                episodes=store.episodes,
                clock=self.clock,
                readings=self.readings,
                assets=(Asset("BTC"),),
                stale_after=lambda _: timedelta(hours=12),
            )
        )
        self.watch = None

    async def open(self):
        stale = timedelta(hours=12)
        self.watch = await open_watch(
            self.store.rules, self.store.history, lambda _: stale, lambda _: stale
        )

    async def says(self, *lines):
        for line in lines:
            card = await self.front.words(replace(ASK, text=line))
            assert "?" not in card.title, card

    async def sees(self, clock, value):
        """The market reads a value at a time of that night, in UTC."""
        hour, minute = map(int, clock.split(":"))
        day = EVENING.replace(hour=hour, minute=minute)
        self.clock.time = day if day >= EVENING else day + timedelta(days=1)
        reading = a_reading(value, SKEW, self.clock.time)
        self.readings.update({SKEW: reading})
        await tick(self.watch, [reading], self.clock.time, 1)
        await self.store.history.extend([reading])

    async def delivers(self):
        """What a courier, new each time, has shown by now."""
        limits = Limits(self.store.budget("test", Rates(1e6)))
        courier = Courier(
            self.console, self.store, self.readings, self.clock, limits, consumer="one"
        )
        await self.store.outbox.bring_back(CONSOLE, self.clock.now())
        task = asyncio.create_task(courier.run())
        async with asyncio.timeout(10):
            while await self.store.outbox.backlog(CONSOLE):
                await asyncio.sleep(0.01)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return self.out.getvalue()


@pytest.fixture
async def house(tmp_path):
    async with embedded(tmp_path) as url:
        store = await RedisStore.open(url)
        try:
            house = House(store)
            await house.open()
            yield house
        finally:
            await store.close()


async def test_a_night_keeps_its_peace_and_the_morning_tells_of_it(house):
    await house.sees("21:30", 12.0)
    await house.says("/tz Berlin", "/quiet 23:00-07:00")
    await house.says("skew above 15 for 0m clear 13", "skew above 18 for 0m clear 16 critical")
    await house.sees("21:31", 12.0)

    await house.sees("23:10", 16.2)
    assert await house.delivers() == ""

    await house.sees("00:30", 19.4)  # 01:30 in Berlin, half an hour before the skip
    rung = await house.delivers()
    assert "BTC skew 19.4%" in rung
    assert "#2" in rung
    assert "16.2%" not in rung

    await house.sees("04:59", 17.0)
    assert await house.delivers() == rung

    await house.sees("05:00", 17.0)  # 07:00 there: an hour of this night was missing
    morning = " ".join((await house.delivers())[len(rung) :].split())
    assert "Held while you slept: 1 – BTC skew above 15%, still on" in morning
    assert "since 00:10 CET" in morning
    assert "peak 19.4%" in morning
    assert "07:00 CEST" in morning
