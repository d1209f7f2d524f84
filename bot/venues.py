"""A venue as the running bot reaches it: requests and, where it has some, streams."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp

from alerts.collect import Source
from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.coverage import learn, open_ended
from alerts.exchanges.http import Limits, VenueHttp
from alerts.exchanges.spec import Exchange
from alerts.exchanges.stream import listening
from bot.settings import Settings

log = logging.getLogger(__name__)


def source(  # noqa: PLR0913 -- the last three are named and have a default
    exchange: Exchange,
    session: aiohttp.ClientSession,
    now: Callable[[], datetime],
    *,
    url: str = "",
    stream_url: str = "",
    limits: Limits | None = None,
) -> Source:
    """A venue at these addresses, by default its own.

    Where only its requests go elsewhere (a testnet, a recording), its own streams are not listened
    to: they would tell of another market.
    """
    exchange = open_ended(exchange)
    http = VenueHttp(exchange, session, now=now, base_url=url, limits=limits)
    if url and not stream_url:
        return Source(exchange, http, ahead=http.ahead.seconds, pause=http.pause)
    streams = listening(exchange, session, http, now, stream_url)
    return Source(exchange, http, streams, http.ahead.seconds, http.pause)


async def learn_assets(sources: Sequence[Source], assets: Sequence[Asset]) -> list[Source]:
    """Ask the venues about assets that are not known beforehand; those that did not answer."""
    silent = []
    for source in sources:
        try:
            await learn(source.exchange, source.http, assets)
        except FetchError as error:
            log.warning("no list of assets venue=%s why=%s", error.venue, error.why)
            silent.append(source)
    for asset in assets:
        if not silent and not any(source.exchange.covers(asset) for source in sources):
            log.warning("no venue lists asset=%s: see ASSETS", asset)
    return silent


def set_source(
    exchange: Exchange,
    session: aiohttp.ClientSession,
    now: Callable[[], datetime],
    settings: Settings,
) -> Source:
    """A venue at the addresses that are set."""
    url, stream_url = (
        str(getattr(settings, f"{exchange.venue}_{kind}", "")) for kind in ("url", "ws_url")
    )
    return source(exchange, session, now, url=url, stream_url=stream_url)
