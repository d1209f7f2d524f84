"""What the fake Discord knows: people, servers, channels, messages, commands, interactions."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

EPHEMERAL = 64
LOADING = 128
MANAGE_GUILD = 1 << 5
MEMBER = 1 << 10 | 1 << 11 | 1 << 31  # view channel, send messages, use application commands
TEXT_CHANNEL = 0
DM_CHANNEL = 1
DISCORD_EPOCH_MS = 1420070400000

Json = dict[str, Any]


class Snowflakes:
    """Growing ids that carry the time, as Discord's do."""

    def __init__(self):
        self._count = itertools.count()

    def __call__(self) -> str:
        since = int(time.time() * 1000) - DISCORD_EPOCH_MS
        return str((since << 22) + next(self._count))


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str

    @property
    def chat_id(self) -> str:
        """The id of this person's chat with the bot, as the bot spells it."""
        return f"u{self.id}"


@dataclass(frozen=True, slots=True)
class Guild:
    """A server with one channel; its owner may manage it, others only when listed."""

    id: str
    name: str
    channel_id: str
    owner: Person
    managers: frozenset[str] = frozenset()

    def permissions(self, person: Person) -> int:
        rights = person.id == self.owner.id or person.id in self.managers
        return MEMBER | (MANAGE_GUILD if rights else 0)


@dataclass(slots=True)
class Reply:
    """What one interaction led to, as its person sees it."""

    id: str
    token: str
    person: Person
    channel_id: str
    guild: Guild | None
    kind: int
    made: float
    source: Json | None = None
    callback: int | None = None
    deferred: bool = False
    expired: bool = False
    message: Json | None = None
    choices: list[Json] | None = None
    followups: list[Json] = field(default_factory=list)
    edits: int = 0

    @property
    def shown(self) -> Json | None:
        """The message that answers, once it is more than "thinking…"."""
        if self.message is None or self.message["flags"] & LOADING:
            return None
        return self.message

    @property
    def ephemeral(self) -> bool:
        return bool(self.message and self.message["flags"] & EPHEMERAL)

    @property
    def text(self) -> str:
        """Everything to read in the answer."""
        return "\n".join(text_of(one) for one in [self.message, *self.followups] if one)


class Signal:
    """Lets tests wait for a fact instead of sleeping."""

    def __init__(self):
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, fact: Callable[[], Any], seconds: float) -> Any:
        """The first true value of `fact`; TimeoutError when it stays false."""
        async with asyncio.timeout(seconds):
            while not (value := fact()):
                future = asyncio.get_running_loop().create_future()
                self._waiting.add(future)
                try:
                    await future
                finally:
                    self._waiting.discard(future)
        return value


class World:
    """The state behind the REST routes and the gateway."""

    def __init__(self, token: str):
        self.token = token
        self.new_id = Snowflakes()
        self.changed = Signal()
        self.application_id = self.new_id()
        self.bot = Person(self.new_id(), "derivwatch")
        self.people: dict[str, Person] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Json] = {}
        self.dms: dict[str, str] = {}
        self.closed_dms: dict[str, int] = {}
        self.messages: dict[str, dict[str, Json]] = {}
        self.nonces: dict[tuple[str, str], str] = {}
        self.commands: dict[str | None, list[Json]] = {}
        self.replies: dict[str, Reply] = {}

    def add_person(self, name: str, person_id: str | None = None) -> Person:
        person = Person(person_id or self.new_id(), name)
        self.people[person.id] = person
        return person

    def add_guild(
        self, name: str, owner: Person, managers: tuple[Person, ...] = (), guild_id: str = ""
    ) -> Guild:
        channel_id = self.new_id()
        rights = frozenset(one.id for one in managers)
        guild = Guild(guild_id or self.new_id(), name, channel_id, owner, rights)
        self.guilds[guild.id] = guild
        self.channels[channel_id] = guild_channel(guild)
        return guild

    def add_channel(self, guild: Guild) -> str:
        channel_id = self.new_id()
        self.channels[channel_id] = {**guild_channel(guild), "id": channel_id}
        return channel_id

    def open_dm(self, person: Person) -> str:
        """The id of the person's channel with the bot."""
        if person.id not in self.dms:
            channel_id = self.new_id()
            self.dms[person.id] = channel_id
            self.channels[channel_id] = dm_channel(channel_id, person)
        return self.dms[person.id]

    def put(self, channel_id: str, author: Person, body: Json) -> Json:
        """Store a new message; the same enforced nonce gives the message there is."""
        nonce = body.get("nonce")
        key = (channel_id, str(nonce))
        if nonce is not None and body.get("enforce_nonce") and key in self.nonces:
            return self.messages[channel_id][self.nonces[key]]
        message = new_message(self.new_id(), channel_id, user(author, bot=author is self.bot))
        revise(message, body)
        if nonce is not None:
            message["nonce"] = nonce
            self.nonces[key] = message["id"]
        self.messages.setdefault(channel_id, {})[message["id"]] = message
        self.changed.notify()
        return message

    def command(self, name: str, guild: Guild | None) -> Json | None:
        """The published command a person would find under this name."""
        local = self.commands.get(guild.id, []) if guild else []
        return next(
            (one for one in [*local, *self.commands.get(None, [])] if one["name"] == name), None
        )


def user(person: Person, *, bot: bool = False) -> Json:
    return {
        "id": person.id,
        "username": person.name,
        "global_name": person.name.title(),
        "discriminator": "0",
        "avatar": None,
        "bot": bot,
        "flags": 0,
        "public_flags": 0,
        "primary_guild": None,
    }


def me(world: World) -> Json:
    """The bot as it sees itself."""
    return {**user(world.bot, bot=True), "mfa_enabled": True, "locale": "en-US", "verified": True}


def application(world: World) -> Json:
    owner = Person("1", "operator")
    return {
        "id": world.application_id,
        "name": "derivwatch",
        "description": "",
        "icon": None,
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "bot": user(world.bot, bot=True),
        "owner": user(owner),
        "team": None,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
    }


def dm_channel(channel_id: str, person: Person) -> Json:
    recipients = [user(person)]
    return {"id": channel_id, "type": DM_CHANNEL, "flags": 0, "recipients": recipients}


def guild_channel(guild: Guild) -> Json:
    return {
        "id": guild.channel_id,
        "type": TEXT_CHANNEL,
        "guild_id": guild.id,
        "name": "derivs",
        "position": 0,
        "flags": 0,
        "nsfw": False,
        "parent_id": None,
        "topic": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
        "last_message_id": None,
    }


def member(guild: Guild, person: Person) -> Json:
    return {
        "user": user(person),
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "premium_since": None,
        "communication_disabled_until": None,
        "pending": False,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": str(guild.permissions(person)),
    }


def new_message(message_id: str, channel_id: str, author: Json) -> Json:
    return {
        "id": message_id,
        "channel_id": channel_id,
        "author": author,
        "type": 0,
        "content": "",
        "embeds": [],
        "components": [],
        "attachments": [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "flags": 0,
        "timestamp": now(),
        "edited_timestamp": None,
    }


def revise(message: Json, body: Json) -> None:
    """Take over what a create or edit body says; absent keys stay, null empties."""
    if "content" in body:
        message["content"] = body["content"] or ""
    if "embeds" in body:
        message["embeds"] = [{"type": "rich", **one} for one in body["embeds"] or []]
    if "components" in body:
        message["components"] = _numbered(body["components"] or [])
    if "files" in body:
        message["attachments"] = [_attachment(*one) for one in enumerate(body["files"].items())]
    message["flags"] |= body.get("flags") or 0


def _attachment(at: int, file: tuple[str, str]) -> Json:
    """A file as Discord shows it in a message; there is nothing at its address."""
    name, text = file
    url = f"http://127.0.0.1/attachments/{at}/{name}"
    return {"id": str(at), "filename": name, "size": len(text), "url": url, "proxy_url": url}


def now() -> str:
    return datetime.now(UTC).isoformat()


def text_of(message: Json) -> str:
    """Everything to read in a message, one piece a line."""
    parts = [message["content"]]
    for one in message["embeds"]:
        parts += [one.get("title", ""), one.get("description", "")]
        parts += [f"{item['name']}: {item['value']}" for item in one.get("fields", [])]
        parts.append(one.get("footer", {}).get("text", ""))
    return "\n".join(part for part in parts if part)


def buttons_of(message: Json) -> dict[str, Json]:
    """The buttons by their label."""
    return {one["label"]: one for row in message["components"] for one in row["components"]}


def _numbered(rows: list[Json]) -> list[Json]:
    """Components with the ids Discord gives them."""
    count = itertools.count(1)
    return [
        {
            **row,
            "id": next(count),
            "components": [{**one, "id": next(count)} for one in row["components"]],
        }
        for row in rows
    ]
