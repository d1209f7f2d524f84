"""A venue as the running bot reaches it: requests and, where it has some, streams."""

from collections.abc import Callable
from datetime import datetime

import aiohttp

from alerts.collect import Source
from alerts.exchanges.http import Limits, VenueHttp
from alerts.exchanges.spec import Exchange
from alerts.exchanges.stream import listening
from bot.settings import Settings


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
    http = VenueHttp(exchange, session, now=now, base_url=url, limits=limits)
    if url and not stream_url:
        return Source(exchange, http, ahead=http.ahead.seconds, pause=http.pause)
    streams = listening(exchange, session, http, now, stream_url)
    return Source(exchange, http, streams, http.ahead.seconds, http.pause)


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
