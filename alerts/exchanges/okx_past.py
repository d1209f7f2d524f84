"""What OKX publishes about its past: its spot index, hour by hour.

https://www.okx.com/docs-v5/en/#public-data-rest-api-get-index-candlesticks-history
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import IndexPrice, Snapshot
from alerts.exchanges.candles import Candle, closes, millis
from alerts.exchanges.okx import covers
from alerts.exchanges.okx_errors import OKX
from alerts.exchanges.okx_listing import rows
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table
from alerts.exchanges.spec import Body, Request

_CANDLES = Table(OKX, Candle, name="began", within="data")
_MILLISECOND = timedelta(milliseconds=1)


def parse_price(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """The index at each hour's end."""
    (body,) = bodies
    found = closes(OKX, rows(_CANDLES, body))
    return [IndexPrice(OKX, asset, at, value) for at, value in found.items()]


def _requests(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    """Candles that began from `start` to `end`: `before` and `after` leave their own time out."""
    asked = {
        "instId": f"{asset}-USD",
        "bar": "1H",
        "before": millis(start - _MILLISECOND),
        "after": millis(end + _MILLISECOND),
        "limit": "100",
    }
    return (Request("/api/v5/market/history-index-candles", asked),)


BACKFILLS = (
    Backfill(
        OKX,
        (MetricKey("price"),),
        piece=timedelta(days=4),
        reach=timedelta(days=730),
        requests=_requests,
        parse=parse_price,
        covers=covers,
    ),
)
