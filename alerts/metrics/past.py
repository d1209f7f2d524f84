"""What metrics of the past read: trails of other series, and their last readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.history.windows import Trail

PRICE = MetricKey("price")

LEAST_REACH, FULL_REACH = 0.5, 0.95
"""Shares of a window that history must reach back over: to say anything, and without a doubt."""


@dataclass(frozen=True, slots=True)
class Records:
    """Other series as of a moment. `latest` holds only readings that still count."""

    now: datetime
    trails: Mapping[Series, Trail]
    latest: Mapping[Series, Reading]

    def trail(self, series: Series) -> Trail:
        return self.trails.get(series) or Trail()


def price_of(series: Series, asset: Asset | None = None) -> Series:
    """The price that a series is made of, or that of another asset at the same place."""
    return Series(PRICE, asset or series.asset, venue=series.venue)


def days_of(series: Series) -> int:
    return int(series.window.removesuffix("d"))


def reach(trail: Trail, series: Series, now: datetime) -> float:
    """The share of a series' window over which a trail goes back, at most 1."""
    return min(trail.reach(now) / timedelta(days=days_of(series)), 1.0)


def too_short(series: Series, share: float, now: datetime) -> Gap:
    days = days_of(series)
    return Gap(series, Reason.NO_DATA, f"history covers {share * days:.1f} of {days} days", now)
