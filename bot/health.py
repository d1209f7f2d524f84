"""How the parts of a running bot are: a line for people, a verdict for machines."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.collect import Source
from alerts.domain.errors import StoreError, StoreFullError
from alerts.domain.ids import Venue
from alerts.domain.reading import Reading, Series
from alerts.exchanges.ahead import machine_behind
from alerts.ports import Outbox, Store
from alerts.queue import Backlog
from alerts.scheduler import Poller
from bot.platforms.spec import Platform

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
DEAD_AT_MOST = 1_000
CUT_TOLD = timedelta(minutes=1)
QUEUE, DEAD = "queue", "dead letters"
UNATTENDED = timedelta(seconds=30)
"""A courier takes or keeps something every second or so; all of them are gone after this long."""

STUCK = timedelta(seconds=60)
"""A leader ticks every second; after this long without a tick something holds it up."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `well` is None where there is nothing to be ill (a figure, a venue of others).

    `figures` are for machines, in seconds and counts.
    """

    name: str
    text: str
    well: bool | None = None
    figures: tuple[tuple[str, float], ...] = ()


async def store_part(store: Store) -> Part:
    """Whether the store answers in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await store.ping()
    except StoreFullError as error:
        return Part("store", str(error), well=False)
    except (StoreError, TimeoutError) as error:
        log.warning("store away why=%r", error)
        return Part("store", "away", well=False)
    return Part("store", "ok", well=True)


def history_parts(poller: Poller, now: datetime) -> list[Part]:
    """That history had to make room for the rest, for a while after it did."""
    if poller.cut_at is None or now - poller.cut_at > CUT_TOLD * poller.cadence.speed:
        return []
    return [Part("history", "cut short: the store's memory is full, raise maxmemory", well=False)]


def polling_part(poller: Poller, now: datetime) -> Part:
    """Whether this process leads, and how long ago its last tick was."""
    if poller.fence is None:
        return Part("polling", "standing by")
    if poller.ticked_at is None:
        return Part("polling", "leading, no tick yet")
    age = now - poller.ticked_at
    seconds = age.total_seconds()
    well = age < STUCK * poller.cadence.speed
    return Part(
        "polling", f"leading, last tick {seconds:.0f} s ago", well, (("tick_age", seconds),)
    )


def clock_parts(sources: Sequence[Source]) -> list[Part]:
    """That this machine's clock is off, by what the venues say the time is."""
    behind = machine_behind([source.ahead() for source in sources])
    if behind is None:
        return []
    where = "behind" if behind > 0 else "ahead of"
    text = f"{abs(behind):.0f} s {where} the venues: set this machine's time (NTP)"
    return [Part("clock", text, well=False, figures=(("behind", behind),))]


def pause_parts(sources: Sequence[Source], now: datetime) -> list[Part]:
    """The venues that are left alone for a while, until when, and why."""
    paused = [(source.exchange, pause) for source in sources if (pause := source.pause())]
    return [
        Part(
            f"{exchange.title} paused",
            f"not asked until {_clock(now + timedelta(seconds=pause.seconds))}: {pause.why}",
            None,
            (("pause", pause.seconds),),
        )
        for exchange, pause in paused
    ]


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


def venue_parts(
    readings: Mapping[Series, Reading], now: datetime, stale_after: Callable[[Series], timedelta]
) -> list[Part]:
    """Each venue with the age of its freshest reading, and how many of its series are too old."""
    by_venue: dict[Venue, list[Reading]] = {}
    for series, reading in readings.items():
        if series.venue:
            by_venue.setdefault(series.venue, []).append(reading)
    return [_venue(venue, found, now, stale_after) for venue, found in sorted(by_venue.items())]


def _venue(
    venue: Venue,
    found: Sequence[Reading],
    now: datetime,
    stale_after: Callable[[Series], timedelta],
) -> Part:
    age = min((now - reading.at).total_seconds() for reading in found)
    old = sum(now - reading.at > stale_after(reading.series) for reading in found)
    text = f"{len(found)} series, newest {max(age, 0.0):.0f} s old"
    text += f", {old} too old" if old else ""
    return Part(f"venue {venue}", text, None, (("age", age), ("too_old", float(old))))


async def queue_parts(outbox: Outbox, platforms: Iterable[Platform]) -> list[Part]:
    """How many entries wait per platform; nothing where the store does not answer in time.

    It is ill where entries wait and no process takes any: then no sender runs. Dead letters are
    only told of when the oldest of them begin to go.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = [
                (one.name, await outbox.waits(one.name), await outbox.buried(one.name))
                for one in platforms
            ]
    except (StoreError, TimeoutError):
        return []
    queues = [_queue(name, waiting) for name, waiting, _ in found]
    full = [
        Part(f"{DEAD} {name}", f"{dead}, so the oldest go: derivwatch dead list", well=False)
        for name, _, dead in found
        if dead >= DEAD_AT_MOST
    ]
    return [*queues, *full]


def _queue(name: str, waiting: Backlog) -> Part:
    oldest, alone = waiting.oldest.total_seconds(), waiting.unattended.total_seconds()
    figures = (("depth", float(waiting.count)), ("oldest", oldest), ("unattended", alone))
    text = f"{waiting.count} waiting"
    text += f", the oldest for {oldest:.0f} s" if waiting.count else ""
    if waiting.unattended < UNATTENDED:
        return Part(f"{QUEUE} {name}", text, None, figures)
    text += f", and nobody has sent for {alone:.0f} s: does a process with the role sender run?"
    return Part(f"{QUEUE} {name}", text, well=False, figures=figures)


def chat_part(platform: Platform) -> Part:
    """Whether a chat platform is connected."""
    line = platform.health()
    return Part(platform.name, line, well=line == "ok")
