"""From one snapshot to the samples of every series it feeds."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Snapshot
from alerts.domain.reading import Gap, Reason, Sample, Series
from alerts.metrics import METRICS
from alerts.metrics.aggregate import aggregate
from alerts.metrics.spec import Metric

__all__ = ["aggregate", "gaps", "measure"]


def measure(snapshot: Snapshot) -> list[Sample]:
    """All series `...@venue` a snapshot feeds, each with its reading or its gap.

    A series the venue does not offer at all is left out.
    """
    views: dict[Callable[[Any], Any], Any] = {}
    samples: list[Sample] = []
    for metric, series in _fed(type(snapshot), snapshot.venue, snapshot.asset):
        if metric.view not in views:
            views[metric.view] = metric.view(snapshot)
        sample = metric.measure(views[metric.view], series)
        if sample is not None:
            samples.append(believable(metric, sample))
    return samples


def gaps(  # noqa: PLR0913, PLR0917 -- three parts name the feed, three the gap
    kind: type[Snapshot], venue: Venue, asset: Asset, reason: Reason, detail: str, at: datetime
) -> list[Gap]:
    """The same series as gaps, for a snapshot that could not be had."""
    return [Gap(series, reason, detail, at) for _, series in _fed(kind, venue, asset)]


def _fed(kind: type[Snapshot], venue: Venue, asset: Asset) -> Iterator[tuple[Metric, Series]]:
    for metric in METRICS:
        if metric.needs is kind:
            for window in metric.windows or ("",):
                yield metric, Series(metric.key, asset, window, venue)


def believable(metric: Metric, sample: Sample) -> Sample:
    """The sample, unless its value is beyond what the metric can be."""
    lowest, highest = metric.plausible
    if isinstance(sample, Gap) or lowest <= sample.value <= highest:
        return sample
    detail = f"{sample.value:g} is outside {lowest:g} to {highest:g}"
    return Gap(sample.series, Reason.IMPLAUSIBLE, detail, sample.at)
