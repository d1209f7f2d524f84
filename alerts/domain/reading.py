"""What is watched: a series, and its samples, which are readings or gaps."""

import math
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, MetricKey, Venue

AGGREGATE = Venue("")

LESS = "less."
"""Begins the derivation of a spread, which names the other series: `|less.basis.60d:BTC`."""

_PLAIN = r"[a-z][a-z0-9_]*(?:\.[0-9]+[mhd])?:[A-Z0-9]{1,12}(?:@[a-z][a-z0-9_]*)?"
_NAME = re.compile(
    r"(?P<metric>[a-z][a-z0-9_]*)(?:\.(?P<window>[0-9]+[mhd]))?:(?P<asset>[A-Z0-9]{1,12})"
    r"(?:@(?P<venue>[a-z][a-z0-9_]*))?"
    rf"(?:\|(?P<derived>[a-z]+\.[0-9]+[mhd]|{re.escape(LESS)}{_PLAIN}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One watchable line of numbers: `METRIC[.WINDOW]:ASSET[@VENUE][|DERIVED]`.

    An empty window, venue or derivation means "none"; no venue means the aggregate.
    A derivation is a change, a percentile, a z-score, or a spread over another series.
    """

    metric: MetricKey
    asset: Asset
    window: str = ""
    venue: Venue = AGGREGATE
    derived: str = ""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Every look-up asks for it, dozens in a card alone.
        names = (self.metric, self.asset, self.window, self.venue, self.derived)
        object.__setattr__(self, "_hash", hash(names))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        window = f".{self.window}" if self.window else ""
        venue = f"@{self.venue}" if self.venue else ""
        derived = f"|{self.derived}" if self.derived else ""
        return f"{self.metric}{window}:{self.asset}{venue}{derived}"

    @property
    def base(self) -> "Series":
        """The series this one is derived from; itself where it is not."""
        return replace(self, derived="") if self.derived else self

    @property
    def other(self) -> "Series | None":
        """The series that a spread is over; None for what is no spread."""
        _, is_spread, name = self.derived.partition(LESS)
        return Series.parse(name) if is_spread else None

    @property
    def bases(self) -> tuple["Series", ...]:
        """All series this one is derived from: two for a spread, else one."""
        return (self.base,) if self.other is None else (self.base, self.other)

    def less(self, other: "Series") -> "Series":
        """The spread of this series over another."""
        return replace(self, derived=f"{LESS}{other}")

    @classmethod
    def parse(cls, text: str) -> "Series":
        """The series a text names; UsageError when it is not of that form."""
        match = _NAME.fullmatch(text)
        if match is None:
            raise UsageError(
                f"{text!r} is not a series: write METRIC.WINDOW:ASSET, like skew25_norm.60d:BTC"
            )
        return cls(
            MetricKey(match["metric"]),
            Asset(match["asset"]),
            match["window"] or "",
            Venue(match["venue"] or ""),
            match["derived"] or "",
        )


class Quality(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"


class Reason(StrEnum):
    """Why there is no number (the codes of the metric definitions)."""

    NO_DATA = "no_data"
    STALE = "stale"
    PARTIAL_CHAIN = "partial_chain"
    WING_MISSING = "wing_missing"
    TENOR_NOT_BRACKETED = "tenor_not_bracketed"
    NON_MONOTONE_SMILE = "non_monotone_smile"
    FORWARD_DISPERSED = "forward_dispersed"
    NEAR_EXPIRY_ONLY = "near_expiry_only"
    VENUE_BELOW_QUORUM = "venue_below_quorum"
    IMPLAUSIBLE = "implausible"
    FROZEN = "frozen"
    FUTURE_STAMP = "future_stamp"
    OUT_OF_ORDER = "out_of_order"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that can be signed: finite, dated, with where it came from.

    `value` is in the unit of its metric (percent for skew and basis, USD for price).
    `at` is the venue's observation time, in UTC; `coverage` is the share of expected inputs (0..1);
    `weight` is what it counts for among the venues of an aggregate (open interest in USD).
    `doubt` is the reason that makes it degraded, where one of the codes says it.
    """

    series: Series
    value: float
    at: datetime
    sources: tuple[Venue, ...]
    coverage: float = 1.0
    method: str = ""
    quality: Quality = Quality.OK
    weight: float = 1.0
    doubt: Reason | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.series}: {self.value} is not a finite number")
        if self.at.tzinfo is None:
            raise ValueError(f"{self.series}: {self.at} has no time zone")


@dataclass(frozen=True, slots=True)
class Gap:
    """An explicit "no number now", with its reason; never a guess, never the last value."""

    series: Series
    reason: Reason
    detail: str
    at: datetime


Sample = Reading | Gap


class Close(NamedTuple):
    """The last good value of a day in UTC, before its midnight."""

    day: date
    value: float
