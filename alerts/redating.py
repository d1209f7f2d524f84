"""Moves the dates in a venue's answer, so that a recorded market can be shown as of another day."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
_EXPIRY_TIME = time(8)
_MICROS_PER_UNIT = {13: 1_000, 16: 1}

_DATED = re.compile(
    r"(?<![A-Z0-9])(?P<named>\d{1,2}(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\d\d)"
    r"(?![A-Z0-9])"
    r"|(?<=[-_])(?P<digits>(?:20)?\d{6})(?=[-_\"]|$)"
    r"|(?<![\w.+-])(?P<epoch>\d{16}|\d{13})(?![\w.])"
    r"|(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?=Z|\+00:?00)"
    r"|(?<=\")(?P<day>\d{4}-\d\d-\d\d)(?=\")"
)

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.+-])\d{13,16}(?![\w.])')


@dataclass(frozen=True, slots=True)
class Shift:
    """How far dates move.

    `days`: dates in instrument names, and expiries (08:00 UTC sharp), by whole days, so that an
    expiry stays an expiry. `moved`: every other time.
    """

    days: int
    moved: timedelta

    @property
    def back(self) -> "Shift":
        return Shift(-self.days, -self.moved)


def redated(text: str, shift: Shift) -> str:
    """The text with names like `BTC-27MAR26`, epoch and ISO times moved; all else untouched.

    Of JSON each different string and long number is looked at once: most of a chain repeats.
    """
    if '"' not in text:
        return _redated(text, shift)
    moved: dict[str, str] = {}

    def once(match: re.Match[str]) -> str:
        found = match[0]
        if found not in moved:
            moved[found] = _redated(found, shift)
        return moved[found]

    return _TOKEN.sub(once, text)


def _redated(text: str, shift: Shift) -> str:
    def moved(match: re.Match[str]) -> str:
        found = match[0]
        try:
            return _MOVES[match.lastgroup or ""](found, shift)
        except (ValueError, OverflowError):  # looks like a date and is none, such as a strike
            return found

    return _DATED.sub(moved, text)


def _named(text: str, shift: Shift) -> str:
    day, month, year = int(text[:-5]), _MONTHS.index(text[-5:-2]) + 1, 2000 + int(text[-2:])
    there = date(year, month, day) + timedelta(days=shift.days)
    return f"{there.day}{_MONTHS[there.month - 1]}{there:%y}"


def _digits(text: str, shift: Shift) -> str:
    pattern = "%Y%m%d" if len(text) == 8 else "%y%m%d"
    there = datetime.strptime(text, pattern).replace(tzinfo=UTC)
    return f"{_plausible(there) + timedelta(days=shift.days):{pattern}}"


def _epoch(text: str, shift: Shift) -> str:
    unit = _MICROS_PER_UNIT[len(text)]
    there = _moved(_plausible(_EPOCH + timedelta(microseconds=int(text) * unit)), shift)
    return str((there - _EPOCH) // timedelta(microseconds=unit))


def _iso(text: str, shift: Shift) -> str:
    there = _moved(datetime.fromisoformat(text).replace(tzinfo=UTC), shift)
    digits = len(text.partition(".")[2])
    seconds = f"{there:%Y-%m-%d}{text[10]}{there:%H:%M:%S}"
    return f"{seconds}.{there:%f}"[: len(seconds) + 1 + digits] if digits else seconds


def _day(text: str, shift: Shift) -> str:
    return (date.fromisoformat(text) + timedelta(days=shift.days)).isoformat()


def _moved(there: datetime, shift: Shift) -> datetime:
    by_days = there.time() == _EXPIRY_TIME
    return there + (timedelta(days=shift.days) if by_days else shift.moved)


def _plausible(there: datetime) -> datetime:
    if not _EARLIEST <= there <= _LATEST:
        raise ValueError(f"{there} is not a time of this market")
    return there


_MOVES: dict[str, Callable[[str, Shift], str]] = {
    "named": _named,
    "digits": _digits,
    "epoch": _epoch,
    "iso": _iso,
    "day": _day,
}
