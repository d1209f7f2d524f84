"""Buttons that prove where they belong: a short signature binds what one does to its chat.

A chat client may send a bot any button data it likes, for any message it can see; so the data
alone proves nothing. The key follows from the bot's token: every process of one token agrees on
it, buttons outlive restarts, and a new token makes the old ones void.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

from alerts.domain.ids import Chat

TAG_LENGTH = 12
"""Of 72 bits, so that an act of 48 bytes fits into Telegram's 64."""

_TAG_BYTES = 9
_PURPOSE = b"derivwatch buttons 2"


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs the acts of buttons, and opens what comes back when one is tapped."""

    key: bytes = field(repr=False)

    @classmethod
    def of_token(cls, token: str) -> "Seal":
        """The seal of everybody who holds this token."""
        return cls(hmac.digest(token.encode(), _PURPOSE, "sha256"))

    def sealing(self, chat: Chat) -> Callable[[str], str]:
        """What a button of this chat carries, given its act: the tag, then the act."""
        # BLAKE2 with a key is a MAC by itself (RFC 7693), in a third of the time of an HMAC; a card
        # has six buttons.
        begun = blake2b(_bytes(f"{chat}\n"), key=self.key, digest_size=_TAG_BYTES)

        def sealed(act: str) -> str:
            signed = begun.copy()
            signed.update(_bytes(act))
            return urlsafe_b64encode(signed.digest()).decode() + act

        return sealed

    def sealed(self, chat: Chat, act: str) -> str:
        """What one button of this chat carries."""
        return self.sealing(chat)(act)

    def opened(self, chat: Chat, carried: str) -> str:
        """The act; empty, which no button does, where this seal did not make it for this chat."""
        act = carried[TAG_LENGTH:]
        ours = hmac.compare_digest(_bytes(carried), _bytes(self.sealed(chat, act)))
        return act if ours else ""


def _bytes(text: str) -> bytes:
    """The text's bytes; JSON from outside may hold halves of characters."""
    return text.encode(errors="surrogatepass")
