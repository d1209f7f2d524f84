"""How much one person may ask in one chat: a burst, then a steady trickle."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from alerts.domain.ids import Chat

BURST = 20
PER_SECOND = 1.0
CALM = BURST / 2
"""So many answers are free again before a flood counts as a new one, with a notice of its own."""

REMEMBERED = 10_000


class Turn(Enum):
    """What to do with a call: answer it, say once that it is too much, or say nothing."""

    ANSWER = "answer"
    NOTICE = "notice"
    SILENCE = "silence"


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime
    noticed: bool = False


class Floods:
    """A token bucket for each person in each chat."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[Chat, str], _Bucket] = {}

    def turn(self, chat: Chat, user: str, now: datetime) -> Turn:
        """Count one call."""
        bucket = self._buckets.pop((chat, user), None) or _Bucket(BURST, now)
        self._buckets[chat, user] = bucket
        elapsed = max(now - bucket.at, timedelta(0)).total_seconds()
        bucket.tokens = min(BURST, bucket.tokens + elapsed * PER_SECOND)
        bucket.at = now
        self._forget()
        if bucket.tokens >= 1:
            bucket.noticed = bucket.noticed and bucket.tokens < CALM
            bucket.tokens -= 1
            return Turn.ANSWER
        turn = Turn.SILENCE if bucket.noticed else Turn.NOTICE
        bucket.noticed = True
        return turn

    def _forget(self) -> None:
        """Let go of who was quiet longest; dicts keep the order of last use here."""
        while len(self._buckets) > REMEMBERED:
            del self._buckets[next(iter(self._buckets))]
