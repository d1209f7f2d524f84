"""Positions closed by force: sums in USD per side, of windows that end now.

What venues publish is a lower bound, so every sum is told as "at least". The windows themselves
are kept by `alerts/liquidations.py`; here is what they are called, and how events add up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.ids import MetricKey, Venue
from alerts.domain.market import Liquidation, Liquidations, PositionSide
from alerts.domain.reading import Sample, Series
from alerts.metrics.spec import Defaults, Joins, Metric, Unit

WINDOWS = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "24h": timedelta(hours=24),
    "5d": timedelta(days=5),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """USD closed by force, long and short, and how many events that were."""

    long_usd: float = 0.0
    short_usd: float = 0.0
    events: int = 0


def sums(events: Iterable[tuple[Venue, Liquidation]], now: datetime, window: timedelta) -> Sums:
    """The sums over (now - window, now], each event of a venue once; BOTH counts on both sides."""
    unique = {(venue, event.id): event for venue, event in events if now - window < event.at <= now}
    return Sums(
        sum(usd(event, PositionSide.LONG) for event in unique.values()),
        sum(usd(event, PositionSide.SHORT) for event in unique.values()),
        len(unique),
    )


def usd(event: Liquidation, side: PositionSide) -> float:
    """What an event adds to one side, in USD."""
    return event.coin * event.price if event.side in {side, PositionSide.BOTH} else 0.0


def _view(snapshot: Liquidations) -> Liquidations:
    return snapshot


def _measure(_view: Liquidations, _series: Series) -> Sample | None:
    """One message says nothing of a window."""
    return None


_DEFAULTS = Defaults(
    hold_minutes=0,
    clear_gap=0.3,  # over once the sum has fallen under 70 % of the level
    relative=True,
    levels=(2.5e8, 5e8, 1e9),
    quiet_minutes=360.0,
    stale_minutes=10.0,
)

LIQ_LONG_USD = Metric(
    key=MetricKey("liq_long_usd"),
    title="Longs closed by force (USD, a lower bound)",
    words=("longs liquidated", "long liquidations", "liqs longs", "liqs", "liquidations"),
    unit=Unit.USD,
    sign="USD of long positions closed by force; venues do not tell of every one",
    formula="sum of quantity x price over the window, all venues that tell",
    windows=tuple(WINDOWS),
    default_window="24h",
    needs=Liquidations,
    view=_view,
    measure=_measure,
    defaults=_DEFAULTS,
    high="Many longs were closed by force",
    low="Few longs were closed by force",
    plausible=(0.0, 1e12),
    decimals=0,
    at_least=True,
    joins=Joins.SUM,
)

LIQ_SHORT_USD = Metric(
    key=MetricKey("liq_short_usd"),
    title="Shorts closed by force (USD, a lower bound)",
    words=("shorts liquidated", "short liquidations", "liqs shorts"),
    unit=Unit.USD,
    sign="USD of short positions closed by force; venues do not tell of every one",
    formula="sum of quantity x price over the window, all venues that tell",
    windows=tuple(WINDOWS),
    default_window="24h",
    needs=Liquidations,
    view=_view,
    measure=_measure,
    defaults=_DEFAULTS,
    high="Many shorts were closed by force",
    low="Few shorts were closed by force",
    plausible=(0.0, 1e12),
    decimals=0,
    at_least=True,
    joins=Joins.SUM,
)
