"""Bybit: all linear (USDT, USDC) and inverse contracts in two requests, and every forced close.

`openInterest` counts both sides of every position; `singleOpenInterest` counts one and is taken
where it is given, else half of the other. Both are in coin for linear contracts and in USD for
inverse ones. Which contract is whose stands in its name, when it expires in `deliveryTime`.
https://bybit-exchange.github.io/docs/v5/market/tickers
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Funding, FutureQuote, FuturesCurve, IndexPrice
from alerts.exchanges import bybit_errors, bybit_stream
from alerts.exchanges.bybit_names import is_of, is_perpetual
from alerts.exchanges.coverage import named
from alerts.exchanges.numbers import Numeric, amount, given, moment, number, price, rate
from alerts.exchanges.rows import Rows, Table, check_share, decoded, observed, sifted
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

BYBIT: Venue = bybit_errors.BYBIT
URL = "https://api.bybit.com"

_TICKERS = "/v5/market/tickers"
_LINEAR, _INVERSE = "linear", "inverse"
_USUAL = "USDT"
_ASSETS = frozenset(
    map(Asset, ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC"))
)
_WITH_INVERSE = frozenset(map(Asset, ("BTC", "ETH", "SOL", "XRP")))  # their index is in true USD
_LONGEST_INTERVAL_HOURS = 24.0


class _Ticker(msgspec.Struct, gc=False, rename="camel"):
    symbol: str
    mark_price: Numeric = None
    index_price: Numeric = None
    open_interest: Numeric = None
    single_open_interest: Numeric = None
    funding_rate: Numeric = None
    funding_interval_hour: Numeric = None
    delivery_time: Numeric = None


class _Result(msgspec.Struct):
    rows: msgspec.Raw = msgspec.field(name="list")


@dataclass(frozen=True, slots=True)
class Told:
    """The rows of an answer, still unread, and when it was given by the venue's clock."""

    rows: msgspec.Raw
    time: Numeric


class _Answer(msgspec.Struct, rename="camel"):
    ret_code: int = 0
    ret_msg: str = ""
    result: msgspec.Raw = msgspec.Raw(b"null")
    time: Numeric = None


_ANSWER = msgspec.json.Decoder(_Answer, strict=False)
_RESULT = msgspec.json.Decoder(_Result)
_TABLE = Table(BYBIT, _Ticker, name="symbol")


def parse_futures(bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
    """The curve from the `tickers` answers of all linear and of all inverse contracts."""
    read: list[FutureQuote] = []
    rejected = 0.0
    seen = []
    for body, category in zip(bodies, (_LINEAR, _INVERSE), strict=True):
        tickers, at, lag = _tickers(body)
        own = [row for row in tickers.rows if is_of(asset, row.symbol)]
        quotes, refused = sifted(own, partial(_quote, asset=asset, inverse=category == _INVERSE))
        read += quotes
        rejected += refused + tickers.lost(partial(is_of, asset), len(own))
        seen.append((at, lag))
    check_share(BYBIT, len(read), rejected)
    at, lag = min(at for at, _ in seen), max(lag for _, lag in seen)
    open_yet = (one for one in read if one.expiry is None or one.expiry > at)
    return FuturesCurve(BYBIT, asset, at, tuple(open_yet), rejected, lag)


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The index of the one contract asked for."""
    (body,) = bodies
    tickers, at, lag = _tickers(body)
    own = [row for row in tickers.rows if row.symbol == index_of(asset)[1]]
    if not own:
        raise FetchError(BYBIT, f"lists no {index_of(asset)[1]}")
    found, _ = sifted(own, lambda row: price(row.index_price))
    if not found:
        raise FetchError(BYBIT, f"gives no index with {own[0].symbol}")
    return IndexPrice(BYBIT, asset, at, found[0], lag)


def _tickers(body: Body) -> tuple[Rows[_Ticker], datetime, timedelta]:
    """The rows of an answer, when they were true, and how old they were when asked for."""
    told = listed(body)
    stamps, refused = sifted([told.time], partial(given, moment))
    if refused:
        raise FetchError(BYBIT, "the answer's time cannot be read")
    return _TABLE.rows(told.rows), *observed(BYBIT, body, stamps)


def listed(body: Body) -> Told:
    """The list of an answer, with the answer's time; FetchError where it is a refusal."""
    answer = decoded(BYBIT, _ANSWER, body.content)
    if answer.ret_code:
        raise bybit_errors.by_code(answer.ret_code, answer.ret_msg)
    return Told(decoded(BYBIT, _RESULT, bytes(answer.result)).rows, answer.time)


def _quote(row: _Ticker, asset: Asset, *, inverse: bool) -> FutureQuote:
    mark, index = price(row.mark_price), price(row.index_price)
    held, halved = _one_sided(row)
    coin = usd = None
    if held is not None:
        coin, usd = (amount(held / mark), held) if inverse else (held, amount(held * mark))
    # A perpetual that is being delisted has a delivery time too, so its name decides.
    perpetual = is_perpetual(asset, row.symbol)
    return FutureQuote(
        row.symbol,
        None if perpetual else moment(row.delivery_time),
        mark,
        index,
        open_interest_coin=coin,
        open_interest_usd=usd,
        funding=_funding(row) if perpetual else None,
        halved=halved,
    )


def _one_sided(row: _Ticker) -> tuple[float | None, bool]:
    """One-sided open interest, and whether it is half of a two-sided figure."""
    single = given(amount, row.single_open_interest)
    if single is not None:
        return single, False
    both = given(amount, row.open_interest)
    return (None, False) if both is None else (both / 2, True)


def _funding(row: _Ticker) -> Funding | None:
    """The rate of the running interval; None without its interval, for it differs by symbol."""
    fraction = given(rate, row.funding_rate)
    hours = given(
        partial(number, least=1.0, most=_LONGEST_INTERVAL_HOURS), row.funding_interval_hour
    )
    if fraction is None or hours is None:
        return None
    return Funding(fraction, timedelta(hours=hours))


def covers(asset: Asset) -> bool:
    """Whether contracts of this asset are read here."""
    return asset in _ASSETS


def index_of(asset: Asset) -> tuple[str, str]:
    """The category and symbol whose index stands for an asset's price."""
    return (_INVERSE, f"{asset}USD") if asset in _WITH_INVERSE else (_LINEAR, f"{asset}USDT")


def _all_tickers(_asset: Asset) -> tuple[Request, ...]:
    return tuple(Request(_TICKERS, {"category": category}) for category in (_LINEAR, _INVERSE))


def _one_ticker(asset: Asset) -> tuple[Request, ...]:
    category, symbol = index_of(asset)
    return (Request(_TICKERS, {"category": category, "symbol": symbol}),)


def _assets(bodies: Sequence[Body]) -> frozenset[Asset]:
    """The assets with a perpetual in USDT, from the answer about all linear contracts."""
    (body,) = bodies
    names = (row.symbol for row in _tickers(body)[0].rows)
    return named(name.removesuffix(_USUAL) for name in names if name.endswith(_USUAL))


EXCHANGE = Exchange(
    venue=BYBIT,
    title="Bybit",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _one_ticker, parse_index),
        Feed(FuturesCurve, "futures", _all_tickers, parse_futures),
    ),
    classify=bybit_errors.classify,
    covers=covers,
    streams=bybit_stream.streams(_WITH_INVERSE),
    stream_url=bybit_stream.URL,
    listing=Listing((Request(_TICKERS, {"category": _LINEAR}),), _assets),
)
