"""Assets that a venue's own list tells of."""

from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.collect import collect
from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.reading import Reading
from alerts.exchanges import EXCHANGES
from alerts.exchanges.coverage import Coverage, learn, open_ended
from alerts.exchanges.http import Limits, full_url, open_session
from alerts.exchanges.spec import Body, Request
from alerts.metrics import BY_KEY, METRICS
from alerts.offers import Offers
from alerts.playback import samples
from alerts.recording import Line
from alerts.simulator import SCENARIOS
from alerts.simulator.server import Fault, simulated_market
from alerts.simulator.wires import WIRES
from bot.cli.backfill import wanted
from bot.venues import learn_assets, source
from tests.fakes.clock import ManualClock
from tests.unit.exchanges.broken import BROKEN
from tests.unit.simulator.reading import NOTE

SUI, BTC, NOPE = Asset("SUI"), Asset("BTC"), Asset("NOPE")
FEB = SCENARIOS["feb-2026"]
WITH_SUI = replace(FEB, paths={**FEB.paths, SUI: FEB.paths[Asset("ETH")]})
LISTING = {one.venue for one in EXCHANGES if one.listing}
HOUR = timedelta(hours=1)


@asynccontextmanager
async def venues(*faults):
    clock = ManualClock(NOTE)
    async with simulated_market(WITH_SUI, clock) as market, open_session() as session:
        market.faults.extend(faults)
        unspaced = Limits(spacing_seconds=0.0, tries=1)
        yield (
            [
                source(
                    one,
                    session,
                    clock.now,
                    url=market.url(one.venue),
                    stream_url=market.stream_url(one.venue),
                    limits=unspaced,
                )
                for one in EXCHANGES
            ],
            market,
            clock,
        )


def covering(sources, asset):
    return {one.exchange.venue for one in sources if one.exchange.covers(asset)}


def test_every_venue_tells_what_it_lists():
    assert {one.venue for one in EXCHANGES} == LISTING


async def test_an_asset_that_venues_list_is_read_from_them():
    async with venues() as (sources, _, clock):
        before = covering(sources, SUI)
        silent = await learn_assets(sources, [BTC, SUI, NOPE])
        polled = await collect(sources, "futures", [SUI], clock.now())
        polled += await collect(sources, "price", [SUI], clock.now())

    assert (before, silent) == (set(), [])
    assert covering(sources, SUI) == LISTING
    assert covering(sources, NOPE) == set()
    read = {str(one.series): one for one in polled if isinstance(one, Reading)}
    assert set(read["oi_coin:SUI"].sources) == LISTING
    assert read["oi_coin:SUI"].value == pytest.approx(12_350_000, rel=1e-3)
    assert read["price:SUI"].value == pytest.approx(2_070, rel=1e-3)
    assert read["funding_annual:SUI"]


async def test_what_it_has_not_is_said_and_what_it_has_is_offered():
    async with venues() as (sources, *_):
        await learn_assets(sources, [SUI])
        offers = Offers([one.exchange for one in sources], METRICS)

    assert offers.has(BY_KEY["oi_usd"], SUI)
    assert not offers.has(BY_KEY["skew25_norm"], SUI)
    assert offers.lacks(BY_KEY["skew25_norm"], SUI) == "options"
    assert offers.of(NOPE) == ()


async def test_assets_known_beforehand_are_not_asked_about():
    async with venues() as (sources, market, _):
        await learn_assets(sources, [BTC, Asset("DOGE")])

    assert market.asked == 0


async def test_a_venue_that_does_not_say_costs_no_other_and_is_asked_again():
    away = Fault("/okx/", status=503, times=1)
    async with venues(away) as (sources, *_):
        silent = await learn_assets(sources, [SUI])
        first = covering(sources, SUI)
        again = await learn_assets(silent, [SUI])

    assert [one.exchange.venue for one in silent] == ["okx"]
    assert first == LISTING - {"okx"}
    assert again == []
    assert covering(sources, SUI) == LISTING


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("venue", sorted(LISTING))
def test_a_broken_list_is_a_fetch_error_or_lists_nothing(venue, content):
    (exchange,) = (one for one in EXCHANGES if one.venue == venue)
    bodies = [Body(content, NOTE) for _ in exchange.listing.requests]

    with suppress(FetchError):
        assert exchange.listing.parse(bodies) == frozenset()


async def test_only_what_was_asked_about_is_added():
    class Http:
        async def fetch(self, request):
            return Body(b"", NOTE)

    (exchange,) = (one for one in EXCHANGES if one.venue == "gate")
    listed = frozenset({SUI, Asset("PEPE")})
    open_one = open_ended(
        replace(exchange, listing=replace(exchange.listing, parse=lambda _: listed))
    )

    await learn(open_one, Http(), [SUI, BTC])

    assert isinstance(open_one.covers, Coverage)
    assert open_one.covers(SUI)
    assert not open_one.covers(Asset("PEPE"))


async def test_its_past_can_be_filled_too():
    async with venues() as (sources, _, clock):
        await learn_assets(sources, [SUI])
        jobs = wanted(sources, [SUI], (), 3, clock)

    kinds = {(job.backfill.venue, metric) for job in jobs for metric in job.backfill.metrics}
    own = {(venue, metric) for venue, metric in kinds if metric in {"price", "oi_coin"}}
    assert {("okx", "price"), ("bybit", "price"), ("binance_usdm", "oi_coin")} <= own
    assert "deribit" not in {venue for venue, _ in kinds}
    assert {job.asset for job in jobs if job.backfill.venue == "hyperliquid"} == {"GOLD", "TECH"}


def test_an_asset_that_no_venue_is_known_for_is_looked_for_in_a_recording():
    asked = [Request("/v5/market/tickers", {"category": one}) for one in ("linear", "inverse")]
    wire, bybit = WIRES["bybit"], "https://api.bybit.com"
    lines = [
        Line(NOTE, "bybit", full_url(bybit, one), wire.answer(WITH_SUI, NOTE, one).content)
        for one in asked
    ]

    found = [one for _, batch in samples(lines, assets=[SUI]) for one in batch]

    assert "oi_coin:SUI@bybit" in {str(one.series) for one in found if isinstance(one, Reading)}
