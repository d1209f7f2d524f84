"""Pure: what Telegram's refusals mean for the message and its chat."""

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from alerts.domain.ids import Chat
from bot.outcome import Gone, Later, Moved, Outcome, Rejected, Whom
from bot.platforms.telegram.request import AnswerLost

SOON = timedelta(seconds=5)
FLOODED = timedelta(seconds=30)  # a 429 that names no time
CONFLICTED = timedelta(seconds=30)
FORBIDDEN = timedelta(minutes=15)  # a 403 nobody has described yet
REFUSED = timedelta(minutes=1)  # the token: a person has to act, and then it should go on soon

# Descriptions of a chat that stays away until somebody acts there. Any other 400 or 403 is not
# taken as permanent. Compared in lower case, as part of the text.
_GONE = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "bot can't initiate conversation",
    "bot can't send messages to",
    "chat not found",
    "user not found",
    "chat was deleted",
    "chat was deactivated",
    "chat is deactivated",
    "chat was upgraded",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights to send",
    "have no rights to send",
    "need administrator rights",
)
_LOST_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic_id_invalid")
_BAD_FORM = ("can't parse", "message is too long", "message_too_long")


def outcome_of(error: TelegramError, chat: Chat) -> Outcome:
    """What to do after this error from a send to `chat`; the most specific meaning first."""
    match error:
        case ChatMigrated():
            return Moved(Chat(chat.platform, str(error.new_chat_id)))
        case RetryAfter():
            return Later(wait_of(error), "flood control", whom=Whom.CHAT)
        case Forbidden() | BadRequest():
            return _refused(error)
        case InvalidToken():
            return Later(REFUSED, "token refused", whom=Whom.EVERYBODY)
        case Conflict():
            return Later(CONFLICTED, error.message)
    return _by_the_wire(error)


def is_lost_topic(error: TelegramError) -> bool:
    """Whether the chat is there and only the topic in it is closed or gone."""
    return isinstance(error, BadRequest) and _says(error.message, _LOST_TOPIC)


def is_bad_form(error: TelegramError) -> bool:
    """Whether Telegram could not read our markup or length: plain text may still pass."""
    return isinstance(error, BadRequest) and _says(error.message, _BAD_FORM)


def is_unmodified(error: TelegramError) -> bool:
    """Whether an edit was refused because nothing would change."""
    return isinstance(error, BadRequest) and _says(error.message, ("message is not modified",))


def is_uneditable(error: TelegramError) -> bool:
    """Whether the message to edit is gone or too old, so that only a new one can be sent."""
    return isinstance(error, BadRequest) and _says(
        error.message, ("message to edit not found", "message can't be edited")
    )


def _refused(error: Forbidden | BadRequest) -> Outcome:
    if _says(error.message, _GONE):
        return Gone(error.message)
    if isinstance(error, Forbidden):
        return Later(FORBIDDEN, error.message)
    return Rejected(error.message)


def _by_the_wire(error: TelegramError) -> Outcome:
    if "too many requests" in error.message.lower():
        return Later(FLOODED, "flood control without a time", whom=Whom.CHAT)
    unknown = isinstance(error, TimedOut | AnswerLost) or "invalid server" in error.message.lower()
    return Later(SOON, error.message, unknown=unknown)


def wait_of(error: RetryAfter) -> timedelta:
    """How long Telegram asks us to wait."""
    after = error.retry_after
    return after if isinstance(after, timedelta) else timedelta(seconds=after)


def _says(message: str, texts: tuple[str, ...]) -> bool:
    message = message.lower()
    return any(text in message for text in texts)
