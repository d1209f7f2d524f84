"""The queue in memory: the same lines and turns as in Redis, for tests and dry runs."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.domain.event import Event
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.queue import Aside, Backlog, Dead, Entry, Hands, Note, Tally
from alerts.storage import terms
from alerts.storage.memory_episodes import MemoryEpisodes
from alerts.storage.memory_shelf import Line, Shelf

AHEAD_SECONDS = 600.0
"""As in scripts/lines.lua: news goes before what was held back, by so much."""


class MemoryOutbox:
    """Implements Outbox."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def put(self, events: Sequence[Event]) -> None:
        """Queue a tick's events, one entry per chat."""
        news: dict[Chat, list[Event]] = defaultdict(list)
        for event in events:
            news[event.chat].append(event)
        for chat, told in news.items():
            await self._put(chat, tuple(told))

    async def take(self, hands: Hands, *, count: int, wait: timedelta) -> Sequence[Entry]:
        loop = asyncio.get_running_loop()
        end = loop.time() + wait.total_seconds()
        while True:
            self._shelf.attended[hands.platform] = datetime.now(UTC)
            entries = [self._hand(hands, line) for line in self._due(hands.platform)[:count]]
            left = end - loop.time()
            if entries or left <= 0:
                return entries
            await self._arrival(min(left, self._next_turn(hands.platform)))

    async def keep(self, hands: Hands, entries: Sequence[Entry]) -> None:
        self._shelf.attended[hands.platform] = datetime.now(UTC)
        for entry in entries:
            line = self._ours(hands, entry)
            if line:
                line.turn = self._shelf.monotonic() + hands.hold.total_seconds()

    async def settle(
        self,
        hands: Hands,
        entry: Entry,
        *,
        aside: Aside | None = None,
        rang: str = "",
        note: Note | None = None,
    ) -> Entry | None:
        if note:
            self._shelf.note(note.name, note.text, note.keep)
        chat = self._shelf.address(entry.chat)
        line = self._shelf.lines.get(chat)
        if line is None or entry.id not in [one.id for one in line.entries]:
            return None
        if aside:
            self._shelf.lay_aside(chat, aside)
        if rang:
            period, count = self._shelf.rang.get(chat, (rang, 0))
            self._shelf.rang[chat] = (rang, count + 1 if period == rang else 1)
        ours = self._ours(hands, entry)
        line.entries.remove(next(one for one in line.entries if one.id == entry.id))
        if not line.entries:
            del self._shelf.lines[self._shelf.address(entry.chat)]
            return None
        return self._hand(hands, line) if ours else None

    async def tally(self, chats: Sequence[Chat]) -> Sequence[Tally]:
        shelf = self._shelf
        return [Tally(shelf.waiting.get(one, ()), *shelf.rang.get(one, ())) for one in chats]

    async def bring_back(self, platform: Platform, now: datetime) -> int:
        dues = self._shelf.waiting_due.items()
        chats = [chat for chat, due in dues if chat.platform == platform and due <= now]
        for chat in chats:
            aside = self._shelf.take_aside(chat)
            if aside:
                await self._put(chat, aside.events, now)
        return len(chats)

    async def recall(self, chat: Chat) -> None:
        if chat in self._shelf.waiting_due:
            self._shelf.waiting_due[chat] = datetime.min.replace(tzinfo=UTC)

    async def bury(self, hands: Hands, entry: Entry, why: str) -> Entry | None:
        line = self._shelf.lines.get(self._shelf.address(entry.chat))
        if line is None or entry.id not in {one.id for one in line.entries}:
            return None
        dead = self._shelf.dead[hands.platform]
        letter = Dead(f"{len(dead) + 1}-0", str(entry.chat), entry.events, why, datetime.now(UTC))
        dead[letter.id] = letter
        return await self.settle(hands, entry)

    async def defer(
        self, hands: Hands, entry: Entry, after: timedelta, *, tried: bool = True
    ) -> None:
        line = self._ours(hands, entry)
        if line:
            line.turn = self._shelf.monotonic() + (after.total_seconds() or -AHEAD_SECONDS)
            line.entries[0] = replace(line.entries[0], attempts=entry.attempts - (not tried))

    async def readdress(self, old: Chat, new: Chat) -> None:
        if old == new:
            return
        shelf = self._shelf
        top = max(shelf.numbers[old], shelf.numbers[new])
        for number, rule_id in sorted(shelf.chats.pop(old, {}).items()):
            taken = number in shelf.chats[new]
            top += taken
            self._move(rule_id, new, top if taken else number)
        MemoryEpisodes(shelf).move(old, new)
        shelf.numbers[new] = top
        shelf.moved.pop(new, None)
        shelf.moved[old] = new
        chosen = shelf.chosen.pop(old, None)
        if chosen:
            shelf.chosen.setdefault(new, chosen)
        rang, aside = shelf.rang.pop(old, None), shelf.take_aside(old)
        if rang:
            shelf.rang.setdefault(new, rang)
        if aside:
            shelf.lay_aside(new, aside)
        line = shelf.lines.pop(old, None)
        if line:
            line.entries.extend(shelf.lines.pop(new, Line()).entries)
            shelf.lines[new] = line

    async def backlog(self, platform: Platform) -> int:
        return sum(len(line.entries) for line in self._lines(platform))

    async def waits(self, platform: Platform) -> Backlog:
        shelf = self._shelf
        queued = {entry.id: chat for chat, line in shelf.lines.items() for entry in line.entries}
        shelf.came = {name: at for name, at in shelf.came.items() if name in queued}
        ours = [at for name, at in shelf.came.items() if queued[name].platform == platform]
        if not ours:
            return Backlog()
        now, first = datetime.now(UTC), min(ours)
        unattended = now - max(first, shelf.looked(platform))
        return Backlog(len(ours), now - first, unattended)

    async def dead(self, platform: Platform, count: int = 1000) -> Sequence[Dead]:
        return list(self._shelf.dead[platform].values())[-count:]

    async def buried(self, platform: Platform) -> int:
        return len(self._shelf.dead[platform])

    async def resend(self, platform: Platform, dead_id: str) -> bool:
        letter = self._shelf.dead[platform].pop(dead_id, None)
        if letter:
            await self._put(Chat.parse(letter.chat), letter.events)
        return letter is not None

    async def drop(self, platform: Platform, dead_id: str) -> bool:
        return self._shelf.dead[platform].pop(dead_id, None) is not None

    async def _put(
        self, chat: Chat, events: tuple[Event, ...], back_at: datetime | None = None
    ) -> None:
        shelf = self._shelf
        shelf.queued += 1
        now = shelf.monotonic()
        turn = now - (0.0 if back_at else AHEAD_SECONDS)
        line = shelf.lines.setdefault(shelf.address(chat), Line(turn=turn))
        if line.turn <= now:
            line.turn = min(line.turn, turn)
        shelf.came[str(shelf.queued)] = datetime.now(UTC)
        line.entries.append(terms.entry(str(shelf.queued), chat, events, 0, back_at))
        async with shelf.arrival:
            shelf.arrival.notify_all()

    async def _arrival(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._shelf.arrival:
                await self._shelf.arrival.wait()
        except TimeoutError:
            pass

    def _lines(self, platform: Platform) -> list[Line]:
        return [line for chat, line in self._shelf.lines.items() if chat.platform == platform]

    def _due(self, platform: Platform) -> list[Line]:
        now = self._shelf.monotonic()
        due = [line for line in self._lines(platform) if line.turn <= now]
        return sorted(due, key=lambda line: line.turn)

    def _next_turn(self, platform: Platform) -> float:
        now = self._shelf.monotonic()
        return min((max(line.turn - now, 0.001) for line in self._lines(platform)), default=60.0)

    def _hand(self, hands: Hands, line: Line) -> Entry:
        line.hands, line.turn = hands.name, self._shelf.monotonic() + hands.hold.total_seconds()
        head = line.entries[0]
        line.entries[0] = replace(head, attempts=head.attempts + 1)
        return terms.addressed(line.entries[0], self._shelf.address(head.chat))

    def _ours(self, hands: Hands, entry: Entry) -> Line | None:
        """The entry's line, while the entry is in these hands."""
        line = self._shelf.lines.get(self._shelf.address(entry.chat))
        ours = line and line.hands == hands.name and line.entries[0].id == entry.id
        return line if ours else None

    def _move(self, rule_id: RuleId, chat: Chat, number: int) -> None:
        shelf = self._shelf
        held = shelf.held[rule_id]
        shelf.held[rule_id] = replace(held, rule=replace(held.rule, chat=chat, number=number))
        shelf.chats[chat][number] = rule_id
        shelf.announce(rule_id)
