"""The regime of a market: calm, cautious, stress or panic, by dated bands of several metrics.

Each input votes for the gravest grade whose edge it is past; the regime is the gravest grade that
two of them reach, so that no single number makes one. A grade is left only when the inputs are
back past their edges by an ease, so noise at an edge changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.metrics.gates import graded
from alerts.metrics.past import Records, price_of
from alerts.metrics.spec import Defaults, Metric, Past, Unit

METHOD = "two-of-five/1"
GRADES = ("calm", "cautious", "stress", "panic")
VOTES, QUORUM = 2, 3

REGIME_KEY = MetricKey("regime")


@dataclass(frozen=True, slots=True)
class Edge:
    """Where one metric's grades begin: `edges` for cautious, stress and panic, in its unit.

    They rise where more is worse, and fall where less is. `ease` is how far back past an edge a
    value must come before the grade is left. `source` and `dated` say whose edges they are.
    """

    metric: MetricKey
    window: str
    edges: tuple[float, float, float]
    ease: float
    source: str
    dated: date

    @property
    def rises(self) -> bool:
        return self.edges[0] < self.edges[-1]

    def series(self, asset: Asset) -> Series:
        return Series(self.metric, asset, self.window)

    def grade(self, value: float, ease: float = 0.0) -> int:
        """How many edges a value is past, each of them moved towards calm by `ease`."""
        sign = 1 if self.rises else -1
        return sum(value * sign > edge * sign - ease for edge in self.edges)


_NOTE, _PRESET = date(2026, 2, 6), date(2026, 11, 22)
_BTC_SKEW = "6: edge of neutral in the market note; 15, 20: preset levels, 20 the note's panic"
_ETH_SKEW = "upper quartile and 95th percentile of Dec 2025 to Aug 2026, then half as much again"
_BASIS = "5: edge of neutral in the market note; 3, 0: preset levels"
_SLOPE = "0: inverted; 5 and 10 vol points: preset levels"
_FALLS = "preset levels"
_CLOSED = "$1B in 5 d: preset level, passed in the market note's week; half and three times as much"

EDGES: Mapping[Asset, tuple[Edge, ...]] = {
    Asset("BTC"): (
        Edge(MetricKey("skew25_norm"), "60d", (6.0, 15.0, 20.0), 2.0, _BTC_SKEW, _NOTE),
        Edge(MetricKey("basis"), "60d", (5.0, 3.0, 0.0), 1.0, _BASIS, _NOTE),
        Edge(MetricKey("liq_long_usd"), "5d", (5e8, 1e9, 3e9), 1.5e8, _CLOSED, _NOTE),
        Edge(MetricKey("drawdown"), "30d", (-10.0, -20.0, -30.0), 2.0, _FALLS, _PRESET),
        Edge(MetricKey("term_slope"), "", (0.0, -5.0, -10.0), 2.0, _SLOPE, _PRESET),
    ),
    Asset("ETH"): (
        Edge(MetricKey("skew25_norm"), "60d", (8.2, 10.6, 16.0), 2.0, _ETH_SKEW, _PRESET),
        Edge(MetricKey("basis"), "60d", (5.0, 3.0, 0.0), 1.0, _BASIS, _NOTE),
        Edge(MetricKey("liq_long_usd"), "5d", (2.5e8, 5e8, 1.5e9), 7.5e7, _CLOSED, _NOTE),
        Edge(MetricKey("drawdown"), "30d", (-15.0, -25.0, -40.0), 2.0, _FALLS, _PRESET),
        Edge(MetricKey("term_slope"), "", (0.0, -5.0, -10.0), 2.0, _SLOPE, _PRESET),
    ),
}
"""Dated, per asset, and to be tuned: what is usual moves with the years."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One input, and the edge it is past at the regime's grade; None where it is only easing."""

    series: Series
    value: float
    edge: float
    rises: bool
    past: bool


@dataclass(frozen=True, slots=True)
class Regime:
    """A grade, the inputs that make it, and those of which there is no reading."""

    grade: int
    votes: tuple[Vote, ...]
    missing: tuple[Series, ...]

    @property
    def name(self) -> str:
        return GRADES[self.grade]


def inputs(asset: Asset) -> tuple[Series, ...]:
    """What the regime of an asset is made of; nothing where there are no bands for it."""
    return tuple(edge.series(asset) for edge in EDGES.get(asset, ()))


def assess(asset: Asset, values: Mapping[Series, float], before: int | None = None) -> Regime:
    """The regime by the inputs there are; `before` is the grade it had."""
    read = [(edge, edge.series(asset)) for edge in EDGES.get(asset, ())]
    known = [(edge, series, values[series]) for edge, series in read if series in values]
    plain = _voted([edge.grade(value) for edge, _, value in known])
    eased = _voted([edge.grade(value, edge.ease) for edge, _, value in known])
    grade = plain if before is None else min(max(before, plain), eased)
    ease = grade > plain
    return Regime(
        grade,
        tuple(
            Vote(series, value, edge.edges[grade - 1], edge.rises, edge.grade(value) >= grade)
            for edge, series, value in known
            if grade and edge.grade(value, edge.ease * ease) >= grade
        ),
        tuple(series for _, series in read if series not in values),
    )


def _voted(grades: Sequence[int]) -> int:
    """The gravest grade that enough inputs reach."""
    ranked = sorted(grades, reverse=True)
    return ranked[VOTES - 1] if len(ranked) >= VOTES else 0


def regime_along(asset: Asset, readings: Sequence[Reading], together: timedelta) -> list[Reading]:
    """The regime along the past of its inputs, where enough were read within `together`."""
    own = Series(REGIME_KEY, asset)
    found: list[Reading] = []
    latest: dict[Series, Reading] = {}
    for reading in sorted(readings, key=attrgetter("at")):
        latest[reading.series] = reading
        now = {s: r for s, r in latest.items() if reading.at - r.at <= together}
        made = _made(own, now, found[-1] if found else None, reading.at)
        if isinstance(made, Reading):
            found.append(made)
    return found


def _made(
    own: Series, read: Mapping[Series, Reading], last: Reading | None, at: datetime
) -> Sample:
    known = {one: read[one] for one in inputs(own.asset) if one in read}
    if len(known) < QUORUM:
        lacking = ", ".join(str(one.metric) for one in inputs(own.asset) if one not in known)
        detail = f"{len(known)} of {len(inputs(own.asset))} inputs, {QUORUM} needed: no {lacking}"
        return Gap(own, Reason.NO_DATA, detail, at)
    before = None if last is None else round(last.value)
    found = assess(own.asset, {one: r.value for one, r in known.items()}, before)
    return Reading(
        own,
        float(found.grade),
        at,
        tuple(sorted({venue for one in known.values() for venue in one.sources})),
        len(known) / len(inputs(own.asset)),
        METHOD,
        graded(bool(found.missing)),
    )


def _measure(view: Records, series: Series) -> Sample | None:
    if series.asset not in EDGES:
        return None
    read = (price_of(series), *inputs(series.asset))
    at = max((view.latest[one].at for one in read if one in view.latest), default=view.now)
    return _made(series, view.latest, view.latest.get(series), at)


def _price(series: Series) -> tuple[Series, ...]:
    return (price_of(series),)


def _inputs(series: Series) -> tuple[Series, ...]:
    """Of a venue there is no regime: its inputs are those of all of them."""
    return (price_of(series), *inputs(series.asset), series)


def _unchanged(view: Records) -> Records:
    return view


def read_names() -> Iterator[str]:
    """The grades with their numbers: `0 calm`."""
    yield from (f"{number} {name}" for number, name in enumerate(GRADES))


REGIME = Metric(
    key=REGIME_KEY,
    title="Market regime (calm, cautious, stress, panic)",
    words=("regime", "market regime"),
    unit=Unit.GRADE,
    sign="higher is worse: " + ", ".join(read_names()),
    formula="the gravest grade that two of skew, basis, longs liquidated, drawdown and term slope "
    "reach; left once they are back by an ease",
    windows=(),
    default_window="",
    needs=Past(_price, _inputs, any_input=True),
    view=_unchanged,
    measure=_measure,
    defaults=Defaults(
        hold_minutes=10,
        clear_gap=0.0,
        levels=(1.5, 2.5, 0.5),
        stale_minutes=15.0,
    ),
    high="Several numbers are far from usual at once",
    low="Hardly any number is far from usual",
    plausible=(0.0, 3.0),
    decimals=0,
    names=GRADES,
)
