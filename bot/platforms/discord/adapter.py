"""Discord as a Platform: connect and stay connected, deliver by REST, tell how it is going."""

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import discord

from alerts.domain.errors import AlertsError
from alerts.domain.ids import Chat
from bot.card import Card
from bot.commands.spec import FrontDesk
from bot.outcome import Gone, Later, Outcome, Rejected, Sent, Whom
from bot.platforms.discord.answers import TROUBLES, Answers
from bot.platforms.discord.ask import DISCORD
from bot.platforms.discord.client import (
    ALONE,
    Client,
    Identifies,
    IdentifiesSpentError,
    Shard,
    keep_texts_out_of_logs,
    point_at,
)
from bot.platforms.discord.message import alert_parts, nonce, plain_parts
from bot.platforms.discord.outcome import outcome_of, pause_after
from bot.platforms.discord.refusals import Refusals
from bot.platforms.seal import Seal
from bot.platforms.spec import Anywhere, Places

log = logging.getLogger(__name__)

LOGIN_SECONDS = 45.0
SEND_SECONDS = 50.0
LONGEST_PAUSE_SECONDS = 60.0
STABLE_SECONDS = 120.0
UNKNOWN_CHANNEL = 10003
UNKNOWN_PLACES = (UNKNOWN_CHANNEL, 10004)
REMEMBERED = 10_000
RESUMABLE = 4000
SHARD_CODES = {4010, 4011}
"""A shard that cannot be, and too many servers for one connection."""

_ADDRESS = re.compile(r"u?[0-9]{1,20}")


class Discord:
    """Slash commands and buttons over the gateway; cards over REST, gateway or not.

    `send` logs in by itself, so a process that only delivers never calls `run`.
    `close` ends everything; a later call would log in anew.
    """

    name = DISCORD
    deaf_seconds = 90.0
    watch_seconds = 5.0
    refused_seconds = 3600.0
    second_check_seconds = 60.0

    def __init__(
        self,
        token: str,
        *,
        api_url: str | None = None,
        gateway_url: str | None = None,
        guild_ids: Sequence[int] = (),
        shard: Shard = ALONE,
    ) -> None:
        self._token = token
        self._seal = Seal.of_token(token)
        self._guild_ids = tuple(guild_ids)
        self._shard = shard
        self._identifies = Identifies()
        self._login_lock = asyncio.Lock()
        self._client: Client | None = None
        self._refusals = Refusals()
        self._dms: dict[str, int] = {}
        self._unknown: dict[str, float] = {}
        self._refused = ""
        self._not_before = 0.0
        self._running = False
        self._published = shard.id > 0  # the first one does it for all
        self._unpublished = ""
        self._trouble = ""
        self._held_until = 0.0
        self._places: Places = Anywhere()
        point_at(api_url, gateway_url)
        keep_texts_out_of_logs()

    async def run(self, desk: FrontDesk) -> None:
        """Listen until cancelled; AlertsError when Discord refuses the bot for good."""
        self._running = True
        failures = 0
        try:
            await asyncio.sleep(self._not_before - time.monotonic())
            while True:
                began = time.monotonic()
                why = await self._listen(desk)
                failures = 0 if time.monotonic() - began > STABLE_SECONDS else failures + 1
                pause = max(backoff(failures), self._not_before - time.monotonic())
                log.warning("discord connection ended why=%s again_in_seconds=%.0f", why, pause)
                await asyncio.sleep(pause)
        finally:
            self._running = False
            await self.close()

    async def send(self, chat: Chat, card: Card, key: str) -> Outcome:
        """Deliver one card; a card that Discord finds malformed goes once more as plain text."""
        outcome = await self._post(chat, key, alert_parts(card, chat, self._seal))
        if isinstance(outcome, Rejected):
            log.error("discord refused a card, sending plain text why=%s", outcome.why)
            outcome = await self._post(chat, key, plain_parts(card))
        return outcome

    def use(self, places: Places) -> None:
        """Lines typed to the bot are answered, and people are opened a channel, in these places.

        Answers to interactions have no limit.
        """
        self._places = places

    def health(self) -> str:
        """`ok`, or one line that says what is wrong."""
        held = self._held_until - time.monotonic()
        if held > 0:
            return f"{self._trouble}; sending again in {held:.0f} s"
        if self._refused:
            return self._refused
        if self._running and (self._client is None or self._client.deaf_since is not None):
            return "gateway not connected"
        return self._unpublished or "ok"

    async def close(self) -> None:
        """End the gateway connection and the REST session."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _listen(self, desk: FrontDesk) -> str:
        """One connection, start to end; why it ended.

        The third fence of the program, because discord.py lets whatever its parser raises on a
        malformed event end `connect`, and the bot would look alive and hear nothing.
        """
        try:
            client = await self._logged_in()
            if client.answers is None:
                client.answers = Answers(desk, self._answer, self._seal)
                client.tree.fill(desk, client.answers.command)
            if not self._published:
                await self._publish(client)
            await client.check_sessions()
            self._refused = ""
            return await self._attend(client)
        except (discord.LoginFailure, discord.PrivilegedIntentsRequired) as error:
            raise self._given_up(f"Discord refuses the bot: {error}") from error
        except discord.ConnectionClosed as error:
            why = f"Discord closed the gateway for good: code {error.code}"
            why += "; see DISCORD_SHARD" * (error.code in SHARD_CODES)
            raise self._given_up(why) from error
        except IdentifiesSpentError as error:
            wait = max(error.seconds, self._identifies.wait(time.monotonic()))
            self._not_before = time.monotonic() + wait
            return str(error)
        except TROUBLES as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:
            log.exception("discord connection broke on an event it could not read")
            return type(error).__name__
        finally:
            await self._hang_up()

    def _given_up(self, why: str) -> AlertsError:
        """The end of listening: whoever starts it again waits long, for only a person can help."""
        self._refused = why
        self._not_before = time.monotonic() + self.refused_seconds
        return AlertsError(why)

    async def _attend(self, client: Client) -> str:
        """Stay connected, while the library's own pauses leave us deaf only for short.

        They grow to 17 minutes; ours end at one.
        """
        client.deaf_since = time.monotonic()
        connection = asyncio.create_task(client.connect())
        try:
            while not connection.done():
                await asyncio.wait([connection], timeout=self.watch_seconds)
                if client.deaf_for(time.monotonic()) > self.deaf_seconds:
                    return "the gateway is out of reach"
            await connection
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
        return "closed"

    async def _publish(self, client: Client) -> None:
        """Publish the commands: at once to the given servers, else to everybody.

        Once per process; commands that Discord finds malformed leave the older ones in place.
        """
        servers: list[discord.Object | None] = [discord.Object(one) for one in self._guild_ids]
        for server in servers or [None]:
            if server is not None:
                client.tree.copy_global_to(guild=server)
            try:
                await client.tree.sync(guild=server)
            except (discord.Forbidden, discord.app_commands.CommandSyncFailure) as error:
                self._unpublished = f"commands not published: {error}"
                log.error("discord commands not published why=%s", error)  # noqa: TRY400 - says it all
        self._published = True

    async def _hang_up(self) -> None:
        """Close a socket that a broken connection left open, keeping the REST session."""
        client = self._client
        if client is None:
            return
        client.deaf_since = client.deaf_since or time.monotonic()
        if client.is_closed():
            self._client = None
        elif client.ws is not None and client.ws.open:
            await client.ws.close(RESUMABLE)

    async def _logged_in(self) -> Client:
        async with self._login_lock:
            if self._client is None:
                client = Client(self._identifies, self._refusals, self._shard)
                try:
                    async with asyncio.timeout(LOGIN_SECONDS):
                        await client.login(self._token)
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client

    async def _answer(self, chat: Chat, card: Card, key: str) -> Outcome:
        async with self._places.place(chat):
            return await self.send(chat, card, key)

    async def _post(self, chat: Chat, key: str, parts: dict[str, Any]) -> Outcome:
        held = self._held_until - time.monotonic()
        if held > 0:
            return Later(timedelta(seconds=held), self._trouble, whom=Whom.EVERYBODY)
        if wait := self._refusals.wait():
            why = "Discord refused too much lately, and bans who goes on"
            return Later(timedelta(seconds=wait), why, whom=Whom.EVERYBODY)
        if not _ADDRESS.fullmatch(chat.thread or chat.id):
            return Gone(f"{chat} is no Discord address")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._posted(chat, nonce=nonce(chat, key), **parts)
        except (*TROUBLES, RuntimeError) as error:  # RuntimeError: the session closed under us
            return self._sure(chat, error, self._failed(error))

    async def _posted(self, chat: Chat, **parts: Any) -> Sent:
        """Send; a cached direct-message channel that is unknown by now is opened once more."""
        address = chat.thread or chat.id
        cached = address in self._dms
        try:
            message = await (await self._target(address)).send(**parts)
        except discord.NotFound as error:
            if not cached or error.code != UNKNOWN_CHANNEL:
                raise
            self._dms.pop(address, None)
            message = await (await self._target(address)).send(**parts)
        self._unknown.pop(str(chat), None)
        return Sent(str(message.id))

    async def _target(self, address: str) -> discord.PartialMessageable:
        client = await self._logged_in()
        if not address.startswith("u"):
            return client.get_partial_messageable(int(address))
        if address not in self._dms:
            opened = await client.http.start_private_message(address[1:])
            _make_room(self._dms)
            self._dms[address] = int(opened["id"])
            await self._places.turn_to_go_on(Chat(DISCORD, address))  # that was a request too
        return client.get_partial_messageable(self._dms[address])

    def _sure(self, chat: Chat, error: Exception, outcome: Outcome) -> Outcome:
        """That a place does not exist any more is believed when told twice, a while apart."""
        code = error.code if isinstance(error, discord.HTTPException) else 0
        if not isinstance(outcome, Gone) or code not in UNKNOWN_PLACES:
            return outcome
        _make_room(self._unknown)
        now = time.monotonic()
        since = self._unknown.setdefault(str(chat), now)
        if now - since >= self.second_check_seconds and since != now:
            del self._unknown[str(chat)]
            return outcome
        return Later(timedelta(seconds=self.second_check_seconds), f"{outcome.why}; asked again")

    def _failed(self, error: Exception) -> Outcome:
        outcome = outcome_of(error)
        if pause := pause_after(error):
            self._held_until = time.monotonic() + pause.total_seconds()
            self._trouble = outcome.why if isinstance(outcome, Later) else type(error).__name__
            log.error("discord sending paused seconds=%.0f why=%s", pause.total_seconds(), outcome)
        return outcome


def backoff(failures: int) -> float:
    """Seconds before connecting again: 1, 2, 4 and so on to a minute."""
    return float(min(LONGEST_PAUSE_SECONDS, 2 ** min(max(failures - 1, 0), 6)))


def _make_room(known: dict[str, Any]) -> None:
    """Let go of what was learnt longest ago."""
    while len(known) >= REMEMBERED:
        del known[next(iter(known))]
