"""The only websocket client: one venue's streams, kept open, with the holes between told.

A connection that breaks, falls silent or cannot be understood is opened again after a wait that
doubles up to a minute. What was pushed meanwhile is gone, so only the time in which every stream
of the venue stood open counts as heard, and of it only what lies before a sign of life: a message,
or the answer to a ping. A dead connection is noticed late, and nothing was heard on it meanwhile.

An asset that the venue is found to list later is asked for on the connections that stand open, and
counts as heard from then on; it costs the others no moment.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.attendance import Attendance, Audience
from alerts.exchanges.spec import (
    Body,
    Exchange,
    Http,
    Listen,
    OnCloses,
    OnHeard,
    Stream,
    SubscriptionRefusedError,
)

log = logging.getLogger(__name__)

Now = Callable[[], datetime]
OnMessage = Callable[[Stream, Body], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one connection is waited for, and how long before it is opened again.

    A peer that answers no ping for `ping_seconds` is gone; one that stood for `sound_seconds`
    was a sound one, after which the waits start anew.
    """

    connect_seconds: float = 10.0
    ping_seconds: float = 10.0
    pulse_seconds: float = 1.0
    least_seconds: float = 1.0
    most_seconds: float = 60.0
    sound_seconds: float = 60.0
    message_bytes: int = 4 * 1024 * 1024

    def wait(self, failures: int, chance: float) -> float:
        """Seconds before the next try; `chance` from 0 to 1 spreads many clients."""
        longest = min(self.most_seconds, self.least_seconds * 2.0 ** min(failures, 16))
        return longest * (0.5 + 0.5 * chance)


@dataclass(slots=True)
class Listener:
    """All streams of one venue.

    `assets` are all that are wanted; those that the venue covers are listened for.
    `on_closes` gets what was pushed, as it comes and perhaps repeated after a reconnect;
    `on_heard` every piece of time in which nothing can have been missed but what a venue withholds;
    `on_message` every message as it came, before it is read.
    """

    exchange: Exchange
    session: aiohttp.ClientSession
    http: Http
    assets: Sequence[Asset]
    now: Now
    on_closes: OnCloses
    on_heard: OnHeard
    base_url: str = ""
    patience: Patience = field(default_factory=Patience)
    on_message: OnMessage = lambda _stream, _body: None
    attendance: Attendance = field(init=False)
    audience: Audience = field(init=False)
    _open: dict[int, "_Conversation"] = field(default_factory=dict)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.audience = Audience(self.assets, self.exchange.covers)
        if self.audience.own:
            self._wanted.set()
        self.attendance = Attendance(len(self.exchange.streams))

    async def run(self) -> None:
        """Listen until cancelled."""
        if not self.exchange.streams:
            return
        async with asyncio.TaskGroup() as group:
            for number, stream in enumerate(self.exchange.streams):
                group.create_task(self._keep(number, stream))
            group.create_task(self._pulse())

    async def _pulse(self) -> None:
        while True:
            await asyncio.sleep(self.patience.pulse_seconds)
            self._tell(self.attendance.heard())
            await self._welcome()

    def _tell(self, piece: tuple[datetime, datetime] | None) -> None:
        if piece is not None:
            for heard in self.audience.heard(*piece):
                self.on_heard(*heard)

    async def _welcome(self) -> None:
        """Ask for what the venue has been found to list, wherever a connection stands open."""
        joined = self.audience.renewed(self.now())
        if not joined:
            return
        log.info("stream of more assets venue=%s assets=%s", self.exchange.venue, joined)
        for conversation in tuple(self._open.values()):
            with contextlib.suppress(aiohttp.ClientError, OSError):  # it breaks by itself
                await conversation.ask(joined)
        self.audience.joined(joined, self.now())
        self._wanted.set()

    async def _keep(self, number: int, stream: Stream) -> None:
        """Open the stream again and again."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            await self._wanted.wait()
            began = loop.time()
            try:
                await self._listen(number, stream)
                why, asked = "closed by the venue", 0.0
            except FetchError as error:
                why, asked = error.why, error.after_seconds or 0.0
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why, asked = f"{type(error).__name__} {error}".rstrip()[:200], 0.0
            failures = 0 if loop.time() - began > self.patience.sound_seconds else failures + 1
            wait = max(asked, self.patience.wait(failures - 1, random.random()))
            log.warning(
                "stream broke venue=%s path=%s wait_seconds=%.1f why=%s",
                self.exchange.venue,
                stream.path,
                wait,
                why,
            )
            await asyncio.sleep(wait)

    async def _listen(self, number: int, stream: Stream) -> None:
        """One connection, from its opening to its end."""
        conversation = _Conversation(self, number, stream)
        await conversation.prepare()
        async with asyncio.timeout(self.patience.connect_seconds):
            socket = await self._connect(stream)
        async with socket, _beside(conversation.tend(socket)):
            conversation.socket, self._open[number] = socket, conversation
            self.audience.refused.pop(number, None)
            try:
                await conversation.ask(self.audience.own)
                self.attendance.opened(number, self.now())
                log.info("stream open venue=%s path=%s", self.exchange.venue, stream.path)
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.PING:
                        await socket.pong(message.data)
                    conversation.take(message)
            finally:
                del self._open[number]
                self._tell(self.attendance.closed(number))

    async def _connect(self, stream: Stream) -> aiohttp.ClientWebSocketResponse:
        url = (self.base_url or self.exchange.stream_url).rstrip("/") + stream.path
        try:
            return await self.session.ws_connect(
                url,
                heartbeat=self.patience.ping_seconds,
                autoping=False,  # the answers to our pings are signs of life
                max_msg_size=self.patience.message_bytes,
            )
        except aiohttp.WSServerHandshakeError as error:
            refused = self.exchange.classify(error.status, b"")
            raise refused or error from error


def listening(
    exchange: Exchange, session: aiohttp.ClientSession, http: Http, now: Now, base_url: str = ""
) -> Listen:
    """A venue's streams, to be listened to until cancelled."""

    async def listen(assets: Sequence[Asset], on_closes: OnCloses, on_heard: OnHeard) -> None:
        listener = Listener(
            exchange, session, http, assets, now, on_closes, on_heard, base_url=base_url
        )
        await listener.run()

    return listen


@dataclass(slots=True)
class _Conversation:
    """What one connection needs beside itself: contract sizes, and how well it is understood."""

    listener: Listener
    number: int
    stream: Stream
    answers: list[Body] = field(default_factory=list)
    failures: int = 0
    socket: aiohttp.ClientWebSocketResponse | None = None
    said: set[str] = field(default_factory=set)

    async def prepare(self) -> None:
        """Ask for what the messages are read with; answers that may be kept are not asked twice."""
        http = self.listener.http
        self.answers = [await http.fetch(request) for request in self.stream.requests]

    async def ask(self, assets: Sequence[Asset]) -> None:
        """Subscribe for these assets, to what was not subscribed to yet."""
        for text in self.stream.subscriptions(assets):
            if self.socket is not None and text not in self.said:
                self.said.add(text)
                await self.socket.send_str(text)

    async def tend(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Say what the venue wants to hear, and keep the sizes fresh."""
        while True:
            await asyncio.sleep(self.stream.beat_seconds)
            if self.stream.beat:
                await socket.send_str(self.stream.beat)
            with contextlib.suppress(FetchError):
                await self.prepare()

    def take(self, message: aiohttp.WSMessage) -> None:
        """Hand on what a message holds; FetchError when none is understood any more.

        A venue that refuses one of several subscriptions goes on with the others.
        """
        at = self.listener.now()
        self.listener.attendance.lives(self.number, at)
        if message.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
            return
        content = message.data if isinstance(message.data, bytes) else message.data.encode()
        body = Body(content, at)
        self.listener.on_message(self.stream, body)
        try:
            found = self.stream.hear(body, self.answers, self.listener.audience.own)
        except FetchError as error:
            self.failures += 1
            if isinstance(error, SubscriptionRefusedError):
                self.listener.audience.refused.setdefault(self.number, set()).add(error.asset)
            if self.failures >= max(len(self.said), 1):
                raise
            log.warning("message lost venue=%s why=%s", error.venue, error.why)
            return
        self.failures = 0
        for closes in found:
            self.listener.on_closes(closes)


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run something beside the body; if it fails, so does the connection, and that is told."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            log.debug("tending ended why=%s", task.exception())
