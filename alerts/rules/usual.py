"""What a rule does when its text does not say: its clear level and its timing."""

from datetime import timedelta

from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Leg, Repeat, Timing
from alerts.metrics.spec import Metric
from alerts.rules.amounts import rounded


def usual_clear(metric: Metric, direction: Direction, level: float) -> float:
    """The clear level: the metric's gap away, on the quiet side."""
    gap = metric.defaults.clear_gap * (abs(level) if metric.defaults.relative else 1)
    return rounded(level - gap if direction is Direction.ABOVE else level + gap)


RECORD = 0.1
"""A percentile under this is below every close of up to a year: half a tie in 365 is 0.137."""


def band_legs(
    metric: Metric, series: Series, edges: tuple[float, float], *, outside: bool
) -> tuple[Leg, Leg]:
    """The two legs of a range, the lower edge first.

    The gaps of a narrow range shrink, so that there is room left to be clear in between.
    """
    low, high = edges
    inner = (high - low) / 4
    up = min(low + inner, usual_clear(metric, Direction.BELOW, low))
    down = max(high - inner, usual_clear(metric, Direction.ABOVE, high))
    if outside:
        return (
            Leg(series, Direction.BELOW, low, rounded(up)),
            Leg(series, Direction.ABOVE, high, rounded(down)),
        )
    return (
        Leg(series, Direction.ABOVE, low, usual_clear(metric, Direction.ABOVE, low)),
        Leg(series, Direction.BELOW, high, usual_clear(metric, Direction.BELOW, high)),
    )


def usual_timing(
    metric: Metric,
    *,
    hold: timedelta | None = None,
    repeat: Repeat = Repeat.EACH,
    every: timedelta | None = None,
) -> Timing:
    """The timing that goes with a hold and a repeat.

    A longer hold does not make the all-clear slower than usual. A `once` rule does not remind.
    `every` is both the spacing of reminders and the least time between two firings.
    """
    usual_hold = timedelta(minutes=metric.defaults.hold_minutes)
    held = usual_hold if hold is None else hold
    remind = timedelta(minutes=metric.defaults.remind_minutes)
    return Timing(
        hold=held,
        clear_hold=min(held, usual_hold),
        quiet=every or timedelta(minutes=metric.defaults.quiet_minutes),
        remind=None if repeat is Repeat.ONCE else every or remind,
        repeat=repeat,
    )
