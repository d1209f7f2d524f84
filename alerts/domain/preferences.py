"""How one chat wants to be spoken to: its zone, when it is quiet, how much is enough."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


class Period(StrEnum):
    """What a budget is counted over, by the chat's calendar: weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without a sound, by the chat's clock: from `start` to the next `end`."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ValueError(f"quiet hours from {self.start} to {self.end} are none, or all day")
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("quiet hours are told in the chat's own zone")


@dataclass(frozen=True, slots=True)
class Budget:
    """How many alerts may ring in a period; `more` were allowed on top in the period `more_in`."""

    most: int
    per: Period
    more: int = 0
    more_in: str = ""

    def __post_init__(self) -> None:
        if self.most < 1 or self.more < 0:
            raise ValueError(f"a budget of {self.most} and {self.more} more")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a chat has chosen; the defaults are those of a chat that never chose anything.

    `zone` is a name of the IANA database. `flipped_sign`: this chat writes and reads skew as call
    minus put. `decimal_comma`: it writes and reads 15,5 for fifteen and a half.
    """

    zone: str = "UTC"
    quiet: Quiet | None = None
    budget: Budget | None = None
    flipped_sign: bool = False
    decimal_comma: bool = False
    snoozed_until: datetime | None = None

    @property
    def place(self) -> tzinfo:
        """The zone's rules; UTC where this machine does not know a zone of that name."""
        return zone_named(self.zone) or UTC


@lru_cache(maxsize=512)
def zone_named(name: str) -> tzinfo | None:
    """The rules of a zone of the IANA database, None where there is none of that name."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # a folder, a bad name, an unknown one
        return None
