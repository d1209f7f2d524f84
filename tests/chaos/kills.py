"""Struck at every await of the path, and started again: what was lost, what was told twice."""

import asyncio
import signal
import time
from dataclasses import dataclass, field

from tests.chaos.stage import HIGH, LOW, Stage
from tests.fakes.discord.faults import slow
from tests.fakes.telegram.faults import Fault

PEOPLE = 3
KINDS = ("fired", "resolved")


@dataclass(frozen=True)
class Point:
    """An await of the path; `open` when a message may be out there and not yet recorded."""

    name: str
    when: str
    nth: int = 1
    open: bool = False
    flood: bool = False
    stopping: bool = False
    discord: bool = False

    @property
    def title(self):
        return f"{self.when} {self.name}" + (" while stopping" if self.stopping else "")


@dataclass(frozen=True)
class Outcome:
    """What one trial came to; `seconds` from the strike until everybody was told."""

    title: str
    lost: int = 0
    repeated: int = 0
    seconds: float = 0.0
    wrong: str = ""
    figures: dict = field(default_factory=dict)


def _both(name, **more):
    return [Point(name, "before", **more), Point(name, "after", **more)]


POINTS = [
    Point("venue.fetch", "after"),
    *_both("lease.acquire"),
    *_both("rules.changes"),
    *_both("rules.due"),
    *_both("rules.load"),
    *_both("rules.commit"),
    *_both("history.extend"),
    *_both("outbox.take"),
    *_both("notes.read_many"),
    *_both("rules.of_chats"),
    *_both("chats.read"),
    *_both("outbox.bring_back"),
    *_both("history.at"),
    *_both("history.daily"),
    *_both("outbox.keep"),
    *_both("budget.claim"),
    Point("telegram.send", "before"),
    Point("telegram.send", "during", open=True),
    Point("telegram.send", "after", open=True),
    Point("outbox.settle", "before", open=True),
    Point("outbox.settle", "after", nth=PEOPLE),
    *_both("budget.penalize", flood=True),
    *_both("outbox.defer", flood=True),
    *_both("lease.release", stopping=True),
    *_both("telegram.close", stopping=True),
]
ON_DISCORD = [
    Point("discord.send", "before", discord=True),
    Point("discord.send", "during", discord=True),
    Point("discord.send", "after", discord=True),
    Point("outbox.settle", "before", discord=True),
    Point("outbox.settle", "after", discord=True),
]


async def struck(point, number, store_url, folder):
    """One trial: strike there, start again, let the episode end; what reached whom."""
    async with Stage(
        store_url, folder, people=1 if point.flood else PEOPLE, discord=point.discord
    ) as stage:
        _prepare(stage, point)
        child = await stage.child(point=point.name, when=point.when, nth=point.nth, signal=number)
        await stage.calm()
        stage.market.price = LOW
        if point.stopping:
            await stage.told("fired")
            child.signal(signal.SIGTERM)
        status = await child.died()
        begin = time.monotonic()
        again = await stage.child()
        await stage.told("fired")
        took = time.monotonic() - begin
        stage.market.price = HIGH
        await stage.told("resolved")
        stopped = await again.stop()
        wrong = _wrong(status, number, stopped)
        return Outcome(point.title, *tally(stage), took, wrong)


def _prepare(stage, point):
    if point.when == "during" and point.discord:
        stage.discord.faults.add(r"POST .*/messages", slow(1.0))
    elif point.when == "during":
        stage.telegram.faults.append(Fault(status=200, delay=1.0, times=PEOPLE))
    if point.flood:
        why = "Too Many Requests: retry after 1"
        late = {"retry_after": 1}
        stage.telegram.faults.append(Fault(chat=1000, status=429, description=why, parameters=late))


def _wrong(status, number, stopped):
    if status is None:
        return "the point was not reached"
    if status != (-number if number == signal.SIGKILL else 0):
        return f"it ended with {status}"
    return "" if stopped == 0 else f"the second one ended with {stopped}"


def tally(stage, times=1):
    """Messages lost, and messages told again, of so many whole episodes."""
    counts = stage.counts()
    each = [counts[who, kind] - times for who in stage.everybody for kind in KINDS]
    return sum(-one for one in each if one < 0), sum(one for one in each if one > 0)


async def all_struck(points, number, store_url, folder, at_once=3):
    """Every point, a few at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(point):
        async with gate:
            try:
                return await struck(point, number, store_url, folder)
            except (AssertionError, TimeoutError) as error:
                return Outcome(point.title, wrong=f"not carried out: {str(error)[:3000]}")

    return await asyncio.gather(*map(one, points))
