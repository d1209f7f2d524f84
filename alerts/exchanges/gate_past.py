"""What Gate publishes about its past: what was closed by force in each hour, per side, in USD.

Each piece is asked for with the hours of the longest window before it, so that its first sums over
five days are whole. https://www.gate.com/docs/developers/apiv4/#futures-stats
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import Snapshot
from alerts.exchanges.gate import GATE, covers, parse_liquidations
from alerts.exchanges.past import Backfill
from alerts.exchanges.spec import Body, Request

HOUR = timedelta(hours=1)
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


BACKFILLS = (
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
