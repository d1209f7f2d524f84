"""`derivwatch run`: the bot."""

import asyncio
import contextlib
import sys

import click

from alerts.clock import WallClock
from bot import log
from bot.app import START_PATIENCE, Bot, Role, cadence, chat_platforms, opened, reached
from bot.cli.lifetime import until_signalled
from bot.platforms.console import Console
from bot.platforms.spec import Platform
from bot.settings import Settings, load
from bot.web import served

TERMINAL_ONLY = (
    "No chat token is set, so the chat is this terminal. "
    "Set TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN in .env for the real ones."
)


@click.command(epilog="Example:  derivwatch run --role poller")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="all",
    show_default=True,
    help="What this process does of a deployment on one Redis.",
)
def command(role: str) -> None:
    """Run the bot until it is stopped."""
    settings = load()
    log.setup(settings)
    asyncio.run(until_signalled(_run(settings, Role(role))))


async def _run(settings: Settings, role: Role) -> None:
    clock = WallClock()
    platforms: list[Platform] = chat_platforms(settings, clock, role)
    if not platforms and role.does(Role.CHAT):
        click.echo(TERMINAL_ONLY, err=True)
        platforms = [Console(clock, hint="skew above 15%")] if sys.stdin.isatty() else []
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened(settings, START_PATIENCE))
        sources = await stack.enter_async_context(reached(settings, clock))
        bot = Bot(settings, store, clock, cadence(settings), sources, platforms, role)
        await stack.enter_async_context(served(bot, settings.http_host, settings.http_port))
        await bot.run()
