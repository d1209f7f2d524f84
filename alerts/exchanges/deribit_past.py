"""What Deribit publishes about its past: the vol index, funding and the spot index, hour by hour.

The index comes with the funding, as it was at the end of each hour: candles of the perpetual would
be another price than the one read live. A number of an hour is dated just before the hour's end, so
that the last one of a day is that day's close.
https://docs.deribit.com/api-reference/market-data/public-get_funding_rate_history
https://docs.deribit.com/api-reference/market-data/public-get_volatility_index_data
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import (
    Funding,
    FutureQuote,
    FuturesCurve,
    IndexPrice,
    Snapshot,
    VolIndex,
)
from alerts.exchanges.deribit import covers, has_vol_index
from alerts.exchanges.deribit_answers import told
from alerts.exchanges.deribit_errors import DERIBIT
from alerts.exchanges.deribit_names import COIN_MARGINED, book_of
from alerts.exchanges.numbers import Numeric, moment, number, price, rate
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table, check_share, sifted
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


_CANDLES = Table(DERIBIT, _Candle, name="began", within="data")
_HOURS = Table(DERIBIT, _Hour, name="timestamp")


def parse_vol_index(bodies: Sequence[Body], asset: Asset, step: timedelta = HOUR) -> list[Snapshot]:
    """The vol index at each candle's end, from a `get_volatility_index_data` answer."""
    (body,) = bodies
    rows = _CANDLES.rows(told(body).result)

    def read(row: _Candle) -> VolIndex:
        at = moment(row.began) + step - _JUST_BEFORE
        return VolIndex(DERIBIT, asset, at, number(row.close, 0.0, 1e4))

    found, rejected = sifted(rows.rows, read)
    check_share(DERIBIT, len(found), rejected + len(rows.rejected))
    return list(found)


def parse_hours(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """The spot index and the perpetual's funding at each hour's end."""
    (body,) = bodies
    rows = _HOURS.rows(told(body).result)
    found, rejected = sifted(rows.rows, lambda row: _hour(row, asset))
    check_share(DERIBIT, len(found), rejected + len(rows.rejected))
    return [snapshot for pair in found for snapshot in pair]


def _hour(row: _Hour, asset: Asset) -> tuple[Snapshot, Snapshot]:
    at = moment(row.timestamp) - _JUST_BEFORE
    index = price(row.index_price)
    funding = Funding(rate(row.interest_8h), _EIGHT_HOURS)
    perpetual = FutureQuote(book_of(asset).perpetual, None, index, index, funding=funding)
    return (
        IndexPrice(DERIBIT, asset, at, index),
        FuturesCurve(DERIBIT, asset, at, (perpetual,)),
    )


def _vol_index(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    params = {"currency": asset, "resolution": "3600", **_span(start, end)}
    return (Request("/public/get_volatility_index_data", params),)


def _hours(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    params = {"instrument_name": book_of(asset).perpetual, **_span(start, end)}
    return (Request("/public/get_funding_rate_history", params),)


def _span(start: datetime, end: datetime) -> dict[str, str]:
    millisecond = timedelta(milliseconds=1)
    return {
        "start_timestamp": str((start - _EPOCH) // millisecond),
        "end_timestamp": str((end - _EPOCH) // millisecond),
    }


def is_linear(asset: Asset) -> bool:
    """Whether its index is in USDC; others' indices in true USD go before it."""
    return covers(asset) and book_of(asset).linear


_PERPETUAL = Backfill(
    DERIBIT,
    (MetricKey("price"), MetricKey("funding_8h"), MetricKey("funding_annual")),
    piece=timedelta(days=30),
    reach=timedelta(days=730),
    requests=_hours,
    parse=parse_hours,
    covers=lambda asset: asset in COIN_MARGINED,
    closed=True,
)

BACKFILLS = (
    _PERPETUAL,
    Backfill(
        DERIBIT,
        (MetricKey("dvol"),),
        piece=timedelta(days=30),
        reach=timedelta(days=730),
        requests=_vol_index,
        parse=parse_vol_index,
        covers=has_vol_index,
        closed=True,
    ),
)

LINEAR = replace(_PERPETUAL, covers=is_linear)
