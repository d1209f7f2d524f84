"""What privacy needs of a store: to show all that it holds of a chat, and to forget it."""

from collections.abc import Mapping
from typing import Protocol

from alerts.domain.ids import Chat


class Records(Protocol):
    """All that the store holds of a chat, whichever port has put it there.

    The chat's former addresses are part of it.
    """

    async def of_chat(self, chat: Chat) -> Mapping[str, object]:
        """What is held, by where it is kept, as values for JSON; empty when nothing is."""
        ...

    async def erase(self, chat: Chat, person: str = "") -> None:
        """Forget the chat: no key, field or value names it afterwards.

        `person` is forgotten too, as the maker of rules in other chats: those stay, without a name;
        notes on what the person does there go.
        A StoreError midway has forgotten some of it; asked again, it forgets the rest.
        """
        ...
