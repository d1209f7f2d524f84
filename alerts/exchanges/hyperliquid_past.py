"""What Hyperliquid publishes about its past: gold and tech stocks, hour by hour.

Candles are of the perpetual, and what is read live is the oracle's price: the two differ by the
premium, which is small, and never are one history. Coins have an index elsewhere.
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint#candle-snapshot
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import IndexPrice, Snapshot
from alerts.exchanges.candles import HOUR, JUST_BEFORE, millis
from alerts.exchanges.hyperliquid import HYPERLIQUID, basket, book_requests, is_proxy, mean
from alerts.exchanges.numbers import Numeric, moment, price
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table, check_share, sifted
from alerts.exchanges.spec import Body, Request

METHOD = "perpetual-close/1"


class _Candle(msgspec.Struct, gc=False):
    """One hour; `t` is when it began."""

    t: Numeric
    c: Numeric


_CANDLES = Table(HYPERLIQUID, _Candle, name="t")


def parse_price(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """The price at each hour's end; of a basket where all of it has one."""
    _, *answers = bodies
    closes = [_closes(body) for body in answers]
    every = sorted(set.intersection(*map(set, closes))) if closes else []
    return [
        IndexPrice(HYPERLIQUID, asset, at, mean([found[at] for found in closes])) for at in every
    ]


def _closes(body: Body) -> Mapping[datetime, float]:
    rows = _CANDLES.rows(body.content)
    read, refused = sifted(rows.rows, lambda row: (moment(row.t), price(row.c)))
    check_share(HYPERLIQUID, len(read), refused + len(rows.rejected))
    return {began + HOUR - JUST_BEFORE: close for began, close in read}


def _book(asset: Asset, _start: datetime, _end: datetime) -> tuple[Request, ...]:
    return book_requests(asset)


def _candles(
    bodies: Sequence[Body], asset: Asset, start: datetime, end: datetime
) -> tuple[Request, ...]:
    """The candles of every name that stands for the asset."""

    def asked(name: str) -> str:
        span = {"startTime": int(millis(start)), "endTime": int(millis(end))}
        one = {"coin": name, "interval": "1h", **span}
        return msgspec.json.encode({"type": "candleSnapshot", "req": one}).decode()

    names = basket(bodies[0], asset)
    return tuple(Request("/info", method="POST", sent=asked(name)) for name in names)


BACKFILLS = (
    Backfill(
        HYPERLIQUID,
        (MetricKey("price"),),
        piece=timedelta(days=40),
        reach=timedelta(days=200),  # of 5,000 candles
        requests=_book,
        parse=parse_price,
        covers=is_proxy,
        follow=_candles,
        method=METHOD,
    ),
)
