"""What a metric is: its name, unit and bands, and the pure function that reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import Snapshot
from alerts.domain.reading import Sample, Series


class Unit(StrEnum):
    PERCENT = "%"
    PERCENT_YEAR = "% a year"
    VOL_POINTS = "vol points"
    USD = "USD"


@dataclass(frozen=True, slots=True)
class Band:
    """The range called usual, whose it is and since when; None bounds are open."""

    low: float | None
    high: float | None
    source: str
    dated: date


@dataclass(frozen=True, slots=True)
class Defaults:
    """How a rule on this metric behaves unless told otherwise.

    `clear_gap` is in the metric's unit, or a fraction of the level where `relative`;
    `levels` are the presets offered as buttons.
    """

    hold_minutes: float
    clear_gap: float
    relative: bool = False
    quiet_minutes: float = 240.0
    remind_minutes: float = 720.0
    levels: tuple[float, ...] = ()
    direction: str = "above"
    stale_minutes: float = 15.0


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing a rule can watch.

    `view` prepares a snapshot once for all metrics that share it (a volatility surface for all
    skews); `measure` reads one window from that view. `words` are what people call it in chat.
    `sign` says in words what a positive value means; `meaning` maps high and low to plain words.
    """

    key: MetricKey
    title: str
    words: tuple[str, ...]
    unit: Unit
    sign: str
    formula: str
    windows: tuple[str, ...]
    default_window: str
    needs: type[Snapshot]
    view: Callable[[Any], Any]
    measure: Callable[[Any, Series], Sample]
    defaults: Defaults
    bands: tuple[tuple[Asset, Band], ...] = ()
    high: str = ""
    low: str = ""
    plausible: tuple[float, float] = (-1e12, 1e12)
    decimals: int = 1

    def band(self, asset: Asset) -> Band | None:
        """The latest dated band for an asset, if there is one."""
        dated = [band for key, band in self.bands if key == asset]
        return max(dated, key=lambda band: band.dated, default=None)
