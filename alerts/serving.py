"""A recording on loopback: a server that answers as the venues did at the recording's present."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from aiohttp import web

from alerts.domain.ids import Venue
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Request
from alerts.recording import Line, Recording
from alerts.redating import Shift, redated
from alerts.simulator.loopback import listening

_DAY = timedelta(days=1)

Now = Callable[[], datetime]
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
    """The latest answer to every question, as far as the recording has been played."""

    lines: Iterator[Line]
    latest: dict[_Key, Line] = field(default_factory=dict)
    ahead: Line | None = None

    def play(self, until: datetime) -> Mapping[_Key, Line]:
        while (line := self.ahead or next(self.lines, None)) and line.at <= until:
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

    async def respond(self, request: web.Request) -> web.StreamResponse:
        latest = self.tape.play(self.timeline.present())
        line = latest.get(_key(await self._asked(request)))
        if line is None:
            return _not_recorded(request)
        text = line.content.decode(errors="replace")
        shift = self.timeline.shift(line.at)
        text = text if shift is None else redated(text, shift)
        kind = "application/json" if text[:1] in "[{" else "text/plain"
        return web.Response(status=line.status, text=text, content_type=kind)

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
