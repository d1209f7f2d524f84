"""Metrics of which two signs are in use, told with the other one.

Skew is put minus call here. For whoever reads call minus put, `call skew` is the same number with
its sign turned: never computed, watched or stored, only shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from alerts.domain.ids import MetricKey
from alerts.domain.reading import Series
from alerts.metrics.skew import SKEW_NORM, SKEW_RAW
from alerts.metrics.spec import Band, Metric

Turn = Callable[[float], float]

_SIGN = "positive: calls dearer than puts (the other sign of skew)"


def turned(metric: Metric, key: str, title: str, word: str) -> Metric:
    """A metric with its sign turned: its bands, levels and words with it."""
    low, high = metric.plausible
    return replace(
        metric,
        key=MetricKey(key),
        title=title,
        words=(word,),
        sign=_SIGN,
        formula=f"minus {metric.formula}",
        bands=tuple((asset, _turned(band)) for asset, band in metric.bands),
        high=metric.low,
        low=metric.high,
        plausible=(-high, -low),
        defaults=replace(
            metric.defaults,
            levels=tuple(-level for level in metric.defaults.levels),
            direction="below" if metric.defaults.direction == "above" else "above",
        ),
    )


def _turned(band: Band) -> Band:
    low, high = band.low, band.high
    return replace(band, low=None if high is None else -high, high=None if low is None else -low)


CALL_SKEW = turned(SKEW_NORM, "call_skew", "25Δ skew (call-put, % of ATM IV)", "call skew")
RAW_CALL_SKEW = turned(
    SKEW_RAW, "raw_call_skew", "25Δ skew (call-put, vol points)", "raw call skew"
)

MIRRORED: Mapping[MetricKey, Metric] = {SKEW_NORM.key: CALL_SKEW, SKEW_RAW.key: RAW_CALL_SKEW}
"""What is shown with the other sign, by the metric it is."""


def turn_of(series: Series) -> Turn | None:
    """How a value of a series is told with the other sign; None where it has none.

    Levels, changes and spreads of two skews turn; a rank in its own past has no sign, and a
    spread over anything else cannot be told with another.
    """
    if series.metric not in MIRRORED:
        return None
    if series.other is not None:
        return _negative if series.other.metric in MIRRORED else None
    return _negative if series.derived.partition(".")[0] in {"", "chg"} else None


def shown_as(series: Series) -> Series:
    """A series by the name that tells its other sign; itself where it has none."""
    if turn_of(series) is None:
        return series
    other = series.other
    named = replace(series, metric=MIRRORED[series.metric].key)
    return named if other is None else named.less(shown_as(other))


def kept_as(key: MetricKey) -> MetricKey:
    """The metric that is watched and kept, by what it is shown as."""
    return next((kept for kept, shown in MIRRORED.items() if shown.key == key), key)


def _negative(value: float) -> float:
    return -value or 0.0
