"""Deribit: the indices, the whole option chain and the futures curve, one request each.

The volatility index (DVOL) is asked for as an index price, `btcdvol_usdc`: the same published
number as its candles have, without a span of time to name. There is one of BTC and one of ETH.

The expiry comes from the instrument's name (`BTC-27MAR26-60000-P`), not from the instrument list:
a second request would be of another moment, and Deribit's names carry the full date while every
expiry is at 08:00 UTC.

Of BTC and ETH the coin-margined contracts are read, priced in coin, with the open interest of
futures in USD. All other coins are linear: one answer holds the contracts of all of them, prices
are in USDC of one coin, open interest is in coin whatever the size of a contract is, and a USDC is
taken for a USD, as the venue's own index `sol_usdc` does. Rows of other assets are passed over.
https://docs.deribit.com/api-reference/market-data/public-get_book_summary_by_currency

A row that cannot be read is rejected and counted. When more than half are rejected, or the answer
as a whole is no answer, that is a FetchError and never another exception.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Annotated

import msgspec

from alerts.domain.ids import Asset
from alerts.domain.market import (
    Funding,
    FutureQuote,
    FuturesCurve,
    IndexPrice,
    OptionChain,
    OptionQuote,
    VolIndex,
)
from alerts.exchanges import deribit_stream
from alerts.exchanges.coverage import named
from alerts.exchanges.deribit_answers import classify, observed, told
from alerts.exchanges.deribit_errors import DERIBIT
from alerts.exchanges.deribit_names import (
    COIN_MARGINED,
    PERPETUAL,
    Book,
    book_of,
    expiry,
    option_name,
)
from alerts.exchanges.rows import Table, check_share, decoded
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

__all__ = ["EXCHANGE", "classify"]

URL = "https://www.deribit.com/api/v2"

_LINEAR = frozenset(map(Asset, ("SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC")))
_WITH_OPTIONS = COIN_MARGINED | frozenset(map(Asset, ("SOL", "XRP", "AVAX", "TRX", "HYPE")))
_SUMMARY = "/public/get_book_summary_by_currency"
_INDEX = "/public/get_index_price"
_INSTRUMENTS = "/public/get_instruments"
_LINEAR_PERPETUAL = "_USDC-PERPETUAL"

_EIGHT_HOURS = timedelta(hours=8)  # it accrues all the time; told is the sum of eight hours

_Name = Annotated[str, msgspec.Meta(max_length=64)]
_Price = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
_Rate = Annotated[float, msgspec.Meta(ge=-1, le=1)]
_Percent = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Millis = Annotated[int, msgspec.Meta(gt=0, le=10**14)]


class _OptionRow(msgspec.Struct, gc=False):
    instrument_name: _Name
    mark_iv: _Percent | None
    underlying_price: _Price | None = None
    mark_price: _Amount | None = None
    open_interest: _Amount | None = None
    volume: _Amount | None = None
    estimated_delivery_price: _Price | None = None
    creation_timestamp: _Millis | None = None


class _FutureRow(msgspec.Struct, gc=False):
    instrument_name: _Name
    mark_price: _Price
    estimated_delivery_price: _Price
    open_interest: _Amount | None = None
    funding_8h: _Rate | None = None
    creation_timestamp: _Millis | None = None


class _Listed(msgspec.Struct, gc=False):
    instrument_name: _Name
    is_active: bool = True


class _Index(msgspec.Struct):
    index_price: _Price


_OPTIONS = Table(DERIBIT, _OptionRow, name="instrument_name", lax=True)
_FUTURES = Table(DERIBIT, _FutureRow, name="instrument_name", lax=True)
_LIST = Table(DERIBIT, _Listed, name="instrument_name")
_ONE_INDEX = msgspec.json.Decoder(_Index, strict=False)


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The spot index from a `get_index_price` answer."""
    (body,) = bodies
    answer = told(body)
    index = decoded(DERIBIT, _ONE_INDEX, bytes(answer.result))
    at, lag = observed(body, answer.sent_at, None)
    return IndexPrice(DERIBIT, asset, at, index.index_price, lag)


def parse_vol_index(bodies: Sequence[Body], asset: Asset) -> VolIndex:
    """The volatility index, in percent, from a `get_index_price` answer."""
    read = parse_index(bodies, asset)
    return VolIndex(DERIBIT, asset, read.at, read.price, read.lag)


def parse_options(bodies: Sequence[Body], asset: Asset) -> OptionChain:
    """The option chain from a `get_book_summary_by_currency` answer of kind `option`.

    An option listed twice counts once: its first row.
    """
    (body,) = bodies
    answer, book = told(body), book_of(asset)
    table = _OPTIONS.rows(answer.result)
    own = {
        row.instrument_name: row
        for row in reversed(table.rows)
        if row.instrument_name.startswith(book.prefix)
    }
    quotes = [quote for quote in map(_quoter(book), reversed(own.values())) if quote is not None]
    rejected = len(own) - len(quotes) + table.lost(book.is_own, len(own))
    check_share(DERIBIT, len(quotes), rejected)
    at, lag = observed(body, answer.sent_at, _newest(own.values()))
    open_yet = tuple(quote for quote in quotes if quote.expiry > at)
    indices = (row.estimated_delivery_price for row in own.values())
    index = next((price for price in indices if price is not None), None)
    return OptionChain(DERIBIT, asset, at, index, open_yet, rejected=rejected, lag=lag)


def _quoter(book: Book) -> Callable[[_OptionRow], OptionQuote | None]:
    """Reads one option of a book; None where its name cannot be read."""

    def quote(row: _OptionRow) -> OptionQuote | None:
        option = option_name(row.instrument_name)
        if option is None:
            return None
        vol, mark = row.mark_iv, row.mark_price
        return OptionQuote(
            option.expiry,
            option.strike,
            option.side,
            vol / 100 if vol else None,  # zero stands for "no quote"
            row.underlying_price,
            None if book.linear else mark,
            row.open_interest,
            row.volume,
            mark if book.linear else None,
        )

    return quote


def parse_futures(bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
    """The futures curve from a `get_book_summary_by_currency` answer of kind `future`."""
    (body,) = bodies
    answer, book = told(body), book_of(asset)
    table = _FUTURES.rows(answer.result)
    own = [row for row in table.rows if book.is_own(row.instrument_name)]
    futures = [future for future in (_future(row, book) for row in own) if future is not None]
    rejected = len(own) - len(futures) + table.lost(book.is_own, len(own))
    check_share(DERIBIT, len(futures), rejected)
    at, lag = observed(body, answer.sent_at, _newest(own))
    open_yet = (future for future in futures if future.expiry is None or future.expiry > at)
    return FuturesCurve(DERIBIT, asset, at, tuple(open_yet), rejected, lag)


def _future(row: _FutureRow, book: Book) -> FutureQuote | None:
    """One contract: open interest is published in USD, of a linear one in coin."""
    term = row.instrument_name.removeprefix(book.prefix)
    when = expiry(term)
    if when is None and term != PERPETUAL:
        return None
    held, mark = row.open_interest, row.mark_price
    coin = usd = None
    if held is not None:
        coin, usd = (held, held * mark) if book.linear else (held / mark, held)
    return FutureQuote(
        row.instrument_name,
        when,
        mark,
        row.estimated_delivery_price,
        open_interest_coin=coin,
        open_interest_usd=usd,
        funding=None if row.funding_8h is None else Funding(row.funding_8h, _EIGHT_HOURS),
    )


def _newest(rows: Iterable[_OptionRow | _FutureRow]) -> int | None:
    return max((row.creation_timestamp or 0 for row in rows), default=0) or None


def covers(asset: Asset) -> bool:
    """Whether contracts of this asset are read here."""
    return asset in COIN_MARGINED or asset in _LINEAR


def has_options(asset: Asset) -> bool:
    """Whether options on this asset are listed here, as of 2026."""
    return asset in _WITH_OPTIONS


def has_vol_index(asset: Asset) -> bool:
    """Whether a volatility index of this asset is published."""
    return asset in COIN_MARGINED


def _assets(bodies: Sequence[Body]) -> frozenset[Asset]:
    """The assets with a linear perpetual, from the list of all futures in USDC."""
    (body,) = bodies
    listed = _LIST.rows(told(body).result).rows
    names = (row.instrument_name for row in listed if row.is_active)
    return named(
        name.removesuffix(_LINEAR_PERPETUAL) for name in names if name.endswith(_LINEAR_PERPETUAL)
    )


def _summary(kind: str) -> Callable[[Asset], tuple[Request, ...]]:
    def requests(asset: Asset) -> tuple[Request, ...]:
        return (Request(_SUMMARY, {"currency": book_of(asset).currency, "kind": kind}),)

    return requests


def _index_price(asset: Asset) -> tuple[Request, ...]:
    return (Request(_INDEX, {"index_name": book_of(asset).index}),)


def _vol_index(asset: Asset) -> tuple[Request, ...]:
    return (Request(_INDEX, {"index_name": f"{asset.lower()}dvol_usdc"}),)


EXCHANGE = Exchange(
    venue=DERIBIT,
    title="Deribit",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _index_price, parse_index),
        Feed(VolIndex, "options", _vol_index, parse_vol_index, covers=has_vol_index),
        Feed(OptionChain, "options", _summary("option"), parse_options, covers=has_options),
        Feed(FuturesCurve, "futures", _summary("future"), parse_futures),
    ),
    classify=classify,
    covers=covers,
    streams=(deribit_stream.STREAM,),
    stream_url=deribit_stream.URL,
    listing=Listing((Request(_INSTRUMENTS, {"currency": "USDC", "kind": "future"}),), _assets),
)
