"""Rules and states in Redis."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts import codec
from alerts.domain.errors import CodecError, ForeignKeyError
from alerts.domain.ids import Chat, RuleId
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import UNTOUCHED, Levels, Overlay, Rule, State
from alerts.ports import Change, Held, New, Reversal, Step
from alerts.storage import terms, wording
from alerts.storage.connection import Connection

log = logging.getLogger(__name__)

CHUNK = 1_000

SCANNED = 2_000
"""Rules of a part when all are read: about two milliseconds of the server's time."""

TURNS_TO_SEND = 8
"""After so many turns of the loop, a command that was asked for is surely on its way."""

_MILLISECOND = timedelta(milliseconds=1)


class RedisRuleBook:
    """Implements RuleBook; a record that cannot be read is set aside and named once."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys
        self._named: set[RuleId] = set()

    async def add(self, new: New, *, now: datetime, limit: int) -> Rule:
        keys, rule = self._keys, terms.newborn(new, now)
        number = await self._db.run(
            "add",
            [
                keys.chat(rule.chat),
                keys.number(rule.chat),
                keys.rules,
                keys.states,
                keys.due,
                keys.feed,
                keys.moved,
            ],
            [
                str(rule.chat),
                rule.id,
                codec.encode_rule(rule),
                codec.encode_state(new.state),
                terms.micros(now),
                limit,
                terms.FEED_LENGTH,
                terms.NUMBER_KEPT // _MILLISECOND,
            ],
        )
        if number is None:
            raise terms.chat_is_full(limit)
        return replace(rule, number=number)

    async def of_chat(self, chat: Chat) -> Sequence[Held]:
        ids = await self._listed(chat, "HVALS", self._keys.chat(chat))
        return sorted(await self.load(_ids(ids)), key=lambda held: held.rule.number)

    async def of_chats(self, chats: Sequence[Chat]) -> Sequence[Held]:
        if not chats:
            return []
        listed = await self._db.look("listed", [self._keys.chat(chat) for chat in chats])
        return await self.load(_ids(one for ids in listed for one in ids))

    async def get(self, chat: Chat, number: int) -> Held | None:
        found = await self._listed(chat, "HGET", self._keys.chat(chat), number)
        held = await self.load(_ids([found])) if found else []
        return held[0] if held else None

    async def _listed(self, chat: Chat, *command: str | int) -> Any:
        """A read of a chat's list, which is made anew from its rules where it was not ours."""
        try:
            return await self._db.ask(*command)
        except ForeignKeyError:
            async for rule in self.everything():
                if rule.chat == chat:
                    key = self._keys.chat(chat)
                    await self._db.tell("HSETNX", key, rule.number, rule.id)
            return await self._db.ask(*command)

    async def replace(
        self, rule: Rule, state: State, *, now: datetime, was: State | None = None
    ) -> Rule:
        keys = self._keys
        revision = await self._db.run(
            "replace",
            [keys.rules, keys.states, keys.due, keys.feed],
            [
                rule.id,
                codec.encode_rule(rule),
                codec.encode_state(state),
                terms.micros(now),
                terms.FEED_LENGTH,
                "" if was is None else codec.encode_state(was),
            ],
        )
        if revision is None:
            raise terms.outdated(rule)
        return replace(rule, revision=revision)

    async def remove(self, chat: Chat, number: int) -> Held | None:
        keys = self._keys
        gone = await self._db.run(
            "remove",
            [
                *(keys.chat(chat), keys.rules, keys.states, keys.due, keys.feed, keys.overlays),
                keys.number(chat),
            ],
            [number, terms.FEED_LENGTH, terms.NUMBER_KEPT // _MILLISECOND],
        )
        return self._held(*gone) if gone else None

    async def overlay(self, rule: RuleId, overlay: Overlay, *, now: datetime) -> bool:
        keys = self._keys
        ours = [keys.rules, keys.overlays, keys.due]
        due = terms.micros(now)
        return bool(await self._db.run("overlay", ours, [rule, wording.overlay(overlay), due]))

    async def revert(
        self, chat: Chat, reversals: Sequence[Reversal], *, now: datetime, limit: int
    ) -> None:
        keys = self._keys
        room = await self._db.run(
            "revert",
            [keys.chat(chat), keys.rules, keys.states, keys.due, keys.feed, keys.overlays],
            [
                *(str(chat), terms.micros(now), limit, terms.FEED_LENGTH),
                *(word for one in reversals for word in wording.reversal(one)),
            ],
        )
        if room is None:
            raise terms.moved_on()
        if not room:
            raise terms.chat_is_full(limit)

    async def load(self, ids: Sequence[RuleId]) -> Sequence[Held]:
        held: list[Held] = []
        for start in range(0, len(ids), CHUNK):
            held += await self._load(ids[start : start + CHUNK])
        return held

    async def _load(self, ids: Sequence[RuleId]) -> list[Held]:
        keys = self._keys
        parts = await self._db.ask_all(
            *(["HMGET", key, *ids] for key in (keys.rules, keys.states, keys.overlays))
        )
        held = [self._held(*row) for row in zip(ids, *parts, strict=True)]
        lost = [rule_id for rule_id, found in zip(ids, held, strict=True) if found is None]
        if lost:  # else they would be due for ever, and crowd the others out
            await self._db.tell("ZREM", self._keys.due, *lost)
        return [found for found in held if found]

    async def everything(self) -> AsyncIterator[Rule]:
        async for part in self._scan():
            for rule_id, text in part.items():
                rule = self._rule(rule_id, text)
                if rule:
                    yield rule

    async def levels(self) -> AsyncIterator[Levels]:
        async for part in self._scan():
            yield self._levels(part)

    async def _scan(self) -> AsyncIterator[Mapping[bytes, bytes]]:
        """All rules as they are stored; while one part is worked on, the next is on its way."""
        coming = asyncio.ensure_future(self._part(0))
        try:
            while True:
                cursor, found = await coming
                if cursor:
                    coming = asyncio.ensure_future(self._part(cursor))
                    for _ in range(TURNS_TO_SEND):  # the work on what was found gives it none
                        await asyncio.sleep(0)
                yield found
                if not cursor:
                    return
        finally:
            coming.cancel()

    async def _part(self, cursor: int) -> tuple[int, Mapping[bytes, bytes]]:
        cursor, found = await self._db.ask("HSCAN", self._keys.rules, cursor, "COUNT", SCANNED)
        return cursor, found

    async def position(self) -> str:
        """Leaves a mark in the feed, which `changes` must find again: else the feed was cut."""
        mark = await self._db.run("mark", [self._keys.feed], [terms.FEED_LENGTH])
        return _word(mark)

    async def changes(self, after: str) -> tuple[str, Sequence[Change]]:
        ids: dict[RuleId, None] = {}
        position, more = after, True
        while more:
            mark, *entries = await self._entries(position)
            ids.update(dict.fromkeys(_ids(row[b"rule"] for _, row in entries if b"rule" in row)))
            position = _word((entries or [mark])[-1][0])
            more = len(entries) == CHUNK - 1
        found = await self._db.ask("HMGET", self._keys.rules, *ids) if ids else []
        rules = (self._rule(*row) for row in zip(ids, found, strict=True))
        return position, [Change(*row) for row in zip(ids, rules, strict=True)]

    async def _entries(self, position: str) -> Sequence[tuple[bytes, Mapping[bytes, bytes]]]:
        """The feed from a position on; it must begin with that very entry."""
        if not position.replace("-", "", 1).isdecimal():
            raise terms.feed_lost(position)
        entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]] = await self._db.ask(
            "XRANGE", self._keys.feed, position, "+", "COUNT", CHUNK
        )
        if not entries or _word(entries[0][0]) != position:
            raise terms.feed_lost(position)
        return entries

    async def due(self, now: datetime, limit: int = 10_000) -> Sequence[RuleId]:
        ids = await self._db.ask(
            "ZRANGEBYSCORE", self._keys.due, "-inf", terms.micros(now), "LIMIT", 0, limit
        )
        return _ids(ids)

    async def latest(self) -> Mapping[Series, Reading]:
        stored = await self._db.ask("HGETALL", self._keys.latest)
        readings = (_reading(name, text) for name, text in stored.items())
        return {reading.series: reading for reading in readings if reading}

    async def commit(
        self, readings: Sequence[Reading], steps: Sequence[Step], fence: int
    ) -> Sequence[RuleId]:
        keys = self._keys
        platforms = list({step.event.chat.platform: None for step in steps if step.event})
        written = await self._db.run(
            "commit",
            [keys.fence, keys.rules, keys.states, keys.due, keys.latest, keys.overlays]
            + [keys.episodes_stem, keys.fired_stem]
            + [keys.outbox(platform) for platform in platforms],
            wording.commit(readings, steps, fence, platforms),
        )
        if written is None:
            raise terms.superseded(fence)
        return _ids(written)

    def _held(
        self,
        rule_id: RuleId | bytes,
        rule: bytes | None,
        state: bytes | None,
        overlay: bytes | None,
    ) -> Held | None:
        found = self._rule(rule_id, rule)
        if found is None:
            return None
        try:
            known = codec.decode_overlay(overlay) if overlay else UNTOUCHED
            return Held(found, codec.decode_state(state or b""), known)
        except CodecError as error:
            self._set_aside(found.id, error)
            return None

    def _levels(self, part: Mapping[bytes, bytes]) -> Levels:
        with contextlib.suppress(CodecError):
            found = codec.decode_levels(part.values())
            if list(map(str.encode, dict.fromkeys(found.rules))) == list(part):
                return found
        return Levels.of(rule for row in part.items() if (rule := self._rule(*row)))

    def _rule(self, rule_id: RuleId | bytes, text: bytes | None) -> Rule | None:
        if text is None:
            return None
        (name,) = _ids([rule_id])
        try:
            rule = codec.decode_rule(text)
        except CodecError as error:
            self._set_aside(name, error)
            return None
        if rule.id != name:
            self._set_aside(name, CodecError(f"it calls itself {rule.id!r}"))
            return None
        return rule

    def _set_aside(self, rule_id: RuleId, error: CodecError) -> None:
        if rule_id not in self._named:
            self._named.add(rule_id)
            log.error("rule %s is set aside, its record cannot be read: %s", rule_id, error)


def _reading(name: bytes, text: bytes) -> Reading | None:
    try:
        return codec.decode_reading(text)
    except CodecError as error:
        log.warning("latest reading of %r cannot be read: %s", name, error)
        return None


def _ids(words: Iterable[Any]) -> list[RuleId]:
    return [RuleId(_word(word)) for word in words]


def _word(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode(errors="backslashreplace")
