"""History in dicts: as Redis keeps it, without packing."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from alerts.domain.reading import Close, Reading, Series
from alerts.storage import terms

_Slot = int


@dataclass(slots=True)
class _Line:
    """One series: fine readings, the last of each quarter day, and which were filled in."""

    fine: list[Reading] = field(default_factory=list)
    coarse: dict[_Slot, Reading] = field(default_factory=dict)
    filled: set[datetime] = field(default_factory=set)

    def trim(self) -> None:
        horizon = _horizon(self.fine[-1].at)
        del self.fine[: bisect_left(self.fine, horizon, key=_at)]
        oldest = _slot(horizon - terms.HISTORY_KEPT_COARSE)
        for slot in [slot for slot in self.coarse if slot < oldest]:
            del self.coarse[slot]

    def old_slots(self) -> set[_Slot]:
        """The quarters of fine readings that are no longer of the last day."""
        last = _slot(self.fine[-1].at)
        return {slot for one in self.fine if (slot := _slot(one.at)) < last - _DAY}

    def old_stretches(self) -> set[int]:
        """The stretches of coarse readings but the latest two."""
        last = _stretch(_slot(self.fine[-1].at))
        return {number for slot in self.coarse if (number := _stretch(slot)) < last - 1}

    def forget(self, slots: range) -> int:
        """Drop the fine readings of some quarters, as far as they are old; of how many."""
        gone = self.old_slots() & set(slots)
        self.fine = [one for one in self.fine if _slot(one.at) not in gone]
        return len(gone)

    def forget_coarse(self, stretch: int) -> int:
        gone = [slot for slot in self.coarse if _stretch(slot) == stretch]
        for slot in gone:
            del self.coarse[slot]
        return bool(gone)

    def all(self) -> list[Reading]:
        """Coarse, then fine; the last quarter is coarse too as far as it is known."""
        if not self.fine:
            return []
        horizon = _horizon(self.fine[-1].at)
        old = [reading for _, reading in sorted(self.coarse.items()) if reading.at < horizon]
        return old + self.fine


class MemoryHistory:
    """Implements History, to the millisecond."""

    def __init__(self) -> None:
        self._lines: dict[Series, _Line] = defaultdict(_Line)

    async def extend(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            line, exact = self._lines[reading.series], _exact(reading)
            last = line.fine[-1] if line.fine else None
            if reading.series.derived or (last and not _follows(last, exact)):
                continue
            line.fine.append(exact)
            line.coarse[_slot(exact.at)] = exact
            line.trim()

    async def fill(self, readings: Sequence[Reading]) -> int:
        by_time = sorted(map(_exact, readings), key=_at)
        newest = {reading.series: reading.at for reading in by_time}
        for series, at in newest.items():
            fine = self._lines[series].fine
            newest[series] = max(at, fine[-1].at) if fine else at
        return sum(
            _fill(self._lines[reading.series], reading, newest[reading.series])
            for reading in by_time
        )

    async def window(self, series: Series, start: datetime, end: datetime) -> Sequence[Reading]:
        kept = self._lines[series].all()
        return kept[bisect_right(kept, start, key=_at) : bisect_right(kept, end, key=_at)]

    async def at(self, series: Series, when: datetime, tolerance: timedelta) -> Reading | None:
        kept = self._lines[series].all()
        before = kept[: bisect_right(kept, when, key=_at)]
        return before[-1] if before and before[-1].at >= when - tolerance else None

    async def trim(self) -> int:
        lines = [line for line in self._lines.values() if line.fine]
        old = {slot for line in lines for slot in line.old_slots()}
        if old:
            first = min(old)
            return sum(line.forget(range(first, first + _DAY)) for line in lines)
        stretches = {stretch for line in lines for stretch in line.old_stretches()}
        oldest = min(stretches, default=0)
        return sum(line.forget_coarse(oldest) for line in lines) if stretches else 0

    async def daily(self, series: Series, days: int, until: datetime) -> Sequence[Close]:
        end = datetime.combine(until.astimezone(UTC).date(), time(0), UTC)
        held = sorted(self._lines[series].coarse.values(), key=_at)
        inside = [one for one in held if end - timedelta(days=days) <= one.at < end]
        last = {one.at.date(): one for one in inside}
        method = inside[-1].method if inside else ""
        return [Close(day, one.value) for day, one in last.items() if one.method == method]


_DAY = timedelta(days=1) // terms.HISTORY_SLOT
_STRETCH = terms.HISTORY_STRETCH // terms.HISTORY_SLOT
_MS = terms.HISTORY_SLOT // timedelta(milliseconds=1)


def _fill(line: _Line, reading: Reading, newest: datetime) -> bool:
    """Put a reading where nothing stands, given the newest one to come."""
    at = reading.at
    spacing = terms.HISTORY_SPACING
    fine = at >= _horizon(newest) and all(abs(one.at - at) >= spacing for one in line.fine)
    if fine:
        insort(line.fine, reading, key=_at)
        line.filled.add(at)
    held = line.coarse.get(_slot(at))
    coarse = held is None or (held.at in line.filled and held.at < at)
    if coarse:
        line.coarse[_slot(at)] = reading
        line.filled.add(at)
    if line.fine:
        line.trim()
    return fine or coarse


def _horizon(newest: datetime) -> datetime:
    """From where on history is fine."""
    return terms.from_millis(_slot(newest) * _MS) - terms.HISTORY_KEPT


def _slot(at: datetime) -> _Slot:
    return terms.millis(at) // _MS


def _stretch(slot: _Slot) -> int:
    return slot // _STRETCH


def _exact(reading: Reading) -> Reading:
    return replace(reading, at=terms.from_millis(terms.millis(reading.at)))


def _follows(last: Reading, reading: Reading) -> bool:
    """A new quarter begins with its first reading, however close to the last."""
    gap = reading.at - last.at
    begins = _slot(reading.at) > _slot(last.at)
    return gap > timedelta(0) and (begins or gap >= terms.HISTORY_SPACING)


def _at(reading: Reading) -> datetime:
    return reading.at
