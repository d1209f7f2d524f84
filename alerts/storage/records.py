"""Showing and forgetting all of a chat, in Redis.

A key that is a chat's own ends in the chat, and is found by that; what else names chats is listed
in keys.py.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from alerts.domain.ids import Chat, Platform
from alerts.storage import terms
from alerts.storage.connection import Connection
from alerts.storage.outbox import GROUP
from alerts.storage.pipeline import Command

CHUNK = 1_000

_GLOB = re.compile(r"[\\*?\[\]^-]")
_WHOLE: Mapping[bytes, Callable[[str], Command]] = {
    b"string": lambda key: ("GET", key),
    b"hash": lambda key: ("HGETALL", key),
    b"list": lambda key: ("LRANGE", key, 0, -1),
    b"set": lambda key: ("SMEMBERS", key),
    b"zset": lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"),
    b"stream": lambda key: ("XRANGE", key, "-", "+"),
}


class RedisRecords:
    """Implements Records."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys

    async def of_chat(self, chat: Chat) -> Mapping[str, object]:
        found = {str(one): await self._held(one) for one in await self._addresses(chat)}
        return {address: held for address, held in found.items() if held}

    async def erase(self, chat: Chat, person: str = "") -> None:
        addresses = await self._addresses(chat)
        await self._erase_rules(addresses)
        for stream in (self._keys.outbox(chat.platform), self._keys.dead(chat.platform)):
            await self._erase_news(stream, addresses)
        await self._erase_rules(addresses)  # a courier may have lined up an entry meanwhile
        for address in addresses:
            async for key in self._own(address):
                await self._db.tell("UNLINK", key)
        await self._erase_floods(chat)
        await self._erase_moves(addresses)
        if person:
            await self._disown(chat.platform, person)
            async for key in self._scan(self._keys.note(f"*:{_escaped(person)}:{chat.platform}:*")):
                await self._db.tell("UNLINK", key)

    async def _addresses(self, chat: Chat) -> list[Chat]:
        """The chat, and those that became it."""
        moves = await self._db.ask("HGETALL", self._keys.moved)
        became = {old.decode(): new.decode() for old, new in moves.items()}
        found, names = [chat], {str(chat)}
        while more := {old for old, new in became.items() if new in names} - names:
            names |= more
            found += map(Chat.parse, sorted(more))
        return found

    async def _held(self, chat: Chat) -> dict[str, object]:
        held: dict[str, object] = {}
        ids = await self._db.ask("HVALS", self._keys.chat(chat))
        if ids:
            held |= {self._short(key): await self._fields(key, ids) for key in self._keys.by_rule()}
        for key in self._keys.by_chat(chat.platform):
            held[self._short(key)] = (await self._fields(key, [str(chat)])).get(str(chat))
        for key in (self._keys.outbox(chat.platform), self._keys.dead(chat.platform)):
            held[self._short(key)] = [row async for _, row in self._news(key, [chat])]
        async for key in self._own(chat):
            held[self._short(key)] = await self._whole(key)
        return {place: what for place, what in held.items() if what not in (None, [], {})}

    async def _fields(self, key: str, names: Sequence[str | bytes]) -> dict[str, object]:
        kind = await self._db.ask("TYPE", key)
        if kind == b"hash":
            values = await self._db.ask("HMGET", key, *names)
        elif kind == b"zset":
            values = [await self._db.ask("ZSCORE", key, name) for name in names]
        else:
            return {}
        pairs = zip(names, values, strict=True)
        return {_text(name): _plain(value) for name, value in pairs if value is not None}

    async def _whole(self, key: str) -> object:
        asked = _WHOLE.get(await self._db.ask("TYPE", key))
        return _plain(await self._db.ask(*asked(key))) if asked else None

    async def _news(
        self, stream: str, chats: Sequence[Chat]
    ) -> AsyncIterator[tuple[bytes, object]]:
        """The entries of a stream that are for these chats, each with its id."""
        names, after = {str(chat).encode() for chat in chats}, "-"
        while True:
            rows = await self._db.ask("XRANGE", stream, after, "+", "COUNT", CHUNK)
            for entry_id, fields in rows:
                if fields.get(b"chat") in names:
                    yield entry_id, _plain(fields)
            if len(rows) < CHUNK:
                return
            after = f"({rows[-1][0].decode()}"

    async def _own(self, chat: Chat) -> AsyncIterator[str]:
        """The keys that end in this chat, or in its id where topics share one key."""
        last = _escaped(chat.thread or chat.id)
        async for key in self._scan(f"{self._keys.prefix}*:{last}"):
            if self._keys.is_of_chat(key, chat):
                yield key

    async def _scan(self, pattern: str) -> AsyncIterator[str]:
        cursor: Any = 0
        while True:
            cursor, keys = await self._db.ask("SCAN", cursor, "MATCH", pattern, "COUNT", CHUNK)
            for key in keys:
                yield _text(key)
            if int(cursor) == 0:
                return

    async def _erase_rules(self, chats: Sequence[Chat]) -> None:
        keys = self._keys
        for chat in chats:
            by_rule, by_chat = keys.by_rule(), keys.by_chat(chat.platform)
            await self._db.run(
                "erase",
                [keys.chat(chat), keys.feed, *by_rule, *by_chat],
                [str(chat), terms.FEED_LENGTH, len(by_rule)],
            )

    async def _erase_news(self, stream: str, chats: Sequence[Chat]) -> None:
        async for entry_id, _ in self._news(stream, chats):
            await self._db.tell("XACK", stream, GROUP, entry_id)
            await self._db.tell("XDEL", stream, entry_id)

    async def _erase_floods(self, chat: Chat) -> None:
        async for key in self._scan(self._keys.budget_floods(f"{chat.platform}:*")):
            await self._db.tell("ZREM", key, chat.id)

    async def _erase_moves(self, chats: Sequence[Chat]) -> None:
        for chat in chats[1:]:
            await self._db.tell("HDEL", self._keys.moved, str(chat))

    async def _disown(self, platform: Platform, person: str) -> None:
        """Take the person's name off the rules of other chats of the platform."""
        spelled, cursor = f'"owner":{json.dumps(person)}', 0
        while True:
            cursor, found = await self._db.ask("HSCAN", self._keys.rules, cursor, "COUNT", CHUNK)
            for rule_id, text in found.items():
                if spelled.encode() in text and f'"chat":"{platform}:'.encode() in text:
                    words = [rule_id, spelled, '"owner":""']
                    await self._db.run("disown", [self._keys.rules], words)
            if int(cursor) == 0:
                return

    def _short(self, key: str) -> str:
        return key.removeprefix(self._keys.prefix)


def _escaped(text: str) -> str:
    """The text as a pattern that matches nothing else."""
    return _GLOB.sub(r"\\\g<0>", text)


def _text(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode(errors="backslashreplace")


def _plain(value: object) -> object:
    """A stored value as JSON may hold it; texts that are JSON are read."""
    match value:
        case bytes() | str():
            return _read(_text(value))
        case dict():
            return {_text(name): _plain(one) for name, one in value.items()}
        case list() | tuple() | set():
            return [_plain(one) for one in value]
        case _:
            return value


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        lines = text.split("\n")
        return text if len(lines) == 1 else [_read(line) for line in lines]
