"""Something done again and again by the monotonic clock: one at a time, the missed ones once."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Beats:
    """A rhythm, whatever the wall's clock does: it may be set, and a laptop may sleep.

    Each beat comes at its own place in the rhythm, give or take `jitter` (a share of it), so
    beats do not drift. Places that pass while the one before still runs, or while the machine is
    suspended, are skipped; `on_skipped` is told how many.
    """

    every: timedelta
    on_skipped: Callable[[int], None]
    jitter: float = 0.0
    monotonic: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep

    async def run(self, beat: Callable[[], Awaitable[object]]) -> None:
        """Beat until cancelled, for the first time one interval from now."""
        seconds = self.every.total_seconds()
        begun, done = self.monotonic(), 0
        while True:
            place = done + 1
            shift = random.uniform(-self.jitter, self.jitter) * seconds
            await self.sleep(max(begun + place * seconds + shift - self.monotonic(), 0.0))
            now_at = int((self.monotonic() - begun - shift) / seconds)
            if now_at > place:
                self.on_skipped(now_at - place)
            done = max(now_at, place)
            await beat()
