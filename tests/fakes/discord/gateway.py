"""The gateway half of the fake Discord: sessions, heartbeats, resume, and scripted trouble."""

import contextlib
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tests.fakes.discord import model

Json = dict[str, Any]

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT = 0, 1, 2, 6, 7
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
AUTHENTICATION_FAILED = 4004
NOT_AUTHENTICATED = 4003
DISALLOWED_INTENTS = 4014
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15


@dataclass(slots=True)
class Session:
    """One bot session: what was dispatched in it, for replays; of which shard of how many."""

    id: str
    shard: tuple[int, int] = (0, 1)
    socket: "Socket | None" = None
    sequence: int = 0
    history: list[Json] = field(default_factory=list)


class Socket:
    """One connection, in plain text frames or as one zlib stream."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, *, compress: bool):
        self.raw = socket
        self._request = request
        stream = compress and request.query.get("compress") == "zlib-stream"
        self._deflate = zlib.compressobj() if stream else None

    async def send(self, payload: Json) -> None:
        text = json.dumps(payload)
        with contextlib.suppress(ConnectionError):
            if self._deflate is None:
                await self.raw.send_str(text)
            else:
                frame = self._deflate.compress(text.encode()) + self._deflate.flush(
                    zlib.Z_SYNC_FLUSH
                )
                await self.raw.send_bytes(frame)

    def abort(self) -> None:
        """Cut without a closing handshake."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Gateway:
    """All sessions of the bot; events of a disconnected session wait for its resume."""

    def __init__(self, world: model.World):
        self.world = world
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.current: Session | None = None
        self.shards: dict[int, Session] = {}
        self.identifies: list[Json] = []
        self.resumes = 0
        self.compress = True
        self.refuse = False
        self.drop = 0
        self.duplicate = 0
        self._sockets: set[Socket] = set()

    @property
    def connected(self) -> bool:
        return self.current is not None and self.current.socket is not None

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        if self.refuse:
            raise web.HTTPServiceUnavailable
        raw = web.WebSocketResponse(max_msg_size=0)
        await raw.prepare(request)
        socket = Socket(raw, request, compress=self.compress)
        self._sockets.add(socket)
        await socket.send({"op": HELLO, "d": {"heartbeat_interval": 41250}, "s": None, "t": None})
        session: Session | None = None
        try:
            async for frame in raw:
                if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    continue
                session = await self._hear(socket, session, json.loads(frame.data))
        finally:
            self._sockets.discard(socket)
            if session is not None and session.socket is socket:
                session.socket = None
            self.world.changed.notify()
        return raw

    async def dispatch(self, event: str, content: Json) -> None:
        """Tell the bot of an event; a missing connection delays it to the resume."""
        if self.drop:
            self.drop -= 1
            return
        times = 1
        if self.duplicate:
            self.duplicate -= 1
            times = 2
        for _ in range(times):
            await self._emit(self._hearing(content.get("guild_id")), event, content)

    async def reconnect(self) -> None:
        """Op 7: please come back and resume."""
        await self._current_socket().send({"op": RECONNECT, "d": None, "s": None, "t": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9."""
        if not resumable and self.current is not None:
            self.sessions.pop(self.current.id, None)
        payload = {"op": INVALID_SESSION, "d": resumable, "s": None, "t": None}
        await self._current_socket().send(payload)

    async def malformed(self) -> None:
        """An event that misses what the library's parser needs."""
        await self._emit(self.current, "INTERACTION_CREATE", {"id": "1", "type": 2})

    def abort(self) -> None:
        """Cut the connection."""
        self._current_socket().abort()

    async def close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Close the connections with a code."""
        for socket in list(self._sockets):
            await socket.raw.close(code=code)

    def _hearing(self, guild_id: str | None) -> Session | None:
        """The session that hears of a server; of direct messages the first shard alone does.

        https://docs.discord.com/developers/events/gateway#sharding
        """
        count = self.current.shard[1] if self.current else 1
        return self.shards.get(shard_of(guild_id, count) if guild_id else 0)

    def _current_socket(self) -> Socket:
        if self.current is None or self.current.socket is None:
            raise LookupError("no bot is connected")
        return self.current.socket

    async def _hear(self, socket: Socket, session: Session | None, frame: Json) -> Session | None:
        match frame["op"]:
            case 1:
                await socket.send({"op": HEARTBEAT_ACK, "d": None, "s": None, "t": None})
            case 2:
                return await self._identify(socket, frame["d"])
            case 6:
                return await self._resume(socket, frame["d"])
        return session

    async def _identify(self, socket: Socket, wanted: Json) -> Session | None:
        self.identifies.append(wanted)
        if wanted["token"] != self.world.token:
            await socket.raw.close(code=AUTHENTICATION_FAILED)
            return None
        if wanted["intents"] & PRIVILEGED:
            await socket.raw.close(code=DISALLOWED_INTENTS)
            return None
        shard, count = wanted.get("shard") or (0, 1)
        session = Session(self.world.new_id(), (shard, count), socket)
        self.sessions[session.id] = session
        self.current = self.shards[shard] = session
        guilds = [one for one in self.world.guilds.values() if shard_of(one.id, count) == shard]
        await self._emit(session, "READY", self._ready(session, guilds))
        for guild in guilds:
            await self._emit(session, "GUILD_CREATE", guild_create(self.world, guild))
        self.world.changed.notify()
        return session

    async def _resume(self, socket: Socket, wanted: Json) -> Session | None:
        self.resumes += 1
        session = self.sessions.get(wanted["session_id"])
        if session is None or wanted["token"] != self.world.token:
            await socket.send({"op": INVALID_SESSION, "d": False, "s": None, "t": None})
            return None
        session.socket = socket
        self.current = self.shards[session.shard[0]] = session
        for payload in [one for one in session.history if one["s"] > (wanted["seq"] or 0)]:
            await socket.send(payload)
        await self._emit(session, "RESUMED", {})
        self.world.changed.notify()
        return session

    async def _emit(self, session: Session | None, event: str, content: Json) -> None:
        if session is None:
            raise LookupError("no bot has identified")
        session.sequence += 1
        payload = {"op": DISPATCH, "t": event, "s": session.sequence, "d": content}
        session.history.append(payload)
        if session.socket is not None:
            await session.socket.send(payload)

    def _ready(self, session: Session, guilds: list[model.Guild]) -> Json:
        stubs = [{"id": guild.id, "unavailable": True} for guild in guilds]
        return {
            "v": 10,
            "user": model.me(self.world),
            "guilds": stubs,
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": self.world.application_id, "flags": 0},
            "shard": list(session.shard),
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "_trace": [],
        }


def shard_of(guild_id: str, count: int) -> int:
    return (int(guild_id) >> 22) % count


def guild_create(world: model.World, guild: model.Guild) -> Json:
    """A server as its bots first see it."""
    everyone = {
        "id": guild.id,
        "name": "@everyone",
        "permissions": str(model.MEMBER),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    listed = ("emojis", "stickers", "threads", "voice_states", "presences", "features")
    listed += ("stage_instances", "guild_scheduled_events", "soundboard_sounds")
    return {
        "id": guild.id,
        "name": guild.name,
        "owner_id": guild.owner.id,
        "application_id": None,
        "member_count": 2,
        "unavailable": False,
        "large": False,
        "joined_at": "2026-01-01T00:00:00+00:00",
        "preferred_locale": "en-US",
        "roles": [everyone],
        "channels": [model.guild_channel(guild)],
        "members": [model.member(guild, world.bot) | {"user": model.user(world.bot, bot=True)}],
        **dict.fromkeys(("verification_level", "mfa_level", "nsfw_level", "premium_tier"), 0),
        **dict.fromkeys(("explicit_content_filter", "default_message_notifications"), 0),
        **dict.fromkeys(("icon", "banner", "splash", "description", "afk_channel_id"), None),
        **dict.fromkeys(("system_channel_id", "rules_channel_id", "vanity_url_code"), None),
        **dict.fromkeys(("public_updates_channel_id", "safety_alerts_channel_id"), None),
        **dict.fromkeys(("discovery_splash", "incidents_data"), None),
        "premium_progress_bar_enabled": False,
        **{name: [] for name in listed},
        "afk_timeout": 300,
        "system_channel_flags": 0,
    }
