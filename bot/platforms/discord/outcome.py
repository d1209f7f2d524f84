"""Pure: how a send ended, from what discord.py or the network raised."""

import asyncio
from datetime import timedelta

import aiohttp
import discord

from bot.outcome import Gone, Later, Outcome, Rejected, Whom

SOON = timedelta(seconds=5)
SERVER_TROUBLE = timedelta(seconds=15)
REFUSED_TOKEN = timedelta(minutes=5)
UNCLEAR = timedelta(minutes=15)
BANNED = timedelta(minutes=10)

GONE = {
    10003: "the channel does not exist any more",
    10004: "the server does not exist any more",
    10013: "the account does not exist any more",
    50001: "the bot has no access to the channel",
    50007: "the person does not accept direct messages from the bot",
    50013: "the bot may not write in the channel",
    50033: "the account cannot receive direct messages",
    50278: "the person shares no server with the bot, so no direct message is possible",
}
_OPENING_TOO_FAST = 40003


def outcome_of(error: Exception) -> Outcome:
    """What to do with the message after this error; unknown refusals are never final."""
    match error:
        case discord.RateLimited():
            return Later(timedelta(seconds=error.retry_after), "rate limit", whom=Whom.CHAT)
        case discord.HTTPException():
            return _answered(error)
        case discord.LoginFailure():
            return Later(REFUSED_TOKEN, "Discord refuses the bot token", whom=Whom.EVERYBODY)
        case aiohttp.ClientConnectorError():
            return Later(SOON, "Discord is out of reach")
        case OSError() | aiohttp.ClientError() | asyncio.TimeoutError():
            return Later(SOON, f"connection lost: {type(error).__name__}", unknown=True)
        case _:
            return Later(UNCLEAR, f"unexpected {type(error).__name__}", unknown=True)


def pause_after(error: Exception) -> timedelta:
    """How long to send nothing at all to anyone: a ban of the address or a dead token."""
    match error:
        case discord.LoginFailure():
            return REFUSED_TOKEN
        case discord.HTTPException(status=401):
            return REFUSED_TOKEN
        case discord.HTTPException(status=429) if not _is_by_discord(error):
            return _asked_wait(error)
        case _:
            return timedelta(0)


def _answered(error: discord.HTTPException) -> Outcome:
    why = f"{error.status} code {error.code}"
    if error.code in GONE and error.status in {400, 403, 404}:
        return Gone(f"{GONE[error.code]} ({error.code})")
    if error.code == _OPENING_TOO_FAST:
        return Later(BANNED, "direct messages are opened too fast", whom=Whom.CHAT)
    match error.status:
        case 401:
            return Later(REFUSED_TOKEN, "Discord refuses the bot token", whom=Whom.EVERYBODY)
        case 429:
            return _too_many(error)
        case 400:
            return Rejected(why)
        case status:
            trouble = SERVER_TROUBLE if status >= 500 else UNCLEAR
            return Later(trouble, why, unknown=status >= 500 and status != 503)


def _too_many(error: discord.HTTPException) -> Later:
    if _is_by_discord(error):  # the library has tried several times by now
        return Later(max(_told_wait(error), SOON), "rate limit")
    why = "Discord blocks this address or token for now"
    return Later(_asked_wait(error), why, whom=Whom.EVERYBODY)


def _is_by_discord(error: discord.HTTPException) -> bool:
    """Whether Discord itself says so, and not the network in front that has banned an address."""
    return "Via" in error.response.headers or error.code == _OPENING_TOO_FAST


def _asked_wait(error: discord.HTTPException) -> timedelta:
    """A 429 that the library did not wait out: at least ten minutes, longer when asked."""
    return max(BANNED, _told_wait(error))


def _told_wait(error: discord.HTTPException) -> timedelta:
    asked = error.response.headers.get("Retry-After", "")
    return timedelta(seconds=float(asked) if asked.replace(".", "", 1).isdecimal() else 0.0)
