"""What an exchange is: a venue, and feeds that turn response bodies into snapshots.

A feed is declared as data: which requests it needs and the pure function that reads the answers.
So live polling, recordings and replays all run the same parser, and only `http.py` does I/O.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Snapshot


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request below the venue's base URL; `sent` is the JSON body of a POST."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    sent: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """One answer as received: raw bytes and the local time of its arrival.

    `asked_at` is when the request was sent; unknown (None) in a recording.
    """

    content: bytes
    at: datetime
    status: int = 200
    asked_at: datetime | None = None


Parse = Callable[[Sequence[Body], Asset], Snapshot]


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of snapshot a venue offers.

    `poll` names the setting that paces it (`options`, `futures`, `open_interest`, `price`).
    `follow` names further requests once the first bodies are known (contracts listed there).
    `parse` takes the bodies in the order of all requests and raises FetchError
    (`retry=False`) when they cannot be read; it raises nothing else.
    """

    kind: type[Snapshot]
    poll: str
    requests: Callable[[Asset], tuple[Request, ...]]
    parse: Parse
    follow: Callable[[Sequence[Body], Asset], tuple[Request, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A venue and what it offers.

    `classify` names the error an HTTP answer stands for (None for a usable one):
    each venue hides rate limits and maintenance in another place.
    """

    venue: Venue
    title: str
    url: str
    feeds: tuple[Feed, ...]
    classify: Callable[[int, bytes], FetchError | None]
    covers: Callable[[Asset], bool]


class Http(Protocol):
    """Bounded, paced, retried requests to one venue."""

    async def fetch(self, request: Request) -> Body:
        """The answer to a request; FetchError once the bounded tries are used up."""
        ...


async def snapshot(feed: Feed, http: Http, asset: Asset) -> Snapshot:
    """One snapshot of a feed; FetchError when the venue gives no usable answer."""
    bodies = [await http.fetch(request) for request in feed.requests(asset)]
    if feed.follow is not None:
        bodies += [await http.fetch(request) for request in feed.follow(bodies, asset)]
    return feed.parse(bodies, asset)
