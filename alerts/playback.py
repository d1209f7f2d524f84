"""A recording as the samples it would have given live: the same parsers, the same metrics."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from statistics import median

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Liquidations, LiquidationTotals, Snapshot
from alerts.domain.reading import AGGREGATE, Reason, Sample, Series
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body, Exchange, Feed, Request, is_left_out
from alerts.liquidations import Ledger
from alerts.metrics.measure import aggregate, gaps, measure
from alerts.metrics.relative import PROXIES
from alerts.pushed import Pushed
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
    assets: Sequence[Asset] = USUAL_ASSETS,
) -> Iterator[tuple[datetime, list[Sample]]]:
    """When each snapshot was complete, with its samples per venue and aggregated.

    Answers that were errors become gaps; lines that belong to no feed are passed over.
    `wanted` spares the work for kinds and assets that nobody asks about; `assets` are those whose
    forced closes are looked for in what was pushed.
    """
    parts = _Parts()
    latest = _Latest()
    ledger, summed = Ledger(), 0
    own = [asset for asset in assets if wanted(Liquidations, asset)]
    exchanges = _covering(exchanges, assets)
    places = _Places(exchanges, assets)
    pushed = Pushed({exchange.venue: exchange for exchange in exchanges}, own, ledger)
    for line in lines:
        for place in [*places.of(line), *parts.followed(line)]:
            if not wanted(place.feed.kind, place.asset):
                continue
            found = _samples(place, parts, line, ledger)
            if found:
                yield line.at, found + latest.aggregated(found)
        if ledger.taken > summed:
            yield line.at, ledger.samples(line.at, timedelta(0))
        pushed.take(line)
        summed = ledger.taken
        if pushed.is_any and (sums := ledger.samples(line.at)):
            yield line.at, sums
    if pushed.last and pushed.is_any:
        yield pushed.last, ledger.samples(pushed.last, timedelta(0))


def _covering(exchanges: Sequence[Exchange], assets: Sequence[Asset]) -> list[Exchange]:
    """The venues; assets that none is known to cover may be listed anywhere."""
    unusual = {one for one in assets if not any(venue.covers(one) for venue in exchanges)}

    def covers(exchange: Exchange, asset: Asset) -> bool:
        return asset in unusual or exchange.covers(asset)

    return (
        [replace(one, covers=partial(covers, one)) for one in exchanges]
        if unusual
        else [*exchanges]
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recorded answer belongs: a feed of a venue, an asset, and which of its requests."""

    exchange: Exchange
    feed: Feed
    asset: Asset
    part: int
    request: Request

    @property
    def key(self) -> tuple[Venue, type[Snapshot], Asset]:
        return self.exchange.venue, self.feed.kind, self.asset


def _samples(place: Place, parts: "_Parts", line: Line, ledger: Ledger) -> list[Sample]:
    """The samples a line completes: none while other parts of its snapshot are missing."""
    try:
        bodies = parts.completed(place, _usable(place, line))
        snapshot = place.feed.parse(bodies, place.asset) if bodies else None
        if isinstance(snapshot, Liquidations | LiquidationTotals):
            ledger.take(snapshot)
        return measure(snapshot) if snapshot else []
    except FetchError as error:
        parts.drop(place)
        venue, kind, asset = place.key
        return list(gaps(kind, venue, asset, Reason.NO_DATA, error.why, line.at))


def _usable(place: Place, line: Line) -> Body:
    error = place.exchange.classify(line.status, line.content)
    if error is None and line.status != 200:
        error = FetchError(place.exchange.venue, f"HTTP status {line.status}")
    if error is None:
        return line.body
    if is_left_out(place.request, error):
        return Body(b"", line.at, status=0)
    raise error


@dataclass(slots=True)
class _Bodies:
    """What has come of one snapshot: its first requests, and those that follow from them.

    Answers that may be kept stay for the next snapshot.
    """

    place: Place
    first: dict[int, Body] = field(default_factory=dict)
    follow: tuple[Request, ...] | None = None
    rest: dict[int, Body] = field(default_factory=dict)

    def put(self, place: Place, body: Body) -> list[Body]:
        """Take a body; all of them once the last one has come."""
        requests = place.feed.requests(place.asset)
        if place.part >= len(requests):
            self.rest[place.part - len(requests)] = body
            return self._all(requests)
        self.first[place.part] = body
        if not place.request.keep:  # a new round: what followed from the last one is of the past
            self.follow, self.rest = None, {}
        if len(self.first) < len(requests) or self.follow is not None:
            return []
        feed, asset = place.feed, place.asset
        bodies = [self.first[part] for part in range(len(requests))]
        self.follow = feed.follow(bodies, asset) if feed.follow else ()
        return self._all(requests)

    def _all(self, requests: Sequence[Request]) -> list[Body]:
        if self.follow is None or len(self.rest) < len(self.follow):
            return []
        bodies = [self.first[part] for part in range(len(requests))]
        bodies += [self.rest[part] for part in range(len(self.follow))]
        self.renew(requests)
        return bodies

    def renew(self, requests: Sequence[Request]) -> None:
        """Begin the next snapshot, with the answers that may be kept."""
        self.first = {part: body for part, body in self.first.items() if requests[part].keep}
        self.follow, self.rest = None, {}


@dataclass(slots=True)
class _Parts:
    """Bodies of snapshots that take several requests, until all have come."""

    waiting: dict[tuple[Venue, type[Snapshot], Asset], _Bodies] = field(default_factory=dict)

    def completed(self, place: Place, body: Body) -> list[Body]:
        bodies = self.waiting.setdefault(place.key, _Bodies(place))
        return bodies.put(place, body)

    def drop(self, place: Place) -> None:
        if place.key in self.waiting:
            self.waiting[place.key].renew(place.feed.requests(place.asset))

    def followed(self, line: Line) -> Iterator[Place]:
        """The places that wait for this line because of what an earlier one said."""
        for bodies in self.waiting.values():
            place = bodies.place
            if place.exchange.venue != line.venue or not bodies.follow:
                continue
            ahead = len(place.feed.requests(place.asset))
            for part, request in enumerate(bodies.follow):
                if _same(request, line.request):
                    yield replace(place, part=ahead + part, request=request)


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

    def __init__(self, exchanges: Sequence[Exchange], assets: Sequence[Asset]) -> None:
        self._assets = assets
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
        named = dict.fromkeys([*_named(asked), *self._assets])
        for asset in named:
            for feed in (one for one in exchange.feeds if exchange.gives(one, asset)):
                for part, request in enumerate(feed.requests(asset)):
                    if _same(request, asked):
                        yield Place(exchange, feed, asset, part, request)


def _named(asked: Request) -> list[Asset]:
    """The assets a request may be about: the usual ones and whatever it names itself."""
    text = " ".join([*asked.params.values(), asked.sent or ""]).upper()
    words = re.findall(r"(?<![A-Z0-9])[A-Z0-9]{1,12}(?![A-Z0-9])", text)
    return list(dict.fromkeys([*USUAL_ASSETS, *PROXIES, *map(Asset, words)]))


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
