"""`derivwatch run`: the bot."""

import contextlib
import sys
from collections.abc import Iterator

import click

from alerts.clock import WallClock
from bot import log
from bot.app import START_PATIENCE, Bot, Role, cadence, opened, reached
from bot.cli.lifetime import run, until_signalled
from bot.messengers import chat_platforms
from bot.platforms.console import Console
from bot.platforms.spec import Platform
from bot.settings import Settings, load
from bot.web import served

UNSET = "No chat token is set, so"
REAL_ONES = "Set TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN in .env for the real ones."
TERMINAL = "the chat is this terminal."
PIPE = "each line of standard input is answered on standard output, until I am stopped."
LOG_NAME = "derivwatch.log"


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
    settings, part = load(), Role(role)
    has_token = settings.telegram_bot_token or settings.discord_bot_token
    alone = part.does(Role.CHAT) and not has_token
    with _logged(settings, alone=alone):
        run(until_signalled(_run(settings, part, alone=alone)))


@contextlib.contextmanager
def _logged(settings: Settings, *, alone: bool) -> Iterator[None]:
    """Log to standard error, but to a file where that is the terminal on which the chat is."""
    if not alone:
        log.setup(settings)
        yield
        return
    click.echo(f"{UNSET} {TERMINAL if _at_terminal() else PIPE}\n{REAL_ONES}", err=True)
    with contextlib.ExitStack() as stack:
        if sys.stderr.isatty():
            _log_to_file(settings, stack)
        else:
            log.setup(settings)
        yield


def _log_to_file(settings: Settings, stack: contextlib.ExitStack) -> None:
    path = settings.data_dir / LOG_NAME
    try:
        stack.enter_context(log.kept(settings, path))
    except OSError as error:
        log.setup(settings, level="WARNING")
        click.echo(
            f"Only warnings are logged: {path} cannot be written ({error.strerror}).", err=True
        )
        return
    for warning in settings.warnings:
        click.echo(f"derivwatch: {warning}", err=True)
    click.echo(f"The log is in {path}", err=True)


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


async def _run(settings: Settings, role: Role, *, alone: bool) -> None:
    clock = WallClock()
    platforms: list[Platform] = chat_platforms(settings, clock, role)
    if alone and sys.stdin is not None:
        platforms = [Console(clock, hint="skew above 15%")]
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened(settings, START_PATIENCE))
        sources = await stack.enter_async_context(reached(settings, clock))
        bot = Bot(settings, store, clock, cadence(settings), sources, platforms, role)
        await stack.enter_async_context(served(bot, settings.http_host, settings.http_port))
        await bot.run()
