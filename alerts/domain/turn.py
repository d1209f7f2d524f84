"""Whose turn it is to be sent to: how often one token may send, and what it is told."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one token may send.

    `per_second` is over all chats and steady: a quiet hour saves nothing up. `chat_gap` lies
    between two messages of one chat; `group_per_minute` holds in any sliding minute for a chat
    with a negative id (Telegram's groups and channels), 0 for no such limit. `in_any_second` is
    what the platform itself lets arrive in a second, 0 where that need not be watched.
    """

    per_second: float
    chat_gap: timedelta = timedelta(0)
    group_per_minute: int = 0
    in_any_second: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """Yours: send after this long."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class NotYet:
    """This chat may ask again after this long; others need not wait for it."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Full:
    """No chat has a turn before this long has passed."""

    after: timedelta


Turn = Slot | NotYet | Full
