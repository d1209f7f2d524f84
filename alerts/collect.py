"""Wanted snapshots to concurrent fetches to samples: one fetch serves every rule."""

import asyncio
import logging
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.reading import Reason, Sample
from alerts.exchanges.spec import Body, Exchange, Feed, Http, Request, snapshot
from alerts.metrics.measure import aggregate, gaps, measure

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """A venue and the way to reach it."""

    exchange: Exchange
    http: Http


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


async def collect(
    sources: Sequence[Source], poll: str, assets: Sequence[Asset], now: datetime
) -> list[Sample]:
    """All samples of one poll: per venue, then the aggregates; failures are gaps, never errors."""
    wanted = list(_wanted(sources, poll, assets))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_sample(source, feed, asset, now)) for source, feed, asset in wanted
        ]
    per_venue = [sample for task in tasks for sample in task.result()]
    return per_venue + aggregate(per_venue)


def _wanted(
    sources: Sequence[Source], poll: str, assets: Sequence[Asset]
) -> Iterable[tuple[Source, Feed, Asset]]:
    for source in sources:
        shared = Source(source.exchange, Shared(source.http))
        for feed in source.exchange.feeds:
            if feed.poll == poll:
                yield from (
                    (shared, feed, asset) for asset in assets if source.exchange.covers(asset)
                )


async def _sample(source: Source, feed: Feed, asset: Asset, now: datetime) -> list[Sample]:
    try:
        return list(measure(await snapshot(feed, source.http, asset)))
    except FetchError as error:
        log.warning(
            "fetch failed venue=%s asset=%s poll=%s why=%s",
            source.exchange.venue,
            asset,
            feed.poll,
            error.why,
        )
        venue = source.exchange.venue
        return list(gaps(feed.kind, venue, asset, Reason.NO_DATA, error.why, now))
