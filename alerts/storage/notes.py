"""Small things kept for a while, in Redis."""

from collections.abc import Sequence
from datetime import timedelta

from alerts.storage.connection import Connection


class RedisNotes:
    """Implements Notes."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys

    async def put(self, key: str, value: str, keep: timedelta) -> None:
        keep_ms = max(keep // timedelta(milliseconds=1), 1)
        await self._db.tell("SET", self._keys.note(key), value, "PX", keep_ms)

    async def read(self, key: str) -> str | None:
        return _text(await self._db.ask("GET", self._keys.note(key)))

    async def read_many(self, keys: Sequence[str]) -> Sequence[str | None]:
        if not keys:
            return []
        return [_text(one) for one in await self._db.ask("MGET", *map(self._keys.note, keys))]

    async def pop(self, key: str) -> str | None:
        return _text(await self._db.tell("GETDEL", self._keys.note(key)))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
