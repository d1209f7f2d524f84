"""What an exchange is: a venue, and feeds that turn response bodies into snapshots.

A feed is declared as data: which requests it needs and the pure function that reads the answers.
So live polling, recordings and replays all run the same parser, and only `http.py` does I/O.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Liquidations, Snapshot


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request below the venue's base URL; `sent` is the JSON body of a POST.

    The answer may be used again while it is younger than `keep` (lists of contracts change rarely).
    `spare` is for what follows: when the venue refuses it for good (a contract just delisted), the
    snapshot is read without it, and its body is empty.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    sent: str | None = None
    keep: timedelta = timedelta(0)
    spare: bool = False

    @property
    def key(self) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
        """What makes two requests the same question."""
        return self.method, self.path, tuple(sorted(self.params.items())), self.sent or ""


@dataclass(frozen=True, slots=True)
class Body:
    """One answer as received: raw bytes and the local time of its arrival.

    `asked_at` is when the request was sent; unknown (None) in a recording.
    """

    content: bytes
    at: datetime
    status: int = 200
    asked_at: datetime | None = None


class SubscriptionRefusedError(FetchError):
    """One of several subscriptions was refused, so nothing of an asset will be pushed."""

    def __init__(self, venue: str, why: str, asset: Asset) -> None:
        super().__init__(venue, why)
        self.asset = asset


Parse = Callable[[Sequence[Body], Asset], Snapshot]
Hear = Callable[[Body, Sequence[Body], Sequence[Asset]], Sequence[Liquidations]]


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of snapshot a venue offers.

    `poll` names the setting that paces it (`options`, `futures`, `open_interest`, `price`).
    `follow` names further requests once the first bodies are known (contracts listed there).
    `parse` takes the bodies in the order of all requests and raises FetchError
    (`retry=False`) when they cannot be read; it raises nothing else.
    `dated`: whether its futures may expire; a venue of perpetuals alone has no basis.
    `covers`: of which of the venue's assets it tells, where that is not all of them.
    """

    kind: type[Snapshot]
    poll: str
    requests: Callable[[Asset], tuple[Request, ...]]
    parse: Parse
    follow: Callable[[Sequence[Body], Asset], tuple[Request, ...]] | None = None
    dated: bool = True
    covers: Callable[[Asset], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Stream:
    """Forced closes a venue pushes over a websocket.

    `path` lies below the venue's websocket address; `subscriptions` are the texts to send once
    connected. `requests` are asked over HTTP at every connection (sizes of contracts), and their
    answers go to `hear` with each message. `hear` gives what a message holds, one entry for each
    asset, nothing for messages of another kind; it raises FetchError when the venue refuses the
    subscription or the message cannot be read, and nothing else. Where each asset is subscribed to
    by itself, a refusal is a SubscriptionRefusedError.
    `beat` is a text the venue wants to hear at least every `beat_seconds`.
    """

    path: str
    subscriptions: Callable[[Sequence[Asset]], tuple[str, ...]]
    hear: Hear
    requests: tuple[Request, ...] = ()
    beat: str = ""
    beat_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a venue tells which assets it has perpetuals of.

    It is asked only about assets that it is not known to cover. `parse` raises FetchError where
    the answers cannot be read, and nothing else.
    """

    requests: tuple[Request, ...]
    parse: Callable[[Sequence[Body]], frozenset[Asset]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A venue and what it offers.

    `classify` names the error an HTTP answer stands for (None for a usable one):
    each venue hides rate limits and maintenance in another place.
    `stream_url` is the address of its websockets, where it has streams.
    `covers` knows the usual assets; `listing` tells of the others.
    """

    venue: Venue
    title: str
    url: str
    feeds: tuple[Feed, ...]
    classify: Callable[[int, bytes], FetchError | None]
    covers: Callable[[Asset], bool]
    streams: tuple[Stream, ...] = ()
    stream_url: str = ""
    listing: Listing | None = None

    def gives(self, feed: Feed, asset: Asset) -> bool:
        """Whether one of its feeds tells of an asset."""
        return self.covers(asset) and feed.covers(asset)


OnCloses = Callable[[Liquidations], None]
OnHeard = Callable[[Sequence[Asset], datetime, datetime], None]
Listen = Callable[[Sequence[Asset], OnCloses, OnHeard], Awaitable[None]]
"""Listens to a venue's streams until cancelled: what was closed, and which time was heard.

Given are all assets that are wanted; heard are those that the venue covers, each from when it does.
"""


@dataclass(frozen=True, slots=True)
class Pause:
    """A venue is not asked for so many seconds more, and why."""

    seconds: float
    why: str


class Http(Protocol):
    """Bounded, paced, retried requests to one venue."""

    async def fetch(self, request: Request) -> Body:
        """The answer to a request; FetchError once the bounded tries are used up."""
        ...


async def snapshot(feed: Feed, http: Http, asset: Asset) -> Snapshot:
    """One snapshot of a feed; FetchError when the venue gives no usable answer."""
    return feed.parse(await bodies(feed, http, asset), asset)


async def bodies(feed: Feed, http: Http, asset: Asset) -> list[Body]:
    """The answers a snapshot is read from, in the order of all its requests."""
    found = await _answers(http, feed.requests(asset))
    if feed.follow is not None:
        without = replace(found[0], content=b"", status=0)
        found += await _answers(http, feed.follow(found, asset), without)
    return found


async def _answers(
    http: Http, requests: Sequence[Request], without: Body | None = None
) -> list[Body]:
    """All answers, asked for at once; the first failure when one fails."""
    asked = (http.fetch(request) for request in requests)
    found = await asyncio.gather(*asked, return_exceptions=True)
    return [_usable(request, one, without) for request, one in zip(requests, found, strict=True)]


def _usable(request: Request, found: Body | BaseException, without: Body | None) -> Body:
    if isinstance(found, Body):
        return found
    if without is not None and isinstance(found, FetchError) and is_left_out(request, found):
        return without
    raise found


def is_left_out(request: Request, error: FetchError) -> bool:
    """Whether a snapshot is read without this request's answer, which is refused for good."""
    return request.spare and not error.retry and error.after_seconds is None
