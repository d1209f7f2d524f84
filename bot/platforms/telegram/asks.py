"""Pure: Telegram's messages as chats and words of ours."""

import re

from telegram import Bot, MaybeInaccessibleMessage, Message, MessageEntity
from telegram.constants import ChatType

from alerts.domain.ids import Chat, Platform

TELEGRAM = Platform("telegram")


def chat_of(message: MaybeInaccessibleMessage) -> Chat:
    """Where the message was written: the chat, and the topic where it has topics."""
    thread = ""
    # A thread id also marks plain replies; only a topic is a place of its own.
    if isinstance(message, Message) and message.is_topic_message and message.message_thread_id:
        thread = str(message.message_thread_id)
    return Chat(TELEGRAM, str(message.chat.id), thread)


def is_private(message: MaybeInaccessibleMessage) -> bool:
    return message.chat.type == ChatType.PRIVATE


def is_as_the_group(message: MaybeInaccessibleMessage) -> bool:
    """Whether an administrator writes in the group's own name: nobody else can."""
    sender = message.sender_chat if isinstance(message, Message) else None
    return sender is not None and sender.id == message.chat.id


def speaker_of(message: Message) -> str:
    """The id of the person, or of the channel a member speaks for."""
    if message.sender_chat is not None and message.sender_chat.id != message.chat.id:
        return str(message.sender_chat.id)
    return str(message.from_user.id) if message.from_user else ""


def words_after_command(text: str) -> str:
    """`/alert@bot  skew above 15` -> `skew above 15`."""
    _command, *rest = text.split(maxsplit=1)
    return rest[0].strip() if rest else ""


def words_for(bot: Bot, message: Message) -> str | None:
    """What a group's member says to the bot by mention or reply; None when it is not meant."""
    text = message.text or ""
    called = re.compile(rf"(?<!\w)(/\w+)?@{re.escape(bot.username)}\b", re.IGNORECASE)
    if _is_mentioned(bot, message) or called.match(text):
        return called.sub(lambda match: match[1] or "", text).strip()
    return text.strip() if _is_reply_to(bot, message) else None


def _is_mentioned(bot: Bot, message: Message) -> bool:
    mentions = message.parse_entities([MessageEntity.MENTION]).values()
    return any(mention.lower() == f"@{bot.username}".lower() for mention in mentions)


def _is_reply_to(bot: Bot, message: Message) -> bool:
    replied = message.reply_to_message
    # In a topic every message replies to the service message that opened it.
    if replied is None or replied.forum_topic_created or replied.from_user is None:
        return False
    return replied.from_user.id == bot.id
