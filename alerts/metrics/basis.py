"""What dated futures cost above the index, in percent a year, at a constant maturity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import FutureQuote, FuturesCurve
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.metrics.futures import held_usd
from alerts.metrics.gates import Flaw, graded, is_patchy, sound_share, stale
from alerts.metrics.spec import Band, Defaults, Joins, Jump, Metric, Unit

METHOD = "simple-linear-days/1"
TENORS = ("30d", "60d", "90d")
NEAREST_DAYS = 7.0

_DAY = timedelta(days=1)
# While an expiry settles, the price Deribit gives beside a mark may be the running delivery
# average instead of the index: the ratio of the two is then not of one moment.
_SETTLEMENT = time(7, 30, tzinfo=UTC), time(8, 0, tzinfo=UTC)

_PRESS_2026 = Band(5.0, 10.0, "neutral band in press charts", date(2026, 2, 6))
_PRESS_2021 = Band(5.0, 15.0, "neutral band in press charts", date(2021, 1, 1))


@dataclass(frozen=True, slots=True)
class Point:
    """One dated future: how far out, and its simple rate in percent a year."""

    days: float
    rate: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The rates of one curve, nearest first, or why it cannot be read.

    `weight` is the USD open in its dated futures; `listed`: whether the venue has any.
    """

    source: FuturesCurve
    points: tuple[Point, ...]
    flaw: Flaw | None
    weight: float = 1.0
    listed: bool = True


def annualised(future: float, index: float, days: float) -> float:
    """Simple rate in percent a year: positive when the future is above the index."""
    return (future / index - 1) * 365 / days * 100


def curve_view(curve: FuturesCurve) -> Curve:
    """The rates of all tradable dated futures at least a week out."""
    dated = [one for one in curve.futures if one.expiry and not (one.synthetic or one.apart)]
    points = [_point(future, future.expiry - curve.at) for future in dated if future.expiry]
    far_enough = sorted((p for p in points if p.days >= NEAREST_DAYS), key=lambda p: p.days)
    flaw = stale(curve.lag) or _shortage(dated, far_enough)
    listed = bool(dated) or not curve.futures or curve.rejected >= 1
    weight = sum(map(held_usd, dated)) or 1.0
    return Curve(curve, tuple(far_enough), flaw, weight, listed)


def _point(future: FutureQuote, left: timedelta) -> Point:
    days = left / _DAY
    return Point(days, annualised(future.mark, future.index, days) if days else 0.0)


def _shortage(dated: Sequence[FutureQuote], far_enough: Sequence[Point]) -> Flaw | None:
    if not dated:
        return Flaw(Reason.NO_DATA, "the curve has no dated future")
    if not far_enough:
        return Flaw(Reason.NEAR_EXPIRY_ONLY, "every future expires within a week")
    return None


def at_tenor(points: Sequence[Point], days: float) -> float | None:
    """The rate at a tenor, linear in days between the futures around it; None without both."""
    near = max((p for p in points if p.days <= days), key=lambda p: p.days, default=None)
    far = min((p for p in points if p.days >= days), key=lambda p: p.days, default=None)
    if near is None or far is None:
        return None
    if near.days == far.days:
        return near.rate
    return near.rate + (days - near.days) / (far.days - near.days) * (far.rate - near.rate)


def _measure(view: Curve, series: Series) -> Sample | None:
    source = view.source
    if not view.listed:
        return None
    if view.flaw is not None:
        return Gap(series, view.flaw.reason, view.flaw.detail, source.at)
    rate = at_tenor(view.points, float(series.window.removesuffix("d")))
    if rate is None:
        detail = f"no futures on both sides of {series.window}"
        return Gap(series, Reason.TENOR_NOT_BRACKETED, detail, source.at)
    read, rejected = len(source.futures), source.rejected
    doubt = _doubt(source.at, patchy=is_patchy(read, rejected))
    return Reading(
        series,
        rate,
        source.at,
        (source.venue,),
        sound_share(read, rejected),
        METHOD,
        graded(doubt is not None),
        view.weight,
        doubt,
    )


def _doubt(at: datetime, *, patchy: bool) -> Reason | None:
    start, end = _SETTLEMENT
    if start <= at.astimezone(UTC).timetz() < end:
        return Reason.SETTLEMENT
    return Reason.PARTIAL_CHAIN if patchy else None


BASIS = Metric(
    key=MetricKey("basis"),
    title="Futures basis (annualised, simple)",
    words=("basis", "premium"),
    unit=Unit.PERCENT_YEAR,
    sign="positive: futures above the index, so longs pay for leverage",
    formula="(future / index - 1) x 365 / days x 100",
    windows=TENORS,
    default_window="60d",
    needs=FuturesCurve,
    view=curve_view,
    measure=_measure,
    defaults=Defaults(
        hold_minutes=10,
        clear_gap=1.0,
        levels=(3.0, 0.0, 15.0),
        direction="below",
        stale_minutes=10.0,
    ),
    bands=tuple(
        (Asset(asset), band) for asset in ("BTC", "ETH") for band in (_PRESS_2026, _PRESS_2021)
    ),
    high="Futures far above the index: leverage on the long side is dear",
    low="Futures hardly above the index: little demand for leverage",
    plausible=(-300.0, 300.0),
    joins=Joins.WEIGHTED,
    quorum=2,
    jump=Jump(50.0),
    freezes=True,
    dated=True,
)
