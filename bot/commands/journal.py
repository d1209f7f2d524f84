"""What a command changes, noted while it does: the rule book and the preferences, as they were."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from alerts.domain.ids import Chat, RuleId
from alerts.domain.preferences import Preferences
from alerts.domain.rule import Overlay, Rule, State
from alerts.ports import Chats, Held, New, Reversal, RuleBook
from bot.commands.spec import Desk


@dataclass(slots=True)
class Journal:
    """For each rule what it was and became; for the chat, what it had chosen and what it chose."""

    rules: dict[RuleId, Reversal] = field(default_factory=dict)
    chosen: tuple[Preferences, Preferences] | None = None

    def __bool__(self) -> bool:
        return bool(self.rules or self.chosen)

    def note(self, before: Held | None, after: Held | None) -> None:
        """One change; of several to the same rule, the first before and the last after count."""
        change = Reversal(before, after)
        known = self.rules.pop(change.rule.id, change)
        if known.before != after:
            self.rules[change.rule.id] = Reversal(known.before, after)

    def note_choice(self, before: Preferences, after: Preferences) -> None:
        first = self.chosen[0] if self.chosen else before
        self.chosen = None if first == after else (first, after)


def journaled(desk: Desk) -> tuple[Desk, Journal]:
    """The same desk, with a journal of what is changed over it."""
    journal = Journal()
    rules = cast("RuleBook", _Rules(desk.rules, journal))
    chats = cast("Chats", _Choices(desk.chats, journal))
    return replace(desk, rules=rules, chats=chats), journal


class _Rules:
    """A rule book whose changes are noted; whatever changes nothing goes straight through."""

    def __init__(self, book: RuleBook, journal: Journal) -> None:
        self._book = book
        self._journal = journal
        self._seen: dict[RuleId, Held] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    async def of_chat(self, chat: Chat) -> Sequence[Held]:
        return self._look(await self._book.of_chat(chat))

    async def load(self, ids: Sequence[RuleId]) -> Sequence[Held]:
        return self._look(await self._book.load(ids))

    async def get(self, chat: Chat, number: int) -> Held | None:
        held = await self._book.get(chat, number)
        self._look([held] if held else [])
        return held

    async def add(self, new: New, *, now: datetime, limit: int) -> Rule:
        rule = await self._book.add(new, now=now, limit=limit)
        self._note(None, Held(rule, new.state))
        return rule

    async def replace(
        self, rule: Rule, state: State, *, now: datetime, was: State | None = None
    ) -> Rule:
        before = await self._before(rule.id, rule.revision)
        edited = await self._book.replace(rule, state, now=now, was=was)
        if before:
            self._note(before, replace(before, rule=edited, state=state))
        return edited

    async def remove(self, chat: Chat, number: int) -> Held | None:
        gone = await self._book.remove(chat, number)
        if gone:
            self._note(gone, None)
        return gone

    async def overlay(self, rule: RuleId, overlay: Overlay, *, now: datetime) -> bool:
        before = await self._before(rule)
        written = await self._book.overlay(rule, overlay, now=now)
        if before and written:
            self._note(before, replace(before, overlay=overlay))
        return written

    def _look(self, held: Sequence[Held]) -> Sequence[Held]:
        self._seen.update({one.rule.id: one for one in held})
        return held

    def _note(self, before: Held | None, after: Held | None) -> None:
        self._journal.note(before, after)
        if after:
            self._seen[after.rule.id] = after

    async def _before(self, rule: RuleId, revision: int | None = None) -> Held | None:
        """The rule as it was read, or as it is where nobody has read it yet."""
        known = self._seen.get(rule)
        if known and revision in {None, known.rule.revision}:
            return known
        return next(iter(await self._book.load([rule])), None)


class _Choices:
    """Preferences whose changes are noted."""

    def __init__(self, chats: Chats, journal: Journal) -> None:
        self._chats = chats
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chats, name)

    async def write(self, chat: Chat, preferences: Preferences) -> None:
        [before] = await self._chats.read([chat])
        await self._chats.write(chat, preferences)
        self._journal.note_choice(before, preferences)
