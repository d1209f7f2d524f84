"""One websocket on loopback: what a venue would push, or once did, as the market's clock passes."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from alerts.simulator.wire import Span

EVERY_SECONDS = 0.25
_PING, _PONG = "ping", "pong"


@dataclass(slots=True)
class Pushing:
    """One client's connection.

    `push` gives the messages of a span of market time, to a client that has sent `said` so far.
    `mishap` is asked before every round: it may name bytes to push in place of the truth,
    or b"" to cut the connection.
    """

    push: Callable[[Span, Sequence[str]], Sequence[bytes]]
    now: Callable[[], datetime]
    mishap: Callable[[], bytes | None] = lambda: None
    said: list[str] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Push until the client leaves or a mishap cuts it off."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        listening = asyncio.create_task(self._listen(socket))
        try:
            await self._push(socket, request)
        except ConnectionError:
            return socket
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening
        return socket

    async def _push(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        since = self.now()
        while not socket.closed:
            await asyncio.sleep(EVERY_SECONDS)
            instead = self.mishap()
            if instead == b"":
                if request.transport is not None:
                    request.transport.abort()
                return
            until = self.now()
            true = self.push(Span(since, until), tuple(self.said))
            for message in true if instead is None else [instead]:
                await socket.send_str(message.decode(errors="replace"))
            since = until

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.data == _PING:
                await socket.send_str(_PONG)
            elif isinstance(message.data, str) and message.data not in self.said:
                self.said.append(message.data)
