"""A recording on loopback: a server that answers and pushes as the venues did at its present."""

import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from aiohttp import web

from alerts.domain.ids import Venue
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Request
from alerts.recording import PUSHED, Line, Recording
from alerts.redating import Shift, redated
from alerts.simulator.loopback import listening
from alerts.simulator.pushing import Pushing
from alerts.simulator.wire import Span

_DAY = timedelta(days=1)

Now = Callable[[], datetime]
_MOST_PUSHED = 20_000
_Key = tuple[str, str, tuple[tuple[str, str], ...], str]


class Timeline(Protocol):
    """Where in the recording we are, and how its times are shown to clients."""

    def present(self) -> datetime:
        """The time in the recording; it never goes back."""
        ...

    def shift(self, at: datetime) -> Shift | None:
        """How to move the times of an answer recorded `at`; None leaves them as they are."""
        ...


@dataclass(frozen=True, slots=True)
class Steady:
    """Plays from `start`, which is shown as `since`, at `speed`.

    With `to_now`, the time of an answer is shown as the moment it became current to the client,
    and the dates in instrument names move by whole days: so a client on the wall's clock finds
    fresh marks, and expiries as far ahead as they were. Faster than life, the names therefore
    change with every day of the recording.
    """

    start: datetime
    since: datetime
    now: Now
    speed: float = 1.0
    to_now: bool = False

    def present(self) -> datetime:
        return self.start + (self.now() - self.since) * self.speed

    def shift(self, at: datetime) -> Shift | None:
        if not self.to_now:
            return None
        shown = self.since + (at - self.start) / self.speed
        return _shift(shown - at)


@dataclass(slots=True)
class Stepped:
    """Stands at a time in the recording until moved on; with `now`, shown as the present."""

    at: datetime
    now: Now | None = None

    def present(self) -> datetime:
        return self.at

    def shift(self, at: datetime) -> Shift | None:
        del at
        if self.now is None:
            return None
        return _shift(self.now() - self.at)


def _shift(moved: timedelta) -> Shift:
    return Shift(round(moved / _DAY), moved)


@dataclass(slots=True)
class _Tape:
    """The latest answer to every question, as far as the recording has been played.

    `pushed` are the last websocket messages.
    """

    lines: Iterator[Line]
    latest: dict[_Key, Line] = field(default_factory=dict)
    pushed: deque[Line] = field(default_factory=lambda: deque(maxlen=_MOST_PUSHED))
    ahead: Line | None = None

    def play(self, until: datetime) -> Mapping[_Key, Line]:
        while (line := self.ahead or next(self.lines, None)) and line.at <= until:
            if line.method == PUSHED:
                self.pushed.append(line)
            else:
                self.latest[_key(line.request)] = line
            self.ahead = None
        self.ahead = line
        return self.latest


def _key(request: Request) -> _Key:
    return request.method, request.path, tuple(sorted(request.params.items())), _sent(request)


def _sent(request: Request) -> str:
    """What was posted, however it was spaced."""
    try:
        return json.dumps(json.loads(request.sent), sort_keys=True) if request.sent else ""
    except ValueError:
        return request.sent or ""


@dataclass(slots=True)
class Served:
    """A recording being served at `address`."""

    timeline: Timeline
    tape: _Tape
    address: str = ""

    def url(self, venue: Venue) -> str:
        """What to set as a venue's URL."""
        (own,) = (exchange.url for exchange in EXCHANGES if exchange.venue == venue)
        return self.address + urlsplit(own).path

    def stream_url(self, venue: Venue) -> str:
        """What to set as the URL of a venue's streams; empty where it has none."""
        (own,) = (exchange.stream_url for exchange in EXCHANGES if exchange.venue == venue)
        return self.address.replace("http", "ws", 1) + urlsplit(own).path if own else ""

    async def respond(self, request: web.Request) -> web.StreamResponse:
        if "Upgrade" in request.headers:
            return await Pushing(partial(self._pushed, request.path), self.timeline.present).serve(
                request
            )
        latest = self.tape.play(self.timeline.present())
        line = latest.get(_key(await self._asked(request)))
        if line is None:
            return _not_recorded(request)
        text = self._shown(line)
        kind = "application/json" if text[:1] in "[{" else "text/plain"
        return web.Response(status=line.status, text=text, content_type=kind)

    def _shown(self, line: Line) -> str:
        """A line's content, its times as the client is to see them."""
        text, shift = line.content.decode(errors="replace"), self.timeline.shift(line.at)
        return text if shift is None else redated(text, shift)

    def _pushed(self, path: str, span: Span, _said: Sequence[str]) -> list[bytes]:
        """What came over the same path in a span of the recording's time."""
        self.tape.play(span.until)
        return [
            self._shown(line).encode()
            for line in self.tape.pushed
            if span.since < line.at <= span.until and line.content and line.request.path == path
        ]

    async def _asked(self, request: web.Request) -> Request:
        """The request as it would have been asked at the time of the recording."""
        sent = await request.text() or None
        shift = self.timeline.shift(self.timeline.present())
        params = dict(request.query)
        if shift is not None:
            params = {name: redated(value, shift.back) for name, value in params.items()}
        return Request(request.path, params, request.method, sent)


def _not_recorded(request: web.Request) -> web.Response:
    message = f"{request.path_qs} is not in the recording up to now"
    error = {"jsonrpc": "2.0", "error": {"code": -32601, "message": message}}
    return web.json_response(error, status=404)


@contextlib.asynccontextmanager
async def serve(
    recording: Recording, timeline: Timeline, *, port: int = 0
) -> AsyncIterator[Served]:
    """Serve a recording on loopback; port 0 takes any free one."""
    served = Served(timeline, _Tape(recording.lines()))
    async with listening(served.respond, port) as address:
        served.address = address
        yield served
