"""What longs in perpetuals pay shorts: per eight hours and annualised, by each contract's interval.

Caps and floors are real values. Where a venue has several perpetuals, each counts by the USD open
in it, and so do venues in the aggregate.
"""

import math
from collections.abc import Callable
from datetime import timedelta

from alerts.domain.ids import MetricKey
from alerts.domain.market import Funding, FutureQuote
from alerts.domain.market import FuturesCurve as Curve
from alerts.domain.reading import Gap, Reading, Sample, Series
from alerts.metrics.futures import Contracts, contracts, held_usd, weighted_mean
from alerts.metrics.gates import graded, is_patchy, sound_share
from alerts.metrics.spec import Defaults, Joins, Jump, Metric, Unit

RUNNING, SETTLED = "running/1", "settled/1"

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def per_8h(funding: Funding) -> float:
    """The rate in percent per eight hours."""
    return funding.rate * (8 * _HOUR / funding.interval) * 100


def annual(funding: Funding) -> float:
    """The rate in percent a year, simple."""
    return funding.rate * (_DAY / funding.interval) * 365 * 100


def annual_compounded(funding: Funding) -> float:
    """The rate in percent a year, each payment put back in."""
    return (math.pow(1 + funding.rate, _DAY / funding.interval * 365) - 1) * 100


def _measure_8h(view: Contracts, series: Series) -> Sample | None:
    return _measured(view, series, per_8h)


def _measure_annual(view: Contracts, series: Series) -> Sample | None:
    return _measured(view, series, annual)


def _measured(view: Contracts, series: Series, rate: Callable[[Funding], float]) -> Sample | None:
    """The mean over one venue's perpetuals; None where its answer gives no funding."""
    source = view.source
    if view.flaw is not None:
        return Gap(series, view.flaw.reason, view.flaw.detail, source.at)
    paying = [(future, future.funding) for future in view.traded if future.funding is not None]
    if not paying:
        return None
    read, rejected = len(source.futures), source.rejected
    return Reading(
        series,
        weighted_mean([(rate(funding), held_usd(future)) for future, funding in paying]),
        source.at,
        (source.venue,),
        sound_share(read, rejected),
        RUNNING if all(funding.predicted for _, funding in paying) else SETTLED,
        graded(is_patchy(read, rejected)),
        weight=_weight([future for future, _ in paying]),
    )


def _weight(futures: list[FutureQuote]) -> float:
    """The USD open in them; next to nothing, yet not nothing, where that is not known."""
    return sum(map(held_usd, futures)) or 1.0


FUNDING_ANNUAL = Metric(
    key=MetricKey("funding_annual"),
    title="Funding of perpetuals (annualised, simple)",
    words=("funding", "annual funding"),
    unit=Unit.PERCENT_YEAR,
    sign="positive: longs pay shorts",
    formula="rate x 24 h / interval x 365 x 100, perpetuals by their open interest in USD",
    windows=(),
    default_window="",
    needs=Curve,
    view=contracts,
    measure=_measure_annual,
    defaults=Defaults(
        hold_minutes=10,
        clear_gap=2.0,
        levels=(20.0, 0.0, -10.0),
        remind_minutes=480.0,
    ),
    high="Longs pay dearly to stay in",
    low="Shorts pay longs",
    plausible=(-5000.0, 5000.0),
    joins=Joins.WEIGHTED,
    jump=Jump(500.0),
)

FUNDING_8H = Metric(
    key=MetricKey("funding_8h"),
    title="Funding of perpetuals (per 8 hours)",
    words=("funding rate", "8h funding"),
    unit=Unit.PERCENT,
    sign="positive: longs pay shorts",
    formula="rate x 8 h / interval x 100, perpetuals by their open interest in USD",
    windows=(),
    default_window="",
    needs=Curve,
    view=contracts,
    measure=_measure_8h,
    defaults=Defaults(
        hold_minutes=10,
        clear_gap=0.002,
        levels=(0.05, 0.01, 0.0, -0.01),
        remind_minutes=480.0,
    ),
    high="Longs pay dearly to stay in",
    low="Shorts pay longs",
    plausible=(-5.0, 5.0),
    decimals=4,
    joins=Joins.WEIGHTED,
    jump=Jump(0.5),
)
