"""When a rule ends, as people say it: `until friday`, `until 10 feb 18:00`, `until 7d`.

A date means to the end of that day, and days are days of the person's calendar, so that a change
of the clocks between now and then moves nothing. A time that the clocks skip or have twice is
asked about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from alerts.domain.calendar import place_of
from alerts.domain.errors import UsageError
from alerts.rules.amounts import read_span
from alerts.rules.phrase import Phrase, Piece

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_YEAR = re.compile(r"20[0-9]{2}")
_LEAST = 3
_FARTHEST = timedelta(days=3660)
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Today:
    """What "friday" is counted from: the moment, as told in the zone of whoever says it."""

    now: datetime
    place: tzinfo | None = None

    @property
    def zone(self) -> tzinfo:
        return self.place or place_of(self.now)

    @property
    def local(self) -> datetime:
        return self.now.astimezone(self.zone)


def write_until(until: datetime) -> str:
    """A moment so that it reads back alike, whoever reads it."""
    return f"{until.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def read_until(phrase: Phrase, piece: Piece, today: Today | None) -> datetime:
    """The moment a piece of a rule names, in UTC; UsageError where it is none, or is past."""
    until = _absolute(piece.text) or _told(phrase, piece, today)
    if until is None:
        raise UsageError(
            f"until {piece.text[:_SHOWN]}: write a day, a date or a span, "
            "such as friday, 10 feb 18:00 or 7d.",
            fixes=(phrase.swap((piece, "7d")),),
        )
    if today and until <= today.now:
        raise UsageError(
            f"until {piece.text[:_SHOWN]} is past: it was {write_until(until)}.",
            fixes=(phrase.swap((piece, "7d")),),
        )
    if today and until - today.now > _FARTHEST:
        raise UsageError(f"until {piece.text[:_SHOWN]} is too far off: at most ten years.")
    return until


def _absolute(text: str) -> datetime | None:
    """A moment that says its own zone."""
    try:
        at = datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError:
        return None
    return at.astimezone(UTC).replace(second=0, microsecond=0) if at.tzinfo else None


def _told(phrase: Phrase, piece: Piece, today: Today | None) -> datetime | None:
    if today is None:
        return None
    words = piece.text.lower().split()
    span = read_span(piece.text)
    if span is not None:
        return _after(span, today)
    clock = _CLOCK.fullmatch(words[-1])
    named = words[:-1] if clock else words
    day = _day(named, today) if named else None
    if named and day is None:
        return _iso_local(phrase, piece, today)
    local = _at(day or today.local.date(), clock)
    if day is None and local <= today.local.replace(tzinfo=None):
        local += timedelta(days=1)
    return _settled(phrase, piece, local, today)


def _after(span: timedelta, today: Today) -> datetime:
    """Whole days keep the time of day; anything else is counted out. Rounded up to a minute."""
    if span % timedelta(days=1):
        end = today.now + span
    else:
        wall = today.local.replace(tzinfo=None) + span
        end = wall.replace(tzinfo=today.zone).astimezone(UTC)
    return _whole_minute(end.astimezone(UTC))


def _whole_minute(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def _day(words: Sequence[str], today: Today) -> date | None:
    """The day named: a weekday (today counts), today, tomorrow, or a date."""
    here = today.local.date()
    match words:
        case ["today" | "tonight"]:
            return here
        case ["yesterday"]:
            return here - timedelta(days=1)
        case ["tomorrow"]:
            return here + timedelta(days=1)
        case [word] if len(word) >= _LEAST and (found := _starting(WEEKDAYS, word)) is not None:
            return here + timedelta(days=(found - here.weekday()) % 7)
        case [word]:
            return _iso_day(word)
        case _:
            return _dated(words, here)


def _starting(names: Sequence[str], word: str) -> int | None:
    return next((place for place, name in enumerate(names) if name.startswith(word)), None)


def _iso_day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _dated(words: Sequence[str], here: date) -> date | None:
    """`10 feb`, `feb 10`, `10 feb 2026`: the next such day where no year is named."""
    month = next((m for word in words if (m := _month(word)) is not None), None)
    days = [int(word.rstrip("stndrh")) for word in words if word.rstrip("stndrh").isdecimal()]
    years = [number for number in days if _YEAR.fullmatch(str(number))]
    inside = [number for number in days if number not in years]
    if month is None or len(inside) != 1 or len(words) != 2 + len(years):
        return None
    for year in years or (here.year, here.year + 1):
        try:
            day = date(year, month, inside[0])
        except ValueError:
            return None
        if years or day >= here:
            return day
    return None


def _month(word: str) -> int | None:
    found = word[:_LEAST] in MONTHS and word.isalpha()
    return MONTHS.index(word[:_LEAST]) + 1 if found else None


def _at(day: date, clock: "re.Match[str] | None") -> datetime:
    """A time on a day; without one, or at 24:00, the end of it."""
    if clock is None or clock[1] == "24":
        return datetime.combine(day, time.min) + timedelta(days=1)
    return datetime.combine(day, time(int(clock[1]), int(clock[2])))


def _iso_local(phrase: Phrase, piece: Piece, today: Today) -> datetime | None:
    try:
        local = datetime.fromisoformat(piece.text.upper())
    except ValueError:
        return None
    return _settled(phrase, piece, local.replace(second=0, microsecond=0), today)


def _settled(phrase: Phrase, piece: Piece, local: datetime, today: Today) -> datetime:
    """The moment of a local time; UsageError for one the clocks skip, or have twice."""
    first, second = (local.replace(tzinfo=today.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    twice = first < second
    why = "comes twice, as the clocks go back" if twice else "is skipped, as the clocks go forward"
    both = sorted((first, second))
    raise UsageError(
        f"{local:%d %b %H:%M} {why} that day. Which one?",
        fixes=tuple(phrase.swap((piece, write_until(one))) for one in both),
        labels=tuple(f"{one.astimezone(today.zone):%H:%M %Z}" for one in both),
    )
