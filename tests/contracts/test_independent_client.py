"""An independent client reads the same numbers from the simulated venues as our parsers do.

It needs ccxt, which is no dependency of the project: `pip install ccxt` beside it to run this.
"""

from datetime import UTC, datetime

import pytest

from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve
from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import Limits, VenueHttp, open_session
from alerts.exchanges.spec import snapshot
from alerts.simulator import SCENARIOS
from alerts.simulator.server import simulated_market
from tests.fakes.clock import ManualClock

ccxt = pytest.importorskip("ccxt.async_support", reason="ccxt is not installed")

FEB = SCENARIOS["feb-2026"]
NOTE = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
BTC = Asset("BTC")

# venue, ccxt's class, its hosts, its kinds of markets, its symbol and ours, the unit of its figure
CASES = [
    ("binance_usdm", "binanceusdm", "https://fapi.binance.com", ["linear"],
     ("BTC/USDT:USDT", "BTCUSDT"), "coin"),
    ("binance_coinm", "binancecoinm", "https://dapi.binance.com", ["inverse"],
     ("BTC/USD:BTC", "BTCUSD_PERP"), "100 usd"),
    ("okx", "okx", "https://{hostname}", ["swap", "future"],
     ("BTC/USDT:USDT", "BTC-USDT-SWAP"), "0.01 coin"),
]  # fmt: skip


def redirected(value, host, url):
    if isinstance(value, dict):
        return {key: redirected(inner, host, url) for key, inner in value.items()}
    return value.replace(host, url)


async def independent(market, venue, name, host, kinds):
    client = getattr(ccxt, name)({"options": {"fetchMarkets": {"types": kinds}}})
    client.has["fetchCurrencies"] = False
    client.urls["api"] = redirected(client.urls["api"], host, market.url(venue))
    await client.load_markets()
    return client


async def own(market, venue, clock):
    (exchange,) = (one for one in EXCHANGES if one.venue == venue)
    (feed,) = (feed for feed in exchange.feeds if feed.kind is FuturesCurve)
    async with open_session() as session:
        http = VenueHttp(
            exchange,
            session,
            now=clock.now,
            base_url=market.url(venue),
            limits=Limits(spacing_seconds=0.0),
        )
        curve = await snapshot(feed, http, BTC)
    return {future.name: future for future in curve.futures}


@pytest.mark.parametrize(
    ("venue", "name", "host", "kinds", "symbols", "unit"), CASES, ids=[case[0] for case in CASES]
)
async def test_open_interest_and_funding_are_the_same(venue, name, host, kinds, symbols, unit):
    clock = ManualClock(NOTE)
    async with simulated_market(FEB, clock) as market:
        client = await independent(market, venue, name, host, kinds)
        try:
            held = (await client.fetch_open_interest(symbols[0]))["openInterestAmount"]
            paid = await client.fetch_funding_rate(symbols[0])
            theirs = set(client.markets_by_id)
        finally:
            await client.close()
        ours = await own(market, venue, clock)

    future = ours[symbols[1]]
    figure = {
        "coin": future.open_interest_coin,
        "0.01 coin": future.open_interest_coin / 0.01,
        "100 usd": future.open_interest_usd / 100,
    }
    assert held == pytest.approx(figure[unit])
    assert paid["fundingRate"] == pytest.approx(future.funding.rate)
    assert set(ours) <= theirs
