"""Binance COIN-M: inverse perpetuals and futures; open interest is in contracts of 100 or 10 USD.

A contract's size is read from the list of contracts (100 USD for BTC, 10 USD for other coins).
"""

from collections.abc import Sequence

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FuturesCurve, IndexPrice
from alerts.exchanges.binance import Market
from alerts.exchanges.binance_errors import classifier
from alerts.exchanges.binance_stream import stream
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

URL = "https://dapi.binance.com"
STREAM_URL = "wss://dstream.binance.com"

_VENUE = Venue("binance_coinm")
_ASSETS = frozenset(
    map(Asset, ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC"))
)


def _held(contracts: float, size: float, mark: float) -> tuple[float, float]:
    usd = contracts * size
    return usd / mark, usd


MARKET = Market(_VENUE, "/dapi/v1", _held, sized=True)


def covers(asset: Asset) -> bool:
    """Whether contracts of this asset are read here."""
    return asset in _ASSETS


def _symbol(asset: Asset) -> str:
    return f"{asset}USD_PERP"


def _index_requests(asset: Asset) -> tuple[Request, ...]:
    return MARKET.index_requests(_symbol(asset))


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The spot index in USD."""
    return MARKET.index(bodies, asset, _symbol(asset))


EXCHANGE = Exchange(
    venue=_VENUE,
    title="Binance COIN-M",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _index_requests, parse_index),
        Feed(FuturesCurve, "futures", MARKET.first, MARKET.curve, MARKET.follow),
    ),
    classify=classifier(_VENUE),
    covers=covers,
    streams=(stream(MARKET, "/ws/!forceOrder@arr", sized=True),),
    stream_url=STREAM_URL,
    listing=Listing((MARKET.listing,), lambda bodies: MARKET.assets(bodies, _symbol)),
)
