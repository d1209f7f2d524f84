"""A primary that Sentinels know: `redis+sentinel://[user:password@]host:port,host:port/name[/db]`.

The login is the primary's. `?sentinel_password=` (and `sentinel_username=`) is that of the
Sentinels, where they ask for one; `ssl_ca_certs=` names whose certificates the primary's is.
"""

import re
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool

SCHEMES = ("redis+sentinel", "rediss+sentinel")
DEFAULT_PORT = 26379
ASKED_SECONDS = 1.0
"""A Sentinel that does not answer by then is passed over for the next one."""

_LOGIN_OF_SENTINELS = {"sentinel_username": "username", "sentinel_password": "password"}
_OF_PRIMARY = ("ssl_ca_certs",)
_PLACE = re.compile(r"([A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_PATH = re.compile(r"/([A-Za-z0-9._-]+)(?:/([0-9]{1,3}))?")


class Primary(NamedTuple):
    """Whom to ask, for which primary, how to log in to it, and how to log in to the Sentinels."""

    sentinels: list[tuple[str, int]]
    name: str
    options: dict[str, Any]
    asking: dict[str, Any]


def is_sentinel(url: str) -> bool:
    """Whether an address is one of Sentinels."""
    return url.startswith(tuple(f"{scheme}://" for scheme in SCHEMES))


def parsed(url: str) -> Primary:
    """An address taken apart; ValueError (without the address, which may hold a password)."""
    parts = urlsplit(url)
    path = _PATH.fullmatch(parts.path)
    places = [_PLACE.fullmatch(place) for place in parts.netloc.rpartition("@")[2].split(",")]
    found = [(place[1], int(place[2] or DEFAULT_PORT)) for place in places if place]
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if (
        path is None
        or len(found) < len(places)
        or not {*said} <= {*_LOGIN_OF_SENTINELS, *_OF_PRIMARY}
    ):
        raise ValueError(
            "write redis+sentinel://host:26379,host:26379/name, and ?sentinel_password=… behind it"
            " where the Sentinels ask for one"
        )
    asking = {word: said[name] for name, word in _LOGIN_OF_SENTINELS.items() if said.get(name)}
    more = {name: said[name] for name in _OF_PRIMARY if said.get(name)}
    return Primary(found, path[1], {"db": int(path[2] or 0), **_login(parts), **more}, asking)


def passwords(url: str) -> list[str]:
    """The passwords in an address, as they are and as it spells them."""
    parts = urlsplit(url)
    spelled = [parts.password] if parts.password else []
    spelled += re.findall(r"[?&]sentinel_password=([^&#]+)", url)
    return [text for one in spelled for text in (one, unquote(one))]


def primary(url: str, **options: Any) -> Redis:
    """A client that asks the Sentinels where the primary is whenever it connects."""
    known = parsed(url)
    asked = {
        "socket_timeout": ASKED_SECONDS,
        "socket_connect_timeout": ASKED_SECONDS,
        "protocol": options.get("protocol", 2),
        **known.asking,
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
