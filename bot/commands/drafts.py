"""What waits behind a button: kept for an hour, for one chat, used once."""

import contextlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

from alerts.domain.errors import StoreError
from alerts.domain.ids import Chat
from alerts.ports import Notes

KEEP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A line to be run when its button is tapped. `again`: though the chat has the same rule."""

    text: str
    again: bool = False


async def keep(notes: Notes, chat: Chat, kept: Kept) -> str:
    """The token of a line put behind a button."""
    token = secrets.token_urlsafe(9)
    await _put(notes, chat, token, kept)
    return token


async def peek(notes: Notes, chat: Chat, token: str) -> Kept | None:
    """The line behind a button that may be tapped again."""
    return _read(await notes.read(_key(chat, token)), chat)


async def take(notes: Notes, chat: Chat, token: str) -> Kept | None:
    """The line behind a button, once; None when it is used, too old, or another chat's."""
    if _read(await notes.read(_key(chat, token)), chat) is None:
        return None
    return _read(await notes.pop(_key(chat, token)), chat)


async def give_back(notes: Notes, chat: Chat, token: str, kept: Kept) -> None:
    """Put a taken line behind its button again, when acting on it failed."""
    with contextlib.suppress(StoreError):
        await _put(notes, chat, token, kept)


async def _put(notes: Notes, chat: Chat, token: str, kept: Kept) -> None:
    record = {"chat": str(chat), "text": kept.text, "again": kept.again}
    await notes.put(_key(chat, token), json.dumps(record), KEEP)


def _key(chat: Chat, token: str) -> str:
    """A note of a chat ends in the chat, so that it goes when the chat is forgotten."""
    return f"draft:{token}:{chat}"


def _read(record: str | None, chat: Chat) -> Kept | None:
    if record is None:
        return None
    fields = json.loads(record)
    return Kept(fields["text"], fields["again"]) if fields["chat"] == str(chat) else None
