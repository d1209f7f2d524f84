"""A Discord on loopback: REST and gateway for the bot, and hands for the people in a test."""

import secrets
import time
from typing import Any

from aiohttp import web

from tests.fakes.discord import model
from tests.fakes.discord.faults import Script
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.model import Guild, Person, Reply
from tests.fakes.discord.rest import PREFIX, Request, Rest

Json = dict[str, Any]

COMMAND, COMPONENT, AUTOCOMPLETE = 2, 3, 4
STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 3, 4, 5, 10, 11
WAIT_SECONDS = 5.0


class FakeDiscord:
    """`async with FakeDiscord() as fake`, then give a bot `fake.api_url` and `fake.gateway_url`.

    It listens on a real port, so the bot may be in this process or another.
    """

    def __init__(self, token: str | None = None):
        self.token = token or f"MTIzNDU2Nzg5MDEyMzQ1Njc4.Canary.{secrets.token_hex(16)}"
        self.world = model.World(self.token)
        self.gateway = Gateway(self.world)
        self.rest = Rest(self.world)
        self._runner: web.AppRunner | None = None
        self._read: dict[str, int] = {}
        self.api_url = ""
        self.gateway_url = ""

    async def __aenter__(self):
        app = self.rest.application()
        for path in ("/gateway", "/gateway/"):
            app.router.add_get(path, self.gateway.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.api_url = f"http://127.0.0.1:{port}{PREFIX}"
        self.gateway_url = f"ws://127.0.0.1:{port}/gateway/"
        self.rest.gateway_url = self.gateway.url = self.gateway_url
        return self

    async def __aexit__(self, *_exc):
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def faults(self) -> Script:
        return self.rest.faults

    @property
    def requests(self) -> list[Request]:
        return self.rest.requests

    @property
    def posts(self) -> list[Request]:
        """The messages that were taken from the bot, oldest first."""
        return self.rest.posts

    def person(self, name: str = "alice", person_id: str | None = None) -> Person:
        return self.world.add_person(name, person_id)

    def guild(self, owner: Person, name: str = "desk", **more: Any) -> Guild:
        """A server with the bot in it; add it before the bot connects.

        `managers` have the right to manage it; `guild_id` decides on its shard.
        """
        return self.world.add_guild(name, owner, **more)

    def channel(self, guild: Guild) -> str:
        """The id of one more channel of a server, that the gateway does not speak of."""
        return self.world.add_channel(guild)

    def file(self, content: bytes, name: str = "alerts.json", size: int | None = None) -> Json:
        """A file as a person uploads it; `size` is what is said of it."""
        file_id = self.world.new_id()
        self.rest.files[file_id] = content
        url = f"{self.api_url.removesuffix(PREFIX)}/attachments/{file_id}"
        told = {"id": file_id, "filename": name, "size": len(content) if size is None else size}
        return {**told, "url": url, "proxy_url": url, "content_type": "application/json"}

    def close_dms(self, person: Person, code: int = 50007) -> None:
        """The person takes no direct messages from the bot any more."""
        self.world.closed_dms[person.id] = code

    async def connected(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the bot has a session."""
        await self.until(lambda: self.gateway.connected, seconds)

    async def until(self, fact: Any, seconds: float = WAIT_SECONDS) -> Any:
        """The first true value of `fact()`."""
        return await self.world.changed.until(fact, seconds)

    async def slash(
        self,
        person: Person,
        name: str,
        options: Json | None = None,
        *,
        guild: Guild | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> Reply:
        """Run a slash command; its answer, also when it was deferred and edited."""
        reply = await self.begin(person, name, options, guild=guild, seconds=seconds)
        await self.until(lambda: reply.shown, seconds)
        return reply

    async def begin(
        self,
        person: Person,
        name: str,
        options: Json | None = None,
        *,
        guild: Guild | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> Reply:
        """Run a slash command and do not wait for its answer."""
        command = await self.until(lambda: self.world.command(name, guild), seconds)
        await self.connected(seconds)
        content = _command_content(command, options or {})
        reply = self._made(person, guild, COMMAND)
        await self.gateway.dispatch("INTERACTION_CREATE", self._payload(reply, content))
        return reply

    async def autocomplete(
        self,
        person: Person,
        name: str,
        option: str,
        typed: str,
        *,
        guild: Guild | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> list[Json]:
        """The choices the bot offers while a person types into one option."""
        command = await self.until(lambda: self.world.command(name, guild), seconds)
        await self.connected(seconds)
        described = next(one for one in command["options"] if one["name"] == option)
        if not described.get("autocomplete"):
            raise LookupError(f"/{name} {option} has no autocompletion")
        content = _command_content(command, {}, required=False)
        focused = {"name": option, "type": described["type"], "value": typed, "focused": True}
        content["options"] = [focused]
        reply = self._made(person, guild, AUTOCOMPLETE)
        await self.gateway.dispatch("INTERACTION_CREATE", self._payload(reply, content))
        await self.until(lambda: reply.choices is not None, seconds)
        return reply.choices or []

    async def press(
        self,
        message: Json | Reply,
        label: str,
        *,
        by: Person | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> Reply:
        """Press a button and wait for the message to change or a followup to come.

        A message in a server needs `by`; elsewhere it is the one person who sees it.
        """
        reply = await self.tap(message, label, by=by, seconds=seconds)
        await self.until(lambda: reply.edits or reply.followups, seconds)
        return reply

    async def tap(
        self,
        message: Json | Reply,
        label: str,
        *,
        by: Person | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> Reply:
        """Press a button and wait for the acknowledgement only."""
        shown, _, _ = self._seen(message, by)
        button = model.buttons_of(shown).get(label)
        if button is None:
            raise LookupError(f"no button {label!r} among {[*model.buttons_of(shown)]}")
        return await self.forge(message, button["custom_id"], by=by, seconds=seconds)

    async def forge(
        self,
        message: Json | Reply,
        carried: str,
        *,
        by: Person | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> Reply:
        """Say that a button with this data was pressed, and wait for the acknowledgement."""
        shown, person, guild = self._seen(message, by)
        await self.connected(seconds)
        reply = self._made(person, guild, COMPONENT)
        reply.source = shown
        content = {"custom_id": carried, "component_type": 2, "id": 1}
        payload = self._payload(reply, content) | {"message": shown}
        await self.gateway.dispatch("INTERACTION_CREATE", payload)
        await self.until(lambda: reply.callback, seconds)
        return reply

    async def say(
        self, person: Person, text: str, seconds: float = WAIT_SECONDS, **parts: Json
    ) -> Json:
        """Type a direct message to the bot; `parts` are what else it has, such as a sticker."""
        await self.connected(seconds)
        channel_id = self.world.open_dm(person)
        message = self.world.put(channel_id, person, {"content": text}) | parts
        await self.gateway.dispatch("MESSAGE_CREATE", message)
        return message

    def inbox(self, person: Person) -> list[Json]:
        """What the bot wrote to a person directly, oldest first."""
        return self.wrote(self.world.dms.get(person.id, ""))

    def wrote(self, channel_id: str) -> list[Json]:
        """What the bot wrote in a channel, oldest first."""
        messages = self.world.messages.get(channel_id, {}).values()
        return [one for one in messages if one["author"]["id"] == self.world.bot.id]

    async def next_dm(self, person: Person, seconds: float = WAIT_SECONDS) -> Json:
        """The next direct message that was not read yet."""
        return await self._next(person.id, lambda: self.inbox(person), seconds)

    async def next_message(self, guild: Guild, seconds: float = WAIT_SECONDS) -> Json:
        """The next message in a server's channel that was not read yet."""
        return await self._next(guild.id, lambda: self.wrote(guild.channel_id), seconds)

    async def _next(self, reader: str, messages: Any, seconds: float) -> Json:
        at = self._read.get(reader, 0)
        found = await self.until(lambda: messages()[at:], seconds)
        self._read[reader] = at + 1
        return found[0]

    def _made(self, person: Person, guild: Guild | None, kind: int) -> Reply:
        channel_id = guild.channel_id if guild else self.world.open_dm(person)
        interaction_id, token = self.world.new_id(), f"interaction.{secrets.token_hex(16)}"
        reply = Reply(interaction_id, token, person, channel_id, guild, kind, time.monotonic())
        self.world.replies[interaction_id] = reply
        return reply

    def _seen(self, message: Json | Reply, by: Person | None) -> tuple[Json, Person, Guild | None]:
        """The message, who presses, and in which server."""
        if isinstance(message, Reply):
            if message.shown is None:
                raise LookupError("the answer has no message yet")
            return message.shown, by or message.person, message.guild
        place = message["channel_id"]
        guild = next((one for one in self.world.guilds.values() if one.channel_id == place), None)
        owner = next((one for one, dm in self.world.dms.items() if dm == place), None)
        person = by or (self.world.people[owner] if owner else None)
        if person is None:
            raise LookupError("say by whom the button in a server is pressed")
        return message, person, guild

    def _payload(self, reply: Reply, content: Json) -> Json:
        """INTERACTION_CREATE, complete."""
        base = {
            "id": reply.id,
            "application_id": self.world.application_id,
            "type": reply.kind,
            "token": reply.token,
            "version": 1,
            "data": content,
            "channel_id": reply.channel_id,
            "channel": self.world.channels[reply.channel_id],
            "locale": "en-US",
            "app_permissions": str(model.MEMBER),
            "entitlements": [],
            "authorizing_integration_owners": {"0": reply.guild.id if reply.guild else "0"},
            "attachment_size_limit": 10485760,
            "context": 0 if reply.guild else 1,
        }
        if reply.guild is None:
            return base | {"user": model.user(reply.person)}
        stub = {"id": reply.guild.id, "locale": "en-US", "features": []}
        whose = {"member": model.member(reply.guild, reply.person)}
        return base | whose | {"guild": stub, "guild_id": reply.guild.id, "guild_locale": "en-US"}


def _command_content(command: Json, options: Json, *, required: bool = True) -> Json:
    """The data of a command as Discord sends it, after the checks Discord does itself."""
    described = {one["name"]: one for one in command.get("options", [])}
    if unknown := set(options) - set(described):
        raise LookupError(f"/{command['name']} has no {sorted(unknown)}")
    missing = {name for name, one in described.items() if one.get("required")} - set(options)
    if required and missing:
        raise LookupError(f"/{command['name']} needs {sorted(missing)}")
    sent = [_option(described[name], value) for name, value in options.items()]
    content = {"id": command["id"], "name": command["name"], "type": 1, "options": sent}
    uploaded = {one["id"]: one for one in options.values() if isinstance(one, dict)}
    content |= {"resolved": {"attachments": uploaded}} if uploaded else {}
    return content | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def _option(described: Json, value: Any) -> Json:
    kinds = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float), ATTACHMENT: dict}
    if not isinstance(value, kinds[described["type"]]):
        raise TypeError(f"{described['name']} does not take {value!r}")
    choices = [one["value"] for one in described.get("choices") or []]
    if choices and value not in choices:
        raise LookupError(f"{value!r} is none of {choices}")
    value = value["id"] if isinstance(value, dict) else value
    return {"name": described["name"], "type": described["type"], "value": value}
