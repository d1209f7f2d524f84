"""What people do on Telegram, brought to the front desk, and its answers brought back."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from telegram import Bot, CallbackQuery, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from alerts.domain.ids import Chat
from bot.card import Card, Tone
from bot.commands.spec import SILENCE, Ask, Command, FrontDesk
from bot.outcome import Later, Moved, Outcome, Sent
from bot.platforms.telegram.asks import (
    TELEGRAM,
    chat_of,
    is_as_the_group,
    is_private,
    speaker_of,
    words_after_command,
    words_for,
)
from bot.platforms.telegram.files import import_of
from bot.platforms.telegram.markup import TOAST_UNITS, clean, clip
from bot.platforms.telegram.posting import Posting
from bot.platforms.telegram.rights import Rights

UPDATES = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
STALE = timedelta(minutes=5)
WORTH_WAITING = timedelta(seconds=5)

_PRESENT = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)
_OUT_OF_REACH = "This card is too old. Send /alerts for a fresh one."

log = logging.getLogger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]


class Listener:
    """The library's handlers. They translate; the front desk decides."""

    def __init__(
        self, desk: FrontDesk, bot: Bot, posting: Posting, *, now: Callable[[], datetime]
    ) -> None:
        self._desk = desk
        self._bot = bot
        self._seal = posting.seal
        self._posting = posting
        self._rights = Rights(bot, now)
        self._now = now

    def attach(self, application: App) -> None:
        """Build the handlers from the command table; the first that matches an update has it."""
        new = filters.UpdateType.MESSAGE
        said = new & ~filters.StatusUpdate.ALL
        for command in self._desk.commands:
            names = [command.name, *command.aliases]
            application.add_handler(CommandHandler(names, partial(self._command, command), new))
        application.add_handlers(
            [
                MessageHandler(new & filters.StatusUpdate.MIGRATE, self._migrated),
                MessageHandler(said & filters.ChatType.PRIVATE, self._words),
                MessageHandler(said & filters.ChatType.GROUPS & filters.TEXT, self._words_in_group),
                CallbackQueryHandler(self._tap),
                ChatMemberHandler(self._membership, ChatMemberHandler.MY_CHAT_MEMBER),
            ]
        )
        application.add_error_handler(_failed)

    async def _command(self, command: Command, update: Update, _context: object) -> None:
        message = _message(update)
        words = words_after_command(message.text or "")
        if command.needs_rights(words) and (age := self._now() - message.date) > STALE:
            await self._reply(chat_of(message), _please_repeat(age))
            return
        ask = await self._ask(message, words)
        await self._reply(ask.chat, await self._desk.command(command.name, ask))

    async def _words(self, update: Update, _context: object) -> None:
        message = _message(update)
        sent = await import_of(message.document) if message.document else ""
        await self._say(message, message.text or sent)

    async def _words_in_group(self, update: Update, _context: object) -> None:
        message = _message(update)
        words = words_for(self._bot, message)
        if words is not None:
            await self._say(message, words)

    async def _say(self, message: Message, words: str) -> None:
        """Answer a line, unless it is so old that what it asks for may no longer be meant."""
        if (age := self._now() - message.date) > STALE:
            await self._reply(chat_of(message), _please_repeat(age))
            return
        ask = await self._ask(message, words)
        await self._reply(ask.chat, await self._desk.words(ask))

    async def _tap(self, update: Update, _context: object) -> None:
        query = update.callback_query
        if query is None:
            return
        if query.message is None:
            await self._answer(query, _OUT_OF_REACH)
            return
        toast = ""
        try:
            toast = await self._act(query, query.message)
        finally:  # whatever happened, the button stops spinning
            await self._answer(query, toast)

    async def _act(self, query: CallbackQuery, message: MaybeInaccessibleMessage) -> str:
        chat = chat_of(message)
        may_edit = is_private(message) or await self._rights.may_edit(
            message.chat.id, query.from_user.id
        )
        ask = Ask(chat, str(query.from_user.id), may_edit=may_edit)
        reply = await self._desk.tap(ask, self._seal.opened(chat, query.data or ""))
        if reply.card is not None and reply.new:
            await self._reply(chat, reply.card)
        elif reply.card is not None:
            _note("edit", chat, await self._posting.edit(chat, message.message_id, reply.card))
        return reply.toast

    async def _answer(self, query: CallbackQuery, toast: str) -> None:
        try:
            await query.answer(clip(clean(toast), TOAST_UNITS) or None)
        except TelegramError as error:  # the tap was seconds ago: nobody waits for it any more
            log.info("toast not shown why=%s", error.message)

    async def _migrated(self, update: Update, _context: object) -> None:
        message = _message(update)
        old, new = message.migrate_from_chat_id, message.migrate_to_chat_id
        before = Chat(TELEGRAM, str(old or message.chat.id))
        after = Chat(TELEGRAM, str(new or message.chat.id))
        log.info("chat moved from=%s to=%s", before, after)
        await self._desk.moved(before, after)

    async def _membership(self, update: Update, _context: object) -> None:
        change = update.my_chat_member
        if change is not None:
            self._rights.forget(change.chat.id)
            if change.new_chat_member.status in _PRESENT:
                await self._desk.reached(Chat(TELEGRAM, str(change.chat.id)))
            log.info("membership chat=%s now=%s", change.chat.id, change.new_chat_member.status)

    async def _ask(self, message: Message, text: str) -> Ask:
        may_edit = is_private(message) or is_as_the_group(message)
        if not may_edit and message.sender_chat is None and message.from_user is not None:
            may_edit = await self._rights.may_edit(message.chat.id, message.from_user.id)
        return Ask(chat_of(message), speaker_of(message), text, may_edit=may_edit)

    async def _reply(self, chat: Chat, card: Card) -> None:
        """Answer now, or once more where a moment's wait or the new address helps."""
        if card == SILENCE:
            return
        outcome = await self._posting.answer(chat, card)
        match outcome:
            case Later(after=after, unknown=False) if after <= WORTH_WAITING:
                await asyncio.sleep(after.total_seconds())
                outcome = await self._posting.answer(chat, card)
            case Moved(to=to):
                await self._desk.moved(chat, to)
                outcome = await self._posting.answer(to, card)
        _note("reply", chat, outcome)


def _message(update: Update) -> Message:
    message = update.message
    if message is None:
        raise TypeError("the filters let an update without a message through")
    return message


def _please_repeat(age: timedelta) -> Card:
    minutes = int(age.total_seconds() // 60)
    return Card(
        "I was away when you wrote that",
        tone=Tone.NOTICE,
        lines=(f"It is {minutes} minutes old, so I changed nothing. Please send it again.",),
    )


def _note(what: str, chat: Chat, outcome: Outcome) -> None:
    if isinstance(outcome, Sent):
        log.info("%s chat=%s message=%s", what, chat, outcome.message)
    else:
        log.warning("%s chat=%s outcome=%s", what, chat, outcome)


async def _failed(_update: object, context: Any) -> None:
    log.error("update failed", exc_info=context.error)
