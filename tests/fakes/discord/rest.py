"""The REST half of the fake Discord: the routes a bot of this kind uses, all under /api/v10."""

import asyncio
import json
import re
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.discord import limits, model
from tests.fakes.discord.faults import VIA, Fault, Script, too_many
from tests.fakes.discord.interactions import Refused, acknowledge, find, followup, original

Json = dict[str, Any]

PREFIX = "/api/v10"
UNAUTHORISED = ("/interactions/", "/webhooks/")
_A_MESSAGE = re.compile(r"POST /channels/\d+/messages")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, for tests to look at."""

    method: str
    path: str
    body: Any
    headers: dict[str, str]
    status: int
    answer: Any
    at: float = 0.0


@dataclass(slots=True)
class Bucket:
    """What one channel may still be sent: so many messages in so long, from the first on."""

    most: int
    seconds: float
    used: int = 0
    until: float = 0.0

    def take(self, now: float) -> float:
        """Count one; how long to wait where there is none left."""
        if now >= self.until:
            self.used, self.until = 0, now + self.seconds
        if self.used >= self.most:
            return self.until - now
        self.used += 1
        return 0.0

    def headers(self, now: float) -> dict[str, str]:
        """https://discord.com/developers/docs/topics/rate-limits#header-format"""
        left = max(self.until - now, 0.0)
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(self.most - self.used),
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Bucket": "messages",
        }


class Rest:
    """Answers requests from the world, unless a fault is scripted for them."""

    def __init__(self, world: model.World, gateway_url: str = ""):
        self.world = world
        self.gateway_url = gateway_url
        self.faults = Script()
        self.requests: list[Request] = []
        self.ack_seconds = 3.0
        self.shards = 1
        self.files: dict[str, bytes] = {}
        self.per_second: int | None = None
        self.per_channel: tuple[int, float] | None = None
        self.refused = 0
        self.filled = 0
        self.posts: list[Request] = []
        self._buckets: dict[str, Bucket] = {}
        self._seen: deque[float] = deque()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", PREFIX + "/{tail:.*}", self._handle)
        app.router.add_get("/attachments/{file}", self._file)
        return app

    async def _file(self, request: web.Request) -> web.Response:
        if request.match_info["file"] not in self.files:
            return web.Response(status=404)
        return web.Response(body=self.files[request.match_info["file"]])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        path = request.path.removeprefix(PREFIX)
        asked = f"{request.method} {path}"
        fault = self.faults.take(asked) or self._flood(path) or self._full(asked)
        if fault is None:
            status, content, headers = self._safely(request, path, body)
            headers = headers | self._left(asked)
            return self._note(request, path, body, (status, content, headers))
        await asyncio.sleep(fault.delay_seconds)
        carried_out = fault.first or not (fault.status or fault.reset)
        right = self._safely(request, path, body) if carried_out else None
        if fault.reset:
            _cut(request)
            return web.Response()
        wrong = right if right and not fault.status else _wrong(fault)
        return self._note(request, path, body, wrong)

    def _flood(self, path: str) -> Fault | None:
        """The global limit, over any second; interactions are not counted."""
        if self.per_second is None or path.startswith(UNAUTHORISED):
            return None
        now = time.monotonic()
        while self._seen and self._seen[0] <= now - 1:
            self._seen.popleft()
        if len(self._seen) >= self.per_second:
            self.refused += 1
            return too_many(self._seen[0] + 1 - now, everywhere=True, scope="global")
        self._seen.append(now)
        return None

    def _full(self, asked: str) -> Fault | None:
        """The limit of a channel's own route, which a bot knows from its answers only."""
        if self.per_channel is None or not _A_MESSAGE.fullmatch(asked):
            return None
        bucket = self._buckets.setdefault(asked, Bucket(*self.per_channel))
        if wait := bucket.take(time.monotonic()):
            self.refused += 1
            return too_many(wait)
        self.filled += bucket.used == bucket.most
        return None

    def _left(self, asked: str) -> dict[str, str]:
        bucket = self._buckets.get(asked)
        return bucket.headers(time.monotonic()) if bucket else {}

    def _note(
        self, request: web.Request, path: str, body: Any, answer: tuple[int, Any, dict[str, str]]
    ) -> web.Response:
        status, content, headers = answer
        kept = dict(request.headers)
        at = time.monotonic()
        noted = Request(request.method, path, body, kept, status, content, at)
        self.requests.append(noted)
        if status == 200 and _A_MESSAGE.fullmatch(f"{request.method} {path}"):
            self.posts.append(noted)
        self.world.changed.notify()
        return _response(status, content, headers)

    def _safely(
        self, request: web.Request, path: str, body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        try:
            if not path.startswith(UNAUTHORISED):
                self._check_token(request)
            return *self._route(request, path, body), VIA
        except Refused as refused:
            return refused.status, refused.body, VIA

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self.world.token}":
            raise Refused(401, 0, "401: Unauthorized")

    def _route(self, request: web.Request, path: str, body: Any) -> tuple[int, Any]:
        """Answer by the first step of the path; what is not modelled says so with a 501."""
        first, *rest = path.strip("/").split("/")
        method = request.method
        match first:
            case "users" | "oauth2" | "gateway":
                return self._account(method, [first, *rest], body)
            case "applications":
                guild_id = self._guild(rest[2]).id if rest[1] == "guilds" else None
                return self._commands(method, guild_id, body)
            case "channels":
                return self._channels(method, rest, body)
            case "interactions":
                reply = find(self.world, rest[1], rest[0])
                wanted = request.query.get("with_response") in {"1", "true"}
                return acknowledge(self.world, reply, body, self.ack_seconds, answered=wanted)
            case "webhooks":
                return self._webhook(method, rest[1], rest[2:], body)
        raise Refused(501, 0, f"not modelled: {method} {path}")

    def _account(self, method: str, steps: list[str], body: Any) -> tuple[int, Any]:
        match [method, *steps]:
            case ["GET", "users", "@me"]:
                return 200, model.me(self.world)
            case ["GET", "oauth2", "applications", "@me"]:
                return 200, model.application(self.world)
            case ["GET", "gateway", *rest]:
                return 200, self._gateway_bot() if rest else {"url": self.gateway_url}
            case ["GET", "users", user_id]:
                return 200, model.user(self._person(user_id, 10013))
            case ["POST", "users", "@me", "channels"]:
                return 200, self._open_dm(body)
        raise Refused(501, 0, f"not modelled: {method} {'/'.join(steps)}")

    def _gateway_bot(self) -> Json:
        limit = {"total": 1000, "remaining": 999, "reset_after": 86400000, "max_concurrency": 1}
        return {"url": self.gateway_url, "shards": self.shards, "session_start_limit": limit}

    def _person(self, user_id: str, code: int) -> model.Person:
        if user_id not in self.world.people:
            raise Refused(404, code, "Unknown User")
        return self.world.people[user_id]

    def _guild(self, guild_id: str) -> model.Guild:
        if guild_id not in self.world.guilds:
            raise Refused(403, 50001, "Missing Access")
        return self.world.guilds[guild_id]

    def _open_dm(self, body: Json) -> Json:
        if str(body["recipient_id"]) not in self.world.people:
            raise Refused(400, 50033, "Invalid Recipient(s)")
        person = self.world.people[str(body["recipient_id"])]
        return self.world.channels[self.world.open_dm(person)]

    def _commands(self, method: str, guild_id: str | None, body: Any) -> tuple[int, Any]:
        published = self.world.commands
        if method == "PUT":
            if errors := limits.command_errors(body):
                raise Refused(400, 50035, "Invalid Form Body", errors)
            published[guild_id] = [self._command(one, guild_id) for one in body]
        elif method == "POST":
            fresh = self._command(body, guild_id)
            others = [one for one in published.get(guild_id, []) if one["name"] != body["name"]]
            published[guild_id] = [*others, fresh]
            return 201, fresh
        return 200, published.get(guild_id, [])

    def _command(self, body: Json, guild_id: str | None) -> Json:
        given = {key: value for key, value in body.items() if value is not None}
        options = [{"name": "", "description": "", **one} for one in body.get("options", [])]
        fixed = {
            "id": self.world.new_id(),
            "application_id": self.world.application_id,
            "version": self.world.new_id(),
            "default_member_permissions": None,
        }
        where = {"guild_id": guild_id} if guild_id else {}
        return {"type": 1, **given, **fixed, **where, "options": options}

    def _channels(self, method: str, rest: list[str], body: Any) -> tuple[int, Any]:
        if rest[0] not in self.world.channels:
            raise Refused(404, 10003, "Unknown Channel")
        match [method, *rest]:
            case ["GET", channel_id]:
                return 200, self.world.channels[channel_id]
            case ["POST", channel_id, "messages"]:
                return 200, self._post(channel_id, body)
            case ["GET", channel_id, "messages"]:
                return 200, [*self.world.messages.get(channel_id, {}).values()][::-1]
            case ["POST", _, "typing"]:
                return 204, None
            case [_, channel_id, "messages", message_id]:
                return self._message(method, channel_id, message_id, body)
            case _:
                raise Refused(501, 0, "not modelled")

    def _post(self, channel_id: str, body: Json) -> Json:
        for person_id, code in self.world.closed_dms.items():
            if self.world.dms.get(person_id) == channel_id:
                raise Refused(403, code, "Cannot send messages to this user")
        if errors := limits.message_errors(body, new=True):
            raise Refused(400, 50035, "Invalid Form Body", errors)
        return self.world.put(channel_id, self.world.bot, body)

    def _message(self, method: str, channel_id: str, message_id: str, body: Any) -> tuple[int, Any]:
        message = self.world.messages.get(channel_id, {}).get(message_id)
        if message is None:
            raise Refused(404, 10008, "Unknown Message")
        if method == "DELETE":
            del self.world.messages[channel_id][message_id]
            return 204, None
        if method == "PATCH":
            if errors := limits.message_errors(body):
                raise Refused(400, 50035, "Invalid Form Body", errors)
            model.revise(message, body)
            message["edited_timestamp"] = model.now()
        return 200, message

    def _webhook(self, method: str, token: str, rest: list[str], body: Any) -> tuple[int, Any]:
        reply = find(self.world, token)
        if method == "POST":
            return 200, followup(self.world, reply, body)
        if rest[:1] != ["messages"]:
            raise Refused(501, 0, "not modelled")
        return original(self.world, reply, method, rest[1], body)


async def _body(request: web.Request) -> Any:
    """The JSON of a request, also when it comes as multipart with files."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        body = json.loads(form["payload_json"])
        sent = body.get("data") or body
        sent["files"] = {
            one.filename: one.file.read().decode()
            for one in form.values()
            if isinstance(one, web.FileField)
        }
        return body
    text = await request.text()
    return json.loads(text) if text else None


def _wrong(fault: Fault) -> tuple[int, Any, dict[str, str]]:
    return fault.status, fault.body, fault.headers


def _response(status: int, content: Any, headers: dict[str, str]) -> web.Response:
    """Exactly `application/json`, without a charset: discord.py compares the whole header."""
    allowed = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "49"}
    budget = allowed | {"X-RateLimit-Reset-After": "1", "X-RateLimit-Reset": str(time.time() + 1)}
    sent = headers if status == 429 else budget | headers
    if content is None:
        return web.Response(status=status, headers=sent)
    if isinstance(content, str):
        return web.Response(status=status, text=content, content_type="text/html", headers=sent)
    body = json.dumps(content).encode()
    return web.Response(status=status, body=body, content_type="application/json", headers=sent)


def _cut(request: web.Request) -> None:
    """Reset the connection, as a crashed proxy does."""
    if request.transport is not None:
        raw: socket.socket = request.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
