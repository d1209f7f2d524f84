"""The durable queue between ticks and couriers, as a protocol; part of `alerts/ports.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from alerts.domain.event import Event
from alerts.domain.ids import Chat, Platform

ASIDE_AT_MOST = 200
"""Events that wait in a chat, such as over its quiet hours; of more, the latest are kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one chat is to be told of one tick, taken from the queue and not yet settled.

    `held`: these events of several ticks were laid aside, and their time has come.
    """

    id: str
    chat: Chat
    events: tuple[Event, ...]
    queued_at: datetime
    attempts: int = 1
    held: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """What of an entry is not told now: it waits until `due`, by the market's clock."""

    events: tuple[Event, ...]
    due: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A small thing to remember for a while, as `Notes.put` does."""

    name: str
    text: str
    keep: timedelta


@dataclass(frozen=True, slots=True)
class Tally:
    """What waits in a chat, oldest first, and how many alerts rang there in which `period`."""

    waiting: tuple[Event, ...] = ()
    period: str = ""
    rang: int = 0


@dataclass(frozen=True, slots=True)
class Hands:
    """A courier of a platform; what it takes and does not keep for `hold` is anybody's again."""

    platform: Platform
    name: str
    hold: timedelta


@dataclass(frozen=True, slots=True)
class Dead:
    """An entry that left the queue undelivered; `events` is empty where it cannot be read."""

    id: str
    chat: str
    events: tuple[Event, ...]
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not settled: how many entries, and how old the oldest is.

    `unattended`: for how long something has waited and no courier of any process has looked.
    """

    count: int = 0
    oldest: timedelta = timedelta(0)
    unattended: timedelta = timedelta(0)


class Outbox(Protocol):
    """The durable queue between ticks and couriers; an entry leaves it only when settled.

    A chat's entries stand in a line: only the first is ever in anybody's hands, so order holds
    whatever is retried, by however many couriers. Chats take turns: the longest due comes first,
    news before what was laid aside until it is ten minutes old.
    """

    async def take(self, hands: Hands, *, count: int, wait: timedelta) -> Sequence[Entry]:
        """Entries that are due, of as many chats, blocking up to `wait` for the first.

        Among them those of couriers that fell silent.
        """
        ...

    async def keep(self, hands: Hands, entries: Sequence[Entry]) -> None:
        """Say that these entries are still being worked on, so nobody else takes them."""
        ...

    async def settle(
        self,
        hands: Hands,
        entry: Entry,
        *,
        aside: Aside | None = None,
        rang: str = "",
        note: Note | None = None,
    ) -> Entry | None:
        """Delivered: remove the entry. The next one of its chat, now in the same hands.

        In the same step, what was laid aside joins what waits in its chat (the latest
        `ASIDE_AT_MOST` are kept), the alert is counted where it `rang`: in a period, and the
        `note` is put.
        """
        ...

    async def tally(self, chats: Sequence[Chat]) -> Sequence[Tally]:
        """What waits and what rang, one per chat, in this order."""
        ...

    async def bring_back(self, platform: Platform, now: datetime) -> int:
        """Queue what was laid aside and is due, as one entry per chat; how many chats had any."""
        ...

    async def recall(self, chat: Chat) -> None:
        """The reason for waiting is gone: what waits in a chat is due at once."""
        ...

    async def bury(self, hands: Hands, entry: Entry, why: str) -> Entry | None:
        """Given up: move the entry to the dead letters. The next one of its chat, as `settle`."""
        ...

    async def defer(
        self, hands: Hands, entry: Entry, after: timedelta, *, tried: bool = True
    ) -> None:
        """Give the entry back: its chat's turn comes after so long. `tried` counts an attempt."""
        ...

    async def readdress(self, old: Chat, new: Chat) -> None:
        """A chat has moved: its rules and its entries go to the new address."""
        ...

    async def backlog(self, platform: Platform) -> int:
        """How many entries are not settled."""
        ...

    async def waits(self, platform: Platform) -> Backlog:
        """The same, with its age and whether anybody looks after it; in real time."""
        ...

    async def dead(self, platform: Platform, count: int = 1000) -> Sequence[Dead]:
        """The latest dead letters, oldest first."""
        ...

    async def buried(self, platform: Platform) -> int:
        """How many dead letters there are; of more than 1,000 the oldest go."""
        ...

    async def resend(self, platform: Platform, dead_id: str) -> bool:
        """Put a dead letter back into the queue; False when there is none."""
        ...

    async def drop(self, platform: Platform, dead_id: str) -> bool:
        """Delete a dead letter; False when there is none."""
        ...
