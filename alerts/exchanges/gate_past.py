"""What Gate publishes about its past: the index, and what was closed by force, hour by hour.

Each piece of forced closes is asked for with the hours of the longest window before it, so that its
first sums over five days are whole.
https://www.gate.com/docs/developers/apiv4/#futures-stats
https://www.gate.com/docs/developers/apiv4/#futures-market-k-line-chart
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import IndexPrice, Snapshot
from alerts.exchanges.candles import HOUR, JUST_BEFORE
from alerts.exchanges.gate import GATE, covers, parse_liquidations, seconds
from alerts.exchanges.numbers import Numeric, price
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table, check_share, sifted
from alerts.exchanges.spec import Body, Request

LEAD = timedelta(days=5, hours=2)  # two more: a piece may begin within the hour before it


def parse_hours(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """Each hour's sums, oldest first, dated when the hour was over."""
    last = parse_liquidations(bodies, asset)
    hours = [*last.before, replace(last, before=())]
    return [replace(one, at=one.until) for one in hours]


def _hours(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    begin = start - LEAD
    asked = {
        "contract": f"{asset}_USDT",
        "interval": "1h",
        "from": str(int(begin.timestamp())),
        "limit": str((end - begin) // HOUR + 1),
    }
    return (Request("/futures/usdt/contract_stats", asked),)


class _Candle(msgspec.Struct, gc=False):
    """One hour; `t` is when it began, in seconds."""

    t: Numeric
    c: Numeric


_CANDLES = Table(GATE, _Candle, name="t")


def parse_price(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """The index at each hour's end."""
    (body,) = bodies
    rows = _CANDLES.rows(body.content)
    read, refused = sifted(rows.rows, lambda row: (seconds(row.t), price(row.c)))
    check_share(GATE, len(read), refused + len(rows.rejected))
    return [IndexPrice(GATE, asset, began + HOUR - JUST_BEFORE, close) for began, close in read]


def _candles(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    """The name of a contract with `index_` before it is that of its index."""
    asked = {
        "contract": f"index_{asset}_USDT",
        "interval": "1h",
        "from": str(int(start.timestamp())),
        "to": str(int(end.timestamp())),
    }
    return (Request("/futures/usdt/candlesticks", asked),)


BACKFILLS = (
    Backfill(
        GATE,
        (MetricKey("price"),),
        piece=timedelta(days=60),
        reach=timedelta(days=365),
        requests=_candles,
        parse=parse_price,
        covers=covers,
    ),
    Backfill(
        GATE,
        (MetricKey("liq_long_usd"), MetricKey("liq_short_usd")),
        piece=timedelta(days=5),
        reach=timedelta(days=365),
        requests=_hours,
        parse=parse_hours,
        covers=covers,
    ),
)
