"""The fake's people, chats, messages and waiting updates, in Telegram's wire shapes."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.fakes.telegram.entities import units
from tests.fakes.telegram.refusal import Refusal, bad_request, forbidden

Json = dict[str, Any]
Found = TypeVar("Found")

GROUP_ANONYMOUS_BOT = 1087968824

_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(?:@\w+)?")
_MENTION = re.compile(r"(?<![\w/])@\w{5,32}\b")


@dataclass
class Room:
    """One chat: `away` is the reason why the bot may not write there."""

    id: int
    type: str
    name: str
    forum: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    topics: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    messages: dict[int, Json] = field(default_factory=dict)
    away: str = ""
    moved_to: int = 0
    last_id: int = 0

    def wire(self) -> Json:
        if self.type == "private":
            return {"id": self.id, "type": "private", "first_name": self.name}
        chat: Json = {"id": self.id, "type": self.type, "title": self.name}
        return {**chat, "is_forum": True} if self.forum else chat

    def admit(self) -> None:
        """Refuse the bot's message as Telegram would."""
        if self.moved_to:
            why = "group chat was upgraded to a supergroup chat"
            raise bad_request(why, migrate_to_chat_id=self.moved_to)
        if self.away:
            raise forbidden(self.away)


class World:
    """State, and a way to wait until it changes."""

    def __init__(self, bot_id: int, username: str) -> None:
        self.bot: Json = {
            "id": bot_id,
            "is_bot": True,
            "first_name": "derivwatch",
            "username": username,
        }
        self.people: dict[int, Json] = {}
        self.rooms: dict[int, Room] = {}
        self.updates: list[Json] = []
        self.allowed: list[str] = []
        self.answers: dict[str, Json | None] = {}
        self.commands: dict[str, list[Json]] = {}
        self.files: dict[str, bytes] = {}
        self.webhook = ""
        self.webhook_secret = ""
        self.webhook_error: Json = {}
        self.poll = 0
        self._last_update = 1000
        self._changed = asyncio.Condition()

    def person(self, user: int, name: str = "") -> Json:
        """The person of this id, made up at first sight."""
        fresh = {"id": user, "is_bot": False, "first_name": name or f"Person {user}"}
        if user == GROUP_ANONYMOUS_BOT:
            fresh |= {"is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        return self.people.setdefault(user, fresh)

    def private(self, user: int) -> Room:
        person = self.person(user)
        return self.rooms.setdefault(user, Room(user, "private", person["first_name"]))

    def room(self, chat: str | int) -> Room:
        room = self.rooms.get(int(chat)) if re.fullmatch(r"-?\d+", str(chat)) else None
        if room is None:
            raise bad_request("chat not found")
        return room

    def message(self, room: Room, sender: Json | None, **content: Any) -> Json:
        """Put a message into a chat."""
        room.last_id += 1
        message = {"message_id": room.last_id, "date": int(time.time()), "chat": room.wire()}
        message |= {"from": sender} if sender else {}
        message |= content
        room.messages[room.last_id] = message
        return message

    def topic_of(self, room: Room, thread: str) -> Json:
        """The fields of a message in a topic; refused where there is no such open topic."""
        if not thread:
            return {}
        if int(thread) not in room.topics:
            raise bad_request("message thread not found")
        if int(thread) in room.closed:
            raise bad_request("TOPIC_CLOSED")
        return {"message_thread_id": int(thread), "is_topic_message": True}

    async def update(self, kind: str, content: Json) -> int:
        """Queue an update for the bot, if it asked for this kind."""
        if self.allowed and kind not in self.allowed:
            return 0
        self._last_update += 1
        self.updates.append({"update_id": self._last_update, kind: content})
        await self.touch()
        return self._last_update

    async def updates_for(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Long polling: a second poller ends the first one with 409."""
        if self.webhook:
            why = "can't use getUpdates method while webhook is active"
            raise Refusal(409, f"Conflict: {why}; use deleteWebhook to delete the webhook first")
        self.poll += 1
        mine = self.poll
        start = self.updates[offset:] if offset < 0 else self.updates
        self.updates = [update for update in start if update["update_id"] >= offset]
        await self.touch()
        await self.until(lambda: self.updates or self.poll != mine or None, seconds)
        if self.poll != mine:
            why = "terminated by other getUpdates request"
            raise Refusal(409, f"Conflict: {why}; make sure that only one bot instance is running")
        return self.updates[:limit]

    async def touch(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, look: Callable[[], Found | None], seconds: float) -> Found | None:
        """What `look` finds, as soon as it finds something; None after `seconds`."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                while (found := look()) is None:
                    await self._changed.wait()
                return found
        except TimeoutError:
            return None


def entities_in(text: str) -> list[Json]:
    """The entities Telegram finds in what a person types."""
    found = [("bot_command", match) for match in _COMMAND.finditer(text)]
    found += [("mention", match) for match in _MENTION.finditer(text)]
    return [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
        for kind, match in sorted(found, key=lambda pair: pair[1].start())
    ]
