"""Binance USD-M: perpetuals and futures margined in USDT and USDC; open interest is in coin.

The index of a contract is in its own stablecoin, so a basis has no USDT premium in it.
"""

from collections.abc import Sequence

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FuturesCurve, IndexPrice
from alerts.exchanges.binance import Market
from alerts.exchanges.binance_errors import classifier
from alerts.exchanges.binance_stream import stream
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

URL = "https://fapi.binance.com"
STREAM_URL = "wss://fstream.binance.com"

_VENUE = Venue("binance_usdm")
_ASSETS = frozenset(
    map(Asset, ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC"))
)


def _held(coins: float, _size: float, mark: float) -> tuple[float, float]:
    return coins, coins * mark


MARKET = Market(_VENUE, "/fapi/v1", _held, sized=False)


def covers(asset: Asset) -> bool:
    """Whether contracts of this asset are read here."""
    return asset in _ASSETS


def _symbol(asset: Asset) -> str:
    return f"{asset}USDT"


def _index_requests(asset: Asset) -> tuple[Request, ...]:
    return MARKET.index_requests(_symbol(asset))


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The spot index in USDT."""
    return MARKET.index(bodies, asset, _symbol(asset))


EXCHANGE = Exchange(
    venue=_VENUE,
    title="Binance USD-M",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _index_requests, parse_index),
        Feed(FuturesCurve, "futures", MARKET.first, MARKET.curve, MARKET.follow),
    ),
    classify=classifier(_VENUE),
    covers=covers,
    streams=(stream(MARKET, "/market/ws/!forceOrder@arr", sized=False),),
    stream_url=STREAM_URL,
    listing=Listing((MARKET.listing,), lambda bodies: MARKET.assets(bodies, _symbol)),
)
