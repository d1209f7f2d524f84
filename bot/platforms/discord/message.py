"""Cards as the arguments discord.py sends."""

import hashlib
import io
from typing import Any

import discord

from alerts.domain.ids import Chat
from bot.card import Button, Card
from bot.platforms.discord import markup
from bot.platforms.discord.ask import HERE, is_of_channel
from bot.platforms.seal import Seal

NONCE_LENGTH = 25

_STYLES = {
    "save": discord.ButtonStyle.success,
    "fix": discord.ButtonStyle.primary,
    "delete": discord.ButtonStyle.danger,
}


def alert_parts(card: Card, chat: Chat, seal: Seal) -> dict[str, Any]:
    """A message of its own: the title is also the content, so that lock screens show it."""
    shown = reply_parts(card, chat, seal)
    attached = {"files": files(card)} if card.document else {}
    return {**shown, **attached, "content": markup.headline(card), "silent": card.silent}


def reply_parts(card: Card, chat: Chat, seal: Seal) -> dict[str, Any]:
    """The answer to an interaction, which nobody is notified of; also replaces what was there.

    `chat` is whose rules the card speaks of: a channel's, though only one person may see it.
    """
    embed = discord.Embed.from_dict(markup.embed(card))
    return {"content": None, "embed": embed, "view": _view(card, chat, seal)}


def files(card: Card) -> list[discord.File]:
    """The file that goes with a card. Each is good for one message."""
    if card.document is None:
        return []
    content = io.BytesIO(card.document.text.encode(errors="replace"))
    return [discord.File(content, card.document.name)]


def plain_parts(card: Card) -> dict[str, Any]:
    """The fallback when Discord refuses the embed: text, and neither embed nor buttons."""
    return {"content": markup.plain(card), "embed": None, "view": None}


def nonce(chat: Chat, key: str) -> str:
    """The same for every attempt at the same news, so that Discord stores it once."""
    return hashlib.sha256(f"{chat}\n{key}".encode()).hexdigest()[:NONCE_LENGTH]


def _view(card: Card, chat: Chat, seal: Seal) -> discord.ui.View:
    """The rows of buttons.

    Stopped from the start: taps are answered by their custom_id alone, which outlives a restart,
    and the library keeps no view in memory.
    """
    view = discord.ui.View(timeout=None)
    whose = HERE if is_of_channel(chat) else ""
    for row, buttons in enumerate(markup.rows(card)):
        for button in buttons:
            view.add_item(_button(button, row, whose + seal.sealed(chat, button.act)))
    view.stop()
    return view


def _button(button: Button, row: int, carried: str) -> discord.ui.Button[discord.ui.View]:
    style = _STYLES.get(button.act.partition(":")[0], discord.ButtonStyle.secondary)
    return discord.ui.Button(label=markup.label(button), custom_id=carried, style=style, row=row)
