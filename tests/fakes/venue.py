"""A venue on loopback that answers as its script says, faults included."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer.

    `delay_seconds` passes before anything is sent; `cut_after` closes the connection after that
    many bytes of a body announced in full; `endless` sends the body again and again until the
    client hangs up.
    """

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    cut_after: int | None = None
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived, with the event loop's time."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float


class ScriptedVenue:
    """Answers each path from its own queue; the last answer of a queue is repeated."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.url = ""
        self._scripts: dict[str, deque[Answer]] = {}

    def on(self, path: str, *answers: Answer) -> None:
        """What a path answers, from now on."""
        self._scripts[path] = deque(answers)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(
            Seen(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                body,
                asyncio.get_running_loop().time(),
            )
        )
        answer = self._next(request.path)
        await asyncio.sleep(answer.delay_seconds)
        if answer.endless or answer.cut_after is not None:
            return await _broken(request, answer)
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    def _next(self, path: str) -> Answer:
        script = self._scripts.get(path)
        if not script:
            return Answer(b"not found", 404)
        return script.popleft() if len(script) > 1 else script[0]


async def _broken(request: web.Request, answer: Answer) -> web.StreamResponse:
    """A body that ends too early, or never."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if answer.cut_after is not None:
        response.content_length = len(answer.body)
    await response.prepare(request)
    if answer.cut_after is not None:
        await response.write(answer.body[: answer.cut_after])
    try:
        while answer.endless:
            await response.write(answer.body)
    except ConnectionError:
        return response
    if request.transport is not None:
        request.transport.close()
    return response


@asynccontextmanager
async def scripted_venue() -> AsyncIterator[ScriptedVenue]:
    """A scripted venue listening on a free loopback port; `url` is its base."""
    venue = ScriptedVenue()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", venue.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        venue.url = f"http://{host}:{port}"
        yield venue
    finally:
        await runner.cleanup()
