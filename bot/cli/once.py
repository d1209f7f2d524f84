"""`derivwatch once`: one tick, then exit."""

import asyncio
import json
import sys
from collections.abc import Sequence

import click

from alerts.clock import WallClock
from alerts.collect import collect
from alerts.domain.reading import Gap, Sample
from bot import log
from bot.app import Bot, cadence, opened, reached
from bot.cli.lines import sample_line
from bot.settings import Settings, load
from bot.venues import learn_assets


@click.command(epilog="Example:  derivwatch once --dry-run")
@click.option("--dry-run", is_flag=True, help="Show the readings; write nothing.")
def command(*, dry_run: bool) -> None:
    """Poll every venue once and run one tick; readings are printed as JSON lines.

    Exit status 1 when no venue gave a reading.
    """
    settings = load()
    log.setup(settings, level="ERROR")
    samples = asyncio.run(_polled(settings) if dry_run else _ticked(settings))
    for sample in samples:
        click.echo(json.dumps(sample_line(sample), separators=(",", ":")))
    sys.exit(_told(samples))


async def _polled(settings: Settings) -> list[Sample]:
    clock = WallClock()
    async with reached(settings, clock) as sources:
        await learn_assets(sources, settings.assets)
        return [
            sample
            for poll in cadence(settings).polls
            for sample in await collect(sources, poll, settings.assets, clock.now())
        ]


async def _ticked(settings: Settings) -> list[Sample]:
    clock = WallClock()
    async with reached(settings, clock) as sources, opened(settings) as store:
        await learn_assets(sources, settings.assets)
        bot = Bot(settings, store, clock, cadence(settings), sources, [])
        for poll in bot.cadence.polls:
            await bot.poller.beat(poll)
        gaps = bot.poller.watch.why.values() if bot.poller.watch else ()
        await bot.poller.lease.release()
        return [*bot.readings.all().values(), *gaps]


def _told(samples: Sequence[Sample]) -> int:
    """Sum up on standard error, with the first reason of each venue; the exit status."""
    gaps = [sample for sample in samples if isinstance(sample, Gap)]
    click.echo(f"{len(samples) - len(gaps)} readings, {len(gaps)} unavailable", err=True)
    reasons = {gap.series.venue: gap.detail for gap in reversed(gaps) if gap.series.venue}
    for venue, detail in sorted(reasons.items()):
        click.echo(f"{venue}: {detail}", err=True)
    return 0 if len(gaps) < len(samples) else 1
