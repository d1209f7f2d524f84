"""An independent client reads the same numbers from the simulated venues as our parsers do.

ccxt is a dependency of the tests only: what it makes of a venue's answers was written by others.
"""

from datetime import UTC, datetime

import ccxt.async_support as ccxt
import pytest

from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, OptionChain
from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import Limits, VenueHttp, open_session
from alerts.exchanges.spec import snapshot
from alerts.simulator import SCENARIOS
from alerts.simulator.server import simulated_market
from tests.fakes.clock import ManualClock

FEB = SCENARIOS["feb-2026"]
NOTE = datetime(2026, 2, 6, 20, tzinfo=UTC)  # on the hour, for Bybit tells it by the hour
BTC = Asset("BTC")

LINEAR = ("BTC/USDT:USDT", "BTCUSDT")

# venue, ccxt's class, its hosts, its kinds of markets, its symbol and ours, the unit of its figure
CASES = [
    ("binance_usdm", "binanceusdm", "https://fapi.binance.com", ["linear"], LINEAR, "coin"),
    ("binance_coinm", "binancecoinm", "https://dapi.binance.com", ["inverse"],
     ("BTC/USD:BTC", "BTCUSD_PERP"), "100 usd"),
    ("okx", "okx", "https://{hostname}", ["swap", "future"],
     ("BTC/USDT:USDT", "BTC-USDT-SWAP"), "0.01 coin"),
    ("bybit", "bybit", "https://api.{hostname}", ["linear"], LINEAR, "coin of both sides"),
    ("bybit", "bybit", "https://api.{hostname}", ["inverse"],
     ("BTC/USD:BTC", "BTCUSD"), "usd of both sides"),
    ("hyperliquid", "hyperliquid", "https://api.{hostname}", ["swap"],
     ("BTC/USDC:USDC", "BTC"), "coin"),
    ("gate", "gate", "https://api.gateio.ws/api/v4", ["swap", "future"],
     ("BTC/USDT:USDT", "BTC_USDT"), "coin"),
]  # fmt: skip


def redirected(value, host, url):
    if isinstance(value, dict):
        return {key: redirected(inner, host, url) for key, inner in value.items()}
    return value.replace(host, url)


async def independent(market, venue, name, host, kinds):
    client = getattr(ccxt, name)({"options": {"fetchMarkets": {"types": kinds}}})
    if venue == "gate":  # usually only those settled in USDT
        client.options["swap"]["fetchMarkets"]["settlementCurrencies"] = ["usdt", "btc"]
    client.has["fetchCurrencies"] = False
    client.urls["api"] = redirected(client.urls["api"], host, market.url(venue))
    await client.load_markets()
    return client


async def held_by_their_reading(client, symbol):
    """Open interest; of Gate, for which ccxt asks nothing, its contracts times what each is."""
    if not client.has["fetchOpenInterest"]:
        market = client.market(symbol)
        return float(market["info"]["position_size"]) * market["contractSize"]
    found = await client.fetch_open_interest(symbol)
    return found["openInterestAmount"] or found["openInterestValue"]


def names(client):
    """What they call the contracts; of Hyperliquid, which numbers them, its coins."""
    by_name = {one["info"].get("name") for one in client.markets.values()}
    return set(client.markets_by_id) | by_name


async def own(market, venue, clock):
    curve = await read(market, venue, clock, FuturesCurve)
    return {future.name: future for future in curve.futures}


async def read(market, venue, clock, kind, asset=BTC):
    (exchange,) = (one for one in EXCHANGES if one.venue == venue)
    (feed,) = (feed for feed in exchange.feeds if feed.kind is kind)
    async with open_session() as session:
        http = VenueHttp(
            exchange,
            session,
            now=clock.now,
            base_url=market.url(venue),
            limits=Limits(spacing_seconds=0.0),
        )
        return await snapshot(feed, http, asset)


@pytest.mark.parametrize(
    ("venue", "name", "host", "kinds", "symbols", "unit"),
    CASES,
    ids=[f"{case[0]}-{case[4][1]}" for case in CASES],
)
async def test_open_interest_and_funding_are_the_same(venue, name, host, kinds, symbols, unit):
    clock = ManualClock(NOTE)
    async with simulated_market(FEB, clock) as market:
        client = await independent(market, venue, name, host, kinds)
        try:
            held = await held_by_their_reading(client, symbols[0])
            paid = await client.fetch_funding_rate(symbols[0])
            theirs = names(client)
        finally:
            await client.close()
        ours = await own(market, venue, clock)

    future = ours[symbols[1]]
    figure = {
        "coin": future.open_interest_coin,
        "0.01 coin": future.open_interest_coin / 0.01,
        "100 usd": future.open_interest_usd / 100,
        "coin of both sides": future.open_interest_coin * 2,
        "usd of both sides": future.open_interest_usd * 2,
    }
    assert held == pytest.approx(figure[unit])
    assert paid["fundingRate"] == pytest.approx(future.funding.rate)
    for key, own_price in (("markPrice", future.mark), ("indexPrice", future.index)):
        assert paid[key] is None or paid[key] == pytest.approx(own_price)
    assert symbols[1] in theirs
    assert len(kinds) == 1 or set(ours) <= theirs


async def test_deribits_futures_and_options_are_the_same():
    clock = ManualClock(NOTE)
    async with simulated_market(FEB, clock) as market:
        client = await independent(market, "deribit", "deribit", "https://www.deribit.com", [])
        try:
            held = await client.fetch_open_interest("BTC/USD:BTC")
            chain = await client.fetch_option_chain("BTC")
            theirs = set(client.markets_by_id)
        finally:
            await client.close()
        futures = await own(market, "deribit", clock)
        options = (await read(market, "deribit", clock, OptionChain)).quotes

    assert held["openInterestValue"] == pytest.approx(futures["BTC-PERPETUAL"].open_interest_usd)
    assert set(futures) <= theirs
    ours = {
        f"BTC/USD:BTC-{one.expiry:%y%m%d}-{one.strike:g}-{one.side}": (
            one.open_interest,
            one.forward,
            one.mark_price,
        )
        for one in options
    }
    assert len(ours) > 500
    assert ours == {
        name: (one["openInterest"], one["underlyingPrice"], one["markPrice"])
        for name, one in chain.items()
    }


async def test_deribits_linear_contracts_are_the_same():
    clock = ManualClock(NOTE)
    async with simulated_market(FEB, clock) as market:
        client = await independent(market, "deribit", "deribit", "https://www.deribit.com", [])
        try:
            held = await client.fetch_open_interest("SOL/USDC:USDC")
            chain = await client.fetch_option_chain("USDC")
            sizes = {client.market(name)["contractSize"] for name in chain if name[:3] == "SOL"}
        finally:
            await client.close()
        curve = await read(market, "deribit", clock, FuturesCurve, Asset("SOL"))
        options = [
            (asset, one)
            for asset in ("SOL", "XRP")
            for one in (await read(market, "deribit", clock, OptionChain, Asset(asset))).quotes
        ]

    (perpetual,) = (one for one in curve.futures if one.expiry is None)
    assert held["openInterestValue"] == pytest.approx(perpetual.open_interest_coin)
    ours = {
        f"{asset}/USDC:USDC-{one.expiry:%y%m%d}-{one.strike:g}-{one.side}": (
            one.open_interest,
            one.forward,
            one.mark_usd,
        )
        for asset, one in options
    }
    assert sizes == {10}
    assert len(ours) > 1000
    assert ours == {
        name: (one["openInterest"], one["underlyingPrice"], one["markPrice"])
        for name, one in chain.items()
    }
