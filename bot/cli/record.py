"""`derivwatch record`: what the venues answer, kept as it came."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import click

from alerts.clock import WallClock
from alerts.collect import Shared
from alerts.domain.errors import FetchError, RecordingError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import IndexPrice
from alerts.exchanges import EXCHANGES
from alerts.exchanges.coverage import learn, open_ended
from alerts.exchanges.http import VenueHttp, full_url, open_session
from alerts.exchanges.spec import Body, Exchange, Feed, Request, Stream, bodies
from alerts.exchanges.stream import Listener
from alerts.metrics.relative import PROXIES
from alerts.recording import PUSHED, SUFFIX, Line, Recorder
from bot import log as logs
from bot.cli.lifetime import DURATION, until_signalled
from bot.settings import Settings, load

log = logging.getLogger(__name__)

MARKED = timedelta(minutes=1)


@click.command(epilog="Example:  derivwatch record today.jsonl.gz --for 1h")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--for", "bound", type=DURATION, help="End after this long, like 1h; else on Ctrl-C.")
def command(path: Path, bound: timedelta | None) -> None:
    """Write what the venues answer and push to PATH: NAME.jsonl.gz, or a folder to add a file to.

    What is asked for, where and how often comes from the settings. An existing file is continued.
    """
    settings = load()
    logs.setup(settings)
    file = file_for(path, WallClock().now())
    with contextlib.closing(Recorder(file)) as recorder:
        click.echo(f"recording to {file}; Ctrl-C ends it", err=True)
        asyncio.run(until_signalled(_record(settings, recorder), bound))
    click.echo(f"wrote {recorder.count} answers to {file}", err=True)
    if not recorder.count:
        raise RecordingError("no venue answered: see derivwatch check")


def file_for(path: Path, now: datetime) -> Path:
    """The file to write: a new one named by the time when the path is a folder."""
    if path.is_dir():
        return path / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


async def _record(settings: Settings, recorder: Recorder) -> None:
    clock = WallClock()
    async with open_session() as session, asyncio.TaskGroup() as group:
        for exchange in map(open_ended, EXCHANGES):
            if settings.venues and exchange.venue not in settings.venues:
                continue
            base = str(getattr(settings, f"{exchange.venue}_url", "") or exchange.url)
            http = VenueHttp(
                exchange,
                session,
                base_url=base,
                now=clock.now,
                on_body=_writes(recorder, exchange, base),
            )
            with contextlib.suppress(FetchError):  # then of its usual assets alone
                await learn(exchange, http, settings.assets)
            group.create_task(_listen(exchange, session, http, settings, recorder))
            for feed in exchange.feeds:
                beside = PROXIES if feed.kind is IndexPrice else ()
                assets = [one for one in (*settings.assets, *beside) if exchange.gives(feed, one)]
                group.create_task(_poll(http, feed, assets, settings.poll(feed.poll)))


def _writes(recorder: Recorder, exchange: Exchange, base: str) -> Callable[[Request, Body], None]:
    def on_body(request: Request, body: Body) -> None:
        recorder.write(
            Line(
                at=body.at,
                venue=exchange.venue,
                url=full_url(base, request),
                content=body.content,
                method=request.method,
                status=body.status,
                sent=request.sent,
            )
        )

    return on_body


async def _listen(
    exchange: Exchange,
    session: aiohttp.ClientSession,
    http: VenueHttp,
    settings: Settings,
    recorder: Recorder,
) -> None:
    """Write what a venue's streams push, and which time they were heard."""
    address = stream_address(settings, exchange)
    if not address or not exchange.streams:
        return
    clock = WallClock()
    marks = Marks(exchange.venue, address, recorder.write, clock.now)

    def on_message(stream: Stream, body: Body) -> None:
        url = address.rstrip("/") + stream.path
        recorder.write(Line(body.at, exchange.venue, url, body.content, PUSHED))

    listener = Listener(
        exchange,
        session,
        http,
        settings.assets,
        clock.now,
        on_closes=lambda _: None,
        on_heard=lambda _assets, start, end: marks.heard(start, end),
        base_url=address,
        on_message=on_message,
    )
    try:
        await listener.run()
    finally:
        marks.write()


def stream_address(settings: Settings, exchange: Exchange) -> str:
    """Where a venue's streams are listened to; nowhere where only its requests go elsewhere."""
    base, own = (getattr(settings, f"{exchange.venue}_{kind}", "") for kind in ("url", "ws_url"))
    return str(own or ("" if base else exchange.stream_url))


@dataclass(slots=True)
class Marks:
    """Joins the pieces of time that were heard to marks of a minute."""

    venue: Venue
    url: str
    keep: Callable[[Line], None]
    now: Callable[[], datetime]
    since: datetime | None = None
    until: datetime | None = None

    def heard(self, start: datetime, end: datetime) -> None:
        if self.until is not None and start > self.until:
            self.write()
        self.since, self.until = self.since or start, end
        if end - self.since >= MARKED:
            self.write()

    def write(self) -> None:
        """Write what was heard since the last mark."""
        if self.since is not None and self.until is not None:
            span = self.since, self.until
            self.keep(Line(self.now(), self.venue, self.url, b"", PUSHED, heard=span))
        self.since = None


async def _poll(http: VenueHttp, feed: Feed, assets: Sequence[Asset], every: timedelta) -> None:
    """Ask for one feed again and again, evenly spaced; what fails is asked again next time."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        shared = Shared(http)
        for asset in assets:
            try:
                await bodies(feed, shared, asset)
            except FetchError as error:
                log.warning("fetch failed poll=%s asset=%s why=%s", feed.poll, asset, error)
        due = max(due + every.total_seconds(), loop.time())
        await asyncio.sleep(due - loop.time())
