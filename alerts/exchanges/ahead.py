"""How far a venue's clock is ahead of this machine's, by the Date of its answers."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from statistics import median

REMEMBERED = 15
QUICK_SECONDS = 2.0
"""An answer that took longer says too little about when it was made."""

TRUNCATED_SECONDS = 0.5
"""A Date is cut to the second, so it is this much behind on average."""

WORTH_TELLING_SECONDS = 2.0


class Ahead:
    """The latest measurements of one venue, in seconds; their median is its word."""

    def __init__(self) -> None:
        self._measured: deque[float] = deque(maxlen=REMEMBERED)

    def hear(self, headers: Mapping[str, str], asked: float, answered: float) -> None:
        """Take an answer's Date; `asked` and `answered` are Unix seconds by this machine's clock.

        Kept answers of a proxy (they have an Age) tell of another time.
        """
        took = answered - asked
        said = _date(headers.get("Date", ""))
        if said is None or not 0 <= took <= QUICK_SECONDS or headers.get("Age", "0") != "0":
            return
        self._measured.append(said.timestamp() + TRUNCATED_SECONDS - (asked + answered) / 2)

    def seconds(self) -> float | None:
        """None before the first measurement."""
        return median(self._measured) if self._measured else None


def machine_behind(venues: Sequence[float | None]) -> float | None:
    """Seconds that this machine's clock is behind the venues' (negative: ahead of them).

    The median of the venues counts, so that one with a wrong clock convinces nobody. None while
    none is known, and for less than can be told from a Date.
    """
    known = [one for one in venues if one is not None]
    behind = median(known) if known else 0.0
    return behind if abs(behind) > WORTH_TELLING_SECONDS else None


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
