"""`derivwatch demo`: the whole bot on a simulated market, with this terminal as the chat."""

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import click

from alerts.clock import ScaledClock
from alerts.collect import Source
from alerts.domain.ids import Asset
from alerts.domain.reading import Reading
from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import Limits, open_session
from alerts.ports import Clock, Store
from alerts.scheduler import Cadence
from alerts.simulator import SCENARIOS, preload
from alerts.simulator.scenario import Scenario
from alerts.simulator.server import simulated_market
from alerts.storage.embedded import embedded
from alerts.storage.redis import RedisStore
from bot import log
from bot.app import Bot, cadence
from bot.cli.lifetime import DURATION, SPEED, run, until_signalled
from bot.platforms.console import Console
from bot.settings import Settings, load
from bot.venues import source

LEAST_POLL = timedelta(seconds=1)
RECENT = timedelta(days=8)
LAST_LOOK = timedelta(seconds=3)
UNSPACED = Limits(spacing_seconds=0.0)  # nobody is kept waiting by our own simulated market
HINT = "skew above 15%"
FAREWELL = "Next: put a token into .env and `make run`."


@click.command(epilog='Example:  echo "skew above 15%" | derivwatch demo --for 60s --json')
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    default=next(iter(SCENARIOS)),
    show_default=True,
)
@click.option(
    "--speed",
    type=SPEED,
    help="Times faster than life; each scenario has its own default.",
)
@click.option("--for", "bound", type=DURATION, help="End after this long, like 60s.")
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line for every card.")
def command(
    scenario: str, speed: float | None, bound: timedelta | None, *, json_lines: bool
) -> None:
    """Watch the whole bot work: a simulated market, the embedded store, this terminal as chat.

    No account, no token, no network. Type rules such as "skew above 15%".
    """
    script = SCENARIOS[scenario]
    settings = demo_settings(script.watched)
    log.setup(settings, level=logging.ERROR)
    work = _demo(settings, script, speed or script.default_speed, json_lines=json_lines)
    run(until_signalled(work, bound))


def demo_settings(assets: Sequence[Asset] = ()) -> Settings:
    """Defaults but for the assets: what stands in the environment belongs to the real bot."""
    return load(environ={"ASSETS": ",".join(assets)} if assets else {}, env_file=None)


async def _demo(settings: Settings, script: Scenario, speed: float, *, json_lines: bool) -> None:
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="derivwatch-"))
        url = await stack.enter_async_context(embedded(Path(folder)))
        store = await RedisStore.open(url)
        stack.push_async_callback(store.close)
        await _remember(store, script)
        clock = ScaledClock(script.start, speed)
        ends = sys.stdin.isatty()
        console = Console(
            clock,
            json_lines=json_lines,
            hint=HINT,
            title=headline(script, speed),
            farewell=FAREWELL,
            ends=ends,
        )
        sources = await stack.enter_async_context(simulated(script, clock))
        bot = Bot(
            settings,
            store,
            clock,
            hurried(cadence(settings), speed),
            sources,
            [console],
            simulated=True,
        )
        if ends:
            await bot.run()
        else:
            await _until_over(bot, script, speed)


async def _until_over(bot: Bot, script: Scenario, speed: float) -> None:
    """Without a person at the keyboard the demo ends with its scenario."""
    lasts = (script.end - bot.clock.now()) / speed + LAST_LOOK
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(lasts.total_seconds()):
            await bot.run()


@contextlib.asynccontextmanager
async def simulated(script: Scenario, clock: Clock) -> AsyncIterator[list[Source]]:
    """The venues, all answered by the simulated market on loopback."""
    async with simulated_market(script, clock) as market, open_session() as session:
        yield [
            source(
                exchange,
                session,
                clock.now,
                url=market.url(exchange.venue),
                stream_url=market.stream_url(exchange.venue),
                limits=UNSPACED,
            )
            for exchange in EXCHANGES
        ]


def hurried(usual: Cadence, speed: float) -> Cadence:
    """The usual cadence in market time, but never more than one poll a second in real time."""
    polls = {poll: max(every / speed, LEAST_POLL) for poll, every in usual.polls.items()}
    return Cadence(polls, speed)


async def _remember(store: Store, script: Scenario) -> None:
    """What was before the scenario starts, so that "was 14.2% 24 h ago" can be said.

    Before the last days only the aggregates: how rare a value is, is asked of them.
    """
    recent = script.start - RECENT
    readings = [
        sample
        for sample in preload(script, script.start)
        if isinstance(sample, Reading) and (sample.at >= recent or not sample.series.venue)
    ]
    await store.history.extend(sorted(readings, key=lambda reading: reading.at))


def headline(script: Scenario, speed: float) -> str:
    """What is shown, and how fast its time goes: it explains the age of its readings."""
    minutes = speed / 60
    pace = f"{minutes:g} min" if minutes >= 1 else f"{speed:g} s"
    return f"{script.title} · a second here is {pace} there"
