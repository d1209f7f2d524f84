"""The simulated market on loopback: one HTTP server that answers as each of the venues would."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from aiohttp import web

from alerts.domain.ids import Venue
from alerts.exchanges.spec import Request
from alerts.ports import Clock
from alerts.simulator.loopback import listening
from alerts.simulator.pushing import Pushing
from alerts.simulator.scenario import Scenario
from alerts.simulator.wire import Answer
from alerts.simulator.wires import WIRES

_KEPT_ANSWERS = 48
_UNKNOWN = Answer(404, b'{"message":"no such venue"}')


@dataclass(slots=True)
class Fault:
    """A scripted mishap of the next `times` requests whose path and query contain `match`.

    The answer is delayed, then either cut off in the middle or given with `status` and `content`;
    without a status the true answer follows the delay. `pushed` is a mishap of an open websocket:
    it is cut off, or pushes `content` in place of what it would.
    """

    match: str = ""
    times: int = 1
    status: int | None = None
    content: bytes = b""
    delay: timedelta = timedelta(0)
    cut: bool = False
    pushed: bool = False


@dataclass(slots=True)
class SimulatedMarket:
    """A running simulated market: its address, its scripted faults, and what was asked of it.

    Every venue has its own base URL below the address.
    """

    scenario: Scenario
    clock: Clock
    address: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: int = 0
    _answers: OrderedDict[str, Answer] = field(default_factory=OrderedDict)

    def url(self, venue: Venue) -> str:
        """What to set as a venue's URL."""
        return f"{self.address}/{venue}"

    def stream_url(self, venue: Venue) -> str:
        """What to set as the URL of a venue's streams."""
        return self.url(venue).replace("http", "ws", 1)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if "Upgrade" in request.headers:
            return await self._pushed(request)
        sent = await request.text()
        fault = self._next_fault(request.path_qs)
        if fault is None:
            return _response(self._answer(request, sent))
        if fault.delay:
            await asyncio.sleep(fault.delay.total_seconds())
        if fault.cut:
            return await _cut_off(request, self._answer(request, sent))
        if fault.status is not None:
            return _response(Answer(fault.status, fault.content))
        return _response(self._answer(request, sent))

    async def _pushed(self, request: web.Request) -> web.StreamResponse:
        fault = self._next_fault(request.path_qs)
        wire = WIRES.get(_place(request)[0])
        if fault is not None and fault.status is not None:
            return _response(Answer(fault.status, fault.content))
        if wire is None or wire.push is None:
            return _response(_UNKNOWN)

        def mishap() -> bytes | None:
            fault = self._next_fault(request.path_qs, pushed=True)
            return None if fault is None else b"" if fault.cut else fault.content

        push = partial(wire.push, self.scenario)
        return await Pushing(push, self.clock.now, mishap).serve(request)

    def _next_fault(self, asked: str, *, pushed: bool = False) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.match in asked and fault.pushed is pushed:
                fault.times -= 1
                return fault
        return None

    def _answer(self, request: web.Request, sent: str) -> Answer:
        """The answer of this second of market time: several clients share one chain."""
        second = int(self.clock.now().timestamp())
        key = f"{second} {request.method} {request.path_qs} {sent}"
        if key not in self._answers:
            self._answers[key] = self._made(request, sent, datetime.fromtimestamp(second, UTC))
            if len(self._answers) > _KEPT_ANSWERS:
                self._answers.popitem(last=False)
        return self._answers[key]

    def _made(self, request: web.Request, sent: str, at: datetime) -> Answer:
        venue, path = _place(request)
        wire = WIRES.get(venue)
        if wire is None:
            return _UNKNOWN
        asked = Request(path, dict(request.query), request.method, sent or None)
        return wire.answer(self.scenario, at, asked)


@contextlib.asynccontextmanager
async def simulated_market(
    scenario: Scenario, clock: Clock, *, port: int = 0
) -> AsyncIterator[SimulatedMarket]:
    """Serve a scenario on loopback at the clock's time; port 0 takes any free one."""
    market = SimulatedMarket(scenario, clock)
    async with listening(market.respond, port) as address:
        market.address = address
        yield market


def _place(request: web.Request) -> tuple[Venue, str]:
    """The venue that is asked, and the path below its base URL."""
    venue, _, path = request.path.removeprefix("/").partition("/")
    return Venue(venue), f"/{path}"


def _response(ready: Answer) -> web.Response:
    return web.Response(status=ready.status, body=ready.content, content_type="application/json")


async def _cut_off(request: web.Request, ready: Answer) -> web.StreamResponse:
    """Promise the whole body, send half of it, and hang up."""
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(ready.content))}
    )
    await response.prepare(request)
    await response.write(ready.content[: len(ready.content) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
