"""The ports in dicts: for tests and dry runs. One process, one event loop, nothing survives it."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.ids import Chat, RuleId
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Levels, Overlay, Rule, State
from alerts.domain.turn import Rates
from alerts.ports import Change, Held, New, Reversal, Step
from alerts.storage import terms
from alerts.storage.memory_budget import MemoryBudget
from alerts.storage.memory_episodes import MemoryEpisodes
from alerts.storage.memory_history import MemoryHistory
from alerts.storage.memory_outbox import MemoryOutbox
from alerts.storage.memory_records import MemoryRecords
from alerts.storage.memory_shelf import Monotonic, Shelf


class MemoryStore:
    """Implements Store; `monotonic` measures idleness, leases and notes."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._shelf = Shelf(monotonic)
        self.rules = MemoryRuleBook(self._shelf)
        self.episodes = MemoryEpisodes(self._shelf)
        self.history = MemoryHistory()
        self.outbox = MemoryOutbox(self._shelf)
        self.notes = MemoryNotes(self._shelf)
        self.chats = MemoryChats(self._shelf)
        self._budgets: dict[str, MemoryBudget] = {}
        self.records = MemoryRecords(self._shelf, self._shelf.notes, self._budgets)

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

    def __init__(self, shelf: Shelf) -> None:
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

    async def of_chats(self, chats: Sequence[Chat]) -> Sequence[Held]:
        return await self.load([one for chat in chats for one in self._shelf.chats[chat].values()])

    async def get(self, chat: Chat, number: int) -> Held | None:
        rule_id = self._shelf.chats[chat].get(number)
        return None if rule_id is None else self._shelf.held[rule_id]

    async def replace(
        self, rule: Rule, state: State, *, now: datetime, was: State | None = None
    ) -> Rule:
        held = self._shelf.held.get(rule.id)
        if held is None or _head(held.rule) != _head(rule):
            raise terms.outdated(rule)
        if was is not None and held.state != was:
            raise terms.outdated(rule)
        edited = replace(rule, revision=rule.revision + 1)
        return self._shelf.write(replace(held, rule=edited, state=state), now)

    async def remove(self, chat: Chat, number: int) -> Held | None:
        rule_id = self._shelf.chats[chat].pop(number, None)
        if rule_id is None:
            return None
        self._shelf.due.pop(rule_id, None)
        self._shelf.announce(rule_id)
        return self._shelf.held.pop(rule_id)

    async def overlay(self, rule: RuleId, overlay: Overlay, *, now: datetime) -> bool:
        held = self._shelf.held.get(rule)
        if held is None:
            return False
        self._shelf.held[rule] = replace(held, overlay=overlay)
        self._shelf.due[rule] = now
        return True

    async def revert(
        self, chat: Chat, reversals: Sequence[Reversal], *, now: datetime, limit: int
    ) -> None:
        shelf = self._shelf
        if not all(self._is_as_left(chat, one.rule, one.after) for one in reversals):
            raise terms.moved_on()
        more = sum(bool(one.before) - bool(one.after) for one in reversals)
        if more > 0 and len(shelf.chats[chat]) + more > limit:
            raise terms.chat_is_full(limit)
        for one in reversals:
            if one.before is None:
                await self.remove(chat, one.rule.number)
                continue
            shelf.chats[chat][one.rule.number] = one.rule.id
            grown = one.after.rule.revision + 1 if one.after else one.rule.revision
            rule = replace(one.before.rule, revision=grown, chat=chat)
            shelf.write(replace(one.before, rule=rule), now)

    def _is_as_left(self, chat: Chat, rule: Rule, after: Held | None) -> bool:
        held = self._shelf.held.get(rule.id)
        if held is None or after is None:
            return held is after is None and rule.number not in self._shelf.chats[chat]
        same = _head(held.rule) == _head(after.rule) and held.overlay == after.overlay
        return same and held.rule.chat == chat

    async def load(self, ids: Sequence[RuleId]) -> Sequence[Held]:
        return [self._shelf.held[rule_id] for rule_id in ids if rule_id in self._shelf.held]

    async def everything(self) -> AsyncIterator[Rule]:
        for held in list(self._shelf.held.values()):
            yield held.rule

    async def levels(self) -> AsyncIterator[Levels]:
        yield Levels.of(held.rule for held in self._shelf.held.values())

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
        MemoryEpisodes(shelf).remember(taken)
        await MemoryOutbox(shelf).put([step.event for step in taken if step.event])
        return [step.rule for step in taken]

    def _write(self, step: Step) -> bool:
        held = self._shelf.held.get(step.rule)
        if held is None or held.rule.revision != step.revision:
            return False
        self._shelf.held[step.rule] = replace(held, state=step.state)
        due = terms.AT_ONCE if held.overlay != step.overlay else step.due
        self._shelf.due.pop(step.rule, None)
        if due:
            self._shelf.due[step.rule] = due
        return True


def _head(rule: Rule) -> tuple[int, int, Chat]:
    return rule.revision, rule.number, rule.chat


class MemoryChats:
    """Implements Chats."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def read(self, chats: Sequence[Chat]) -> Sequence[Preferences]:
        return [self._shelf.chosen.get(chat, Preferences()) for chat in chats]

    async def write(self, chat: Chat, preferences: Preferences) -> None:
        self._shelf.chosen[chat] = preferences


class MemoryNotes:
    """Implements Notes."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def put(self, key: str, value: str, keep: timedelta) -> None:
        self._shelf.note(key, value, keep)

    async def read(self, key: str) -> str | None:
        value, until = self._shelf.notes.get(key, (None, 0.0))
        return value if self._shelf.monotonic() < until else None

    async def read_many(self, keys: Sequence[str]) -> Sequence[str | None]:
        return [await self.read(key) for key in keys]

    async def pop(self, key: str) -> str | None:
        value = await self.read(key)
        self._shelf.notes.pop(key, None)
        return value


class MemoryLease:
    """Implements Lease."""

    def __init__(self, shelf: Shelf, holder: str, ttl: timedelta) -> None:
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
