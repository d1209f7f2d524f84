"""What a simulated market was before: readings for the history, by the real parser and metrics."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.domain.ids import Asset
from alerts.domain.market import IndexPrice
from alerts.domain.reading import Reading, Sample, Series
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body, Feed, Request
from alerts.liquidations import METHOD
from alerts.metrics.liquidations import LIQ_LONG_USD, LIQ_SHORT_USD
from alerts.metrics.measure import aggregate, measure
from alerts.simulator.liquidations import in_hour
from alerts.simulator.scenario import Scenario
from alerts.simulator.shares import FORCED_CLOSES
from alerts.simulator.wire import Wire
from alerts.simulator.wires import WIRES

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINE, COARSE = timedelta(hours=26), timedelta(days=8)
PRICES, QUARTER = timedelta(days=45), timedelta(hours=6)
CLOSES = timedelta(days=5)


def preload(scenario: Scenario, until: datetime, every: timedelta = HOUR) -> list[Sample]:
    """Samples from the scenario's beginning to `until`, oldest first.

    `every` so often over the last day and a bit, a sixth as often over eight, daily before; prices,
    those of gold and tech stocks too, four a day over 45 days; forced closes over five.
    The chains list fewer strikes than live ones do, which moves a skew by less than 0.1.
    """
    paths = {asset: scenario.paths[asset] for asset in scenario.remembered}
    scenario = replace(scenario, paths=paths)  # rows of others would be made and passed over
    whole = list(_moments(scenario.since, until, every))
    quarters = (until - number * QUARTER for number in range(PRICES // QUARTER))
    samples = [
        sample
        for at in sorted({*whole, *quarters})
        for past in [_Past(scenario, at)]
        for asset in (*scenario.remembered, *scenario.elsewhere)
        for sample in past.samples(asset, only_price=at not in whole)
        if not sample.series.venue or at >= until - FINE  # nobody asks what one venue once said
    ]
    return sorted([*samples, *_closes(scenario, until)], key=lambda sample: sample.at)


def _closes(scenario: Scenario, until: datetime) -> Iterator[Reading]:
    """What every venue closed by force in each whole hour, as the ledger remembers hours."""
    last = until.replace(minute=0, second=0, microsecond=0)
    for number in range(CLOSES // HOUR):
        begin = last - (number + 1) * HOUR
        for asset in scenario.remembered:
            closed = in_hour(scenario, asset, begin)
            for venue, part in FORCED_CLOSES.items():
                for metric, usd in (
                    (LIQ_LONG_USD, closed.long_usd),
                    (LIQ_SHORT_USD, closed.short_usd),
                ):
                    series = Series(metric.key, asset, "60m", venue)
                    yield Reading(series, part * usd, begin + HOUR, (venue,), method=METHOD)


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

    def samples(self, asset: Asset, *, only_price: bool) -> list[Sample]:
        only_price = only_price or asset not in self.scenario.assets
        per_venue = [
            sample
            for exchange in EXCHANGES
            for feed in exchange.feeds
            if exchange.gives(feed, asset) and (feed.kind is IndexPrice or not only_price)
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
