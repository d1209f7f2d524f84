"""Deribit: the indices, the whole option chain and the futures curve, one request each.

The volatility index (DVOL) is asked for as an index price, `btcdvol_usdc`: the same published
number as its candles have, without a span of time to name.

The expiry comes from the instrument's name (`BTC-27MAR26-60000-P`), not from the instrument list:
a second request would be of another moment, and Deribit's names carry the full date while every
expiry is at 08:00 UTC. Only the coin-margined contracts of BTC and ETH are read; rows of other
currencies in an answer are passed over.

A row that cannot be read is rejected and counted. When more than half are rejected, or the answer
as a whole is no answer, that is a FetchError and never another exception.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from alerts.domain.errors import FetchError
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
from alerts.exchanges.deribit_errors import DERIBIT, by_code, by_status
from alerts.exchanges.deribit_names import expiry, option_name
from alerts.exchanges.spec import Body, Exchange, Feed, Request

URL = "https://www.deribit.com/api/v2"

_ASSETS = frozenset({Asset("BTC"), Asset("ETH")})
_SUMMARY = "/public/get_book_summary_by_currency"
_INDEX = "/public/get_index_price"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EIGHT_HOURS = timedelta(hours=8)  # it accrues all the time; told is the sum of eight hours
_CLOCK_TOLERANCE = timedelta(seconds=5)

_Name = Annotated[str, msgspec.Meta(max_length=64)]
_Price = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
_Rate = Annotated[float, msgspec.Meta(ge=-1, le=1)]
_Percent = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Millis = Annotated[int, msgspec.Meta(gt=0, le=10**14)]
_Micros = Annotated[int, msgspec.Meta(gt=0, le=10**17)]


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


class _Index(msgspec.Struct):
    index_price: _Price


class _RpcError(msgspec.Struct):
    code: int = 0
    message: str = ""


_T = TypeVar("_T")


class _Answer(msgspec.Struct, Generic[_T]):
    result: _T | None = None
    error: _RpcError | None = None
    sent_at: _Micros | None = msgspec.field(name="usOut", default=None)


_OPTION_ROWS = msgspec.json.Decoder(_Answer[list[_OptionRow]])
_FUTURE_ROWS = msgspec.json.Decoder(_Answer[list[_FutureRow]])
_RAW_ROWS = msgspec.json.Decoder(_Answer[list[msgspec.Raw]])
_ONE_INDEX = msgspec.json.Decoder(_Answer[_Index])
_ERROR = msgspec.json.Decoder(_Answer[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class _Rows(Generic[_T]):
    """The readable rows of an answer, how many were not, and when the venue sent it."""

    rows: Sequence[_T]
    rejected: int
    sent_at: int | None


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The spot index from a `get_index_price` answer."""
    (body,) = bodies
    try:
        answer = _ONE_INDEX.decode(body.content)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    index = _result(answer)
    at, lag = _observed(body, answer.sent_at, None)
    return IndexPrice(DERIBIT, asset, at, index.index_price, lag)


def parse_vol_index(bodies: Sequence[Body], asset: Asset) -> VolIndex:
    """The volatility index, in percent, from a `get_index_price` answer."""
    read = parse_index(bodies, asset)
    return VolIndex(DERIBIT, asset, read.at, read.price, read.lag)


def parse_options(bodies: Sequence[Body], asset: Asset) -> OptionChain:
    """The option chain from a `get_book_summary_by_currency` answer of kind `option`."""
    (body,) = bodies
    answer = _rows(body, _OPTION_ROWS, _OptionRow)
    quotes, rejected = _quotes(answer.rows, f"{asset}-")
    _check_share(len(quotes), rejected + answer.rejected)
    at, lag = _observed(body, answer.sent_at, _newest(answer.rows))
    indices = (row.estimated_delivery_price for row in answer.rows)
    index = next((price for price in indices if price is not None), None)
    return OptionChain(
        DERIBIT,
        asset,
        at,
        index,
        tuple(quotes),
        rejected=rejected + answer.rejected,
        lag=lag,
    )


def _quotes(rows: Iterable[_OptionRow], prefix: str) -> tuple[list[OptionQuote], int]:
    """The quotes of one currency's rows, and how many of its names could not be read."""
    quotes, rejected = [], 0
    for row in rows:
        if not row.instrument_name.startswith(prefix):
            continue
        option = option_name(row.instrument_name)
        if option is None:
            rejected += 1
            continue
        vol = row.mark_iv
        quotes.append(
            OptionQuote(
                option.expiry,
                option.strike,
                option.side,
                vol / 100 if vol else None,  # zero stands for "no quote"
                row.underlying_price,
                row.mark_price,
                row.open_interest,
                row.volume,
            )
        )
    return quotes, rejected


def parse_futures(bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
    """The futures curve from a `get_book_summary_by_currency` answer of kind `future`."""
    (body,) = bodies
    answer = _rows(body, _FUTURE_ROWS, _FutureRow)
    own = [row for row in answer.rows if row.instrument_name.startswith(f"{asset}-")]
    futures = [future for future in map(_future, own) if future is not None]
    rejected = answer.rejected + len(own) - len(futures)
    _check_share(len(futures), rejected)
    at, lag = _observed(body, answer.sent_at, _newest(answer.rows))
    return FuturesCurve(DERIBIT, asset, at, tuple(futures), rejected, lag)


def _future(row: _FutureRow) -> FutureQuote | None:
    """One coin-margined contract: its open interest is published in USD."""
    term = row.instrument_name.partition("-")[2]
    when = expiry(term)
    if when is None and term != "PERPETUAL":
        return None
    usd = row.open_interest
    return FutureQuote(
        row.instrument_name,
        when,
        row.mark_price,
        row.estimated_delivery_price,
        open_interest_coin=None if usd is None else usd / row.mark_price,
        open_interest_usd=usd,
        funding=None if row.funding_8h is None else Funding(row.funding_8h, _EIGHT_HOURS),
    )


def _rows(body: Body, decoder: msgspec.json.Decoder[Any], row: type[_T]) -> _Rows[_T]:
    """The rows of an answer: all at once when they are all well, else one by one."""
    try:
        answer = decoder.decode(body.content)
    except msgspec.ValidationError:
        return _one_by_one(body, row)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    return _Rows(_result(answer), 0, answer.sent_at)


def _one_by_one(body: Body, row: type[_T]) -> _Rows[_T]:
    try:
        answer = _RAW_ROWS.decode(body.content)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    raw = _result(answer)
    decoder = msgspec.json.Decoder(row)
    rows = [read for read in (_readable(decoder, one) for one in raw) if read is not None]
    return _Rows(rows, len(raw) - len(rows), answer.sent_at)


def _readable(decoder: msgspec.json.Decoder[_T], raw: msgspec.Raw) -> _T | None:
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        return None


def _result(answer: _Answer[_T]) -> _T:
    if answer.error is not None:
        raise by_code(answer.error.code, answer.error.message)
    if answer.result is None:
        raise FetchError(DERIBIT, "the answer has neither a result nor an error")
    return answer.result


def _check_share(read: int, rejected: int) -> None:
    if rejected > read:
        raise FetchError(DERIBIT, f"{rejected} of {read + rejected} rows cannot be read")


def _newest(rows: Iterable[_OptionRow | _FutureRow]) -> int | None:
    return max((row.creation_timestamp or 0 for row in rows), default=0) or None


def _observed(body: Body, us: int | None, ms: int | None) -> tuple[datetime, timedelta]:
    """When the answer was true, and how old its marks already were when it was asked for.

    The venue's clock counts; without it, the time of receipt.
    """
    stamps = [_EPOCH + timedelta(microseconds=us)] if us else []
    stamps += [_EPOCH + timedelta(milliseconds=ms)] if ms else []
    if not stamps:
        return body.at, timedelta(0)
    ahead = max(stamps) - body.at
    if ahead > _CLOCK_TOLERANCE:
        seconds = ahead.total_seconds()
        why = f"its clock is {seconds:.0f} s ahead of ours: is this machine's clock right?"
        raise FetchError(DERIBIT, why)
    lag = (body.asked_at or body.at) - min(stamps)
    return min(stamps[0], body.at), max(lag, timedelta(0))


def _unreadable(error: Exception) -> FetchError:
    return FetchError(DERIBIT, f"unreadable answer: {error}")


def classify(status: int, content: bytes) -> FetchError | None:
    """The error an answer stands for: Deribit's own code where it gives one, else the status."""
    is_error = status != 200
    if not is_error and b'"error"' not in content:
        return None
    refused = _stated(content)
    if refused is not None and (refused.retry or status not in (403, 418, 451)):
        return refused
    return by_status(status) if is_error else None


def _stated(content: bytes) -> FetchError | None:
    try:
        answer = _ERROR.decode(content)
    except (ValueError, RecursionError):
        return None
    return None if answer.error is None else by_code(answer.error.code, answer.error.message)


def covers(asset: Asset) -> bool:
    """Whether the coin-margined contracts of this asset are listed here."""
    return asset in _ASSETS


def _summary(kind: str) -> Callable[[Asset], tuple[Request, ...]]:
    def requests(asset: Asset) -> tuple[Request, ...]:
        return (Request(_SUMMARY, {"currency": asset, "kind": kind}),)

    return requests


def _index_price(asset: Asset) -> tuple[Request, ...]:
    return (Request(_INDEX, {"index_name": f"{asset.lower()}_usd"}),)


def _vol_index(asset: Asset) -> tuple[Request, ...]:
    return (Request(_INDEX, {"index_name": f"{asset.lower()}dvol_usdc"}),)


EXCHANGE = Exchange(
    venue=DERIBIT,
    title="Deribit",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _index_price, parse_index),
        Feed(VolIndex, "options", _vol_index, parse_vol_index),
        Feed(OptionChain, "options", _summary("option"), parse_options),
        Feed(FuturesCurve, "futures", _summary("future"), parse_futures),
    ),
    classify=classify,
    covers=covers,
    streams=(deribit_stream.stream(covers),),
    stream_url=deribit_stream.URL,
)
