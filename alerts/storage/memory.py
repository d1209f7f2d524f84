"""The ports in dicts: for tests and dry runs. One process, one event loop, nothing survives it."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.domain.event import Event
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Rule, State
from alerts.ports import Change, Entry, Held, New, Rates, Step
from alerts.storage import terms
from alerts.storage.memory_budget import MemoryBudget
from alerts.storage.memory_history import MemoryHistory

Monotonic = Callable[[], float]


@dataclass(slots=True)
class _Queued:
    entry: Entry
    consumer: str = ""
    touched: float = 0.0


@dataclass(slots=True)
class _Shelf:
    """All that is stored."""

    monotonic: Monotonic
    held: dict[RuleId, Held] = field(default_factory=dict)
    chats: dict[Chat, dict[int, RuleId]] = field(default_factory=lambda: defaultdict(dict))
    numbers: dict[Chat, int] = field(default_factory=lambda: defaultdict(int))
    due: dict[RuleId, datetime] = field(default_factory=dict)
    feed: deque[RuleId] = field(default_factory=lambda: deque(maxlen=terms.FEED_LENGTH))
    fed: int = 0
    latest: dict[Series, Reading] = field(default_factory=dict)
    moved: dict[Chat, Chat] = field(default_factory=dict)
    queues: dict[Platform, dict[str, _Queued]] = field(default_factory=lambda: defaultdict(dict))
    queued: int = 0
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)
    leader: str = ""
    leads_until: float = 0.0
    fence: int = 0

    def write(self, held: Held, due: datetime) -> Rule:
        rule = held.rule
        self.held[rule.id] = held
        self.due[rule.id] = due
        self.announce(rule.id)
        return rule

    def announce(self, rule_id: RuleId) -> None:
        self.feed.append(rule_id)
        self.fed += 1


class MemoryStore:
    """Implements Store; `monotonic` measures idleness, leases and notes."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._shelf = _Shelf(monotonic)
        self.rules = MemoryRuleBook(self._shelf)
        self.history = MemoryHistory()
        self.outbox = MemoryOutbox(self._shelf)
        self.notes = MemoryNotes(monotonic)
        self._budgets: dict[str, MemoryBudget] = {}

    def lease(self, holder: str, ttl: timedelta) -> "MemoryLease":
        return MemoryLease(self._shelf, holder, ttl)

    def budget(self, name: str, rates: Rates) -> MemoryBudget:
        budget = MemoryBudget(self._shelf.monotonic, rates)
        return self._budgets.setdefault(name, budget)

    async def ping(self) -> None:
        pass

    async def close(self) -> None:
        pass


class MemoryRuleBook:
    """Implements RuleBook."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf

    async def add(self, new: New, *, now: datetime, limit: int) -> Rule:
        shelf, chat = self._shelf, new.chat
        if len(shelf.chats[chat]) >= limit:
            raise terms.chat_is_full(limit)
        shelf.numbers[chat] += 1
        rule = replace(terms.newborn(new, now), number=shelf.numbers[chat])
        shelf.chats[chat][rule.number] = rule.id
        shelf.moved.pop(chat, None)
        return shelf.write(Held(rule, new.state), now)

    async def of_chat(self, chat: Chat) -> Sequence[Held]:
        return await self.load([rule_id for _, rule_id in sorted(self._shelf.chats[chat].items())])

    async def get(self, chat: Chat, number: int) -> Held | None:
        rule_id = self._shelf.chats[chat].get(number)
        return None if rule_id is None else self._shelf.held[rule_id]

    async def replace(self, rule: Rule, state: State, *, now: datetime) -> Rule:
        held = self._shelf.held.get(rule.id)
        if held is None or _head(held.rule) != _head(rule):
            raise terms.outdated(rule)
        edited = replace(rule, revision=rule.revision + 1)
        return self._shelf.write(Held(edited, state), now)

    async def remove(self, chat: Chat, number: int) -> Held | None:
        rule_id = self._shelf.chats[chat].pop(number, None)
        if rule_id is None:
            return None
        self._shelf.due.pop(rule_id, None)
        self._shelf.announce(rule_id)
        return self._shelf.held.pop(rule_id)

    async def load(self, ids: Sequence[RuleId]) -> Sequence[Held]:
        return [self._shelf.held[rule_id] for rule_id in ids if rule_id in self._shelf.held]

    async def everything(self) -> AsyncIterator[Rule]:
        for held in list(self._shelf.held.values()):
            yield held.rule

    async def position(self) -> str:
        return str(self._shelf.fed)

    async def changes(self, after: str) -> tuple[str, Sequence[Change]]:
        shelf = self._shelf
        unread = shelf.fed - int(after) if after.isdecimal() else -1
        if not 0 <= unread <= len(shelf.feed):
            raise terms.feed_lost(after)
        ids = dict.fromkeys(list(shelf.feed)[len(shelf.feed) - unread :])
        rules = {rule_id: held.rule for rule_id in ids if (held := shelf.held.get(rule_id))}
        return str(shelf.fed), [Change(rule_id, rules.get(rule_id)) for rule_id in ids]

    async def due(self, now: datetime, limit: int = 10_000) -> Sequence[RuleId]:
        ready = [(at, rule_id) for rule_id, at in self._shelf.due.items() if at <= now]
        return [rule_id for _, rule_id in sorted(ready)][:limit]

    async def latest(self) -> Mapping[Series, Reading]:
        return dict(self._shelf.latest)

    async def commit(
        self, readings: Sequence[Reading], steps: Sequence[Step], fence: int
    ) -> Sequence[RuleId]:
        shelf = self._shelf
        if fence < shelf.fence:
            raise terms.superseded(fence)
        shelf.fence = fence
        shelf.latest.update({reading.series: reading for reading in readings})
        taken = [step for step in steps if self._write(step)]
        await _enqueue(shelf, [step.event for step in taken if step.event])
        return [step.rule for step in taken]

    def _write(self, step: Step) -> bool:
        held = self._shelf.held.get(step.rule)
        if held is None or held.rule.revision != step.revision:
            return False
        self._shelf.held[step.rule] = replace(held, state=step.state)
        self._shelf.due.pop(step.rule, None)
        if step.due:
            self._shelf.due[step.rule] = step.due
        return True


def _head(rule: Rule) -> tuple[int, int, Chat]:
    return rule.revision, rule.number, rule.chat


async def _enqueue(shelf: _Shelf, events: Sequence[Event]) -> None:
    news: dict[Chat, list[Event]] = defaultdict(list)
    for event in events:
        news[event.chat].append(event)
    for chat, told in news.items():
        shelf.queued += 1
        entry = terms.entry(str(shelf.queued), chat, tuple(told), 1)
        shelf.queues[chat.platform][entry.id] = _Queued(entry)
    async with shelf.arrival:
        shelf.arrival.notify_all()


class MemoryOutbox:
    """Implements Outbox."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf

    async def take(
        self, platform: Platform, consumer: str, *, count: int, wait: timedelta
    ) -> Sequence[Entry]:
        fresh = self._fresh(platform)
        if not fresh and wait:
            fresh = await self._wait(platform, wait)
        for queued in fresh[:count]:
            self._hand(queued, consumer)
        return [self._addressed(queued.entry) for queued in fresh[:count]]

    async def reclaim(
        self, platform: Platform, consumer: str, *, idle: timedelta, count: int
    ) -> Sequence[Entry]:
        limit = self._shelf.monotonic() - idle.total_seconds()
        waiting = self._shelf.queues[platform].values()
        silent = [queued for queued in waiting if queued.consumer and queued.touched <= limit]
        for queued in silent[:count]:
            self._hand(queued, consumer)
            queued.entry = replace(queued.entry, attempts=queued.entry.attempts + 1)
        return [self._addressed(queued.entry) for queued in silent[:count]]

    async def keep(self, platform: Platform, consumer: str, ids: Sequence[str]) -> None:
        for entry_id in ids:
            queued = self._shelf.queues[platform].get(entry_id)
            if queued and queued.consumer == consumer:
                self._hand(queued, consumer)

    async def settle(self, platform: Platform, entry_id: str) -> None:
        self._shelf.queues[platform].pop(entry_id, None)

    async def readdress(self, old: Chat, new: Chat) -> None:
        if old == new:
            return
        shelf = self._shelf
        top = max(shelf.numbers[old], shelf.numbers[new])
        for number, rule_id in sorted(shelf.chats.pop(old, {}).items()):
            taken = number in shelf.chats[new]
            top += taken
            self._move(rule_id, new, top if taken else number)
        shelf.numbers[new] = top
        shelf.moved.pop(new, None)
        shelf.moved[old] = new

    async def backlog(self, platform: Platform) -> int:
        return len(self._shelf.queues[platform])

    def _fresh(self, platform: Platform) -> list[_Queued]:
        return [queued for queued in self._shelf.queues[platform].values() if not queued.consumer]

    async def _wait(self, platform: Platform, wait: timedelta) -> list[_Queued]:
        arrival = self._shelf.arrival
        try:
            async with asyncio.timeout(wait.total_seconds()), arrival:
                return await arrival.wait_for(lambda: self._fresh(platform))
        except TimeoutError:
            return []

    def _hand(self, queued: _Queued, consumer: str) -> None:
        queued.consumer = consumer
        queued.touched = self._shelf.monotonic()

    def _move(self, rule_id: RuleId, chat: Chat, number: int) -> None:
        shelf = self._shelf
        held = shelf.held[rule_id]
        shelf.held[rule_id] = replace(held, rule=replace(held.rule, chat=chat, number=number))
        shelf.chats[chat][number] = rule_id
        shelf.announce(rule_id)

    def _addressed(self, entry: Entry) -> Entry:
        chat = entry.chat
        while chat in self._shelf.moved:
            chat = self._shelf.moved[chat]
        return terms.addressed(entry, chat)


class MemoryNotes:
    """Implements Notes."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._notes: dict[str, tuple[str, float]] = {}

    async def put(self, key: str, value: str, keep: timedelta) -> None:
        self._notes[key] = (value, self._monotonic() + keep.total_seconds())

    async def read(self, key: str) -> str | None:
        value, until = self._notes.get(key, (None, 0.0))
        return value if self._monotonic() < until else None

    async def pop(self, key: str) -> str | None:
        value = await self.read(key)
        self._notes.pop(key, None)
        return value


class MemoryLease:
    """Implements Lease."""

    def __init__(self, shelf: _Shelf, holder: str, ttl: timedelta) -> None:
        self._shelf = shelf
        self._holder = holder
        self._ttl = ttl

    async def acquire(self) -> int | None:
        shelf, now = self._shelf, self._shelf.monotonic()
        free = now >= shelf.leads_until
        if not free and shelf.leader != self._holder:
            return None
        if free:
            shelf.fence += 1
        shelf.leader, shelf.leads_until = self._holder, now + self._ttl.total_seconds()
        return shelf.fence

    async def release(self) -> None:
        if self._shelf.leader == self._holder:
            self._shelf.leader, self._shelf.leads_until = "", 0.0
