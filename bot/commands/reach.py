"""Whether the history reaches far enough for what a rule watches: asked before it is saved."""

from datetime import timedelta

from alerts.domain.errors import StoreError, UsageError
from alerts.domain.reading import Series
from alerts.domain.rule import Draft
from alerts.history.context import ENOUGH_DAYS
from alerts.metrics import BY_KEY
from alerts.metrics.past import LEAST_REACH
from alerts.metrics.regime import REGIME_KEY
from alerts.metrics.spec import Past
from bot.commands.market import fresh
from bot.commands.spec import Desk
from bot.text import figures

DAY = timedelta(days=1)
YEAR_DAYS = 365


async def check_reach(desk: Desk, draft: Draft, text: str) -> None:
    """UsageError where a rule could not be decided for days, as its window is longer than history.

    A series that has a reading reaches far enough; while the store is away nothing is asked.
    """
    known = fresh(desk)
    for series in dict.fromkeys(leg.series for leg in draft.legs):
        needed = _needed(series)
        if series in known or not needed:
            continue
        try:
            held = await _held(desk, series)
        except StoreError:
            return
        if held < needed:
            raise UsageError(
                f"{figures.name(series)} needs {figures.span(needed)} of history, and I hold "
                f"{figures.span(held) if held else 'none'}. It would wait until then, in silence.",
                fixes=(text,),
                labels=("Save, and wait",),
            )


def _needed(series: Series) -> timedelta:
    """How much of the past must be held before a series has a first value."""
    kind, _, span = series.derived.partition(".")
    if kind in {"pctl", "z"}:
        return min(ENOUGH_DAYS, int(span.removesuffix("d"))) * DAY
    if series.derived and series.other is None:
        return _SPANS[span]
    metric = BY_KEY.get(series.metric)
    looks_back = metric and isinstance(metric.needs, Past) and series.metric != REGIME_KEY
    if looks_back and series.window.endswith("d"):
        return int(series.window.removesuffix("d")) * DAY * LEAST_REACH
    return timedelta(0)


_SPANS = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
}


async def _held(desk: Desk, series: Series) -> timedelta:
    """How much of the past is held of what a series is made of; days for what counts days."""
    base, now = series.base, desk.clock.now()
    metric = BY_KEY[base.metric]
    source = metric.needs.base(base) if isinstance(metric.needs, Past) else base
    closes = await desk.history.daily(source, YEAR_DAYS, now)
    if not closes:
        return timedelta(0)
    if series.derived.startswith(("pctl", "z")):
        return len(closes) * DAY
    first = await desk.history.window(source, now - YEAR_DAYS * DAY, now)
    return now - first[0].at if first else timedelta(0)
