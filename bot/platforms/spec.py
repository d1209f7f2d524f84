"""What a chat platform is to the rest of the bot."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from alerts.domain.ids import Chat
from alerts.domain.ids import Platform as PlatformName
from bot.card import Card
from bot.commands.spec import FrontDesk
from bot.outcome import Outcome


class Platform(Protocol):
    """Translates one platform's people to the front desk and cards to its messages."""

    name: PlatformName

    async def run(self, desk: FrontDesk) -> None:
        """Listen until cancelled; raises when the connection is lost for good."""
        ...

    async def send(self, chat: Chat, card: Card, key: str) -> Outcome:
        """Deliver one card; `key` is the same for every attempt to deliver the same news."""
        ...

    async def close(self) -> None:
        """Let go of every connection, after the last send."""
        ...

    def health(self) -> str:
        """`ok`, or one line that says what is wrong."""
        ...


class Places(Protocol):
    """Where a message that nobody has asked a turn for finds room among all that a token sends."""

    def place(self, chat: Chat) -> AbstractAsyncContextManager[None]:
        """Room for one message, before what is queued; it is on its way until the end of this."""
        ...

    async def turn_to_go_on(self, chat: Chat) -> None:
        """Wait until one more message may follow in this chat."""
        ...

    async def count(self, chat: Chat) -> None:
        """Something is sent at once that a platform may count, such as an edit."""
        ...


@dataclass(frozen=True, slots=True)
class Anywhere:
    """Implements Places without any limit."""

    @contextlib.asynccontextmanager
    async def place(self, chat: Chat) -> AsyncIterator[None]:
        del chat
        yield

    async def turn_to_go_on(self, chat: Chat) -> None:
        pass

    async def count(self, chat: Chat) -> None:
        pass


@runtime_checkable
class Counting(Protocol):
    """A platform that counts answers as messages, and so needs places for them."""

    def use(self, places: Places) -> None:
        """Send no answer outside of these."""
        ...
