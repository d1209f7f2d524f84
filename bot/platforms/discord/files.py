"""A file that a person attaches: the text of an import."""

import asyncio
import logging
from collections.abc import Mapping

import aiohttp
import discord

log = logging.getLogger(__name__)

LARGEST = 60_000
"""Bytes; an export of thirty alerts has a few thousand."""

FETCH_SECONDS = 10.0
TOO_LARGE = f"a file of more than {LARGEST} bytes"
UNREAD = "a file that could not be fetched"

Given = Mapping[str, str | discord.Attachment]


async def read_all(values: Given) -> dict[str, str]:
    """Typed parameters as texts, each file by what it says."""
    return {
        name: await text_of(value) if isinstance(value, discord.Attachment) else value
        for name, value in values.items()
    }


async def text_of(file: discord.Attachment) -> str:
    """The text of a file; words that are no import where it has none that can be used."""
    if file.size > LARGEST:
        return TOO_LARGE
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            content = await file.read()
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("file not fetched why=%s", type(error).__name__)
        return UNREAD
    return TOO_LARGE if len(content) > LARGEST else content.decode(errors="replace")
