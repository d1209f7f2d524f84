"""The durable queue in Redis: a stream per platform, read by one consumer group.

Entries stay pending in the stream until they are settled; `scripts/lines.lua` keeps each chat's
entries in a line and hands out only the first.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from alerts import codec
from alerts.codec import plain
from alerts.domain.errors import CodecError, StoreError, UsageError
from alerts.domain.event import Event
from alerts.domain.ids import Chat, Platform
from alerts.queue import ASIDE_AT_MOST, Aside, Backlog, Dead, Entry, Hands, Note, Tally
from alerts.storage import terms
from alerts.storage.connection import Connection
from alerts.storage.keys import Keys
from alerts.together import Together

log = logging.getLogger(__name__)

GROUP = "couriers"
DEAD_LENGTH = 1_000
MOVES_AT_MOST = 10_000
BACK_AT_ONCE = 100
SETTLED_AT_ONCE = 50
WAIT_SLICE = timedelta(seconds=1)
"""Longest block of one command: well under the command timeout."""

_NO_NOTE = "", "", ""
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)

Word = str | int | bytes

_Row = Sequence[Any]
_T = TypeVar("_T")
_Fields = Mapping[bytes, bytes]


class RedisOutbox:
    """Implements Outbox; an entry that cannot be read is a dead letter at once."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys
        self._settling: dict[Hands, Together[Sequence[Word], _Row | None]] = {}

    async def take(self, hands: Hands, *, count: int, wait: timedelta) -> Sequence[Entry]:
        loop = asyncio.get_running_loop()
        end = loop.time() + wait.total_seconds()
        while True:
            rows, more, following, last = await self._run("take", hands, count)
            entries = [entry for row in rows if (entry := await self._entry(hands, row))]
            left = timedelta(seconds=end - loop.time())
            if entries or left <= timedelta(0):
                return entries
            if not more and not rows:
                due = timedelta(microseconds=following) if following != b"" else WAIT_SLICE
                await self._arrival(hands.platform, last, min(left, due, WAIT_SLICE))

    async def keep(self, hands: Hands, entries: Sequence[Entry]) -> None:
        if entries:
            await self._run("keep", hands, *(word for one in entries for word in _named(one)))

    async def settle(
        self,
        hands: Hands,
        entry: Entry,
        *,
        aside: Aside | None = None,
        rang: str = "",
        note: Note | None = None,
    ) -> Entry | None:
        words = ("", *_laid(aside), rang, *self._noted(note))
        return await self._settle(hands, (*_named(entry), *words))

    async def tally(self, chats: Sequence[Chat]) -> Sequence[Tally]:
        names = {platform: [one for one in chats if one.platform == platform]
                 for platform in {chat.platform for chat in chats}}  # fmt: skip
        found: dict[Chat, Tally] = {}
        for platform, ours in names.items():
            waiting, rang = await self._db.ask_all(
                ["HMGET", self._keys.aside(platform), *map(str, ours)],
                ["HMGET", self._keys.rang(platform), *map(str, ours)],
            )
            found |= zip(ours, map(_tally, ours, waiting, rang), strict=True)
        return [found[chat] for chat in chats]

    async def bring_back(self, platform: Platform, now: datetime) -> int:
        keys = self._keys
        names = [keys.outbox(platform), keys.aside(platform), keys.aside_due(platform)]
        return int(await self._db.run("bring_back", names, [terms.micros(now), BACK_AT_ONCE]))

    async def recall(self, chat: Chat) -> None:
        await self._db.tell("ZADD", self._keys.aside_due(chat.platform), "XX", 0, str(chat))

    async def bury(self, hands: Hands, entry: Entry, why: str) -> Entry | None:
        return await self._settle(hands, _buried(_named(entry), why or "no reason was given"))

    async def defer(
        self, hands: Hands, entry: Entry, after: timedelta, *, tried: bool = True
    ) -> None:
        await self._run("defer", hands, *_named(entry), after // _MICROSECOND, int(tried))

    async def readdress(self, old: Chat, new: Chat) -> None:
        if old == new:
            return
        keys = self._keys
        await self._db.run(
            "readdress",
            [
                *(keys.chat(old), keys.chat(new), keys.number(new)),
                *(keys.rules, keys.feed, keys.moved),
                *(keys.lines(old.platform), keys.turns(old.platform), keys.chats),
                *_hush(keys, old.platform),
                *(keys.episodes(old), keys.episodes(new), keys.fired(old), keys.fired(new)),
                keys.number(old),
            ],
            [
                *(str(old), str(new), terms.FEED_LENGTH, ASIDE_AT_MOST, MOVES_AT_MOST),
                terms.NUMBER_KEPT // _MILLISECOND,
            ],
        )

    async def backlog(self, platform: Platform) -> int:
        return int(await self._db.ask("XLEN", self._keys.outbox(platform)))

    async def waits(self, platform: Platform) -> Backlog:
        count, first, attended, time = await self._db.ask_all(
            ["XLEN", self._keys.outbox(platform)],
            ["XRANGE", self._keys.outbox(platform), "-", "+", "COUNT", 1],
            ["GET", self._keys.turns_attended(platform)],
            ["TIME"],
        )
        if not first:
            return Backlog()
        now = timedelta(seconds=int(time[0]), microseconds=int(time[1]))
        oldest = now - int(first[0][0].partition(b"-")[0]) * _MILLISECOND
        looked = int(attended) * _MICROSECOND if (attended or b"").isdigit() else timedelta(0)
        unattended = min(oldest, now - looked)
        return Backlog(int(count), max(oldest, timedelta(0)), max(unattended, timedelta(0)))

    async def dead(self, platform: Platform, count: int = 1000) -> Sequence[Dead]:
        rows = await self._db.ask("XREVRANGE", self._keys.dead(platform), "+", "-", "COUNT", count)
        return [_dead(dead_id.decode(), fields) for dead_id, fields in reversed(rows)]

    async def buried(self, platform: Platform) -> int:
        return int(await self._db.ask("XLEN", self._keys.dead(platform)))

    async def resend(self, platform: Platform, dead_id: str) -> bool:
        keys = self._keys
        ours = [keys.dead(platform), keys.outbox(platform)]
        return _is_id(dead_id) and bool(await self._db.run("resend", ours, [dead_id]))

    async def drop(self, platform: Platform, dead_id: str) -> bool:
        return _is_id(dead_id) and bool(
            await self._db.tell("XDEL", self._keys.dead(platform), dead_id)
        )

    async def _run(self, name: str, hands: Hands, *words: Word) -> Any:
        """A script on the lines, with the consumer group made first where it is missing."""
        keys, platform = self._keys, hands.platform
        return await self._grouped(
            platform,
            partial(
                self._db.run,
                name,
                [
                    *(keys.outbox(platform), keys.lines(platform), keys.turns(platform)),
                    *(keys.moved, keys.dead(platform), *_hush(keys, platform)),
                ],
                [GROUP, hands.name, hands.hold // _MICROSECOND, *words],
            ),
        )

    def _noted(self, note: Note | None) -> tuple[Word, Word, Word]:
        if note is None:
            return _NO_NOTE
        return self._keys.note(note.name), note.text, max(note.keep // _MILLISECOND, 1)

    async def _arrival(self, platform: Platform, last: bytes, wait: timedelta) -> None:
        """Wait until something is queued after `last`."""
        block = max(wait // _MILLISECOND, 1)  # BLOCK 0 would wait for ever
        await self._db.tell(
            "XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", self._keys.outbox(platform), last
        )

    async def _settle(self, hands: Hands, words: Sequence[Word]) -> Entry | None:
        """Settle one entry, with others that are settled at the same moment."""
        if hands not in self._settling:
            self._settling[hands] = Together(partial(self._settled, hands), SETTLED_AT_ONCE)
        return await self._entry(hands, await self._settling[hands](words))

    async def _settled(self, hands: Hands, each: Sequence[Sequence[Word]]) -> Sequence[_Row | None]:
        """The rows of the next entries of the same chats."""
        words = (word for one in each for word in one)
        rows: Sequence[_Row | None]
        rows = await self._run("settle", hands, DEAD_LENGTH, ASIDE_AT_MOST, *words)
        return rows

    async def _entry(self, hands: Hands, row: _Row | None) -> Entry | None:
        """The entry in a row; one that cannot be read is buried, and the next of its line taken."""
        while row:
            entry_id, flat, tries, chat = row
            name = entry_id.decode()
            try:
                entry = _read(name, _pairs(flat), tries)
                return terms.addressed(entry, _chat(chat))
            except CodecError as error:
                log.error("outbox entry %s is set aside, unreadable: %s", name, error)  # noqa: TRY400
                (row,) = await self._settled(hands, [_buried((chat, name), str(error))])
        return None

    async def _grouped(self, platform: Platform, attempt: Callable[[], Awaitable[_T]]) -> _T:
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
            await self._db.run("group", [key], [GROUP])
        except StoreError as error:
            if "BUSYGROUP" not in str(error):
                raise


def _named(entry: Entry) -> tuple[str, str]:
    """An entry as the scripts know it: they follow a chat that has moved."""
    return str(entry.chat), entry.id


def _hush(keys: Keys, platform: Platform) -> tuple[str, str, str]:
    return keys.aside(platform), keys.aside_due(platform), keys.rang(platform)


def _buried(named: Sequence[Word], why: str) -> tuple[Word, ...]:
    return (*named, why, *_laid(None), "", *_NO_NOTE)


def _laid(aside: Aside | None) -> tuple[Word, Word]:
    if aside is None:
        return "", ""
    events = "\n".join(map(codec.encode_event, aside.events))
    return events, terms.micros(aside.due)


def _tally(chat: Chat, waiting: bytes | None, rang: bytes | None) -> Tally:
    """A record that cannot be read is no reason to keep an alert back."""
    try:
        period, count = (rang or b" 0").decode().split(" ")
        return Tally(_each(waiting) if waiting else (), period, int(count))
    except (CodecError, ValueError) as error:
        log.error("what waits in chat=%s cannot be read: %s", chat, error)  # noqa: TRY400
        return Tally()


def _read(entry_id: str, fields: _Fields, attempts: int) -> Entry:
    back = fields.get(b"back")
    return terms.entry(
        entry_id,
        _chat(fields.get(b"chat", b"")),
        _each(fields.get(b"events", b"")),
        attempts,
        terms.from_micros(int(back)) if back else None,
    )


def _each(events: bytes) -> tuple[Event, ...]:
    return tuple(map(codec.decode_event, events.split(b"\n")))


def _dead(dead_id: str, fields: _Fields) -> Dead:
    try:
        events = _each(fields.get(b"events", b""))
    except CodecError:
        events = ()
    return Dead(
        dead_id,
        fields.get(b"chat", b"").decode(errors="replace"),
        events,
        fields.get(b"why", b"").decode(errors="replace"),
        terms.from_millis(int(dead_id.partition("-")[0])),
    )


def _chat(address: bytes) -> Chat:
    try:
        return plain.chat(address.decode(errors="backslashreplace"))
    except UsageError as error:
        raise CodecError(str(error)) from error


def _is_id(text: str) -> bool:
    return text.replace("-", "", 1).isdecimal()


def _pairs(flat: Sequence[Any]) -> _Fields:
    return dict(zip(flat[::2], flat[1::2], strict=True))
