"""From the samples of several venues to the series that name no venue."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from alerts.domain.reading import AGGREGATE, Gap, Quality, Reading, Reason, Sample, Series
from alerts.metrics.gates import graded


def aggregate(samples: Sequence[Sample]) -> list[Sample]:
    """The venue-less series of per-venue samples.

    One venue: its own sample. Several: the median of their readings, as long as at least half of
    the venues have one.
    """
    by_series: dict[Series, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_series[replace(sample.series, venue=AGGREGATE)].append(sample)
    return [_joined(series, of_venues) for series, of_venues in by_series.items()]


def _joined(series: Series, samples: Sequence[Sample]) -> Sample:
    if len(samples) == 1:
        return replace(samples[0], series=series)
    readings = [sample for sample in samples if isinstance(sample, Reading)]
    if len(readings) * 2 < len(samples):
        detail = f"{len(readings)} of {len(samples)} venues answer"
        return Gap(series, Reason.VENUE_BELOW_QUORUM, detail, max(s.at for s in samples))
    return _median(series, readings, len(samples))


def _median(series: Series, readings: Sequence[Reading], venues: int) -> Reading:
    """The median reading, as old as its oldest part."""
    doubtful = any(reading.quality is Quality.DEGRADED for reading in readings)
    return Reading(
        series,
        median(reading.value for reading in readings),
        min(reading.at for reading in readings),
        tuple(sorted({venue for reading in readings for venue in reading.sources})),
        sum(reading.coverage for reading in readings) / venues,
        readings[0].method,
        graded(doubtful, len(readings) < venues),
    )
