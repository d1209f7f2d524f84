"""Trouble on demand: scripted answers, and the real service's flood limits."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram.refusal import Refusal


@dataclass
class Fault:
    """What happens instead of the normal answer, for the next `times` matching calls.

    `deliver`: do the work all the same. `close`: cut the connection instead of answering.
    `body`: this text instead of JSON. A `status` of 200 without a body answers normally (late).
    """

    method: str = "sendMessage"
    chat: int | None = None
    status: int = 500
    description: str = "Internal Server Error"
    parameters: dict[str, Any] = field(default_factory=dict)
    body: str | None = None
    delay: float = 0.0
    deliver: bool = False
    close: bool = False
    times: int = 1

    def matches(self, method: str, chat: str) -> bool:
        return self.method in {method, "*"} and self.chat in {None, _number(chat)}

    def answer(self) -> dict[str, Any]:
        return Refusal(self.status, self.description, self.parameters).answer()


@dataclass
class Flood:
    """Sliding windows over accepted messages; None switches a limit off."""

    per_second: int | None = None
    per_chat_second: int | None = None
    per_group_minute: int | None = None
    now: Callable[[], float] = time.monotonic
    refused: int = 0
    _seen: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def admit(self, chat: int) -> None:
        """Count a message, or refuse it with 429."""
        windows = [
            ("all", self.per_second, 1.0),
            (f"chat {chat}", self.per_chat_second, 1.0),
            (f"group {chat}", self.per_group_minute if chat < 0 else None, 60.0),
        ]
        for name, limit, seconds in windows:
            wait = self._wait(name, limit, seconds)
            if wait > 0:
                self.refused += 1
                after = int(wait) + 1
                why = f"Too Many Requests: retry after {after}"
                raise Refusal(429, why, {"retry_after": after})
        for name, _limit, _seconds in windows:
            self._seen[name].append(self.now())

    def _wait(self, name: str, limit: int | None, seconds: float) -> float:
        seen = self._seen[name]
        while seen and seen[0] <= self.now() - seconds:
            seen.popleft()
        return seen[0] + seconds - self.now() if limit is not None and len(seen) >= limit else 0.0


def _number(chat: str) -> int | None:
    try:
        return int(chat)
    except ValueError:
        return None
