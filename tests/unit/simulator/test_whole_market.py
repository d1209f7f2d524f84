"""All venues of the simulated market together: the figures of the note of 6 February 2026."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve
from alerts.exchanges import binance_coinm, binance_usdm, bybit, deribit, gate, hyperliquid, okx
from alerts.exchanges.http import Limits, VenueHttp, open_session
from alerts.exchanges.spec import snapshot
from alerts.simulator.liquidations import total
from alerts.simulator.server import simulated_market
from alerts.simulator.shares import FORCED_CLOSES, OPEN_INTEREST
from alerts.simulator.wires import WIRES
from tests.fakes.clock import ManualClock
from tests.unit.simulator.reading import FEB, NOTE, values

BTC, ETH = Asset("BTC"), Asset("ETH")
VENUES = {
    one.EXCHANGE.venue: one.EXCHANGE
    for one in (deribit, binance_usdm, binance_coinm, okx, bybit, hyperliquid, gate)
}


def open_interest(at):
    """In coins and in USD, of every venue as its own parser reads it."""
    read = [values(VENUES[venue], WIRES[venue], FuturesCurve, BTC, at) for venue in VENUES]
    return sum(one["oi_coin"] for one in read), sum(one["oi_usd"] for one in read)


def test_every_venue_with_a_share_speaks():
    assert set(OPEN_INTEREST) == set(VENUES) == set(WIRES)


@pytest.mark.parametrize("venue", VENUES)
def test_each_venue_holds_its_share(venue):
    read = values(VENUES[venue], WIRES[venue], FuturesCurve, BTC)

    assert read["oi_coin"] == pytest.approx(OPEN_INTEREST[venue] * 527_850, rel=1e-3)


def test_together_they_hold_527850_bitcoin_worth_what_a_bitcoin_costs():
    coins, usd = open_interest(NOTE)

    assert coins == pytest.approx(527_850, rel=1e-3)
    assert usd == pytest.approx(527_850 * 71_500, rel=5e-3)


def test_at_14_45_that_day_527850_bitcoin_were_worth_35_8_billion():
    # 35.8 billion over 527,850 is 67,822 for each; at 71,500 in the evening they are worth more.
    coins, usd = open_interest(datetime(2026, 2, 6, 14, 45, tzinfo=UTC))

    assert coins == pytest.approx(527_850, abs=1)
    assert usd == pytest.approx(35.8e9, rel=1e-5)
    assert usd / coins == pytest.approx(67_822, abs=1)


def test_a_week_before_the_coins_were_about_as_many_and_worth_far_more():
    coins, usd = open_interest(NOTE - timedelta(days=7))

    assert coins == pytest.approx(516_000, rel=2e-3)
    assert usd > 44e9


def test_over_five_days_longs_for_1_8_billion_were_closed_by_force():
    closed = [
        total(FEB, venue, BTC, NOTE - timedelta(days=5), NOTE).long_usd for venue in FORCED_CLOSES
    ]

    assert sum(closed) == pytest.approx(1.8e9, rel=0.01)


@pytest.mark.parametrize("venue", VENUES)
async def test_every_feed_is_read_over_http(venue):
    exchange, clock = VENUES[venue], ManualClock(NOTE)
    async with simulated_market(FEB, clock) as market, open_session() as session:
        http = VenueHttp(
            exchange,
            session,
            base_url=market.url(venue),
            now=clock.now,
            limits=Limits(spacing_seconds=0.0),
        )
        for feed in exchange.feeds:
            read = await snapshot(feed, http, ETH)

            assert (read.venue, read.asset) == (venue, ETH)
