"""What history costs: memory of the default set when full, and reading it, on the bundled Valkey.

A sample of series is written as a running bot writes them, two years long; the rest is counted.
"""

import asyncio
import math
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis.asyncio import Redis

from alerts.domain.ids import Venue
from alerts.domain.reading import Reading, Series
from alerts.storage.embedded import embedded
from alerts.storage.redis import RedisStore

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
MINUTE, QUARTER, DAY = timedelta(minutes=1), timedelta(hours=6), timedelta(days=1)
TWO_YEARS = timedelta(days=775)  # what is kept at most: whole blocks of 45 days
FINE = timedelta(days=8.25)
SAMPLED = 12
LOOKS = 30

ASSETS = ("BTC", "ETH")
VENUES = ("binance", "bybit", "deribit", "gate", "hyperliquid", "okx")
TENORS = ("7d", "30d", "60d", "90d", "180d")
# metric -> windows, and how many venues have it; every metric also has its aggregate.
DEFAULT_SET = {
    "skew25_norm": (TENORS, 1),
    "skew25_raw": (TENORS, 1),
    "rr25": (TENORS, 1),
    "butterfly25": (TENORS, 1),
    "atm_iv": (TENORS, 1),
    "basis": (("30d", "60d", "90d"), 4),
    "funding_8h": (("",), 6),
    "funding_annual": (("",), 6),
    "oi_coin": (("",), 6),
    "oi_usd": (("",), 6),
    "liq_long_usd": (("1h", "4h", "24h", "5d"), 5),
    "liq_short_usd": (("1h", "4h", "24h", "5d"), 5),
    "dvol": (("",), 1),
    "rv": (("7d", "30d"), 0),
    "vrp": (("7d", "30d"), 0),
    "term_slope": (("",), 1),
    "pcr_oi": (("",), 1),
    "pcr_volume": (("",), 1),
    "price": (("",), 6),
    "drawdown": (("7d", "30d", "365d"), 0),
    "rebound": (("7d", "30d", "365d"), 0),
    "vs_gold": (("7d", "30d"), 0),
    "vs_tech": (("7d", "30d"), 0),
}


def run():
    return asyncio.run(measured())


async def measured():
    every = list(default_set())
    sample = every[:: len(every) // SAMPLED][:SAMPLED]
    with tempfile.TemporaryDirectory() as folder:
        async with embedded(Path(folder)) as url, Redis.from_url(url) as client:
            store = await RedisStore.open(url)
            await fill_up(store.history, every[-1])  # what scripts take once is not history's
            before = await used(client)
            began = time.perf_counter()
            written = 0
            for series in sample:
                written += await fill_up(store.history, series)
            per_reading = (time.perf_counter() - began) / written
            each = (await used(client) - before) / len(sample)
            looks = await timed_looks(store.history, sample[0])
            await store.close()
    return [
        {"name": "history: series of the default set", "value": len(every), "unit": "series"},
        {
            "name": "history: memory of the default set when full",
            "value": round(each * len(every) / 1e6, 1),
            "unit": "MB",
            "target": "<= 100",
        },
        {"name": "history: to write a reading", "value": round(per_reading * 1e6, 1), "unit": "us"},
        *looks,
    ]


def default_set():
    for asset in ASSETS:
        for metric, (windows, venues) in DEFAULT_SET.items():
            for window in windows:
                for venue in ("", *VENUES[:venues]):
                    yield Series(metric, asset, window, Venue(venue))


async def fill_up(history, series):
    readings = list(a_full_history(series))
    await history.extend(readings)
    return len(readings)


def a_full_history(series):
    """Two years of quarters, then minutes; a few labels, as sources come and go."""
    at, count = NOW - TWO_YEARS, 0
    while at <= NOW:
        value = 70_000 * (1 + math.sin(count / 50) / 7)
        coverage = 0.9 + count % 11 / 100
        yield Reading(series, value, at, (Venue(VENUES[count // 3000 % 6]),), coverage, "bench/1")
        at += QUARTER if at + QUARTER <= NOW - FINE else MINUTE
        count += 1


async def timed_looks(history, series):
    looks = {
        "history: a year of daily closes": (
            lambda look: history.daily(series, 365, NOW - look * DAY),  # the same day is remembered
            "<= 5",
        ),
        "history: the value of a day ago": (
            lambda _: history.at(series, NOW - DAY, MINUTE * 60),
            "",
        ),
        "history: a week of minutes": (lambda _: history.window(series, NOW - 7 * DAY, NOW), ""),
    }
    return [
        {"name": name, "value": await median_ms(look), "unit": "ms", "target": target}
        for name, (look, target) in looks.items()
    ]


async def median_ms(look):
    took = []
    for count in range(LOOKS):
        began = time.perf_counter()
        assert await look(count)
        took.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(took), 2)


async def used(client):
    return (await client.info("memory"))["used_memory"]
