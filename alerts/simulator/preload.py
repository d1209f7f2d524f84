"""What a simulated market was before: readings for the history, by the real parser and metrics."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.domain.ids import Asset
from alerts.domain.reading import Sample
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body, Feed, Request
from alerts.metrics.measure import aggregate, measure
from alerts.simulator.scenario import Scenario
from alerts.simulator.wire import Wire
from alerts.simulator.wires import WIRES

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
        for past in [_Past(scenario, at)]
        for asset in scenario.assets
        for sample in past.samples(asset)
    ]


def _moments(since: datetime, until: datetime, every: timedelta) -> Iterator[datetime]:
    at = since
    while at <= until:
        yield at
        if at + DAY <= until - COARSE:
            at += DAY
        else:
            at += 6 * every if at + 6 * every <= until - FINE else every


@dataclass(frozen=True, slots=True)
class _Past:
    """One moment of the past; a question that several assets have is answered once."""

    scenario: Scenario
    at: datetime
    answers: dict[Hashable, Body] = field(default_factory=dict)

    def samples(self, asset: Asset) -> list[Sample]:
        per_venue = [
            sample
            for exchange in EXCHANGES
            if exchange.covers(asset)
            for feed in exchange.feeds
            for sample in self._of_feed(asset, feed, WIRES[exchange.venue])
        ]
        return per_venue + list(aggregate(per_venue))

    def _of_feed(self, asset: Asset, feed: Feed, wire: Wire) -> list[Sample]:
        bodies = [self._answer(wire, request) for request in feed.requests(asset)]
        if feed.follow is not None:
            bodies += [self._answer(wire, request) for request in feed.follow(bodies, asset)]
        return list(measure(feed.parse(bodies, asset)))

    def _answer(self, wire: Wire, request: Request) -> Body:
        key = (wire.venue, request.key)
        if key not in self.answers:
            answer = (wire.sketch or wire.answer)(self.scenario, self.at, request)
            self.answers[key] = Body(answer.content, self.at)
        return self.answers[key]
