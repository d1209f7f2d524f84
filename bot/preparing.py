"""From entries of the queue to what their cards need: many at once, each thing looked up once."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.domain.event import Event
from alerts.domain.ids import Chat
from alerts.ports import Clock, Entry, Held, Store
from bot.briefing import Past, brief
from bot.commands.spec import Readings
from bot.plan import Standing, standings
from bot.text import Told
from bot.weaker import SPOKEN_FOR, without_weaker

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
    clock: Clock
    _past: Past | None = None
    _until: float = field(default=0.0)

    async def __call__(self, entries: Sequence[Entry]) -> list[Prepared]:
        names = [gone_note(entry.chat) for entry in entries]
        whys = await self.store.notes.read_many(names)
        within_reach = [entry for entry, why in zip(entries, whys, strict=True) if not why]
        fresh = [event for entry in within_reach if not entry.held for event in entry.events]
        rules = await self._rules(fresh)
        told = iter(await brief(fresh, rules, self._market()))
        alive = [_alive(entry, told) for entry in within_reach]
        spoken = iter(_spoken(alive, rules, self.clock.now()))
        chats = iter(await standings(self.store, [entry.chat for entry in within_reach]))
        return [
            Prepared(gone=why) if why else Prepared(next(spoken), next(chats))
            for entry, why in zip(entries, whys, strict=True)
        ]

    async def _rules(self, events: Sequence[Event]) -> Sequence[Held]:
        """The rules of events, and of what rings all rules of its chat: a stronger may be on."""
        rules = self.store.rules
        rings = dict.fromkeys(one.chat for one in events if one.kind in SPOKEN_FOR)
        rest = dict.fromkeys(one.rule for one in events if one.chat not in rings)
        held = await rules.of_chats(list(rings)) if rings else []
        return [*held, *(await rules.load(list(rest)) if rest else [])]

    def _market(self) -> Past:
        now = asyncio.get_running_loop().time()
        if self._past is None or now >= self._until:
            self._past = Past(self.store.history, self.readings)
            self._until = now + PAST_KEPT_SECONDS
        return self._past


def _spoken(
    alive: Sequence[tuple[Told, ...]], rules: Iterable[Held], now: datetime
) -> list[tuple[Told, ...]]:
    """What is left once each chat's stronger alerts speak for its weaker ones."""
    of_chat: dict[Chat, list[Held]] = {}
    for held in rules:
        of_chat.setdefault(held.rule.chat, []).append(held)
    return [
        without_weaker(told, of_chat.get(told[0].event.chat, ()), now) if told else told
        for told in alive
    ]


def _alive(entry: Entry, told: Iterator[Told]) -> tuple[Told, ...]:
    """Of an entry's events those whose rules are still as they were; what was held is not here."""
    if entry.held:
        return ()
    return tuple(one for one in (next(told) for _ in entry.events) if one.rule)


def gone_note(chat: Chat) -> str:
    """The name of the note that says why a chat cannot be reached."""
    return f"gone:{chat}"
