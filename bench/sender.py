"""The bot's own part of a delivery, as a process apart: `python -m bench.sender JSON`.

Rules that wait for a fall of the price, one a chat; a tick with the price below them all; and a
courier that tells everybody. Prints when the reading was in hand, and the CPU that was spent.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.clock import WallClock
from alerts.domain.ids import Asset, Chat, MetricKey, Platform
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Direction, Draft, Leg, State
from alerts.domain.turn import Rates, Slot
from alerts.ports import New
from alerts.storage.redis import RedisStore
from alerts.tick import open_watch, tick
from bench.receiver import ROOT, TOKEN
from bot import log
from bot.cli.lifetime import run
from bot.commands.spec import Readings
from bot.courier import Courier
from bot.limits import Limits, rates_of
from bot.platforms.telegram import Telegram

TELEGRAM = Platform("telegram")
PRICE = Series(MetricKey("price"), Asset("BTC"))
OTHERS = (Series(MetricKey("basis"), Asset("BTC"), "30d"),
          Series(MetricKey("skew25_norm"), Asset("BTC"), "60d"))  # fmt: skip
HIGH, NEAR, LOW = 70_000.0, 69_900.0, 60_000.0
WARMING, DAYS = 20, 365
GROUP_WAIT = timedelta(seconds=60)
PATIENCE_SECONDS = 120.0


class NoLimits:
    """A budget that is never used up."""

    async def claim(self, chats):
        return [Slot(timedelta(0)) for _ in chats]


def sent(store_url, address, chats, per_second=0):
    """What a fresh bot process tells of one delivery to so many chats."""
    order = {"store": store_url, "address": address, "chats": chats, "per_second": per_second}
    command = [sys.executable, "-m", "bench.sender", json.dumps(order)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False,
                          timeout=2 * PATIENCE_SECONDS)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout)


async def main(order):
    log.wire("INFO", "json", (), open(os.devnull, "w"))  # noqa: SIM115, ASYNC230, PTH123
    store = await RedisStore.open(order["store"])
    telegram = Telegram(TOKEN, base_url=order["address"], listens=False)
    readings = Readings()
    limits = _limits(store, order["per_second"])
    courier = Courier(
        telegram, store, readings, WallClock(), limits, "bench", group_wait=GROUP_WAIT
    )
    await _saved(store, order["chats"])
    watch = await open_watch(store.rules, store.history, _spell, _spell)
    market = _Market(watch, readings)
    await market.reads(HIGH)
    task = asyncio.create_task(courier.run())
    await market.reads(NEAR - 1)
    await _until(courier, WARMING)
    begun, cpu = time.monotonic(), time.process_time()
    await market.reads(LOW)
    await _until(courier, WARMING + order["chats"])
    spent = time.process_time() - cpu
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await telegram.close()
    await store.close()
    return {"begun": begun, "rules": len(watch.index), "cpu": spent}


def _limits(store, per_second):
    if not per_second:
        return Limits.of(NoLimits(), Rates(1e9))
    rates = rates_of(TELEGRAM, telegram_per_second=per_second)
    return Limits.of(store.budget("bench", rates), rates)


async def _saved(store, chats):
    """A year of closes, and one rule a chat: each with a level of its own, a few of them near."""
    now = datetime.now(UTC)
    for series, value in ((PRICE, HIGH), *((one, 5.0) for one in OTHERS)):
        await store.history.fill(
            [Reading(series, value * (1 + day % 37 / 99), now - timedelta(days=day + 1), ("bench",))
             for day in range(DAYS)]
        )  # fmt: skip
    for number in range(0, chats + WARMING, 100):
        await asyncio.gather(
            *(_rule(store, one, now) for one in range(number, min(number + 100, chats + WARMING)))
        )


async def _rule(store, number, now):
    level = NEAR if number < WARMING else LOW + 1 + number % 5_000
    leg = Leg(PRICE, Direction.BELOW, level, level + 50)
    new = New(Chat(TELEGRAM, str(10_000 + number)), "1", Draft((leg,)), State())
    await store.rules.add(new, now=now, limit=5)


class _Market:
    def __init__(self, watch, readings):
        self._watch, self._readings = watch, readings

    async def reads(self, value):
        """A reading in hand, and a tick with it."""
        now = datetime.now(UTC)
        reading = Reading(PRICE, value, now, ("bench",))
        self._readings.update({PRICE: reading})
        others = [replace(reading, series=one, value=5.0) for one in OTHERS]
        await tick(self._watch, [reading, *others], now, fence=1)


def _spell(_series):
    return timedelta(minutes=5)


async def _until(courier, delivered):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while courier.delivered < delivered or courier._held:  # noqa: ASYNC110, SLF001
            await asyncio.sleep(0.005)


if __name__ == "__main__":
    print(json.dumps(run(main(json.loads(sys.argv[1])))))
