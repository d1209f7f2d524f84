"""Hyperliquid: every perpetual of an order book in one request; gold and tech stocks beside coins.

One POST answers `[meta, contexts]`, where the n-th context belongs to the n-th coin of
`meta.universe`, so a row that cannot be read never shifts the others. Open interest is one-sided
and in coin, funding is per hour, `oraclePx` is the index. There are no dated futures, and no
public feed of everyone's forced closes.

Gold and tech stocks are perpetuals of a builder's book ("xyz"), priced by the builder's oracle:
while the cash market is shut their price may drift or stand still.
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, fsum, log

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Funding, FutureQuote, FuturesCurve, IndexPrice
from alerts.exchanges.coverage import named
from alerts.exchanges.numbers import Numeric, amount, given, price, rate
from alerts.exchanges.refusals import blocked, by_status
from alerts.exchanges.rows import check_share, decoded
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

HYPERLIQUID = Venue("hyperliquid")
URL = "https://api.hyperliquid.xyz"

GOLD, TECH = Asset("GOLD"), Asset("TECH")

_INFO = "/info"
_BUILDER = "xyz"
_HOUR = timedelta(hours=1)
_ASSETS = frozenset(
    map(Asset, ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC", "HYPE"))
)
_SHOWN_BYTES = 100

_PROXIES: Mapping[Asset, tuple[tuple[str, ...], ...]] = {
    GOLD: (("xyz:GOLD",),),
    TECH: (
        ("xyz:XYZ100",),
        ("xyz:NVDA", "xyz:AAPL", "xyz:MSFT", "xyz:GOOGL", "xyz:AMZN"),
    ),
}
"""What stands for an asset no coin is called after: the first basket whose names are all listed.

A delisted name stays in the list with a mark, so an asset does not slip from one basket to the
next while the bot runs: it becomes unavailable.
"""


class _Meta(msgspec.Struct):
    universe: list[msgspec.Raw]


class _Listed(msgspec.Struct, rename="camel"):
    name: str
    is_delisted: bool | None = None


class _Context(msgspec.Struct, rename="camel"):
    mark_px: Numeric = None
    oracle_px: Numeric = None
    funding: Numeric = None
    open_interest: Numeric = None


_ANSWER = msgspec.json.Decoder(list[msgspec.Raw])
_META = msgspec.json.Decoder(_Meta)
_CONTEXTS = msgspec.json.Decoder(list[msgspec.Raw])
_LISTED = msgspec.json.Decoder(_Listed)
_CONTEXT = msgspec.json.Decoder(_Context)


@dataclass(frozen=True, slots=True)
class _Book:
    """One order book's coins with their contexts, still unread.

    `nameless`: coins whose name cannot be read, for each one that can.
    """

    contexts: Mapping[str, msgspec.Raw]
    delisted: frozenset[str]
    nameless: float = 0.0

    def context(self, name: str) -> _Context:
        """A listed coin's context; FetchError where there is none to be had."""
        if name in self.delisted:
            raise FetchError(HYPERLIQUID, f"has delisted {name}")
        if name not in self.contexts:
            raise FetchError(HYPERLIQUID, f"does not list {name}")
        return decoded(HYPERLIQUID, _CONTEXT, bytes(self.contexts[name]))

    def lists(self, name: str) -> bool:
        return name in self.contexts or name in self.delisted


def parse_futures(bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
    """The asset's perpetual; none for one that only a basket stands for."""
    (body,) = bodies
    names = _basket(book := _book(body), asset)
    futures = () if len(names) > 1 else (_quote(names[0], book.context(names[0])),)
    return FuturesCurve(HYPERLIQUID, asset, body.at, futures, len(futures) * book.nameless)


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The oracle's price; for a basket the geometric mean, which moves as equal weights do."""
    (body,) = bodies
    book = _book(body)
    prices = [_oracle(name, book.context(name)) for name in _basket(book, asset)]
    return IndexPrice(HYPERLIQUID, asset, body.at, mean(prices))


def mean(prices: Sequence[float]) -> float:
    """The price of a basket, geometric: it moves as equal weights do."""
    return prices[0] if len(prices) == 1 else exp(fsum(map(log, prices)) / len(prices))


def basket(body: Body, asset: Asset) -> tuple[str, ...]:
    """The names that stand for an asset in an answer of `book_requests`."""
    return _basket(_book(body), asset)


def _book(body: Body) -> _Book:
    parts = decoded(HYPERLIQUID, _ANSWER, body.content)
    if len(parts) < 2:
        raise FetchError(HYPERLIQUID, f"an answer of {len(parts)} parts instead of 2")
    universe = decoded(HYPERLIQUID, _META, bytes(parts[0])).universe
    contexts = decoded(HYPERLIQUID, _CONTEXTS, bytes(parts[1]))
    if len(universe) != len(contexts):
        why = f"{len(universe)} coins with {len(contexts)} contexts: whose is whose is unknown"
        raise FetchError(HYPERLIQUID, why)
    coins = [_listed(raw) for raw in universe]
    pairs = [(coin, raw) for coin, raw in zip(coins, contexts, strict=True) if coin is not None]
    check_share(HYPERLIQUID, len(pairs), lost := len(coins) - len(pairs))
    listed = {coin.name: raw for coin, raw in reversed(pairs) if not coin.is_delisted}
    delisted = frozenset(coin.name for coin, _ in pairs) - listed.keys()
    return _Book(listed, delisted, lost / max(len(pairs), 1))


def _listed(raw: msgspec.Raw) -> _Listed | None:
    try:
        return _LISTED.decode(raw)
    except (ValueError, RecursionError):
        return None


def _basket(book: _Book, asset: Asset) -> tuple[str, ...]:
    """The names that stand for an asset: the last choice where not even that is listed."""
    baskets = _PROXIES.get(asset, ((str(asset),),))
    complete = (names for names in baskets if all(map(book.lists, names)))
    return next(complete, baskets[-1])


def _oracle(name: str, context: _Context) -> float:
    try:
        return price(context.oracle_px)
    except ValueError as error:
        raise _unusable(name, error) from error


def _quote(name: str, context: _Context) -> FutureQuote:
    try:
        mark, index = price(context.mark_px), price(context.oracle_px)
        coin = given(amount, context.open_interest)
        usd = None if coin is None else amount(coin * mark)
        fraction = given(rate, context.funding)
    except ValueError as error:
        raise _unusable(name, error) from error
    funding = None if fraction is None else Funding(fraction, _HOUR)
    return FutureQuote(name, None, mark, index, coin, usd, funding=funding)


def _unusable(name: str, error: ValueError) -> FetchError:
    return FetchError(HYPERLIQUID, f"{name} cannot be read: {error}")


def classify(status: int, content: bytes) -> FetchError | None:
    """The error an answer stands for: `null` is its answer to a name it does not know."""
    if status == 200:
        is_null = content[:8].strip() == b"null"
        return FetchError(HYPERLIQUID, "does not know what was asked (null)") if is_null else None
    if status == 403:
        return blocked(HYPERLIQUID, "HTTP 403")
    if status in (400, 422):
        said = content[:_SHOWN_BYTES].decode("utf-8", "replace").strip()
        return FetchError(HYPERLIQUID, f"refuses the request (HTTP {status}): {said}")
    return by_status(HYPERLIQUID, status)


def covers(asset: Asset) -> bool:
    """Whether a perpetual of this asset, or a proxy for it, is read here."""
    return asset in _ASSETS or asset in _PROXIES


def is_proxy(asset: Asset) -> bool:
    """Whether an asset is no coin, and perpetuals of a builder's book stand for it."""
    return asset in _PROXIES


def book_requests(asset: Asset) -> tuple[Request, ...]:
    asked = {"type": "metaAndAssetCtxs"} | ({"dex": _BUILDER} if asset in _PROXIES else {})
    return (Request(_INFO, method="POST", sent=msgspec.json.encode(asked).decode()),)


def _coins(bodies: Sequence[Body]) -> frozenset[Asset]:
    (body,) = bodies
    return named(_book(body).contexts)


EXCHANGE = Exchange(
    venue=HYPERLIQUID,
    title="Hyperliquid",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", book_requests, parse_index),
        Feed(FuturesCurve, "futures", book_requests, parse_futures, dated=False),
    ),
    classify=classify,
    covers=covers,
    listing=Listing(book_requests(Asset("BTC")), _coins),
)
