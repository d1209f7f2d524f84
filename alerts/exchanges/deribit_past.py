"""What Deribit publishes about its past: the vol index, funding and the spot index, hour by hour.

The index comes with the funding, as it was at the end of each hour: candles of the perpetual would
be another price than the one read live. A number of an hour is dated just before the hour's end, so
that the last one of a day is that day's close.
https://docs.deribit.com/api-reference/market-data/public-get_funding_rate_history
https://docs.deribit.com/api-reference/market-data/public-get_volatility_index_data
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import (
    Funding,
    FutureQuote,
    FuturesCurve,
    IndexPrice,
    Snapshot,
    VolIndex,
)
from alerts.exchanges.deribit import covers
from alerts.exchanges.deribit_errors import DERIBIT, by_code
from alerts.exchanges.numbers import Numeric, moment, number, price, rate
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table, check_share, decoded, sifted
from alerts.exchanges.spec import Body, Request

HOUR = timedelta(hours=1)
_JUST_BEFORE = timedelta(milliseconds=1)
_EIGHT_HOURS = timedelta(hours=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Candle(msgspec.Struct, array_like=True, gc=False):
    began: Numeric
    open: Numeric
    high: Numeric
    low: Numeric
    close: Numeric


class _Hour(msgspec.Struct, gc=False):
    timestamp: Numeric
    index_price: Numeric
    interest_8h: Numeric


class _RpcError(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct):
    result: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    error: _RpcError | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_CANDLES = Table(DERIBIT, _Candle, name="began", within="data")
_HOURS = Table(DERIBIT, _Hour, name="timestamp")


def parse_vol_index(bodies: Sequence[Body], asset: Asset, step: timedelta = HOUR) -> list[Snapshot]:
    """The vol index at each candle's end, from a `get_volatility_index_data` answer."""
    (body,) = bodies
    rows = _CANDLES.rows(_result(body))

    def read(row: _Candle) -> VolIndex:
        at = moment(row.began) + step - _JUST_BEFORE
        return VolIndex(DERIBIT, asset, at, number(row.close, 0.0, 1e4))

    found, rejected = sifted(rows.rows, read)
    check_share(DERIBIT, len(found), rejected + len(rows.rejected))
    return list(found)


def parse_hours(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """The spot index and the perpetual's funding at each hour's end."""
    (body,) = bodies
    rows = _HOURS.rows(_result(body))
    found, rejected = sifted(rows.rows, lambda row: _hour(row, asset))
    check_share(DERIBIT, len(found), rejected + len(rows.rejected))
    return [snapshot for pair in found for snapshot in pair]


def _hour(row: _Hour, asset: Asset) -> tuple[Snapshot, Snapshot]:
    at = moment(row.timestamp) - _JUST_BEFORE
    index = price(row.index_price)
    funding = Funding(rate(row.interest_8h), _EIGHT_HOURS)
    perpetual = FutureQuote(f"{asset}-PERPETUAL", None, index, index, funding=funding)
    return (
        IndexPrice(DERIBIT, asset, at, index),
        FuturesCurve(DERIBIT, asset, at, (perpetual,)),
    )


def _result(body: Body) -> msgspec.Raw:
    answer = decoded(DERIBIT, _ANSWER, body.content)
    if answer.error is not None:
        raise by_code(answer.error.code, answer.error.message)
    if not bytes(answer.result):
        raise FetchError(DERIBIT, "the answer has neither a result nor an error")
    return answer.result


def _vol_index(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    params = {"currency": asset, "resolution": "3600", **_span(start, end)}
    return (Request("/public/get_volatility_index_data", params),)


def _hours(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    params = {"instrument_name": f"{asset}-PERPETUAL", **_span(start, end)}
    return (Request("/public/get_funding_rate_history", params),)


def _span(start: datetime, end: datetime) -> dict[str, str]:
    millisecond = timedelta(milliseconds=1)
    return {
        "start_timestamp": str((start - _EPOCH) // millisecond),
        "end_timestamp": str((end - _EPOCH) // millisecond),
    }


BACKFILLS = (
    Backfill(
        DERIBIT,
        (MetricKey("price"), MetricKey("funding_8h"), MetricKey("funding_annual")),
        piece=timedelta(days=30),
        reach=timedelta(days=730),
        requests=_hours,
        parse=parse_hours,
        covers=covers,
    ),
    Backfill(
        DERIBIT,
        (MetricKey("dvol"),),
        piece=timedelta(days=30),
        reach=timedelta(days=730),
        requests=_vol_index,
        parse=parse_vol_index,
        covers=covers,
    ),
)
