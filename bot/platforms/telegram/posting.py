"""Cards out: sent or edited in, with the fallbacks Telegram's refusals call for."""

import logging
from dataclasses import dataclass, replace

from telegram import InlineKeyboardMarkup, InputFile, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import TelegramError

from alerts.domain.ids import Chat
from bot.card import Card, Document
from bot.outcome import Later, Outcome, Rejected, Sent
from bot.platforms.seal import Seal
from bot.platforms.spec import Anywhere, Places
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.markup import Keyboard, Part, keyboard, render
from bot.platforms.telegram.outcome import (
    is_bad_form,
    is_lost_topic,
    is_uneditable,
    is_unmodified,
    outcome_of,
)

_TOLD_AT_MOST = 1_000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_LOST_TOPIC = Part(
    "The topic I wrote in is closed or gone, so its messages come here.",
    "The topic I wrote in is closed or gone, so its messages come here.",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    part: Part
    keyboard: Keyboard | None = None
    silent: bool = False


class Posting:
    """Puts cards into chats; their buttons work only in the chat a card is for."""

    def __init__(self, bot: Client, seal: Seal) -> None:
        self._bot = bot
        self.seal = seal
        self.places: Places = Anywhere()
        self._told: set[Chat] = set()

    async def post(self, chat: Chat, card: Card) -> Outcome:
        """Send the card, in several messages where it is long; only the first one rings."""
        outcome: Outcome = Rejected("an empty card")
        for message in self._messages(chat, card):
            begun = isinstance(outcome, Sent)
            if begun:
                await self.places.turn_to_go_on(chat)
            outcome = await self._deliver(chat, message)
            if not isinstance(outcome, Sent):
                return _after_a_part(outcome) if begun else outcome
        if card.document and isinstance(outcome, Sent):
            outcome = await self._attach(chat, card.document)
        return outcome

    async def answer(self, chat: Chat, card: Card) -> Outcome:
        """Send a card that a person waits for, in its place among all that is sent."""
        async with self.places.place(chat):
            return await self.post(chat, card)

    async def edit(self, chat: Chat, message_id: int, card: Card) -> Outcome:
        """Replace a sent message by the card, or send it anew where it can no longer be edited."""
        part = render(card, max_parts=1)[0]
        await self.places.count(chat)
        try:
            await self._edit(chat, message_id, _Message(part, self._keyboard(chat, card)))
        except TelegramError as error:
            if is_uneditable(error):
                return await self.answer(chat, card)
            if not is_unmodified(error):
                return outcome_of(error, chat)
        if card.document:
            return await self._attach(chat, card.document)
        return Sent(str(message_id))

    async def _attach(self, chat: Chat, document: Document) -> Outcome:
        """Send a file after its card."""
        await self.places.turn_to_go_on(chat)
        try:
            sent = await self._bot.send_document(
                chat_id=chat.id,
                document=InputFile(document.text.encode(errors="replace"), document.name),
                message_thread_id=int(chat.thread) if chat.thread else None,
                disable_notification=True,
            )
        except TelegramError as error:
            return _after_a_part(outcome_of(error, chat))
        return Sent(str(sent.message_id))

    def _messages(self, chat: Chat, card: Card) -> list[_Message]:
        *former, last = render(card)
        messages = [
            _Message(part, silent=card.silent or number > 0) for number, part in enumerate(former)
        ]
        silent = card.silent or bool(former)
        return [*messages, _Message(last, self._keyboard(chat, card), silent)]

    def _keyboard(self, chat: Chat, card: Card) -> Keyboard | None:
        return keyboard(card, self.seal.sealing(chat)) if card.buttons else None

    async def _deliver(self, chat: Chat, message: _Message) -> Outcome:
        try:
            return await self._send(chat, message)
        except TelegramError as error:
            if not (is_lost_topic(error) and chat.thread):
                return outcome_of(error, chat)
        general = replace(chat, thread="")
        if chat not in self._told:
            if len(self._told) >= _TOLD_AT_MOST:
                self._told.clear()
            self._told.add(chat)
            await self._deliver(general, _Message(_LOST_TOPIC, silent=True))
            await self.places.turn_to_go_on(general)
        return await self._deliver(general, message)

    async def _send(self, chat: Chat, message: _Message) -> Sent:
        try:
            return await self._send_text(chat, message, message.part.html, ParseMode.HTML)
        except TelegramError as error:
            if not is_bad_form(error):
                raise
            log.error("markup refused chat=%s why=%s", chat, error.message)  # noqa: TRY400  no bug here
        return await self._send_text(chat, message, message.part.plain, None)

    async def _send_text(
        self, chat: Chat, message: _Message, text: str, parse_mode: ParseMode | None
    ) -> Sent:
        message_id = await self._bot.post_message(
            chat_id=chat.id,
            text=text,
            parse_mode=parse_mode,
            message_thread_id=int(chat.thread) if chat.thread else None,
            reply_markup=message.keyboard,
            disable_notification=message.silent or None,
            link_preview_options={"is_disabled": True},
        )
        return Sent(message_id)

    async def _edit(self, chat: Chat, message_id: int, message: _Message) -> None:
        try:
            await self._edit_text(chat, message_id, message, message.part.html, ParseMode.HTML)
        except TelegramError as error:
            if not is_bad_form(error):
                raise
            log.error("markup refused chat=%s why=%s", chat, error.message)  # noqa: TRY400  no bug here
        else:
            return
        await self._edit_text(chat, message_id, message, message.part.plain, None)

    async def _edit_text(
        self,
        chat: Chat,
        message_id: int,
        message: _Message,
        text: str,
        parse_mode: ParseMode | None,
    ) -> None:
        await self._bot.edit_message_text(
            text,
            chat_id=chat.id,
            message_id=message_id,
            parse_mode=parse_mode,
            reply_markup=_markup(message.keyboard),
            link_preview_options=_NO_PREVIEW,
        )


def _markup(rows: Keyboard | None) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup.de_json(rows) if rows else None


def _after_a_part(outcome: Outcome) -> Outcome:
    """A repeat of a half sent card repeats its first half."""
    return replace(outcome, unknown=True) if isinstance(outcome, Later) else outcome
