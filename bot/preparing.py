"""From entries of the queue to what their cards need: many at once, each thing looked up once."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from alerts.domain.ids import Chat
from alerts.ports import Entry, Store
from bot.briefing import Past, brief
from bot.commands.spec import Readings
from bot.plan import Standing, standings
from bot.text import Told

PAST_KEPT_SECONDS = 1.0
"""A tick's news is told within this time or in several lots; history is written just after it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What may still be told of an entry, and how its chat stands.

    `gone` is why that chat cannot be reached at all.
    """

    told: tuple[Told, ...] = ()
    chat: Standing = field(default_factory=Standing)
    gone: str = ""


@dataclass(slots=True)
class Preparing:
    """Looks up the rules, the chats and the market of a batch of entries."""

    store: Store
    readings: Readings
    _past: Past | None = None
    _until: float = field(default=0.0)

    async def __call__(self, entries: Sequence[Entry]) -> list[Prepared]:
        names = [gone_note(entry.chat) for entry in entries]
        whys = await self.store.notes.read_many(names)
        within_reach = [entry for entry, why in zip(entries, whys, strict=True) if not why]
        fresh = [event for entry in within_reach if not entry.held for event in entry.events]
        told = iter(await brief(fresh, self.store.rules, self._market()))
        chats = iter(await standings(self.store, [entry.chat for entry in within_reach]))
        return [
            Prepared(gone=why) if why else Prepared(_alive(entry, told), next(chats))
            for entry, why in zip(entries, whys, strict=True)
        ]

    def _market(self) -> Past:
        now = asyncio.get_running_loop().time()
        if self._past is None or now >= self._until:
            self._past = Past(self.store.history, self.readings)
            self._until = now + PAST_KEPT_SECONDS
        return self._past


def _alive(entry: Entry, told: Iterator[Told]) -> tuple[Told, ...]:
    """Of an entry's events those whose rules are still as they were; what was held is not here."""
    if entry.held:
        return ()
    return tuple(one for one in (next(told) for _ in entry.events) if one.rule)


def gone_note(chat: Chat) -> str:
    """The name of the note that says why a chat cannot be reached."""
    return f"gone:{chat}"
