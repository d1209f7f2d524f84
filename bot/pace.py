"""How fast one process may send: a steady rate overall, and a least gap per chat.

Without a full start: after a quiet hour the first second still sends no more than a second's share,
for platforms count over sliding windows.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from alerts.domain.ids import Chat


@dataclass(slots=True)
class Pace:
    """Turns to send, given out in order of asking.

    `per_second` bounds all chats together, `chat_gap_seconds` one chat.
    """

    per_second: float
    chat_gap_seconds: float = 0.0
    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0
    _chats: dict[Chat, float] = field(default_factory=dict)

    async def turn(self, chat: Chat) -> None:
        """Wait until this chat may be sent to."""
        delay = self.book(chat, self.clock())
        if delay > 0:
            await asyncio.sleep(delay)

    def book(self, chat: Chat, now: float) -> float:
        """Reserve the next free slot for a chat; the seconds until it."""
        slot = max(now, self._next, self._chats.get(chat, 0.0))
        self._next = max(now, self._next) + 1.0 / self.per_second
        self._chats[chat] = slot + self.chat_gap_seconds
        self._forget(now)
        return slot - now

    def _forget(self, now: float) -> None:
        if len(self._chats) > 10_000:
            self._chats = {chat: free for chat, free in self._chats.items() if free > now}
