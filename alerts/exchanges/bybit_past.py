"""What Bybit publishes about its past: the index of the contract that stands for a price.

https://bybit-exchange.github.io/docs/v5/market/index-kline
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import IndexPrice, Snapshot
from alerts.exchanges.bybit import BYBIT, covers, index_of, listed
from alerts.exchanges.candles import Candle, closes, millis
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table
from alerts.exchanges.spec import Body, Request

_CANDLES = Table(BYBIT, Candle, name="began")


def parse_price(bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
    """The index at each hour's end."""
    (body,) = bodies
    found = closes(BYBIT, _CANDLES.rows(listed(body).rows))
    return [IndexPrice(BYBIT, asset, at, value) for at, value in found.items()]


def _requests(asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
    category, symbol = index_of(asset)
    asked = {
        "category": category,
        "symbol": symbol,
        "interval": "60",
        "start": millis(start),
        "end": millis(end),
        "limit": "1000",
    }
    return (Request("/v5/market/index-price-kline", asked),)


BACKFILLS = (
    Backfill(
        BYBIT,
        (MetricKey("price"),),
        piece=timedelta(days=40),
        reach=timedelta(days=730),
        requests=_requests,
        parse=parse_price,
        covers=covers,
    ),
)
