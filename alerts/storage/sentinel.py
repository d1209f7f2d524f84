"""A primary that Sentinels know: `redis+sentinel://[:password@]host:port,host:port/name[/db]`."""

import re
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

SCHEMES = ("redis+sentinel", "rediss+sentinel")
DEFAULT_PORT = 26379
ASKED_SECONDS = 1.0
"""A Sentinel that does not answer by then is passed over for the next one."""

_PLACE = re.compile(r"([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_PATH = re.compile(r"/([A-Za-z0-9._-]+)(?:/([0-9]{1,3}))?")


class Primary(NamedTuple):
    """Whom to ask, for which primary, and how to log in to it."""

    sentinels: list[tuple[str, int]]
    name: str
    options: dict[str, Any]


def is_sentinel(url: str) -> bool:
    """Whether an address is one of Sentinels."""
    return url.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def parsed(url: str) -> Primary:
    """An address taken apart; ValueError (without the address, which may hold a password)."""
    parts = urlsplit(url)
    path = _PATH.fullmatch(parts.path)
    places = [_PLACE.fullmatch(place) for place in parts.netloc.rpartition("@")[2].split(",")]
    found = [(place[1], int(place[2] or DEFAULT_PORT)) for place in places if place]
    if path is None or len(found) < len(places):
        raise ValueError("write redis+sentinel://host:26379,host:26379/name")
    return Primary(found, path[1], {"db": int(path[2] or 0), **_login(parts)})


def primary(url: str, **options: Any) -> Redis:
    """A client that asks the Sentinels where the primary is whenever it connects."""
    known = parsed(url)
    asked = {
        "socket_timeout": ASKED_SECONDS,
        "socket_connect_timeout": ASKED_SECONDS,
        "protocol": options.get("protocol", 2),
    }
    sentinel = Sentinel(known.sentinels, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
    client: Redis = sentinel.master_for(known.name, **known.options, **options)
    return client


async def close(client: Redis) -> None:
    """Close a client, and those that ask its Sentinels."""
    await client.aclose()
    pool = client.connection_pool
    if isinstance(pool, SentinelConnectionPool):
        for asked in pool.sentinel_manager.sentinels:
            await asked.aclose()


def _login(parts: SplitResult) -> dict[str, Any]:
    login = parts.netloc.rpartition("@")[0]
    user, _, password = login.partition(":")
    tls = {"ssl": True} if parts.scheme == "rediss+sentinel" else {}
    name = {"username": unquote(user)} if user else {}
    return tls | name | ({"password": unquote(password)} if password else {})
