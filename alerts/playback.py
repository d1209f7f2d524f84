"""A recording as the samples it would have given live: the same parsers, the same metrics."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Snapshot
from alerts.domain.reading import AGGREGATE, Reason, Sample, Series
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body, Exchange, Feed, Request
from alerts.metrics.measure import aggregate, gaps, measure
from alerts.recording import Line

USUAL_ASSETS = (Asset("BTC"), Asset("ETH"))
SPACINGS_KEPT = 3

Wanted = Callable[[type[Snapshot], Asset], bool]


def _everything(_kind: type[Snapshot], _asset: Asset) -> bool:
    return True


def samples(
    lines: Iterable[Line],
    *,
    wanted: Wanted = _everything,
    exchanges: Sequence[Exchange] = EXCHANGES,
) -> Iterator[tuple[datetime, list[Sample]]]:
    """When each snapshot was complete, with its samples per venue and aggregated.

    Answers that were errors become gaps; lines that belong to no feed are passed over.
    `wanted` spares the work for kinds and assets that nobody asks about.
    """
    places = _Places(exchanges)
    parts = _Parts()
    latest = _Latest()
    for line in lines:
        for place in places.of(line):
            if not wanted(place.feed.kind, place.asset):
                continue
            found = _samples(place, parts, line)
            if found:
                yield line.at, found + latest.aggregated(found)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recorded answer belongs: a feed of a venue, an asset, and which of its requests."""

    exchange: Exchange
    feed: Feed
    asset: Asset
    part: int
    parts: int

    @property
    def key(self) -> tuple[Venue, type[Snapshot], Asset]:
        return self.exchange.venue, self.feed.kind, self.asset


def _samples(place: Place, parts: "_Parts", line: Line) -> list[Sample]:
    """The samples a line completes: none while other parts of its snapshot are missing."""
    try:
        bodies = parts.completed(place, _usable(place, line))
        return list(measure(place.feed.parse(bodies, place.asset))) if bodies else []
    except FetchError as error:
        parts.drop(place)
        venue, kind, asset = place.key
        return list(gaps(kind, venue, asset, Reason.NO_DATA, error.why, line.at))


def _usable(place: Place, line: Line) -> Body:
    error = place.exchange.classify(line.status, line.content)
    if error is not None:
        raise error
    if line.status != 200:
        raise FetchError(place.exchange.venue, f"HTTP status {line.status}")
    return line.body


@dataclass(slots=True)
class _Parts:
    """Bodies of snapshots that take several requests, until all have come."""

    waiting: dict[tuple[Venue, type[Snapshot], Asset], dict[int, Body]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def completed(self, place: Place, body: Body) -> list[Body]:
        bodies = self.waiting[place.key]
        bodies[place.part] = body
        if len(bodies) < place.parts:
            return []
        self.drop(place)
        return [bodies[part] for part in range(place.parts)]

    def drop(self, place: Place) -> None:
        self.waiting.pop(place.key, None)


@dataclass(slots=True)
class _Latest:
    """The last sample of every venue, so that an aggregate covers all of them."""

    by_venue: dict[Series, dict[Venue, Sample]] = field(default_factory=lambda: defaultdict(dict))

    def aggregated(self, found: Sequence[Sample]) -> list[Sample]:
        together: list[Sample] = []
        for sample in found:
            venues = self.by_venue[replace(sample.series, venue=AGGREGATE)]
            venues[sample.series.venue] = sample
            together.extend(venues.values())
        return list(aggregate(together))


class _Places:
    """Finds what a recorded answer belongs to by asking each feed what it would have asked."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = {exchange.venue: exchange for exchange in exchanges}
        self._known: dict[tuple[Venue, str, str, str | None], list[Place]] = {}

    def of(self, line: Line) -> list[Place]:
        key = (line.venue, line.method, line.url, line.sent)
        if key not in self._known:
            self._known[key] = list(self._find(line))
        return self._known[key]

    def _find(self, line: Line) -> Iterator[Place]:
        exchange = self._exchanges.get(line.venue)
        if exchange is None:
            return
        asked = line.request
        for asset in filter(exchange.covers, _named(asked)):
            for feed in exchange.feeds:
                requests = feed.requests(asset)
                for part, request in enumerate(requests):
                    if _same(request, asked):
                        yield Place(exchange, feed, asset, part, len(requests))


def _named(asked: Request) -> list[Asset]:
    """The assets a request may be about: the usual ones and whatever it names itself."""
    text = " ".join([*asked.params.values(), asked.sent or ""]).upper()
    words = re.findall(r"(?<![A-Z0-9])[A-Z0-9]{1,12}(?![A-Z0-9])", text)
    return list(dict.fromkeys([*USUAL_ASSETS, *map(Asset, words)]))


def _same(request: Request, asked: Request) -> bool:
    return (
        asked.path.endswith(request.path)
        and dict(asked.params) == dict(request.params)
        and asked.method == request.method
        and asked.sent == request.sent
    )


def usual_age(times: Sequence[datetime]) -> timedelta | None:
    """How long a reading counts by default: three times the median spacing of its series.

    None where fewer than two readings tell no spacing.
    """
    if len(times) < 2:
        return None
    spacing = median((after - before).total_seconds() for before, after in pairwise(times))
    return timedelta(seconds=SPACINGS_KEPT * spacing)
