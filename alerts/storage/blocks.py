"""History packed into blocks of points: fourteen bytes for a reading, whose series the key says.

Two resolutions. Fine: about a reading a minute, in blocks of a quarter of a day. Coarse: the last
reading of each such quarter, in blocks of 45 days. Quarters end at midnight UTC, so the coarse
points hold every daily close. Everything here is pure; times are milliseconds since 1970.
"""

import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from alerts.storage import terms

_LAYOUT = struct.Struct(">IdBB")  # milliseconds into the block, value, mark, label
SIZE = _LAYOUT.size

_MILLISECOND = timedelta(milliseconds=1)
SLOT_MS = terms.HISTORY_SLOT // _MILLISECOND
STRETCH_MS = terms.HISTORY_STRETCH // _MILLISECOND
SPACING_MS = terms.HISTORY_SPACING // _MILLISECOND
DAY_MS = timedelta(days=1) // _MILLISECOND

SLOTS_KEPT = terms.HISTORY_KEPT // terms.HISTORY_SLOT
STRETCHES_KEPT = -(-terms.HISTORY_KEPT_COARSE // terms.HISTORY_STRETCH)

MIXED = 255
"""The label of readings whose own found no place: a series has at most 255 others."""

_FILLED = 0x80


class Point(NamedTuple):
    """A reading without its series; `mark` holds its coverage and whether it was filled in."""

    at: int
    value: float
    mark: int
    label: int

    @property
    def coverage(self) -> float:
        return (self.mark & ~_FILLED) / 100

    @property
    def filled(self) -> bool:
        """Whether it was published about the past afterwards, not read at the time."""
        return bool(self.mark & _FILLED)


def mark(coverage: float, *, filled: bool) -> int:
    """Coverage to the percent, and where the reading is from."""
    percent = round(min(max(coverage, 0.0), 1.0) * 100)
    return percent | _FILLED if filled else percent


def slot_of(at: int) -> int:
    """The fine block of a moment: quarters of days since 1970."""
    return at // SLOT_MS


def stretch_of(at: int) -> int:
    """The coarse block of a moment."""
    return at // STRETCH_MS


def pack(point: Point, width_ms: int) -> bytes:
    """A point as it stands in the block of that width."""
    return _LAYOUT.pack(point.at % width_ms, point.value, point.mark, point.label)


def unpack(content: bytes | None, number: int, width_ms: int) -> list[Point]:
    """The points of a block, oldest first; ValueError when it is not made of whole points."""
    if not content:
        return []
    if len(content) % SIZE:
        raise ValueError(f"{len(content)} bytes are not whole points of {SIZE}")
    start = number * width_ms
    rows = _LAYOUT.iter_unpack(content)
    return [Point(start + offset, value, mark, label) for offset, value, mark, label in rows]


def packed(points: Iterable[Point], width_ms: int) -> bytes:
    """Points of one block as its content."""
    return b"".join(pack(point, width_ms) for point in points)


def with_fine(held: Sequence[Point], filled: Iterable[Point]) -> list[Point]:
    """A fine block's points with filled-in ones where nothing is held nearby."""
    joined = list(held)
    for point in filled:
        place = bisect_left(joined, point)
        nearby = joined[max(place - 1, 0) : place + 1]
        if all(abs(point.at - one.at) >= SPACING_MS for one in nearby):
            joined.insert(place, point)
    return joined


def with_coarse(held: Sequence[Point], added: Iterable[Point]) -> list[Point]:
    """A coarse block's points with others, one a quarter: read beats filled, later earlier."""
    best: dict[int, Point] = {}
    for point in (*held, *added):
        slot = slot_of(point.at)
        known = best.get(slot)
        if known is None or _rank(point) > _rank(known):
            best[slot] = point
    return sorted(best.values())


def _rank(point: Point) -> tuple[bool, int]:
    return not point.filled, point.at
