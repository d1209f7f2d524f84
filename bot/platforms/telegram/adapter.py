"""Telegram as one of the platforms: listening by long polling, sending, and its health."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    Update,
)
from telegram.constants import BotCommandLimit
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, BaseUpdateProcessor

from alerts.domain.errors import AlertsError
from alerts.domain.ids import Chat
from bot.card import Card
from bot.commands.spec import Command, FrontDesk
from bot.outcome import Outcome
from bot.platforms.seal import Seal
from bot.platforms.spec import Places
from bot.platforms.telegram.asks import TELEGRAM
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.listener import UPDATES, App, Listener
from bot.platforms.telegram.markup import clip
from bot.platforms.telegram.polling import Polling
from bot.platforms.telegram.posting import Posting
from bot.platforms.telegram.pulse import Pulse, Waits
from bot.platforms.telegram.request import AiohttpRequest
from bot.platforms.telegram.webhook import Webhook

API_URL = "https://api.telegram.org"

_CHECK_SECONDS = 45.0
_MOST_PAUSE_SECONDS = 30.0
_CONCURRENT_CHATS = 64
_UPDATES_AT_MOST = 10_000

log = logging.getLogger(__name__)


class TelegramLostError(AlertsError):
    """Listening has ended for good; the text says why and never names the token."""


class Telegram:
    """The Telegram platform over one bot token.

    `run` listens until cancelled and may be called again after it raised. `send` needs no `run`;
    in a process that only sends, `listens` is False, and not listening is no illness.
    Call `close` once at the end.
    """

    name = TELEGRAM

    def __init__(  # noqa: PLR0913 -- each has a default that suits the real service
        self,
        token: str,
        *,
        base_url: str = API_URL,
        now: Callable[[], datetime] | None = None,
        waits: Waits | None = None,
        listens: bool = True,
        webhook: Webhook | None = None,
    ) -> None:
        _hush_the_library()
        self._waits = waits or Waits()
        self._now = now or _wall_clock
        self._pulse = Pulse(_steady, self._waits, listens=listens)
        self._bot = Client(
            token,
            base_url=f"{base_url.rstrip('/')}/bot",
            base_file_url=f"{base_url.rstrip('/')}/file/bot",
            request=self._request(self._pulse.heard),
            get_updates_request=self._request(self._pulse.heard_poll),
        )
        self._posting = Posting(self._bot, Seal.of_token(token))
        self._webhook = webhook
        self._running: App | None = None

    async def run(self, desk: FrontDesk) -> None:
        """Listen until cancelled; TelegramLostError when that cannot go on."""
        application = self._application(desk)
        failure: str | None
        try:
            self._pulse.connecting()
            await self._connect(application)
            await self._publish(desk.commands)
            await application.start()
            self._running = application
            if self._webhook is not None:
                await self._announce(self._webhook)
                self._pulse.listening()
                failure = await self._attend(self._webhook)
            else:
                failure = await self._poll(application, desk)
        except TelegramError as error:
            failure = "token refused" if isinstance(error, InvalidToken) else error.message
        finally:
            self._running = None
            self._pulse.ended()
            await self._stop(application)
        # Raised out here, for the library's own error may name the token.
        raise TelegramLostError(f"telegram: {failure}")

    async def send(self, chat: Chat, card: Card, key: str) -> Outcome:
        """Deliver one card. Telegram knows no idempotency key, so `key` only goes to the log.

        Each request is bounded; how long a card of several may take is the caller's to say.
        """
        log.debug("send chat=%s key=%s", chat, key)
        return await self._posting.post(chat, card)

    def use(self, places: Places) -> None:
        """Answers, and whatever follows a first message, go out in these places."""
        self._posting.places = places

    @property
    def webhook(self) -> Webhook | None:
        """How Telegram delivers to us; None where we poll."""
        return self._webhook

    async def deliver(self, update: Mapping[str, Any]) -> bool:
        """Handle one update that arrived by webhook; False when it cannot be handled now."""
        application = self._running
        if application is None:
            return False
        read = Update.de_json(dict(update), self._bot)
        await application.update_processor.process_update(read, application.process_update(read))
        return True

    def health(self) -> str:
        return self._pulse.health()

    async def check(self) -> str:
        """The bot's @name, as proof that token and network are right; TelegramLostError if not."""
        failure: str
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                return f"@{(await self._bot.get_me()).username}"
        except InvalidToken:
            failure = "token refused: check TELEGRAM_BOT_TOKEN"
        except TelegramError as error:
            failure = error.message
        except TimeoutError:
            failure = "no answer in time"
        raise TelegramLostError(f"telegram: {failure}")

    async def close(self) -> None:
        """Close the connections; a later send opens them again."""
        for request in self._bot.requests:
            await request.shutdown()

    def _request(self, heard: Callable[[int], None]) -> AiohttpRequest:
        return AiohttpRequest(read_seconds=self._waits.answer_seconds, heard=heard)

    def _application(self, desk: FrontDesk) -> App:
        builder = Application.builder().bot(self._bot).updater(None).job_queue(None)
        application = builder.concurrent_updates(_PerChat(_CONCURRENT_CHATS)).build()
        Listener(desk, self._bot, self._posting, now=self._now).attach(application)
        return application

    async def _connect(self, application: App) -> None:
        pause = 1.0
        while not await _is_initialized(application):
            await asyncio.sleep(pause)
            pause = min(_MOST_PAUSE_SECONDS, 2 * pause)

    async def _publish(self, commands: Sequence[Command]) -> None:
        """Show the menu; a failure costs the menu only."""
        for scope, shown in _menus(commands):
            try:
                await self._bot.set_my_commands(shown, scope=scope)
            except InvalidToken:
                raise
            except TelegramError as error:
                log.warning("menu not set scope=%s why=%s", scope.type, error.message)

    async def _poll(self, application: App, desk: FrontDesk) -> str:
        """Poll until that cannot go on; why."""

        async def handle(update: Update) -> None:
            async def work() -> None:
                handling = application.process_update(update)
                await application.update_processor.process_update(update, handling)

            await desk.once(f"update:{update.update_id}", work)

        polling = Polling(self._bot, handle, UPDATES, poll_seconds=self._waits.poll_seconds)
        self._pulse.listening()
        asking, watching = asyncio.create_task(polling.run()), asyncio.create_task(self._watch())
        try:
            await asyncio.wait([asking, watching], return_when=asyncio.FIRST_COMPLETED)
            return watching.result() if watching.done() else await _why(asking)
        finally:
            asking.cancel()
            watching.cancel()
            await asyncio.gather(asking, watching, return_exceptions=True)
            await self._bounded("polling", polling.end())

    async def _announce(self, webhook: Webhook) -> None:
        """Tell Telegram where to deliver; every chat process says the same, so all may."""
        await self._bot.set_webhook(
            webhook.url, secret_token=webhook.secret, allowed_updates=UPDATES
        )

    async def _attend(self, webhook: Webhook) -> str:
        """Ask now and then how deliveries go; a webhook that was taken away is set again."""
        while True:
            await asyncio.sleep(self._waits.hook_seconds)
            try:
                known = await self._bot.get_webhook_info()
                self._pulse.told(webhook.trouble(known, datetime.now(UTC)))
                if known.url != webhook.url:
                    log.warning("webhook was changed by another program, setting it again")
                    await self._announce(webhook)
            except InvalidToken:
                return "token refused"
            except TelegramError as error:
                log.warning("webhook not asked about why=%s", error.message)

    async def _watch(self) -> str:
        while True:
            await asyncio.sleep(self._waits.watch_seconds)
            why = self._pulse.lost()
            if why is not None:
                return why

    async def _stop(self, application: App) -> None:
        """Let go of everything, in order, each step bounded; what is in hand is answered first."""
        if application.running:
            await self._bounded("handlers", application.stop())
        await self._bounded("application", application.shutdown())
        await self._bot.shutdown()

    async def _bounded(self, what: str, step: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._waits.stop_seconds):
                await step
        except (TelegramError, TimeoutError) as error:
            log.warning("stopping %s: %s", what, type(error).__name__)


class _PerChat(BaseUpdateProcessor):
    """Handles updates of one chat in order and those of different chats side by side."""

    def __init__(self, most: int) -> None:
        super().__init__(_UPDATES_AT_MOST)
        # Asked for only in one's chat's turn: who talks a lot keeps nobody else out.
        self._room = asyncio.Semaphore(most)
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        chat = update.effective_chat if isinstance(update, Update) else None
        turn = self._turns.setdefault(chat.id if chat else 0, asyncio.Lock())
        try:
            async with turn, self._room:
                await coroutine
        finally:
            if isinstance(coroutine, Coroutine):  # cancelled before its turn, it was never begun
                coroutine.close()

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass


async def _is_initialized(application: App) -> bool:
    try:
        await application.initialize()
    except InvalidToken:
        raise
    except TelegramError as error:
        log.warning("telegram not reached why=%s", error.message)
        return False
    return True


def _menus(
    commands: Sequence[Command],
) -> Sequence[tuple[BotCommandScope, Sequence[BotCommand]]]:
    menu = [command for command in commands if command.menu]
    for_members = [command for command in menu if not command.needs_rights("")]
    return [
        (BotCommandScopeAllPrivateChats(), _shown(menu)),
        (BotCommandScopeAllGroupChats(), _shown(for_members)),
        (BotCommandScopeAllChatAdministrators(), _shown(menu)),
    ]


def _shown(commands: Sequence[Command]) -> Sequence[BotCommand]:
    return [
        BotCommand(command.name, clip(command.summary, BotCommandLimit.MAX_DESCRIPTION))
        for command in commands
    ]


async def _why(asking: asyncio.Task[None]) -> str:
    """How polling ended: only a refused token does that."""
    await asking
    return "polling stopped"


def _hush_the_library() -> None:
    # The library logs message texts, and at DEBUG the token in its URL; httpx logs every URL.
    for name in ("telegram", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Opt in to timedelta for RetryAfter: otherwise each 429 issues a deprecation warning.
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def _steady() -> datetime:
    """A clock that nobody sets, for intervals."""
    return datetime.fromtimestamp(time.monotonic(), UTC)


def _wall_clock() -> datetime:
    return datetime.now(UTC)
