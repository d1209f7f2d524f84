"""How a coin did beside gold and tech stocks, over the same window.

The proxies trade at all hours but drift while the cash market is shut, so on Saturday and Sunday
(UTC) both ends of the window are those of Friday's end: the last close that both have.
"""

from datetime import datetime, timedelta
from math import log

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.history.windows import Trail, last_weekday
from alerts.metrics.past import Records, days_of, price_of
from alerts.metrics.spec import Defaults, Metric, Past, Unit

METHOD = "log-difference/1"
WINDOWS = ("7d", "30d")
GOLD, TECH = Asset("GOLD"), Asset("TECH")
PROXIES = (GOLD, TECH)

_TOLERANCE = timedelta(hours=6)


def relative(own: tuple[float, float], proxy: tuple[float, float]) -> float:
    """Difference of log returns in percentage points; each pair is (before, after)."""
    return (log(own[1] / own[0]) - log(proxy[1] / proxy[0])) * 100


def _measure_gold(view: Records, series: Series) -> Sample:
    return _measured(view, series, GOLD)


def _measure_tech(view: Records, series: Series) -> Sample:
    return _measured(view, series, TECH)


def _measured(view: Records, series: Series, proxy: Asset) -> Sample:
    price, other = view.latest.get(price_of(series)), view.latest.get(price_of(series, proxy))
    end = last_weekday(view.now)
    if price is None:
        return Gap(series, Reason.NO_DATA, "there is no price", view.now)
    if other is None and end == view.now:
        return Gap(series, Reason.STALE, f"there is no price of {proxy.lower()} now", view.now)
    start = last_weekday(end - timedelta(days=days_of(series)))
    own = _ends(view.trail(price_of(series)), start, end)
    its = _ends(view.trail(price_of(series, proxy)), start, end)
    if own is None or its is None:
        lacking = series.asset if own is None else proxy.lower()
        detail = f"no price of {lacking} {series.window} ago"
        return Gap(series, Reason.NO_DATA, detail, view.now)
    sources = {*price.sources, *(other.sources if other else ())}
    return Reading(series, relative(own, its), price.at, tuple(sorted(sources)), method=METHOD)


def _ends(trail: Trail, start: datetime, end: datetime) -> tuple[float, float] | None:
    before, after = trail.at(start, _TOLERANCE), trail.at(end, _TOLERANCE)
    return (before.value, after.value) if before and after else None


def _with_gold(series: Series) -> tuple[Series, ...]:
    return price_of(series), price_of(series, GOLD)


def _with_tech(series: Series) -> tuple[Series, ...]:
    return price_of(series), price_of(series, TECH)


def _unchanged(view: Records) -> Records:
    return view


_DEFAULTS = Defaults(
    hold_minutes=60,
    clear_gap=2.0,
    levels=(-10.0, -20.0),
    quiet_minutes=1440.0,
    remind_minutes=1440.0,
    direction="below",
    stale_minutes=30.0,
)

VS_GOLD = Metric(
    key=MetricKey("vs_gold"),
    title="Performance against gold",
    words=("vs gold", "against gold"),
    unit=Unit.POINTS,
    sign="positive: it did better than gold",
    formula="(ln return of the coin - ln return of a gold perpetual) x 100; weekends: to Friday",
    windows=WINDOWS,
    default_window="30d",
    needs=Past(_with_gold),
    view=_unchanged,
    measure=_measure_gold,
    defaults=_DEFAULTS,
    high="Far ahead of gold",
    low="Far behind gold",
    plausible=(-1000.0, 1000.0),
)

VS_TECH = Metric(
    key=MetricKey("vs_tech"),
    title="Performance against tech stocks",
    words=("vs tech", "against tech", "vs nasdaq"),
    unit=Unit.POINTS,
    sign="positive: it did better than tech stocks",
    formula="(ln return of the coin - ln return of a tech-stock perpetual) x 100; "
    "weekends: to Friday",
    windows=WINDOWS,
    default_window="30d",
    needs=Past(_with_tech),
    view=_unchanged,
    measure=_measure_tech,
    defaults=_DEFAULTS,
    high="Far ahead of tech stocks",
    low="Far behind tech stocks",
    plausible=(-1000.0, 1000.0),
)
