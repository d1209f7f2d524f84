"""`derivwatch backfill`: history from what the venues publish about their past."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from alerts.clock import WallClock
from alerts.collect import Source
from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, MetricKey
from alerts.exchanges.backfills import BACKFILLS
from alerts.exchanges.past import Backfill
from alerts.exchanges.spec import Exchange
from alerts.history.backfill import Job, Shelf, fill, pieces
from alerts.metrics.relative import PROXIES
from alerts.ports import Clock, Store
from bot import log
from bot.app import opened, reached
from bot.settings import Settings, load
from bot.venues import learn_assets

MOST_DAYS = 730
_COIN = Asset("BTC")


@click.command(epilog="Example:  derivwatch backfill price dvol:BTC --days 365")
@click.argument("series", nargs=-1, metavar="[SERIES]...")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=365, show_default=True)
@click.option("--again", is_flag=True, help="Ask also for what an earlier run has filled.")
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line.")
def command(series: tuple[str, ...], days: int, *, again: bool, json_lines: bool) -> None:
    """Fill history from what the venues publish; all of it, or SERIES such as price or dvol:BTC.

    What was read at the time is never replaced. A run that was cut short goes on where it stopped.
    """
    settings = load()
    log.setup(settings)
    jobs = asyncio.run(_backfill(settings, series, days, again=again))
    for job in jobs:
        click.echo(_json_line(job) if json_lines else _line(job))
    sys.exit(1 if any(job.trouble for job in jobs) else 0)


async def _backfill(
    settings: Settings, series: Sequence[str], days: int, *, again: bool
) -> list[Job]:
    clock = WallClock()
    async with reached(settings, clock) as sources:
        await learn_assets(sources, settings.assets)
        jobs = wanted(sources, settings.assets, series, days, clock)
        async with opened(settings) as store:
            await filled(jobs, store, again=again)
        return jobs


async def filled(jobs: Sequence[Job], store: Store, *, again: bool) -> None:
    """Do all jobs, with a bar for each where someone watches."""
    shelf = Shelf(store.history, store.notes, again)
    with _progress() as bars:
        rows = {job.name: bars.add_task(_title(job), total=len(job.pieces)) for job in jobs}
        await fill(jobs, shelf, lambda job: bars.update(rows[job.name], completed=job.done))


def wanted(
    sources: Sequence[Source],
    assets: Sequence[Asset],
    series: Sequence[str],
    days: int,
    clock: Clock,
) -> list[Job]:
    """The jobs that fill these series (all where none is named); UsageError for what none fills."""
    every = list(_every(sources, assets, days, clock))
    chosen = {job.name: job for text in series for job in _chosen(every, text)}
    return list(chosen.values()) if series else every


def _every(
    sources: Sequence[Source], assets: Sequence[Asset], days: int, clock: Clock
) -> Iterator[Job]:
    reached_by = {source.exchange.venue: source for source in sources}
    led: set[tuple[MetricKey, Asset]] = set()
    for backfill in BACKFILLS:
        for asset in (*assets, *PROXIES):
            source = reached_by.get(backfill.venue)
            if source is not None and _covers(source.exchange, backfill, asset):
                way = pieces(backfill, days, clock.now())
                own = {(metric, asset) for metric in backfill.metrics}
                follows = frozenset(metric for metric, _ in own & led)
                led |= own
                yield Job(backfill, asset, source.http, way, follows)


def _covers(exchange: Exchange, backfill: Backfill, asset: Asset) -> bool:
    """An asset that the venue was found to list has what its coins have."""
    if backfill.covers(asset) or backfill.closed:
        return backfill.covers(asset)
    return backfill.covers(_COIN) and asset not in PROXIES and exchange.covers(asset)


def _chosen(every: Sequence[Job], text: str) -> list[Job]:
    """`price`, `price:BTC` or `price:BTC@deribit`."""
    subject, _, venue = text.partition("@")
    metric, _, asset = subject.partition(":")
    found = [
        job
        for job in every
        if metric in job.backfill.metrics
        and asset in {"", job.asset}
        and venue in {"", job.backfill.venue}
    ]
    if not found:
        offered = sorted({f"{one}:{job.asset}" for job in every for one in job.backfill.metrics})
        fillable = ", ".join(offered) or "nothing, with these VENUES and ASSETS"
        raise UsageError(f"no venue publishes the past of {text!r}: there is {fillable}")
    return found


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    watched = sys.stderr.isatty()
    return Progress(*columns, TimeRemainingColumn(), console=console, disable=not watched)


def _title(job: Job) -> str:
    return f"{job.backfill.venue} {job.asset} {_metrics(job.backfill)}"


def _metrics(backfill: Backfill) -> str:
    return ", ".join(backfill.metrics)


def _line(job: Job) -> str:
    text = f"{_title(job)}: {job.readings:,} readings, {job.kept:,} new"
    if job.skipped:
        text += f"; {job.skipped} of {len(job.pieces)} pieces were there already"
    return f"{text}; trouble: {job.trouble}" if job.trouble else text


def _json_line(job: Job) -> str:
    return json.dumps(
        {
            "venue": job.backfill.venue,
            "asset": job.asset,
            "metrics": job.backfill.metrics,
            "readings": job.readings,
            "new": job.kept,
            "pieces": len(job.pieces),
            "skipped": job.skipped,
            "trouble": job.trouble,
        }
    )
