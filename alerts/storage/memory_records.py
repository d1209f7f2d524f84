"""Showing and forgetting all of a chat, in memory: for tests and dry runs."""

import json
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace

from alerts import codec
from alerts.domain.ids import Chat
from alerts.storage.memory_budget import MemoryBudget
from alerts.storage.memory_shelf import Shelf


@dataclass(frozen=True, slots=True)
class MemoryRecords:
    """Implements Records; `notes` and `budgets` are the store's own."""

    shelf: Shelf
    notes: MutableMapping[str, tuple[str, float]]
    budgets: Mapping[str, MemoryBudget]

    async def of_chat(self, chat: Chat) -> Mapping[str, object]:
        found = {str(one): dict(self._held(one)) for one in self._addresses(chat)}
        return {address: held for address, held in found.items() if held}

    async def erase(self, chat: Chat, person: str = "") -> None:
        for address in self._addresses(chat):
            self._erase(address)
        for name, budget in self.budgets.items():
            if name.startswith(f"{chat.platform}:") and not chat.thread:
                budget.forget(chat)
        for name in [one for one in self.notes if f":{person}:{chat.platform}:" in one]:
            del self.notes[name]
        for held in list(self.shelf.held.values()) if person else ():
            if held.rule.owner == person and held.rule.chat.platform == chat.platform:
                self.shelf.held[held.rule.id] = replace(held, rule=replace(held.rule, owner=""))

    def _held(self, chat: Chat) -> Iterator[tuple[str, object]]:
        shelf = self.shelf
        held = [shelf.held[one] for one in shelf.chats.get(chat, {}).values()]
        if held:
            yield "rules", {one.rule.id: json.loads(codec.encode_rule(one.rule)) for one in held}
            yield "states", {one.rule.id: json.loads(codec.encode_state(one.state)) for one in held}
        if chat in shelf.lines:
            queued = [event for entry in shelf.lines[chat].entries for event in entry.events]
            yield "outbox", [json.loads(codec.encode_event(event)) for event in queued]
        letters = [one for one in shelf.dead[chat.platform].values() if one.chat == str(chat)]
        if letters:
            yield "dead", [one.why for one in letters]
        for name in self._tables():
            if chat in (table := getattr(shelf, name)):
                yield name, str(table[chat])
        for name in [one for one in self.notes if one.endswith(f":{chat}")]:
            yield f"note:{name}", self.notes[name][0]

    def _erase(self, chat: Chat) -> None:
        shelf = self.shelf
        for rule_id in shelf.chats.pop(chat, {}).values():
            shelf.held.pop(rule_id, None)
            shelf.due.pop(rule_id, None)
            shelf.announce(rule_id)
        shelf.lines.pop(chat, None)
        shelf.moved.pop(chat, None)
        for name in self._tables():
            getattr(shelf, name).pop(chat, None)
        letters = shelf.dead[chat.platform]
        for letter in [one for one in letters.values() if one.chat == str(chat)]:
            del letters[letter.id]
        for name in [one for one in self.notes if one.endswith(f":{chat}")]:
            del self.notes[name]

    def _addresses(self, chat: Chat) -> list[Chat]:
        """The chat, and those that became it."""
        former = [old for old in self.shelf.moved if self.shelf.address(old) == chat]
        return [chat, *former]

    @staticmethod
    def _tables() -> tuple[str, ...]:
        return ("numbers", "chosen", "waiting", "waiting_due", "rang", "episodes")
