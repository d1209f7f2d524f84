"""What a metric is: its name, unit and bands, and the pure function that reads it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import floor
from typing import Any

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import Snapshot
from alerts.domain.reading import LESS, Sample, Series


class Unit(StrEnum):
    PERCENT = "%"
    PERCENT_YEAR = "% a year"
    VOL_POINTS = "vol points"
    POINTS = "percentage points"
    USD = "USD"
    COINS = "coins"
    RATIO = "ratio"
    DEVIATIONS = "standard deviations"
    GRADE = "grade"


class Joins(StrEnum):
    """How the readings of several venues become one: their median, their mean by weight, a sum."""

    MEDIAN = "median"
    WEIGHTED = "weighted by open interest"
    SUM = "sum"


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
class Past:
    """Says that a metric is computed from other series, from what they were and are.

    For one series of the metric, `trails` names those whose past it reads and `readings` those of
    which it reads the present only. A reading of the first trail is the occasion to compute; with
    `any_input` a reading of any of them is, and none of them is missed alone.
    `instead` names those among the readings that only stand in for another one.
    """

    trails: Callable[[Series], tuple[Series, ...]]
    readings: Callable[[Series], tuple[Series, ...]] = lambda _: ()
    any_input: bool = False
    instead: Callable[[Series], tuple[Series, ...]] = lambda _: ()

    def occasions(self, series: Series) -> tuple[Series, ...]:
        """The series of which a reading makes a new one of the metric."""
        if not self.any_input:
            return (self.base(series),)
        return tuple(one for one in self.readings(series) if one != series)

    def base(self, series: Series) -> Series:
        """The series that sets the pace."""
        return self.trails(series)[0]


@dataclass(frozen=True, slots=True)
class Jump:
    """A move between two polls that is held for confirmation.

    `most` is in the metric's unit, or a fraction of the value before where `relative`.
    """

    most: float
    relative: bool = False

    def is_beyond(self, before: float, after: float) -> bool:
        scale = abs(before) if self.relative else 1.0
        return abs(after - before) > self.most * scale


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing a rule can watch.

    `view` prepares a snapshot once for all metrics that share it (a volatility surface for all
    skews); `measure` reads one window from that view, or says None where the venue has no such
    thing at all. A metric that `needs` the Past is given `Records` to read, and no view.
    `words` are what people call it in chat. `sign` says in words what a positive value means;
    `high` and `low` say in words what a value past its usual band stands for.
    `joins` and `quorum` (the least number of venues, where several offer it) make the aggregate.
    `freezes`: a value that stays the very same for long is a fault of the feed, not of the market.
    `at_least`: the number is a lower bound, and is told as one.
    `dated`: it is made of futures that expire, which not every venue has.
    `coin` names the asset a number of coins is of, once that is known.
    `names` are what whole numbers from 0 on are called, where they are grades: a level between
    two of them is called by the one it keeps out.
    """

    key: MetricKey
    title: str
    words: tuple[str, ...]
    unit: Unit
    sign: str
    formula: str
    windows: tuple[str, ...]
    default_window: str
    needs: type[Snapshot] | Past
    view: Callable[[Any], Any]
    measure: Callable[[Any, Series], Sample | None]
    defaults: Defaults
    bands: tuple[tuple[Asset, Band], ...] = ()
    high: str = ""
    low: str = ""
    plausible: tuple[float, float] = (-1e12, 1e12)
    decimals: int = 1
    joins: Joins = Joins.MEDIAN
    quorum: int = 1
    jump: Jump | None = None
    freezes: bool = False
    at_least: bool = False
    dated: bool = False
    coin: str = ""
    names: tuple[str, ...] = ()

    @property
    def is_percent(self) -> bool:
        """Whether its changes are told in points rather than in percent."""
        return self.unit not in {Unit.USD, Unit.COINS, Unit.RATIO}

    def name_of(self, level: float, *, above: bool) -> str:
        """What a level between two grades is called: above `cautious`, below `stress`."""
        low = floor(level)
        if not 0 <= low < len(self.names) - 1 or level - low != _BETWEEN:
            return ""
        return self.names[low if above else low + 1]

    def level_at(self, name: str, *, above: bool) -> float | None:
        """The level that `name_of` calls so; None where there is no grade beyond."""
        place = self.names.index(name) + (_BETWEEN if above else -_BETWEEN)
        return place if 0 < place < len(self.names) - 1 else None

    def band(self, asset: Asset) -> Band | None:
        """The latest dated band for an asset, if there is one."""
        dated = [band for key, band in self.bands if key == asset]
        return max(dated, key=lambda band: band.dated, default=None)


_BETWEEN = 0.5

CHANGES = ("1h", "4h", "24h", "7d", "30d")
SPANS = ("90d", "365d")
RECORD_DAYS = range(7, 366)
"""Over how many days a value may be the highest or the lowest."""

DERIVATIONS = (
    *(f"chg.{window}" for window in CHANGES),
    *(f"pctl.{span}" for span in SPANS),
    *(f"z.{span}" for span in SPANS),
)
"""What may stand behind the bar of a series, besides a spread over another or a record's span."""


def is_derivation(how: str) -> bool:
    """Whether something behind the bar, other than a spread, can be computed."""
    kind, _, span = how.partition(".")
    days = span.removesuffix("d")
    is_record = kind == "pctl" and span.endswith("d") and days.isdecimal()
    return how in DERIVATIONS or (is_record and int(days) in RECORD_DAYS)


def derived(metric: Metric, how: str) -> Metric:
    """What a derivation of a metric is: its unit, its bounds and how a rule on it behaves.

    A change and a spread are in percent, or in points for what is in percent already; a
    percentile goes from 0 to 100; a z-score counts standard deviations. The rest is as in the
    metric itself.
    """
    kind, _, span = how.partition(".")
    levels: tuple[float, ...]
    if how.startswith(LESS):
        sign = f"positive: it is above {how.removeprefix(LESS)}"
        unit, title = (Unit.POINTS if metric.is_percent else Unit.PERCENT), "Spread over another: "
        levels, gap, bounds = (0.0,), 2.0, _WIDE
        if metric.is_percent and not metric.defaults.relative:
            gap = metric.defaults.clear_gap
    elif kind == "chg":
        sign = f"positive: it rose within {span}"
        unit, title = (Unit.POINTS if metric.is_percent else Unit.PERCENT), f"{span} change of "
        levels, gap, bounds = (5.0, 10.0), 2.0 if metric.unit is not Unit.RATIO else 5.0, _WIDE
        if metric.is_percent and not metric.defaults.relative:
            levels, gap = (), metric.defaults.clear_gap
    elif kind == "pctl":
        sign = f"the share of the last {span.removesuffix('d')} daily closes that lie below it"
        unit, title, bounds = Unit.PERCENT, f"percentile in {span} of ", (0.0, 100.0)
        levels, gap = (90.0, 95.0), 5.0
    else:
        sign = f"how far it is above the mean of the last {span.removesuffix('d')} daily closes"
        unit, title, bounds = Unit.DEVIATIONS, f"z-score in {span} of ", (-50.0, 50.0)
        levels, gap = (2.0, 3.0), 0.5
    return replace(
        metric,
        title=title[:1].upper() + title[1:] + metric.title[:1].lower() + metric.title[1:],
        unit=unit,
        sign=sign,
        defaults=replace(metric.defaults, clear_gap=gap, relative=False, levels=levels),
        bands=(),
        high="",
        low="",
        plausible=bounds,
        decimals=metric.decimals if unit is Unit.POINTS else 1,
        names=(),
    )


_WIDE = (-100_000.0, 100_000.0)
