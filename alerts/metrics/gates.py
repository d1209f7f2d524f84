"""The quality gates that snapshots of every kind share."""

from dataclasses import dataclass
from datetime import timedelta

from alerts.domain.reading import Quality, Reason

OLDEST_MARKS = timedelta(seconds=60)
LONGEST_SPAN = timedelta(seconds=60)
MOST_REJECTED = 0.10


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why something cannot be read."""

    reason: Reason
    detail: str


def stale(lag: timedelta) -> Flaw | None:
    """The flaw of marks that were already old when they were asked for."""
    if lag <= OLDEST_MARKS:
        return None
    return Flaw(Reason.STALE, f"the venue's marks are {lag.total_seconds():.0f} s old")


def sound_share(read: int, rejected: float) -> float:
    """The share of a response's rows that could be read."""
    return read / (read + rejected) if read else 0.0


def graded(*doubts: bool) -> Quality:
    """Degraded as soon as there is one doubt."""
    return Quality.DEGRADED if any(doubts) else Quality.OK


def is_patchy(read: int, rejected: float) -> bool:
    """Whether too many rows of a response could not be read for it to be called whole."""
    return sound_share(read, rejected) < 1 - MOST_REJECTED
