"""What each series was, in Redis: blocks of packed points in two resolutions."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerts import codec
from alerts.domain.errors import CodecError, StoreError
from alerts.domain.reading import Close, Quality, Reading, Series
from alerts.storage import blocks, terms
from alerts.storage.blocks import SLOT_MS, STRETCH_MS, Point
from alerts.storage.connection import Connection
from alerts.storage.trimming import trim

log = logging.getLogger(__name__)

CHUNK = 500
SWAP_TRIES = 5
CLOSES_AT_MOST = 2_000
MANY = 180
SOON = timedelta(minutes=10)

_SETTINGS: tuple[int, ...] = (
    blocks.SIZE,
    blocks.SPACING_MS,
    SLOT_MS,
    blocks.SLOTS_KEPT,
    STRETCH_MS,
    blocks.STRETCHES_KEPT,
)


class RedisHistory:
    """Implements History, to the millisecond, and coverage to the percent.

    A series has a string per block (`blocks` says what is in it), a list of the labels its points
    refer to, and a field in the hash of newest blocks. Daily closes are remembered for the day they
    were asked for. Everything from the newest block back to
    `terms.HISTORY_KEPT` is read from fine blocks, everything before from coarse ones.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys
        self._labels = _Labels(connection)
        self._closes: dict[tuple[Series, int], _Closes] = {}

    async def extend(self, readings: Sequence[Reading]) -> None:
        own = [reading for reading in readings if not reading.series.derived]
        for start in range(0, len(own), CHUNK):
            await self._extend(own[start : start + CHUNK])

    async def fill(self, readings: Sequence[Reading]) -> int:
        by_series: dict[Series, list[Reading]] = {}
        for reading in readings:
            by_series.setdefault(reading.series, []).append(reading)
        self._closes.clear()
        return sum([await self._fill(series, of_it) for series, of_it in by_series.items()])

    async def window(self, series: Series, start: datetime, end: datetime) -> Sequence[Reading]:
        after, until = terms.millis(start), terms.millis(end)
        points = await self._points(series, after, until)
        inside = [point for point in points if after < point.at <= until]
        return await self._readings(series, inside)

    async def at(self, series: Series, when: datetime, tolerance: timedelta) -> Reading | None:
        until, oldest = terms.millis(when), terms.millis(when - tolerance)
        # Nearly always the reading is in the last block or two: more are read only if it is not.
        for after in sorted({max(oldest, until - SLOT_MS), oldest}, reverse=True):
            points = await self._points(series, after, until)
            found = [point for point in points if after <= point.at <= until]
            if found:
                return next(iter(await self._readings(series, found[-1:])), None)
        return None

    async def trim(self) -> int:
        self._closes.clear()
        return await trim(self._db)

    async def daily(self, series: Series, days: int, until: datetime) -> Sequence[Close]:
        known = self._closes.get((series, days))
        if known is None or not known.serves(until):
            closes = await self._daily(series, days, until)
            if len(self._closes) >= CLOSES_AT_MOST:
                self._closes.clear()
            known = self._closes[series, days] = _Closes(until, tuple(closes))
        return known.closes

    async def _daily(self, series: Series, days: int, until: datetime) -> list[Close]:
        end = terms.millis(until) // blocks.DAY_MS * blocks.DAY_MS
        start = end - days * blocks.DAY_MS
        newest = await self._newest(series)
        if newest is None:
            return []
        points = await self._coarse(series, start, end, newest)
        if start <= newest * SLOT_MS < end:
            points += (await self._fine(series, newest, newest))[-1:]
        inside = [point for point in points if start <= point.at < end]
        methods = await self._methods(series, inside)
        return list(_closes(inside, methods))

    async def _extend(self, readings: Sequence[Reading]) -> None:
        labels = await self._labels.places(readings)
        keys = [self._keys.history_newest]
        words: list[str | int | bytes] = [*_SETTINGS]
        for reading, label in zip(readings, labels, strict=True):
            point = _point(reading, label, filled=False)
            keys.append(self._keys.history(reading.series))
            words += [point.at, blocks.pack(point, SLOT_MS)]
        for index in await self._db.run("extend", keys, words):
            log.error("history of %s is not ours and is left alone", readings[index - 1].series)

    async def _fill(self, series: Series, readings: Sequence[Reading]) -> int:
        """Merge into every block concerned, coarse before fine: that is what `newest` promises."""
        labels = await self._labels.places(readings)
        points = sorted(
            _point(reading, label, filled=True)
            for reading, label in zip(readings, labels, strict=True)
        )
        newest = await self._newest(series)
        last = max(blocks.slot_of(points[-1].at), -1 if newest is None else newest)
        if newest is None or newest < last:
            sealed = [] if newest is None else (await self._fine(series, newest, newest))[-1:]
            over = [*points, *sealed]
        else:  # the quarter being read joins the coarse ones by itself when it is over
            over = [point for point in points if blocks.slot_of(point.at) < last]
        horizon = (last - blocks.SLOTS_KEPT) * SLOT_MS
        changed: set[int] = set()
        for number, part in _grouped(over, STRETCH_MS):
            changed |= await self._merge_coarse(series, number, part)
        recent = [point for point in points if point.at >= horizon]
        for number, part in _grouped(recent, SLOT_MS):
            changed |= await self._merge_fine(series, number, part)
        return len(changed & {point.at for point in points})

    async def _merge_coarse(self, series: Series, number: int, part: Sequence[Point]) -> set[int]:
        key = self._keys.history_coarse(series, number)
        for _ in range(SWAP_TRIES):
            held = await self._content(key)
            old = _unpacked(series, held, number, STRETCH_MS)
            new = blocks.with_coarse(old, part)
            if new == old or await self._swap(series, key, held, blocks.packed(new, STRETCH_MS)):
                return {point.at for point in set(new) - set(old)}
        raise _busy(series)

    async def _merge_fine(self, series: Series, number: int, part: Sequence[Point]) -> set[int]:
        key = self._keys.history_fine(series, number)
        for _ in range(SWAP_TRIES):
            held = await self._content(key)
            old = _unpacked(series, held, number, SLOT_MS)
            new = blocks.with_fine(old, part)
            content = blocks.packed(new, SLOT_MS)
            if new == old or await self._swap(series, key, held, content, number):
                return {point.at for point in set(new) - set(old)}
        raise _busy(series)

    async def _swap(
        self, series: Series, key: str, old: bytes, new: bytes, slot: int | None = None
    ) -> bool:
        width, kept = SLOT_MS, blocks.SLOTS_KEPT
        if slot is None:
            width, kept = STRETCH_MS, blocks.STRETCHES_KEPT
        lasting = 2 * width * (kept + 1)
        field_, number = self._keys.history(series), "" if slot is None else slot
        keys = [key, self._keys.history_newest]
        return bool(await self._db.run("swap", keys, [old, new, lasting, field_, number]))

    async def _points(self, series: Series, after: int, until: int) -> list[Point]:
        """All points of the blocks that the span touches, oldest first."""
        newest = await self._newest(series)
        if newest is None:
            return []
        horizon = newest - blocks.SLOTS_KEPT
        points: list[Point] = []
        if blocks.slot_of(after) < horizon:
            points += await self._coarse(series, after, min(until, horizon * SLOT_MS - 1), newest)
        first, last = max(blocks.slot_of(after), horizon), min(blocks.slot_of(until), newest)
        return points + await self._fine(series, first, last)

    async def _coarse(self, series: Series, start: int, end: int, newest: int) -> list[Point]:
        """Coarse points from `start` to `end`, both included."""
        latest = blocks.stretch_of(newest * SLOT_MS)
        first = max(blocks.stretch_of(start), latest - blocks.STRETCHES_KEPT)
        last = min(blocks.stretch_of(end), latest)
        names = {
            number: self._keys.history_coarse(series, number) for number in range(first, last + 1)
        }
        points = await self._unpacked(series, names, STRETCH_MS)
        return [point for point in points if start <= point.at <= end]

    async def _fine(self, series: Series, first: int, last: int) -> list[Point]:
        numbers = range(first, last + 1)
        names = {number: self._keys.history_fine(series, number) for number in numbers}
        return await self._unpacked(series, names, SLOT_MS)

    async def _unpacked(
        self, series: Series, names: Mapping[int, str], width_ms: int
    ) -> list[Point]:
        if not names:
            return []
        contents = await self._db.ask("MGET", *names.values())
        return [
            point
            for number, content in zip(names, contents, strict=True)
            for point in _unpacked(series, content, number, width_ms)
        ]

    async def _content(self, key: str) -> bytes:
        content: bytes | None = await self._db.ask("GET", key)
        return content or b""

    async def _newest(self, series: Series) -> int | None:
        key = self._keys.history_newest
        text: bytes | None = await self._db.ask("HGET", key, self._keys.history(series))
        return int(text) if text and text.isdigit() else None

    async def _readings(self, series: Series, points: Sequence[Point]) -> list[Reading]:
        known = await self._labels.of(series, {point.label for point in points})
        return [
            reading
            for point in points
            if (reading := _reading(series, point, known[point.label])) is not None
        ]

    async def _methods(self, series: Series, points: Sequence[Point]) -> Mapping[int, str]:
        known = await self._labels.of(series, {point.label for point in points})
        return {place: label.method for place, label in known.items()}


@dataclass(frozen=True, slots=True)
class _Closes:
    """Daily closes as read for a moment: they hold for its day, and a few of them not so long."""

    until: datetime
    closes: tuple[Close, ...]

    def serves(self, until: datetime) -> bool:
        """Few closes may soon be more: another process may be filling them in."""
        same_day = until.astimezone(UTC).date() == self.until.astimezone(UTC).date()
        return same_day and (len(self.closes) >= MANY or abs(until - self.until) < SOON)


@dataclass(frozen=True, slots=True)
class _Labels:
    """The labels of each series, remembered: lists in the store that only grow."""

    db: Connection
    known: dict[Series, list[bytes]] = field(default_factory=dict)

    async def places(self, readings: Sequence[Reading]) -> list[int]:
        """The place of each reading's label in its series' list, which gains what is new."""
        unread = dict.fromkeys(one.series for one in readings if one.series not in self.known)
        await self._read(unread)
        return [await self._place(one.series, codec.encode_label(one).encode()) for one in readings]

    async def of(self, series: Series, places: Iterable[int]) -> Mapping[int, codec.Label]:
        """What stands at these places; a label nobody knows tells nothing of itself."""
        wanted = set(places)
        if max(wanted, default=-1) >= len(self.known.get(series, ())):
            await self._read([series])
        known = self.known.get(series, [])
        return {place: _label(known[place] if place < len(known) else b"") for place in wanted}

    async def _place(self, series: Series, label: bytes) -> int:
        known = self.known[series]
        if label in known:
            return known.index(label)
        key = self.db.keys.history_labels(series)
        place = int(await self.db.run("label", [key], [label, blocks.MIXED]))
        await self._read([series])
        return place

    async def _read(self, series: Iterable[Series]) -> None:
        wanted = list(series)
        keys = [self.db.keys.history_labels(one) for one in wanted]
        if keys:
            answers = await self.db.ask_all(*[("LRANGE", key, 0, -1) for key in keys])
            self.known.update(zip(wanted, answers, strict=True))


def _label(text: bytes) -> codec.Label:
    try:
        return codec.decode_label(text)
    except CodecError:
        return codec.Label((), "", Quality.DEGRADED)


def _point(reading: Reading, label: int, *, filled: bool) -> Point:
    mark = blocks.mark(reading.coverage, filled=filled)
    return Point(terms.millis(reading.at), reading.value, mark, label)


def _reading(series: Series, point: Point, label: codec.Label) -> Reading | None:
    at = terms.from_millis(point.at)
    try:
        return Reading(
            series, point.value, at, label.sources, point.coverage, label.method, label.quality
        )
    except ValueError as error:
        log.warning("history of %s at %s cannot be read: %s", series, at, error)
        return None


def _unpacked(series: Series, content: bytes | None, number: int, width_ms: int) -> list[Point]:
    try:
        return blocks.unpack(content, number, width_ms)
    except ValueError as error:
        log.warning("block %d of the history of %s is set aside: %s", number, series, error)
        return []


def _grouped(points: Iterable[Point], width_ms: int) -> Iterator[tuple[int, list[Point]]]:
    by_block: dict[int, list[Point]] = {}
    for point in points:
        by_block.setdefault(point.at // width_ms, []).append(point)
    yield from sorted(by_block.items())


def _closes(points: Iterable[Point], methods: Mapping[int, str]) -> Iterator[Close]:
    """The last point of each day, as far as all are of the newest method: another breaks it."""
    last: dict[int, Point] = {}
    for point in points:
        last[point.at // blocks.DAY_MS] = point
    newest = next((methods[point.label] for point in reversed(last.values())), "")
    for day, point in last.items():
        if methods[point.label] == newest:
            yield Close(datetime.fromtimestamp(day * 86_400, UTC).date(), point.value)


def _busy(series: Series) -> StoreError:
    return StoreError(f"the history of {series} is being written by too many at once: try again")
