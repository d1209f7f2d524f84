"""OKX: perpetuals and futures margined in USDT, USDC and in the coin.

Every answer covers all assets. Marks and indices come in answers of their own, asked for at the
same time; a snapshot is as old as the older of the two. Open interest is used as published in coin
and USD; where one is missing it follows from the contracts and their size.
https://www.okx.com/docs-v5
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Funding, FutureQuote, FuturesCurve, IndexPrice
from alerts.exchanges import okx_stream
from alerts.exchanges.numbers import Numeric, amount, given, moment, price, rate
from alerts.exchanges.okx_errors import OKX, classify
from alerts.exchanges.okx_listing import (
    KINDS,
    LISTINGS,
    QUOTES,
    Contract,
    assets,
    is_of,
    listed,
    rows,
)
from alerts.exchanges.rows import Table, check_share, observed, sifted
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

URL = "https://openapi.okx.com"

_ASSETS = frozenset(
    map(Asset, ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC"))
)
_OLDEST_MARK = timedelta(minutes=1)
_OLDEST_OPEN_INTEREST = timedelta(minutes=5)
_LONGEST_INTERVAL = timedelta(hours=24)


class _Mark(msgspec.Struct, gc=False, rename="camel"):
    inst_id: str
    mark_px: Numeric
    ts: Numeric


class _Index(msgspec.Struct, gc=False, rename="camel"):
    inst_id: str
    idx_px: Numeric
    ts: Numeric


class _Held(msgspec.Struct, gc=False, rename="camel"):
    inst_id: str
    oi: Numeric
    ts: Numeric
    oi_ccy: Numeric = None
    oi_usd: Numeric = None


class _Rate(msgspec.Struct, gc=False, rename="camel"):
    inst_id: str
    funding_rate: Numeric
    funding_time: Numeric
    next_funding_time: Numeric


_T = TypeVar("_T", _Mark, _Index, _Held, _Rate)

_MARKS = Table(OKX, _Mark, name="instId", within="data")
_INDICES = Table(OKX, _Index, name="instId", within="data")
_HELD = Table(OKX, _Held, name="instId", within="data")
_RATES = Table(OKX, _Rate, name="instId", within="data")


@dataclass(frozen=True, slots=True)
class _Answers:
    """The rows of one asset, by contract or by index."""

    marks: Mapping[str, _Mark]
    indices: Mapping[str, _Index]
    held: Mapping[str, _Held]
    rates: Mapping[str, _Rate]


def parse_futures(bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
    """The curve from the answers of `_curve_requests`, in their order."""
    listings, rest = bodies[:2], bodies[2:]
    contracts, rejected = listed(listings, asset)
    answers = _Answers(
        _own(_MARKS, rest[0:2], asset),
        _own(_INDICES, rest[2:5], asset),
        _own(_HELD, rest[5:7], asset),
        _own(_RATES, rest[7:8], asset),
    )
    at, lag = _observed(rest, answers)
    quotes, refused = sifted(contracts, partial(_quote, answers=answers, at=at))
    check_share(OKX, len(quotes), rejected + refused)
    unknown = sum(1 for one in quotes if one.open_interest_coin is None)
    rejected += refused + unknown
    return FuturesCurve(OKX, asset, at, tuple(quotes), rejected, lag)


def _own(table: Table[_T], bodies: Iterable[Body], asset: Asset) -> Mapping[str, _T]:
    return {
        row.inst_id: row
        for body in bodies
        for row in rows(table, body).rows
        if is_of(asset, row.inst_id)
    }


def _observed(bodies: Sequence[Body], answers: _Answers) -> tuple[datetime, timedelta]:
    """When marks and indices were both true, and how old the older was when asked for."""
    marks, _ = sifted((row.ts for row in answers.marks.values()), moment)
    indices, _ = sifted((row.ts for row in answers.indices.values()), moment)
    of_marks, of_indices = observed(OKX, bodies[0], marks), observed(OKX, bodies[2], indices)
    return min(of_marks[0], of_indices[0]), max(of_marks[1], of_indices[1])


def _quote(contract: Contract, answers: _Answers, at: datetime) -> FutureQuote:
    row, index = answers.marks.get(contract.name), answers.indices.get(contract.index)
    if row is None or index is None or at - moment(row.ts) > _OLDEST_MARK:
        raise ValueError("no mark or no index, or one that stands still")
    mark = price(row.mark_px)
    coin, usd = _open_interest(answers.held.get(contract.name), contract, mark, at)
    return FutureQuote(
        contract.name,
        contract.expiry,
        mark,
        price(index.idx_px),
        open_interest_coin=coin,
        open_interest_usd=usd,
        funding=None if contract.expiry else _funding(answers.rates.get(contract.name)),
        apart=contract.apart,
    )


def _open_interest(
    row: _Held | None, contract: Contract, mark: float, at: datetime
) -> tuple[float | None, float | None]:
    """Coins and USD held, None where the answer does not say: published ones go first."""
    try:
        if row is None or at - moment(row.ts) > _OLDEST_OPEN_INTEREST:
            return None, None
        coin = given(amount, row.oi_ccy)
        if coin is None:
            coin = amount(contract.coins(amount(row.oi), mark))
        usd = given(amount, row.oi_usd)
        return coin, amount(coin * mark) if usd is None else usd
    except ValueError:
        return None, None


def _funding(row: _Rate | None) -> Funding | None:
    """The forecast for the running interval, which lasts until the one after it begins to run."""
    try:
        if row is None:
            return None
        interval = moment(row.next_funding_time) - moment(row.funding_time)
        if not timedelta(0) < interval <= _LONGEST_INTERVAL:
            return None
        return Funding(rate(row.funding_rate), interval)
    except ValueError:
        return None


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The spot index in USD."""
    (body,) = bodies
    own = [row for row in rows(_INDICES, body).rows if row.inst_id == f"{asset}-USD"]
    found, refused = sifted(own, lambda row: (price(row.idx_px), moment(row.ts)))
    if refused or not found:
        raise FetchError(OKX, f"gives no index {asset}-USD")
    value, stamp = found[0]
    at, lag = observed(OKX, body, [stamp])
    return IndexPrice(OKX, asset, at, value, lag)


def covers(asset: Asset) -> bool:
    """Whether contracts of this asset are read here."""
    return asset in _ASSETS


def _curve_requests(_asset: Asset) -> tuple[Request, ...]:
    def of_each_kind(path: str) -> tuple[Request, ...]:
        return tuple(Request(path, {"instType": kind}) for kind in KINDS)

    return (
        *LISTINGS,
        *of_each_kind("/api/v5/public/mark-price"),
        *(Request("/api/v5/market/index-tickers", {"quoteCcy": quote}) for quote in QUOTES),
        *of_each_kind("/api/v5/public/open-interest"),
        Request("/api/v5/public/funding-rate", {"instId": "ANY"}),
    )


def _index_requests(asset: Asset) -> tuple[Request, ...]:
    return (Request("/api/v5/market/index-tickers", {"instId": f"{asset}-USD"}),)


EXCHANGE = Exchange(
    venue=OKX,
    title="OKX",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _index_requests, parse_index),
        Feed(FuturesCurve, "futures", _curve_requests, parse_futures),
    ),
    classify=classify,
    covers=covers,
    streams=(okx_stream.STREAM,),
    stream_url=okx_stream.URL,
    listing=Listing(LISTINGS[:1], assets),
)
