"""What a simulated market was before: readings for the history, by the real parser and metrics."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts.domain.ids import Asset
from alerts.domain.reading import Sample
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.spec import Body, Feed
from alerts.metrics.measure import aggregate, measure
from alerts.simulator.deribit_wire import SPARSE, answer
from alerts.simulator.scenario import Scenario

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINE, COARSE = timedelta(days=2), timedelta(days=8)


def preload(scenario: Scenario, until: datetime, every: timedelta = HOUR) -> list[Sample]:
    """Samples from the scenario's beginning to `until`, oldest first.

    `every` so often over the last two days, a sixth as often over eight, daily before.
    The chains list fewer strikes than live ones do, which moves a skew by less than 0.1.
    """
    return [
        sample
        for at in _moments(scenario.since, until, every)
        for asset in scenario.assets
        for sample in _samples(scenario, at, asset)
    ]


def _moments(since: datetime, until: datetime, every: timedelta) -> Iterator[datetime]:
    at = since
    while at <= until:
        yield at
        if at + DAY <= until - COARSE:
            at += DAY
        else:
            at += 6 * every if at + 6 * every <= until - FINE else every


def _samples(scenario: Scenario, at: datetime, asset: Asset) -> list[Sample]:
    per_venue = [
        sample for feed in EXCHANGE.feeds for sample in _of_feed(scenario, at, asset, feed)
    ]
    return per_venue + list(aggregate(per_venue))


def _of_feed(scenario: Scenario, at: datetime, asset: Asset, feed: Feed) -> list[Sample]:
    bodies = [
        Body(answer(scenario, at, request.path, request.params, SPARSE).content, at)
        for request in feed.requests(asset)
    ]
    return list(measure(feed.parse(bodies, asset)))
