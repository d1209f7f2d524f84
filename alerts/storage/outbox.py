"""The durable queue in Redis: a stream per platform, read by one consumer group."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from alerts import codec
from alerts.domain.errors import CodecError, StoreError, UsageError
from alerts.domain.ids import Chat, Platform
from alerts.ports import Entry
from alerts.storage import terms
from alerts.storage.connection import Connection

log = logging.getLogger(__name__)

GROUP = "couriers"
DEAD_LENGTH = 1_000
WAIT_SLICE = timedelta(seconds=1)
"""Longest block of one command: well under the command timeout."""

_T = TypeVar("_T")
_Fields = Mapping[bytes, bytes]


class RedisOutbox:
    """Implements Outbox; an entry that cannot be read is set aside in `dead:<platform>`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys

    async def take(
        self, platform: Platform, consumer: str, *, count: int, wait: timedelta
    ) -> Sequence[Entry]:
        loop = asyncio.get_running_loop()
        end = loop.time() + wait.total_seconds()
        while True:
            left = timedelta(seconds=max(end - loop.time(), 0))
            block = min(left, WAIT_SLICE) // timedelta(milliseconds=1)
            found = await self._grouped(
                platform, partial(self._read, platform, consumer, count, block)
            )
            if found or not block:
                return await self._entries(platform, [(*row, 1) for row in found])

    async def reclaim(
        self, platform: Platform, consumer: str, *, idle: timedelta, count: int
    ) -> Sequence[Entry]:
        found: list[tuple[bytes, _Fields, int]] = []
        cursor = "0-0"
        while len(found) < count:
            cursor, rows = await self._grouped(
                platform,
                partial(self._claim, platform, consumer, idle, cursor, count - len(found)),
            )
            found += rows
            if cursor == "0-0":
                break
        return await self._entries(platform, found)

    async def keep(self, platform: Platform, consumer: str, ids: Sequence[str]) -> None:
        if ids:
            await self._grouped(
                platform,
                lambda: self._db.run(
                    "keep", [self._keys.outbox(platform)], [GROUP, consumer, *ids]
                ),
            )

    async def settle(self, platform: Platform, entry_id: str) -> None:
        await self._db.run("settle", [self._keys.outbox(platform)], [GROUP, entry_id])

    async def readdress(self, old: Chat, new: Chat) -> None:
        if old == new:
            return
        keys = self._keys
        await self._db.run(
            "readdress",
            [keys.chat(old), keys.chat(new), keys.numbers, keys.rules, keys.feed, keys.moved],
            [str(old), str(new), terms.FEED_LENGTH],
        )

    async def backlog(self, platform: Platform) -> int:
        return int(await self._db.ask("XLEN", self._keys.outbox(platform)))

    async def _read(
        self, platform: Platform, consumer: str, count: int, block_ms: int
    ) -> Sequence[tuple[bytes, _Fields]]:
        block = ("BLOCK", block_ms) if block_ms else ()  # BLOCK 0 would wait for ever
        streams = await self._db.tell(
            *("XREADGROUP", "GROUP", GROUP, consumer, "COUNT", count, *block),
            *("STREAMS", self._keys.outbox(platform), ">"),
        )
        return streams[0][1] if streams else []

    async def _claim(
        self, platform: Platform, consumer: str, idle: timedelta, cursor: str, count: int
    ) -> tuple[str, list[tuple[bytes, _Fields, int]]]:
        idle_ms = idle // timedelta(milliseconds=1)
        following, rows = await self._db.run(
            "reclaim", [self._keys.outbox(platform)], [GROUP, consumer, idle_ms, cursor, count]
        )
        return following.decode(), [(i, _pairs(flat), tries) for i, flat, tries in rows]

    async def _grouped(self, platform: Platform, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """The attempt, with the consumer group made first where it is missing."""
        try:
            return await attempt()
        except StoreError as error:
            if "NOGROUP" not in str(error):
                raise
        await self._make_group(platform)
        return await attempt()

    async def _make_group(self, platform: Platform) -> None:
        key = self._keys.outbox(platform)
        try:
            await self._db.tell("XGROUP", "CREATE", key, GROUP, "0", "MKSTREAM")
        except StoreError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _entries(
        self, platform: Platform, rows: Sequence[tuple[bytes, _Fields, int]]
    ) -> Sequence[Entry]:
        entries = []
        for entry_id, fields, attempts in rows:
            try:
                entries.append(_entry(entry_id.decode(), fields, attempts))
            except CodecError as error:
                await self._bury(platform, entry_id.decode(), str(error))
        moved = await self._moved({entry.chat for entry in entries})
        return [terms.addressed(entry, moved.get(entry.chat, entry.chat)) for entry in entries]

    async def _moved(self, chats: set[Chat]) -> Mapping[Chat, Chat]:
        """Where those chats are now, through any number of moves."""
        now = {chat: chat for chat in chats}
        while chats:
            asked = sorted(chats)
            found = await self._db.ask("HMGET", self._keys.moved, *map(str, asked))
            hops = {old: _chat(new) for old, new in zip(asked, found, strict=True) if new}
            now = {chat: hops.get(at, at) for chat, at in now.items()}
            chats = set(hops.values())
        return now

    async def _bury(self, platform: Platform, entry_id: str, why: str) -> None:
        log.error("outbox entry %s of %s is set aside, unreadable: %s", entry_id, platform, why)
        keys = self._keys
        await self._db.run(
            "bury",
            [keys.outbox(platform), keys.dead(platform)],
            [GROUP, entry_id, why, DEAD_LENGTH],
        )


def _entry(entry_id: str, fields: _Fields, attempts: int) -> Entry:
    lines = fields.get(b"events", b"").split(b"\n")
    return terms.entry(
        entry_id, _chat(fields.get(b"chat", b"")), tuple(map(codec.decode_event, lines)), attempts
    )


def _chat(address: bytes) -> Chat:
    try:
        return Chat.parse(address.decode(errors="backslashreplace"))
    except UsageError as error:
        raise CodecError(str(error)) from error


def _pairs(flat: Sequence[Any]) -> _Fields:
    return dict(zip(flat[::2], flat[1::2], strict=True))
