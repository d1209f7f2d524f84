"""How far price is below the highest, and above the lowest, of a window that ends now."""

from datetime import timedelta

from alerts.domain.ids import MetricKey
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.history.windows import change
from alerts.metrics.gates import graded
from alerts.metrics.past import (
    FULL_REACH,
    LEAST_REACH,
    Records,
    days_of,
    price_of,
    reach,
    too_short,
)
from alerts.metrics.spec import Defaults, Metric, Past, Unit

METHOD = "index-extremes/1"
WINDOWS = ("7d", "30d", "365d")


def _measure_drawdown(view: Records, series: Series) -> Sample:
    return _measured(view, series, low=False)


def _measure_rebound(view: Records, series: Series) -> Sample:
    return _measured(view, series, low=True)


def _measured(view: Records, series: Series, *, low: bool) -> Sample:
    trail, price = view.trail(price_of(series)), view.latest.get(price_of(series))
    if trail.last is None or price is None:
        return Gap(series, Reason.NO_DATA, "there is no price", view.now)
    since = view.now - timedelta(days=days_of(series))
    extreme = trail.low(since) if low else trail.high(since)
    share = reach(trail, series, view.now)
    if extreme is None or share < LEAST_REACH:
        return too_short(series, share, view.now)
    extreme = min(extreme, price.value) if low else max(extreme, price.value)
    return Reading(
        series,
        change(extreme, price.value),
        price.at,
        price.sources,
        share,
        METHOD,
        graded(share < FULL_REACH),
    )


def _price(series: Series) -> tuple[Series, ...]:
    return (price_of(series),)


def _unchanged(view: Records) -> Records:
    return view


DRAWDOWN = Metric(
    key=MetricKey("drawdown"),
    title="Drawdown from the high",
    words=("drawdown",),
    unit=Unit.PERCENT,
    sign="never positive: how far price is below the window's highest",
    formula="(price / highest price of the window - 1) x 100",
    windows=WINDOWS,
    default_window="30d",
    needs=Past(_price),
    view=_unchanged,
    measure=_measure_drawdown,
    defaults=Defaults(
        hold_minutes=1,
        clear_gap=2.0,
        levels=(-10.0, -20.0, -30.0),
        quiet_minutes=120.0,
        direction="below",
        stale_minutes=5.0,
    ),
    high="Price is near its high",
    low="Price is far below its high",
    plausible=(-100.0, 0.0),
)

REBOUND = Metric(
    key=MetricKey("rebound"),
    title="Rebound from the low",
    words=("rebound", "bounce"),
    unit=Unit.PERCENT,
    sign="never negative: how far price is above the window's lowest",
    formula="(price / lowest price of the window - 1) x 100",
    windows=WINDOWS,
    default_window="30d",
    needs=Past(_price),
    view=_unchanged,
    measure=_measure_rebound,
    defaults=Defaults(
        hold_minutes=1,
        clear_gap=2.0,
        levels=(10.0, 15.0, 20.0),
        quiet_minutes=120.0,
        stale_minutes=5.0,
    ),
    high="Price is far above its low",
    low="Price is near its low",
    plausible=(0.0, 1e6),
)
