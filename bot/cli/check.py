"""`derivwatch check`: is everything in place? One line each, with the remedy; sends nothing."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import click

from alerts.clock import WallClock
from alerts.domain.errors import AlertsError, FetchError, StoreError
from alerts.exchanges.http import open_session
from alerts.exchanges.spec import snapshot
from bot import log
from bot.app import opened, reached
from bot.settings import Settings, load
from bot.venues import learn_assets

BOUND_SECONDS = 20.0
ANSWERS = "answers"
KEEPS = "answers, writes an append-only file, evicts nothing"
REMEDY = "start it, or set REDIS_URL (leave it empty for the embedded store)"
DISCORD_API = "https://discord.com/api/v10"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check."""

    part: str
    good: bool
    text: str


@click.command(epilog="Example:  derivwatch check")
def command() -> None:
    """Check settings, store, tokens and venues. Exit status 1 when something needs a remedy."""
    settings = load()
    log.setup(settings)
    sys.exit(asyncio.run(_report(settings)))


async def _report(settings: Settings) -> int:
    click.echo("ok   settings       read")
    ill = 0
    async for finding in _findings(settings):
        ill += not finding.good
        mark = "ok " if finding.good else "fix"
        click.echo(f"{mark}  {finding.part:<14} {finding.text}")
    return 1 if ill else 0


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    async for finding in _store(settings):
        yield finding
    async with open_session() as session:
        if settings.telegram_bot_token:
            token = settings.telegram_bot_token.get_secret_value()
            url = f"{settings.telegram_api_url}/bot{token}/getMe"
            yield await _token(session, "telegram", url, {})
        if settings.discord_bot_token:
            token = settings.discord_bot_token.get_secret_value()
            url = f"{settings.discord_api_url or DISCORD_API}/users/@me"
            yield await _token(session, "discord", url, {"Authorization": f"Bot {token}"})
    if not settings.telegram_bot_token and not settings.discord_bot_token:
        yield Finding("chats", good=True, text="no token set: the console is the only chat")
    async for finding in _venues(settings):
        yield finding


async def _store(settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with opened(settings) as store:
            await store.ping()
            concerns = await store.posture()
            yield Finding("store", good=True, text=ANSWERS if concerns else KEEPS)
            for concern in concerns:
                yield Finding("store", good=concern.startswith("unknown"), text=concern)
    except StoreError as error:
        yield Finding("store", good=False, text=f"{str(error).rstrip('.')}; {REMEDY}")


async def _token(
    session: aiohttp.ClientSession, part: str, url: str, headers: dict[str, str]
) -> Finding:
    """Ask a platform who we are; the token itself is never part of a line."""
    try:
        async with asyncio.timeout(BOUND_SECONDS), session.get(url, headers=headers) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Finding(part, good=False, text="out of reach: check the network and the API URL")
    if status == 200:
        return Finding(part, good=True, text="token accepted")
    remedy = "make a new token" if status in {401, 404} else "try again later"
    return Finding(part, good=False, text=f"answered {status}: {remedy}")


async def _venues(settings: Settings) -> AsyncIterator[Finding]:
    async with contextlib.AsyncExitStack() as stack:
        sources = await stack.enter_async_context(reached(settings, WallClock()))
        await learn_assets(sources, settings.assets)
        for source in sources:
            venue = source.exchange.venue
            feed = source.exchange.feeds[0]
            own = [asset for asset in settings.assets if source.exchange.covers(asset)]
            if not own:
                text = f"lists nothing of {', '.join(settings.assets)}"
                yield Finding(venue, good=True, text=text)
                continue
            try:
                await snapshot(feed, source.http, own[0])
            except FetchError as error:
                url_name = f"{venue.upper()}_URL"
                yield Finding(venue, good=False, text=f"{error.why}: check {url_name} and network")
            except AlertsError as error:
                yield Finding(venue, good=False, text=str(error))
            else:
                yield Finding(venue, good=True, text="answers")
