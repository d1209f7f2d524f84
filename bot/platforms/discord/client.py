"""The discord.py client: which events we listen to, where it connects, what it may log."""

import logging
import time
from collections import deque
from dataclasses import dataclass

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from alerts.domain.errors import AlertsError
from bot.platforms.discord.answers import Answers
from bot.platforms.discord.ask import Interaction
from bot.platforms.discord.pacing import REQUESTS_PER_SECOND, pace
from bot.platforms.discord.refusals import Refusals
from bot.platforms.discord.tree import Tree
from bot.window import Window

DEFAULT_API = Route.BASE
DEFAULT_GATEWAY = DiscordWebSocket.DEFAULT_GATEWAY

MAX_RATELIMIT_SECONDS = 30.0
IDENTIFIES_A_DAY = 900
DAY_SECONDS = 86400.0
SESSIONS_SPARED = 50

log = logging.getLogger(__name__)

# At DEBUG these print interaction tokens and the texts of messages.
_TALKATIVE = ("discord.http", "discord.gateway", "discord.webhook.async_")


class IdentifiesSpentError(AlertsError):
    """Too many new sessions today: at 1000 Discord would reset the bot's token."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Shard:
    """Which part of the servers one connection hears of; direct messages come to the first.

    https://discord.com/developers/docs/events/gateway#sharding
    """

    id: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """The shard that `0/2` names."""
        number, _, count = text.partition("/")
        return cls(int(number), int(count))


ALONE = Shard()


class Identifies:
    """The new sessions of the last 24 hours."""

    def __init__(self, a_day: int = IDENTIFIES_A_DAY) -> None:
        self._times: deque[float] = deque(maxlen=a_day)

    def wait(self, now: float) -> float:
        """Seconds until another one is allowed."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(0.0, self._times[0] + DAY_SECONDS - now)

    def take(self, now: float) -> None:
        """Count one; IdentifiesSpentError when none is left."""
        if self.wait(now):
            raise IdentifiesSpentError(f"{len(self._times)} new Discord sessions in 24 hours")
        self._times.append(now)


class Client(discord.Client):
    """One login: REST as soon as it is logged in, the gateway while connected."""

    def __init__(self, identifies: Identifies, refusals: Refusals, shard: Shard = ALONE) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.dm_messages = True
        trace = refusals.trace()
        pace(trace, Window(REQUESTS_PER_SECOND))
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=MAX_RATELIMIT_SECONDS,
            max_messages=None,
            shard_id=shard.id,
            shard_count=shard.count,
            http_trace=trace,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self.tree = Tree(self)
        self.answers: Answers | None = None
        self.deaf_since: float | None = time.monotonic()
        self._identifies = identifies
        self._shard = shard

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        self._identifies.take(time.monotonic())
        await super().before_identify_hook(shard_id, initial=initial)

    async def check_sessions(self) -> None:
        """IdentifiesSpentError when Discord itself says that few new sessions are left today.

        Other processes and earlier starts count there too.
        https://discord.com/developers/docs/events/gateway#session-start-limit-object
        """
        said = await self.http.request(Route("GET", "/gateway/bot"))
        if said["shards"] > self._shard.count:
            log.warning(
                "discord asks for %d shards, there are %d: see DISCORD_SHARD",
                said["shards"],
                self._shard.count,
            )
        limit = said["session_start_limit"]
        if limit["remaining"] < SESSIONS_SPARED:
            seconds = limit["reset_after"] / 1000
            raise IdentifiesSpentError(f"{limit['remaining']} new sessions are left", seconds)

    def deaf_for(self, now: float) -> float:
        """Seconds without a gateway connection; 0 while there is one."""
        return 0.0 if self.deaf_since is None else now - self.deaf_since

    async def on_connect(self) -> None:
        self.deaf_since = None

    async def on_resumed(self) -> None:
        self.deaf_since = None

    async def on_disconnect(self) -> None:
        if self.deaf_since is None:
            self.deaf_since = time.monotonic()

    async def on_interaction(self, interaction: Interaction) -> None:
        """Buttons; commands and completions go through the tree."""
        if self.answers is not None and interaction.type is discord.InteractionType.component:
            await self.answers.tap(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Direct messages; their text reaches a bot without any privileged intent."""
        direct = message.guild is None and not message.author.bot
        if self.answers is not None and direct and _says_something(message):
            await self.answers.words(message)


def _says_something(message: discord.Message) -> bool:
    """Words, or a picture or sticker, which are answered too; no notice of Discord's own."""
    return bool(message.content or message.attachments or message.stickers)


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Where discord.py connects: class attributes, read at each request and each connection."""
    Route.BASE = (api_url or DEFAULT_API).rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url) if gateway_url else DEFAULT_GATEWAY


def keep_texts_out_of_logs() -> None:
    """Hold the library's wire loggers at INFO, whatever level the rest has."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
