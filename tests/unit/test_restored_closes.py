from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.collect import Memory, Source
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import LiquidationTotals
from alerts.domain.reading import Reading, Series
from alerts.exchanges import bybit, hyperliquid
from alerts.liquidations import METHOD, Ledger
from alerts.storage.memory import MemoryStore
from tests.fakes.clock import ManualClock

NOW = ManualClock().now().replace(minute=0, second=0, microsecond=0)
BTC = Asset("BTC")
HOUR = timedelta(hours=1)


def an_hour(usd, venue="bybit"):
    series = Series.parse(f"liq_long_usd.60m:BTC@{venue}")
    return Reading(series, usd, NOW, (Venue(venue),), method=METHOD)


async def read_back(readings, *exchanges):
    store, memory = MemoryStore(), Memory()
    await store.history.extend(readings)
    await memory.restore(store.history, NOW, [Source(one, None) for one in exchanges], [BTC])
    return {str(one.series): one for one in memory.ledger.samples(NOW + timedelta(seconds=1))}


async def test_hours_that_were_filled_into_the_history_count_without_a_reading_of_ours():
    found = await read_back([an_hour(5_000_000.0)], bybit.EXCHANGE)

    assert found["liq_long_usd.1h:BTC@bybit"].value == pytest.approx(5_000_000)


async def test_a_venue_that_tells_of_no_closes_is_not_looked_for():
    assert await read_back([an_hour(1.0, "hyperliquid")], hyperliquid.EXCHANGE) == {}


def test_earlier_hours_of_the_same_answer_count_at_once():
    gate = Venue("gate")
    hours = [
        LiquidationTotals(gate, BTC, NOW, NOW - ago * HOUR, HOUR, 1_000.0, 10.0) for ago in range(4)
    ]
    ledger = Ledger()
    ledger.take(replace(hours[0], before=tuple(reversed(hours[1:]))))
    found = {str(one.series): one for one in ledger.samples(NOW + timedelta(seconds=1))}

    assert found["liq_long_usd.1h:BTC@gate"].value == 1_000
    assert found["liq_long_usd.4h:BTC@gate"].value == 4_000
    assert found["liq_short_usd.4h:BTC@gate"].value == 40
