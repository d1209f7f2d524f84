"""`derivwatch once`: one tick, then exit."""

import asyncio
import json
from collections.abc import Iterable

import click

from alerts.clock import WallClock
from alerts.collect import collect
from alerts.domain.reading import Gap, Sample
from bot import log
from bot.app import Bot, cadence, opened, reached
from bot.settings import Settings, load


@click.command(epilog="Example:  derivwatch once --dry-run")
@click.option("--dry-run", is_flag=True, help="Show the readings; write nothing.")
def command(*, dry_run: bool) -> None:
    """Poll every venue once and run one tick; readings are printed as JSON lines."""
    settings = load()
    log.setup(settings)
    asyncio.run(_once(settings, dry_run=dry_run))


async def _once(settings: Settings, *, dry_run: bool) -> None:
    clock = WallClock()
    async with reached(settings, clock) as sources:
        polls = cadence(settings)
        if dry_run:
            for poll in polls.polls:
                _show(await collect(sources, poll, settings.assets, clock.now()))
            return
        async with opened(settings) as store:
            bot = Bot(settings, store, clock, polls, sources, [])
            for poll in polls.polls:
                await bot.poller.beat(poll)
            await bot.poller.lease.release()
            _show(bot.readings.all().values())


def _show(samples: Iterable[Sample]) -> None:
    for sample in samples:
        click.echo(json.dumps(_line(sample)))


def _line(sample: Sample) -> dict[str, object]:
    if isinstance(sample, Gap):
        return {
            "series": str(sample.series),
            "unavailable": sample.reason.value,
            "detail": sample.detail,
        }
    return {
        "series": str(sample.series),
        "value": sample.value,
        "as_of": sample.at.isoformat().replace("+00:00", "Z"),
    }
