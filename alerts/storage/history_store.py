"""What each series was: a Redis stream per series, one entry a minute, eight days."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alerts import codec
from alerts.domain.errors import CodecError
from alerts.domain.reading import Reading, Series
from alerts.storage import terms
from alerts.storage.connection import Connection

log = logging.getLogger(__name__)

CHUNK = 500

_Row = tuple[bytes, Mapping[bytes, bytes]]


class RedisHistory:
    """Implements History, to the millisecond.

    Readings come about a minute apart (`terms.HISTORY_SPACING`) and go when older than
    `terms.HISTORY_KEPT`. An entry holds what its key and id do not say already.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys

    async def extend(self, readings: Sequence[Reading]) -> None:
        for start in range(0, len(readings), CHUNK):
            await self._extend(readings[start : start + CHUNK])

    async def window(self, series: Series, start: datetime, end: datetime) -> Sequence[Reading]:
        rows = await self._db.ask("XRANGE", self._keys.history(series), f"({_id(start)}", _id(end))
        return list(_readings(series, rows))

    async def at(self, series: Series, when: datetime, tolerance: timedelta) -> Reading | None:
        oldest = _id(when - tolerance)
        rows = await self._db.ask(
            "XREVRANGE", self._keys.history(series), _id(when), oldest, "COUNT", 1
        )
        return next(_readings(series, rows), None)

    async def _extend(self, readings: Sequence[Reading]) -> None:
        keys = [self._keys.history(reading.series) for reading in readings]
        millisecond = timedelta(milliseconds=1)
        words: list[str | int] = [
            terms.HISTORY_SPACING // millisecond,
            terms.HISTORY_KEPT // millisecond,
        ]
        for reading in readings:
            words += [terms.millis(reading.at), codec.encode_point(reading)]
        for index in await self._db.run("extend", keys, words):
            log.error("history of %s is not ours and is left alone", readings[index - 1].series)


def _id(at: datetime) -> str:
    return f"{terms.millis(at)}-0"


def _readings(series: Series, rows: Iterable[_Row]) -> Iterator[Reading]:
    for entry_id, fields in rows:
        at = terms.from_millis(int(entry_id.split(b"-")[0]))
        try:
            yield codec.decode_point(fields.get(b"1", b""), series, at)
        except CodecError as error:
            log.warning("history of %s at %s cannot be read: %s", series, at, error)
