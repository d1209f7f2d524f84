"""A simulated venue's past says of every hour what its live answers said then."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from alerts.collect import Source
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, VolIndex
from alerts.domain.reading import Series
from alerts.exchanges import EXCHANGES
from alerts.exchanges.backfills import BACKFILLS
from alerts.exchanges.http import Limits, VenueHttp, open_session
from alerts.simulator.server import simulated_market
from alerts.simulator.wires import WIRES
from alerts.storage.memory import MemoryStore
from bot.cli.backfill import filled, wanted
from tests.fakes.clock import ManualClock
from tests.unit.simulator.reading import FEB, NOTE, values

BY_VENUE = {exchange.venue: exchange for exchange in EXCHANGES}
ASSETS = (Asset("ETH"),)
HOUR = timedelta(hours=1)
THEN = datetime(2026, 2, 6, 1, tzinfo=UTC)
KINDS = (FuturesCurve, IndexPrice, VolIndex)


@pytest.fixture(scope="module")
def store():
    return asyncio.run(_filled())


async def _filled():
    """A store filled over HTTP with 31 days of every venue's past."""
    found, clock = MemoryStore(), ManualClock(NOTE)
    async with simulated_market(FEB, clock) as market, open_session() as session:
        sources = [Source(one, _http(one, market, clock, session)) for one in EXCHANGES]
        jobs = wanted(sources, ASSETS, (), 31, clock)
        await filled(jobs, found, again=False)
    assert not [job.trouble for job in jobs if job.trouble]
    assert all(job.kept for job in jobs), [job.name for job in jobs if not job.kept]
    return found


def _http(exchange, market, clock, session):
    return VenueHttp(
        exchange,
        session,
        base_url=market.url(exchange.venue),
        now=clock.now,
        limits=Limits(spacing_seconds=0.0),
    )


def cases():
    for backfill in BACKFILLS:
        for metric in backfill.metrics:
            if not metric.startswith("liq_"):
                asset = "GOLD" if backfill.venue == "hyperliquid" else "ETH"
                window = ".60d" if metric == "basis" else ""
                yield f"{metric}{window}:{asset}@{backfill.venue}"


@pytest.mark.parametrize("name", list(cases()))
async def test_an_hour_is_what_the_live_answer_was(store, name):
    series = Series.parse(name)
    exchange, wire = BY_VENUE[series.venue], WIRES[series.venue]
    offered = [feed.kind for feed in exchange.feeds if feed.kind in KINDS]
    live = {}
    for kind in offered:
        if series.asset in ASSETS or kind is IndexPrice:
            live |= values(exchange, wire, kind, series.asset, THEN)

    past = await store.history.at(series, THEN, timedelta(seconds=1))

    assert past.at == THEN - timedelta(milliseconds=1)
    key = f"{series.metric}.{series.window}" if series.window else series.metric
    assert past.value == pytest.approx(live[key], rel=1e-6, abs=1e-6)


async def test_the_sum_over_all_venues_is_not_filled_from_one(store):
    for name in ("oi_coin:ETH", "oi_usd:ETH", "basis.60d:ETH", "funding_8h:ETH"):
        assert not await store.history.daily(Series.parse(name), 60, NOTE)


async def test_open_interest_goes_back_as_far_as_the_venue_tells(store):
    closes = await store.history.daily(Series.parse("oi_coin:ETH@binance_usdm"), 60, NOTE)

    assert 28 <= len(closes) <= 30


async def test_one_venue_alone_stands_for_the_price_of_all(store):
    window = await store.history.window(Series.parse("price:ETH"), NOTE - 5 * HOUR, NOTE)

    assert {reading.sources for reading in window} == {("deribit",)}


async def test_gold_has_a_past_of_its_own_kind(store):
    window = await store.history.window(Series.parse("price:GOLD"), NOTE - 5 * HOUR, NOTE)

    assert {reading.method for reading in window} == {"perpetual-close/1"}
