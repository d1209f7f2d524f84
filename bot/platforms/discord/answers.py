"""Answers interactions: acknowledge at once, ask the front desk, show its card."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import discord

from alerts.domain.ids import Chat
from bot.card import Card
from bot.commands.spec import SILENCE, Ask, FrontDesk
from bot.outcome import Outcome, Rejected
from bot.platforms.discord import markup
from bot.platforms.discord.ask import (
    Interaction,
    ask_of_command,
    ask_of_tap,
    ask_of_words,
    carried_by_tap,
    is_of_channel,
    is_public,
    personal,
)
from bot.platforms.discord.files import Given, read_all, text_of
from bot.platforms.discord.message import files, plain_parts, reply_parts
from bot.platforms.discord.outcome import outcome_of
from bot.platforms.seal import Seal

log = logging.getLogger(__name__)

ACKNOWLEDGE_SECONDS = 3.0
ALREADY_ACKNOWLEDGED = 40060
TROUBLES = (discord.DiscordException, aiohttp.ClientError, OSError)
UNSHOWN = (*TROUBLES, RuntimeError)
"""What keeps an answer from being shown; RuntimeError: the session was closed under us."""

Deliver = Callable[[Chat, Card, str], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Brings what people say to the desk and its cards back.

    An interaction can be acknowledged for 3 seconds and answered for 15 minutes; what comes
    later than that goes to the person as a direct message.
    """

    desk: FrontDesk
    deliver: Deliver
    seal: Seal

    async def command(self, interaction: Interaction, name: str, values: Given) -> None:
        """Answer a slash command; only the person who typed it sees the card."""
        if await _acknowledged(interaction):
            ask = ask_of_command(interaction, await read_all(values))
            card = await self.desk.command(name, ask)
            if card == SILENCE:
                await _withdraw(interaction)
            else:
                await self._show(interaction, ask, card)

    async def tap(self, interaction: Interaction) -> None:
        """Answer a button: its card takes the place of the tapped one, a toast is whispered."""
        if not await _acknowledged(interaction):
            return
        ask = ask_of_tap(interaction)
        reply = await self.desk.tap(ask, self.seal.opened(ask.chat, carried_by_tap(interaction)))
        in_place = not reply.new and (ask.may_edit or not is_public(interaction))
        if reply.card is not None and in_place:
            await self._show(interaction, ask, reply.card)
        elif reply.card is not None:
            attached = {"files": files(reply.card)} if reply.card.document else {}
            shown = reply_parts(reply.card, ask.chat, self.seal)
            await _whisper(interaction, shown | attached)
        elif reply.toast:
            await _whisper(interaction, {"content": markup.escape(reply.toast)})

    async def words(self, message: discord.Message) -> None:
        """Answer a line typed to the bot in a direct message."""
        ask = ask_of_words(message)
        if not ask.text and (file := _sent_alone(message)):
            ask = replace(ask, text=f"/import {await text_of(file)}")
        card = await self.desk.words(ask)
        if card != SILENCE:
            await self.deliver(ask.chat, card, f"words.{message.id}")

    async def _show(self, interaction: Interaction, ask: Ask, card: Card) -> None:
        for parts in (reply_parts(card, ask.chat, self.seal), plain_parts(card)):
            attached: dict[str, Any] = {"attachments": files(card)} if card.document else {}
            try:
                await interaction.edit_original_response(**parts, **attached)
            except UNSHOWN as error:
                outcome = outcome_of(error)
                log.warning("discord reply not shown why=%s", outcome)
                if not isinstance(outcome, Rejected):
                    break
            else:
                return
        if is_of_channel(ask.chat):  # its buttons would act on the person's own rules there
            card = replace(card, buttons=())
        await self.deliver(personal(interaction.user.id), card, f"reply.{interaction.id}")


def _sent_alone(message: discord.Message) -> discord.Attachment | None:
    """A file that may be one of /export; a picture is none."""
    texts = (one for one in message.attachments if one.filename.endswith((".json", ".txt")))
    return next(texts, None)


async def _acknowledged(interaction: Interaction) -> bool:
    """Whether this answer is ours to give; False when the same interaction came twice."""
    try:
        async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
            await interaction.response.defer(ephemeral=True)
    except discord.HTTPException as error:
        log.warning("discord interaction not acknowledged code=%d", error.code)
        return error.code != ALREADY_ACKNOWLEDGED
    except TROUBLES as error:
        log.warning("discord interaction not acknowledged why=%s", type(error).__name__)
    return True


async def _withdraw(interaction: Interaction) -> None:
    """Take back the promise of an answer."""
    try:
        await interaction.delete_original_response()
    except UNSHOWN as error:
        log.warning("discord promise not taken back why=%s", outcome_of(error))


async def _whisper(interaction: Interaction, parts: dict[str, Any]) -> None:
    try:
        await interaction.followup.send(ephemeral=True, **parts)
    except UNSHOWN as error:
        log.warning("discord toast not shown why=%s", outcome_of(error))
