"""Fills history from what venues publish about their past, newest first, piece by piece.

A piece that was filled is noted, so a run that was cut short goes on where it stopped. What was
read at the time is never replaced. A venue that fails three times in a row is left alone for this
run; the others go on.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import LiquidationTotals, Snapshot
from alerts.domain.reading import AGGREGATE, Reading, Sample
from alerts.exchanges.past import Backfill
from alerts.exchanges.spec import Body, Http
from alerts.liquidations import Ledger
from alerts.metrics import BY_KEY
from alerts.metrics.measure import measure
from alerts.metrics.spec import Joins
from alerts.ports import History, Notes

log = logging.getLogger(__name__)

FAILURES = 3
REMEMBERED = timedelta(days=30)
HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time that one round of requests covers; pieces are the same in every run."""

    number: int
    start: datetime
    end: datetime
    is_over: bool


@dataclass(slots=True)
class Job:
    """One kind of past of one asset, and how far it has come: readings found, and new ones kept.

    Of the metrics that it `follows` in, another venue's past stands for all venues together.
    """

    backfill: Backfill
    asset: Asset
    http: Http
    pieces: Sequence[Piece]
    follows: frozenset[MetricKey] = frozenset()
    done: int = 0
    skipped: int = 0
    readings: int = 0
    kept: int = 0
    trouble: str = ""

    @property
    def name(self) -> str:
        return f"{self.backfill.name}:{self.asset}"


Told = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where readings go, and where it is noted which pieces were filled."""

    history: History
    notes: Notes
    again: bool = False


def pieces(backfill: Backfill, days: int, now: datetime) -> list[Piece]:
    """The pieces that touch the last `days`, as far as the venue reaches, newest first."""
    start = now - min(timedelta(days=days), backfill.reach)
    first, last = ((at - _EPOCH) // backfill.piece for at in (start, now))
    found = []
    for number in range(last, first - 1, -1):
        begin = _EPOCH + number * backfill.piece
        end = begin + backfill.piece
        found.append(Piece(number, max(begin, start), min(end, now), end <= now))
    return found


async def fill(jobs: Sequence[Job], shelf: Shelf, told: Told) -> None:
    """Work on all jobs, each venue's one after the other. StoreError when the store is away."""
    venues = dict.fromkeys(job.backfill.venue for job in jobs)
    async with asyncio.TaskGroup() as group:
        for venue in venues:
            own = [job for job in jobs if job.backfill.venue == venue]
            group.create_task(_work(own, shelf, told))


async def _work(jobs: Sequence[Job], shelf: Shelf, told: Told) -> None:
    failures = 0
    for job in jobs:
        for piece in job.pieces:
            if failures < FAILURES:
                went_well = await _fill_piece(job, piece, shelf)
                failures = 0 if went_well else failures + 1
            else:
                job.trouble = job.trouble or "left alone: it failed too often in a row"
            job.done += 1
            told(job)


async def _fill_piece(job: Job, piece: Piece, shelf: Shelf) -> bool:
    """Whether the piece is in history now."""
    note = f"backfill:{job.name}:{piece.number}"
    noted = await shelf.notes.read(note)
    if not shelf.again and noted is not None and noted <= piece.start.isoformat():
        job.skipped += 1
        return True
    try:
        snapshots = job.backfill.parse(await _answers(job, piece), job.asset)
    except FetchError as error:
        log.info("backfill failed of=%s from=%s why=%s", job.name, piece.start, error.why)
        job.trouble = error.why
        return False
    readings = list(_readings(job, snapshots, piece))
    job.readings += len(readings)
    job.kept += await shelf.history.fill(readings)
    if piece.is_over:  # another has more to come
        await shelf.notes.put(note, piece.start.isoformat(), REMEMBERED)
    return True


async def _answers(job: Job, piece: Piece) -> list[Body]:
    """All answers of a piece; FetchError when one of them cannot be had."""
    backfill, span = job.backfill, (piece.start, piece.end)
    bodies = [await job.http.fetch(one) for one in backfill.requests(job.asset, *span)]
    if backfill.follow is not None:
        more = backfill.follow(bodies, job.asset, *span)
        bodies += [await job.http.fetch(request) for request in more]
    return bodies


def _readings(job: Job, snapshots: Sequence[Snapshot], piece: Piece) -> Iterator[Reading]:
    """What the metrics read of the past, none of it of a later time.

    An aggregate is filled from one venue only where it is a median over venues: of a sum or of a
    weighted mean one venue's part is another number. And from the same one always, or the indices
    of several would take turns.
    """
    backfill = job.backfill
    for sample in _samples(snapshots):
        if not isinstance(sample, Reading) or sample.series.metric not in backfill.metrics:
            continue
        if not piece.start - HOUR <= sample.at <= piece.end or not sample.series.venue:
            continue
        reading = replace(sample, method=backfill.method or sample.method)
        yield reading
        metric = reading.series.metric
        if metric not in job.follows and BY_KEY[metric].joins is Joins.MEDIAN:
            yield replace(reading, series=replace(reading.series, venue=AGGREGATE))


def _samples(snapshots: Sequence[Snapshot]) -> Iterator[Sample]:
    """What metrics read of snapshots; what a ledger sums of forced closes, at each quarter's end.

    The sums of a day are those at 23:00: at midnight they belong to the next.
    """
    ledger = Ledger()
    for snapshot in snapshots:
        if not isinstance(snapshot, LiquidationTotals):
            yield from measure(snapshot)
            continue
        ledger.take(snapshot)
        if snapshot.until.hour % 6 == 5:
            yield from ledger.samples(snapshot.until)
