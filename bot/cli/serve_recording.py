"""`derivwatch serve-recording`: a loopback server that answers as the venues did."""

import asyncio
from pathlib import Path

import click

from alerts.clock import WallClock
from alerts.exchanges import EXCHANGES
from alerts.recording import Recording
from alerts.serving import Steady, serve
from bot.cli.lifetime import SPEED, until_signalled
from bot.cli.recorded import opened


@click.command(
    epilog="Example:  derivwatch serve-recording feb.jsonl.gz --port 8090 --speed 60 --shift-to-now"
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--port", type=click.IntRange(0, 65535), required=True, help="On loopback; 0: any free one."
)
@click.option(
    "--speed",
    type=SPEED,
    default=1.0,
    show_default=True,
    help="Times faster than life.",
)
@click.option(
    "--shift-to-now",
    is_flag=True,
    help="Show the recording's present as now: dates in instrument names move by whole days.",
)
def command(path: Path, port: int, speed: float, *, shift_to_now: bool) -> None:
    """Answer requests as the venues did, from the recording's first line on.

    A request gets the latest answer at or before the recording's present; at its end the last one
    stays. Point the bot, or any client, at the addresses shown.
    """
    with opened(path) as recording:
        asyncio.run(until_signalled(_serve(recording, port, speed, to_now=shift_to_now)))


async def _serve(recording: Recording, port: int, speed: float, *, to_now: bool) -> None:
    clock = WallClock()
    timeline = Steady(recording.first().at, clock.now(), clock.now, speed, to_now)
    try:
        async with serve(recording, timeline, port=port) as served:
            for exchange in EXCHANGES:
                click.echo(f"{exchange.venue.upper()}_URL={served.url(exchange.venue)}", err=True)
                if streams := served.stream_url(exchange.venue):
                    click.echo(f"{exchange.venue.upper()}_WS_URL={streams}", err=True)
            await asyncio.Event().wait()
    except OSError as error:
        raise click.ClickException(f"cannot listen on port {port}: {error.strerror}") from error
