"""A front desk that remembers what it was asked and answers plainly."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from alerts.domain.ids import Chat
from bot.card import Button, Card
from bot.commands.spec import Ask, Choice, Command, Reply

BUTTONS = ((Button("Save", "save:t1"), Button("Cancel", "cancel:t1")),)


async def _unused(_ask: Ask, _desk: Any) -> Card:
    raise AssertionError("platforms go through the front desk")


COMMANDS = (
    Command("start", "Say hello", _unused),
    Command("now", "What the market reads", _unused, menu=True),
    Command("alert", "Make an alert", _unused, changes=True, menu=True, aliases=("set",)),
)


class FakeDesk:
    """`replies` are the answers to taps by act; `card` replaces the answers to commands.

    `gate` holds every command back until set.
    """

    def __init__(self) -> None:
        self.commands: Sequence[Command] = COMMANDS
        self.asked: list[tuple[str, Ask]] = []
        self.moves: list[tuple[Chat, Chat]] = []
        self.returns: list[Chat] = []
        self.replies: dict[str, Reply] = {}
        self.card: Card | None = None
        self.seen: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def command(self, name: str, ask: Ask) -> Card:
        await self.gate.wait()
        self.asked.append((name, ask))
        return self.card or Card(f"{name}: {ask.text}", buttons=BUTTONS)

    async def words(self, ask: Ask) -> Card:
        self.asked.append(("words", ask))
        return Card(f"words: {ask.text}")

    async def tap(self, ask: Ask, act: str) -> Reply:
        self.asked.append((act, ask))
        return self.replies.get(act, Reply(toast="This card was out of date"))

    async def suggest(self, command: str, param: str, typed: str, ask: Ask) -> Sequence[Choice]:
        return ()

    async def reached(self, chat: Chat) -> None:
        self.returns.append(chat)

    async def once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        if name not in self.seen:
            await work()
            self.seen.add(name)

    async def moved(self, old: Chat, new: Chat) -> None:
        self.moves.append((old, new))
