"""Answers to commands, counted in the budget that alerts are sent from."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from alerts.domain.errors import StoreError
from alerts.domain.ids import Chat
from alerts.ports import Budget
from bot.card import Card
from bot.commands.spec import SILENCE, Ask, Choice, Command, FrontDesk, Reply


@dataclass(frozen=True, slots=True)
class Counted:
    """A front desk whose answers leave less for others: a platform counts them as messages.

    They never wait, for a person does; an answer goes out too where the budget is out of reach.
    """

    desk: FrontDesk
    budget: Budget

    @property
    def commands(self) -> Sequence[Command]:
        return self.desk.commands

    async def command(self, name: str, ask: Ask) -> Card:
        return await self._counted(ask, await self.desk.command(name, ask))

    async def words(self, ask: Ask) -> Card:
        return await self._counted(ask, await self.desk.words(ask))

    async def tap(self, ask: Ask, act: str) -> Reply:
        reply = await self.desk.tap(ask, act)
        if reply.card is not None:
            await self._counted(ask, reply.card)
        return reply

    async def suggest(self, command: str, param: str, typed: str, ask: Ask) -> Sequence[Choice]:
        return await self.desk.suggest(command, param, typed, ask)

    async def moved(self, old: Chat, new: Chat) -> None:
        await self.desk.moved(old, new)

    async def reached(self, chat: Chat) -> None:
        await self.desk.reached(chat)

    async def once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await self.desk.once(name, work)

    async def _counted(self, ask: Ask, card: Card) -> Card:
        if card != SILENCE:
            with contextlib.suppress(StoreError):
                await self.budget.spend(ask.chat)
        return card
