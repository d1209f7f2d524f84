"""From the samples of several venues to the series that name no venue."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from statistics import median
from types import MappingProxyType

from alerts.domain.ids import Venue
from alerts.domain.reading import AGGREGATE, Gap, Quality, Reading, Reason, Sample, Series
from alerts.metrics import BY_KEY
from alerts.metrics.gates import graded
from alerts.metrics.spec import Joins

MOST_MISSED = 0.20
"""The share of the last known open interest that may be missing from a sum of it."""

Known = Mapping[Series, Reading]

_NOTHING: Known = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Poll:
    """One series in one poll: the readings, and the last known value of venues without one."""

    series: Series
    readings: Sequence[Reading]
    silent: Mapping[Venue, float | None]
    joins: Joins
    quorum: int

    @property
    def expected(self) -> int:
        return len(self.readings) + len(self.silent)

    @property
    def is_quorate(self) -> bool:
        """Enough venues; of a sum, those that hold enough of what was last known."""
        there = len(self.readings)
        if self.joins is Joins.SUM:
            return there > 0 and self.missed <= MOST_MISSED
        return there >= min(self.quorum, self.expected) and there * 2 >= self.expected

    @property
    def missed(self) -> float:
        """The share of what was last known that is not in this poll."""
        gone = fsum(value for value in self.silent.values() if value is not None)
        there = fsum(reading.value for reading in self.readings)
        return gone / (gone + there) if gone else 0.0


def aggregate(samples: Sequence[Sample], known: Known = _NOTHING) -> list[Sample]:
    """The venue-less series of per-venue samples.

    One venue: its own sample. Several: joined as their metric says, as long as enough of them
    have a reading. `known` are the last readings: a venue that never had one of a series, where
    others had, is not waited for.
    """
    by_series: dict[Series, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_series[replace(sample.series, venue=AGGREGATE)].append(sample)
    return [_joined(series, of_venues, known) for series, of_venues in by_series.items()]


def _joined(series: Series, samples: Sequence[Sample], known: Known) -> Sample:
    if len(samples) == 1:
        return replace(samples[0], series=series)
    poll = _poll(series, samples, known)
    if not poll.readings:
        first = next(sample for sample in samples if isinstance(sample, Gap))
        if poll.expected <= 1:
            return replace(first, series=series)
    if not poll.is_quorate:
        detail = f"{len(poll.readings)} of {poll.expected} venues answer"
        if poll.joins is Joins.SUM and poll.readings:
            detail += f", without {poll.missed:.0%} of the last known open interest"
        return Gap(series, Reason.VENUE_BELOW_QUORUM, detail, max(s.at for s in samples))
    return _reading(poll)


def _poll(series: Series, samples: Sequence[Sample], known: Known) -> _Poll:
    readings = [sample for sample in samples if isinstance(sample, Reading)]
    last = {s.series: known[s.series].value for s in samples if s.series in known}
    silent = {
        sample.series.venue: last.get(sample.series)
        for sample in samples
        if isinstance(sample, Gap) and (not last or sample.series in last)
    }
    metric = BY_KEY.get(series.metric)
    joins = metric.joins if metric else Joins.MEDIAN
    return _Poll(series, readings, silent, joins, metric.quorum if metric else 1)


def _reading(poll: _Poll) -> Reading:
    """The venues together, as old as the oldest of them."""
    readings = poll.readings
    doubtful = any(reading.quality is Quality.DEGRADED for reading in readings)
    return Reading(
        poll.series,
        _value(readings, poll.joins),
        min(reading.at for reading in readings),
        tuple(sorted({venue for reading in readings for venue in reading.sources})),
        fsum(reading.coverage for reading in readings) / poll.expected,
        readings[0].method,
        graded(doubtful, len(readings) < poll.expected),
        weight=fsum(reading.weight for reading in readings),
        doubt=next((reading.doubt for reading in readings if reading.doubt), None),
    )


def _value(readings: Sequence[Reading], joins: Joins) -> float:
    values = [reading.value for reading in readings]
    match joins:
        case Joins.MEDIAN:
            return median(values)
        case Joins.SUM:
            return fsum(values)
        case Joins.WEIGHTED:
            total = fsum(reading.weight for reading in readings)
            parts = (reading.value * reading.weight for reading in readings)
            return fsum(parts) / total if total > 0 else fsum(values) / len(values)
