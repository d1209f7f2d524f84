"""Wanted snapshots to concurrent fetches to samples: one fetch serves every rule."""

import asyncio
import logging
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Liquidations, LiquidationTotals, Snapshot
from alerts.domain.reading import Reading, Reason, Sample, Series
from alerts.exchanges.spec import Body, Exchange, Feed, Http, Listen, Pause, Request, snapshot
from alerts.liquidations import KEPT, Ledger, buckets_of, is_bucket
from alerts.metrics.measure import aggregate, gaps, measure
from alerts.metrics.quality import Gate
from alerts.ports import Clock, History

log = logging.getLogger(__name__)

Read = Callable[[Snapshot], list[Sample]]

BOUND = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Source:
    """A venue and the way to reach it; `listen` where its streams are listened to.

    `ahead`: seconds that its clock is ahead of this machine's, None where that is not known.
    `pause`: how long it is left alone yet, None where it is not.
    """

    exchange: Exchange
    http: Http
    listen: Listen | None = None
    ahead: Callable[[], float | None] = lambda: None
    pause: Callable[[], Pause | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Shared:
    """One venue during one poll: a question that several assets have is asked once."""

    http: Http
    asked: dict[Hashable, asyncio.Future[Body]] = field(default_factory=dict)

    async def fetch(self, request: Request) -> Body:
        """The answer to a request, of whoever asked first."""
        if request.key not in self.asked:
            self.asked[request.key] = asyncio.ensure_future(self.http.fetch(request))
        return await self.asked[request.key]


@dataclass(slots=True)
class Memory:
    """What is remembered from poll to poll: forced closes, the gates' traces, the last readings.

    `clock` dates the arrival of what a poll brings; without one, its beginning does.
    """

    clock: Clock | None = None
    ledger: Ledger = field(default_factory=Ledger)
    gate: Gate = field(default_factory=Gate)
    known: Mapping[Series, Reading] = field(default_factory=dict)

    def read(self, snapshot: Snapshot) -> list[Sample]:
        """The samples of a snapshot; forced closes are counted instead."""
        if isinstance(snapshot, Liquidations | LiquidationTotals):
            self.ledger.take(snapshot)
        return measure(snapshot)

    async def restore(
        self,
        history: History,
        now: datetime,
        sources: Sequence[Source] = (),
        assets: Sequence[Asset] = (),
    ) -> None:
        """Take the forced closes of the last days back from the history.

        Of the venues asked also those that no reading of ours stands for: what was filled in.
        """
        series_of_buckets = {*filter(is_bucket, self.known), *_buckets(sources, assets)}
        for series in sorted(series_of_buckets, key=str):
            self.ledger.restore(await history.window(series, now - KEPT, now))


def _buckets(sources: Sequence[Source], assets: Sequence[Asset]) -> Iterable[Series]:
    """The buckets of every venue that tells of forced closes, in events or in sums."""
    for source in sources:
        exchange = source.exchange
        if exchange.streams or any(feed.kind is LiquidationTotals for feed in exchange.feeds):
            for asset in filter(exchange.covers, assets):
                yield from buckets_of(asset, exchange.venue)


async def collect(  # noqa: PLR0913 -- what, whose, when, and how long it may take
    sources: Sequence[Source],
    poll: str,
    assets: Sequence[Asset],
    now: datetime,
    memory: Memory | None = None,
    *,
    bound: timedelta = BOUND,
) -> list[Sample]:
    """All samples of one poll: per venue, then the aggregates; failures are gaps, never errors.

    What has not come within `bound` is a gap too, and costs nobody else's reading.
    """
    memory = memory or Memory()
    bounds = _Bounds(now, bound)
    wanted = list(_wanted(sources, poll, assets))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_sample(source, feed, asset, bounds, memory.read))
            for source, feed, asset in wanted
        ]
    arrived = memory.clock.now() if memory.clock else now
    _expect(memory.ledger, sources, assets)
    per_venue = memory.gate.admit([one for task in tasks for one in task.result()], arrived)
    return [*per_venue, *aggregate(per_venue, memory.known), *memory.ledger.samples(arrived)]


def _expect(ledger: Ledger, sources: Sequence[Source], assets: Sequence[Asset]) -> None:
    """Name the venues whose streams are listened to, heard or not yet, and whatever they list."""
    for source in sources:
        if source.listen is not None and source.exchange.streams:
            for asset in filter(source.exchange.covers, assets):
                ledger.expect(source.exchange.venue, asset)


def _wanted(
    sources: Sequence[Source], poll: str, assets: Sequence[Asset]
) -> Iterable[tuple[Source, Feed, Asset]]:
    for source in sources:
        shared = Source(source.exchange, Shared(source.http))
        for feed in source.exchange.feeds:
            if feed.poll == poll:
                yield from (
                    (shared, feed, asset) for asset in assets if source.exchange.gives(feed, asset)
                )


@dataclass(frozen=True, slots=True)
class _Bounds:
    """When a poll began, and how long each of its questions may take."""

    began: datetime
    longest: timedelta


async def _sample(
    source: Source, feed: Feed, asset: Asset, bounds: _Bounds, read: Read
) -> list[Sample]:
    try:
        return read(await _bounded(source, feed, asset, bounds.longest))
    except FetchError as error:
        log.warning(
            "fetch failed venue=%s asset=%s poll=%s why=%s",
            source.exchange.venue,
            asset,
            feed.poll,
            error.why,
        )
        venue = source.exchange.venue
        return list(gaps(feed.kind, venue, asset, Reason.NO_DATA, error.why, bounds.began))


async def _bounded(source: Source, feed: Feed, asset: Asset, bound: timedelta) -> Snapshot:
    try:
        async with asyncio.timeout(bound.total_seconds()):
            return await snapshot(feed, source.http, asset)
    except TimeoutError:
        why = f"no answer within {bound.total_seconds():g} s"
        raise FetchError(source.exchange.venue, why, retry=True) from None
