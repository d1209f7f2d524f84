"""From entries of the queue to what their cards need: many at once, each thing looked up once."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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

    `gone` is why that chat cannot be reached at all. `is_news`: it is told as it happened, not as
    what was held for long.
    """

    told: tuple[Told, ...] = ()
    chat: Standing = field(default_factory=Standing)
    gone: str = ""
    is_news: bool = True


@dataclass(slots=True)
class Preparing:
    """Looks up the rules, the chats and the market of a batch of entries."""

    store: Store
    readings: Readings
    clock: Clock
    group_wait: timedelta = timedelta(0)
    _past: Past | None = None
    _until: float = field(default=0.0)

    async def __call__(self, entries: Sequence[Entry]) -> list[Prepared]:
        now = self.clock.now()
        news = [entry for entry in entries if self._is_news(entry, now)]
        chats = list(dict.fromkeys(entry.chat for entry in entries))
        rules, gone, rang, chosen = await asyncio.gather(
            self._rules([event for entry in news for event in entry.events]),
            self.store.notes.read_many(list(map(gone_note, chats))),
            self.store.notes.read_many(list(map(rang_note, chats))),
            self.store.chats.read(chats),
        )
        whys = {chat: why for chat, why in zip(chats, gone, strict=True) if why}
        news = [entry for entry in news if entry.chat not in whys]
        told = iter(
            await brief([event for one in news for event in one.events], rules, self._market())
        )
        alive = [_alive(entry, told) for entry in news]
        spoken = dict(zip((one.id for one in news), _spoken(alive, rules, now), strict=True))
        lately = dict(zip(chats, rang, strict=True))
        stand = await standings(
            self.store,
            dict(zip(chats, chosen, strict=True)),
            {
                entry.chat: self._together(entry, lately[entry.chat], now)
                for entry in entries
                if entry.chat not in whys
            },
        )
        return [
            Prepared(gone=whys[entry.chat])
            if entry.chat in whys
            else Prepared(spoken.get(entry.id, ()), stand[entry.chat], is_news=entry.id in spoken)
            for entry in entries
        ]

    def _is_news(self, entry: Entry, now: datetime) -> bool:
        """Whether an entry is told as it happened: what only waited for company is."""
        lately = now - min(event.at for event in entry.events) <= 3 * self.group_wait
        return not entry.held or lately

    def _together(self, entry: Entry, rang: str | None, now: datetime) -> datetime | None:
        """Until when what rings waits for company; what has waited waits no more."""
        if rang is None or entry.held:
            return None
        until = datetime.fromisoformat(rang) + self.group_wait
        return until if now < until <= now + self.group_wait else None

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
    """Of an entry's events those whose rules are still as they were."""
    return tuple(one for one in (next(told) for _ in entry.events) if one.rule)


def gone_note(chat: Chat) -> str:
    """The name of the note that says why a chat cannot be reached."""
    return f"gone:{chat}"


def rang_note(chat: Chat) -> str:
    """The name of the note that says when a chat was last told something with a sound."""
    return f"rang:{chat}"
