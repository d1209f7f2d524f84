"""What a chat platform is to the rest of the bot."""

from typing import Protocol

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
