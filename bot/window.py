"""What a platform may have counted in its last second: the last look before a message goes out.

A turn says when we send, but a platform counts what arrives: a message held up on its way arrives
together with those behind it. It has arrived once its answer is here. So while as many messages
as a second may hold are on their way, or were answered within a second, the next one waits.
"""

import asyncio
import math
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.domain.ids import Chat

SECOND = 1.0
CHATS_AT_MOST = 10_000
SURE = 0.8
"""Of the shortest journey there and back seen: an even shorter one is possible."""

QUEUED = 0.002
"""Seconds of it that a message may have stood in queues at either end, and the next one not."""


@dataclass(slots=True)
class Window:
    """At most `most` messages in any second at the platform (0: any number), `gap` within a chat.

    As seen from this process; others know of their own messages only, and the budget of all.
    """

    most: int = 0
    gap: timedelta = timedelta(0)
    _flying: int = 0
    _answered: deque[float] = field(default_factory=deque)
    _chats: dict[str, float] = field(default_factory=dict)
    _least: float = math.inf
    _landed: asyncio.Event = field(default_factory=asyncio.Event)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def enter(self, chat: Chat | None = None) -> float:
        """Wait until a message to this chat may go; it counts until `leave`. The time it went."""
        too_early = self._too_early(chat, _now())
        while True:
            if too_early > 0:
                await asyncio.sleep(too_early)
            async with self._lock:
                while self.most and (wait := self._full_for(_now())) > 0:
                    await self._room(wait)
            now = _now()
            too_early = self._too_early(chat, now)
            if too_early <= 0:  # another message may have gone to the chat meanwhile
                break
        self._flying += 1
        self._mark(chat, now)
        return now

    def leave(self, went: float, chat: Chat | None = None, *, answered: bool) -> None:
        """The message that went then has its answer, or will not get one."""
        now = _now()
        if answered:
            # A journey there and back takes this long at least, so the next message arrives
            # that much later after this one than it is sent after this answer.
            self._least = min(self._least, now - went)
        self._flying -= 1
        if self.most:
            self._answered.append(now)
        self._landed.set()
        self._mark(chat, now)

    def _too_early(self, chat: Chat | None, now: float) -> float:
        """Seconds until the chat has had its gap."""
        return self._chats.get(chat.id, 0.0) - now if chat else 0.0

    def _full_for(self, now: float) -> float:
        """Seconds until there may be room; infinity when only an answer can make some."""
        journey = self._journey()
        while self._answered and self._answered[0] + SECOND - journey <= now:
            self._answered.popleft()
        if self._flying + len(self._answered) < self.most:
            return 0.0
        return self._answered[0] + SECOND - journey - now if self._answered else math.inf

    async def _room(self, wait: float) -> None:
        if wait < math.inf:
            await asyncio.sleep(wait)
            return
        self._landed.clear()
        await self._landed.wait()

    def _journey(self) -> float:
        if self._least == math.inf:
            return 0.0
        return min(max(SURE * self._least - QUEUED, 0.0), SECOND / 2)

    def _mark(self, chat: Chat | None, now: float) -> None:
        """When the chat's next message may go."""
        if chat is None or not self.gap:
            return
        if len(self._chats) >= CHATS_AT_MOST:
            self._chats = {one: ready for one, ready in self._chats.items() if ready > now}
        self._chats[chat.id] = now + self.gap.total_seconds() - self._journey()


def _now() -> float:
    """The clock itself: the fast loop's counts whole milliseconds."""
    return time.monotonic()
