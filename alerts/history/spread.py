"""One series over another: how far apart two metrics are, now and along their past.

A spread counts in points where both are in percent, and else in percent of the other: the same as
a change does. It is as old as the older of its two readings, so that neither side goes stale
unseen.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from heapq import merge
from operator import attrgetter

from alerts.domain.reading import Gap, Quality, Reading, Reason, Sample, Series
from alerts.history.windows import change

TOGETHER = timedelta(minutes=30)
"""How far apart two readings may lie and still be held against each other."""


def spread(series: Series, one: Reading, other: Reading, *, points: bool) -> Sample:
    """A series' reading, from those of its two bases; `points` where both are in percent."""
    at = min(one.at, other.at)
    if abs(one.at - other.at) > TOGETHER:
        late = min((one, other), key=attrgetter("at"))
        return Gap(series, Reason.STALE, f"{late.series} was last read {late.at:%H:%M} UTC", at)
    if not points and other.value <= 0:
        return Gap(series, Reason.NO_DATA, f"{other.series} is nothing to be held against", at)
    doubtful = Quality.DEGRADED in {one.quality, other.quality}
    return Reading(
        series,
        one.value - other.value if points else change(other.value, one.value),
        at,
        tuple(sorted({*one.sources, *other.sources})),
        min(one.coverage, other.coverage),
        "difference/1" if points else "percent-of-other/1",
        Quality.DEGRADED if doubtful else Quality.OK,
    )


def spreads(
    series: Series, ones: Sequence[Reading], others: Sequence[Reading], *, points: bool
) -> Iterator[Reading]:
    """The spread along the past of its two bases, each oldest first."""
    one: Reading | None = None
    other: Reading | None = None
    last = None
    for reading in merge(ones, others, key=attrgetter("at")):
        if reading.series == series.base:
            one = reading
        else:
            other = reading
        if one is None or other is None:
            continue
        found = spread(series, one, other, points=points)
        if isinstance(found, Reading) and (last is None or found.at > last):
            last = found.at
            yield found
