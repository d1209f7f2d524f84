"""Volatility that came to pass, and what options asked for above it."""

from datetime import UTC

from alerts.domain.ids import MetricKey
from alerts.domain.reading import Gap, Quality, Reading, Reason, Sample, Series
from alerts.history.windows import DAY, realised_vol
from alerts.metrics.gates import graded
from alerts.metrics.past import Records, days_of, price_of
from alerts.metrics.spec import Defaults, Metric, Past, Unit

METHOD = "zero-mean-closes/1"
WINDOWS = ("7d", "30d")
MOST_MISSING = 2
"""Closes that may be missing inside the window: the move across them counts for both days."""


def premium(implied: float, realised: float) -> float:
    """Implied minus realised, in vol points."""
    return implied - realised


def variance_premium(implied: float, realised: float) -> float:
    """The same in variance: both given in percent, the result a fraction squared."""
    return (implied / 100) ** 2 - (realised / 100) ** 2


def _measure_rv(view: Records, series: Series) -> Sample:
    """From the closes of `days` + 1 whole days; both ends must be there."""
    days = days_of(series)
    trail = view.trail(price_of(series))
    if trail.last is None:
        return Gap(series, Reason.NO_DATA, "there is no price", view.now)
    yesterday = view.now.astimezone(UTC).date() - DAY
    closes = trail.closes(yesterday, days + 1)
    held = {day for day, _ in closes}
    ends = {yesterday, yesterday - days * DAY} <= held
    missing = days + 1 - len(closes)
    if not ends or missing > MOST_MISSING:
        detail = f"{len(closes)} of {days + 1} daily closes" + ("" if ends else ", not both ends")
        return Gap(series, Reason.NO_DATA, detail, view.now)
    price = view.latest.get(price_of(series))
    return Reading(
        series,
        realised_vol([close for _, close in closes], days),
        price.at if price else view.now,
        price.sources if price else (),
        len(closes) / (days + 1),
        METHOD,
        graded(missing > 0),
    )


def _measure_vrp(view: Records, series: Series) -> Sample:
    """ATM IV of the same tenor minus realised; for 30 days the index stands in where it must."""
    realised = _measure_rv(view, series)
    if isinstance(realised, Gap):
        return realised
    implied = next((view.latest[one] for one in _implied(series) if one in view.latest), None)
    if implied is None:
        return Gap(series, Reason.STALE, "there is no implied volatility now", view.now)
    doubt = Quality.DEGRADED in {implied.quality, realised.quality}
    coverage = min(implied.coverage, realised.coverage)
    return Reading(
        series,
        premium(implied.value, realised.value),
        min(implied.at, realised.at),
        tuple(sorted({*implied.sources, *realised.sources})),
        coverage,
        f"{implied.series.metric}-{METHOD}",
        graded(doubt),
    )


def _implied(series: Series) -> tuple[Series, ...]:
    at_the_money = Series(MetricKey("atm_iv"), series.asset, series.window, series.venue)
    return (at_the_money, *_index(series))


def _index(series: Series) -> tuple[Series, ...]:
    index = Series(MetricKey("dvol"), series.asset, venue=series.venue)
    return (index,) if series.window == "30d" else ()


def _price(series: Series) -> tuple[Series, ...]:
    return (price_of(series),)


def _unchanged(view: Records) -> Records:
    return view


RV = Metric(
    key=MetricKey("rv"),
    title="Realised volatility",
    words=("realised vol", "realized vol", "rv"),
    unit=Unit.PERCENT,
    sign="how much price moved, whichever way; it has no direction",
    formula="sqrt(365 / days x sum of squared daily log returns) x 100, closes 00:00 UTC",
    windows=WINDOWS,
    default_window="30d",
    needs=Past(_price),
    view=_unchanged,
    measure=_measure_rv,
    defaults=Defaults(hold_minutes=0, clear_gap=3.0, levels=(50.0, 70.0, 90.0)),
    high="Price moved much",
    low="Price moved little",
    plausible=(0.0, 1000.0),
)

VRP = Metric(
    key=MetricKey("vrp"),
    title="Vol risk premium",
    words=("vol risk premium", "vrp"),
    unit=Unit.VOL_POINTS,
    sign="positive: options ask for more volatility than came to pass",
    formula="ATM IV of the tenor (else, for 30d, DVOL) - realised volatility of as many days",
    windows=WINDOWS,
    default_window="30d",
    needs=Past(_price, _implied, instead=_index),
    view=_unchanged,
    measure=_measure_vrp,
    defaults=Defaults(hold_minutes=10, clear_gap=2.0, levels=(0.0, -10.0), direction="below"),
    high="Options ask for far more than came to pass",
    low="More came to pass than options ask for",
    plausible=(-1000.0, 1000.0),
)
