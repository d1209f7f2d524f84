"""The only HTTP client: one venue's requests, bounded in time, size, tries and rate."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from urllib.parse import urlencode

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from alerts.domain.errors import FetchError
from alerts.exchanges.ahead import Ahead
from alerts.exchanges.breaker import Breaker, Closed, Open, asked, failed, left
from alerts.exchanges.spec import Body, Exchange, Pause, Request

log = logging.getLogger(__name__)

USER_AGENT = "derivwatch (market alerts)"

Recorder = Callable[[Request, Body], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one venue is asked.

    `spacing_seconds` lies between the starts of two requests, and doubles (up to
    `widest_seconds`) each time the venue says they are too many;
    `patience_seconds` is the longest wait a venue can impose on a request in hand.
    """

    total_seconds: float = 10.0
    connect_seconds: float = 3.0
    tries: int = 3
    backoff_seconds: float = 0.5
    patience_seconds: float = 5.0
    spacing_seconds: float = 0.1
    widest_seconds: float = 5.0
    body_bytes: int = 16 * 1024 * 1024


def open_session() -> aiohttp.ClientSession:
    """The session all venues share; the caller closes it."""
    return aiohttp.ClientSession(
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def full_url(base_url: str, request: Request) -> str:
    """A request's address under a venue's base URL."""
    query = f"?{urlencode(request.params)}" if request.params else ""
    return f"{base_url.rstrip('/')}{request.path}{query}"


class VenueHttp:
    """Bounded, paced, retried requests to one venue.

    `on_body` is shown every complete answer, whatever its status: that is what a recording holds.
    A venue that asks for a long wait, or shuts us out, is not asked again before that time.
    An answer that may be kept is asked for again only when it is too old.
    A venue that fails again and again is left alone, ever longer, and then asked one thing first.
    `ahead` is its clock beside this machine's own (`wall`, whatever the market's clock is).
    """

    def __init__(  # noqa: PLR0913 -- all but two are named and most have a default
        self,
        exchange: Exchange,
        session: aiohttp.ClientSession,
        *,
        now: Callable[[], datetime],
        base_url: str = "",
        on_body: Recorder | None = None,
        limits: Limits | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._exchange = exchange
        self._session = session
        self._base_url = base_url or exchange.url
        self._now = now
        self._on_body = on_body
        self._limits = limits or Limits()
        self._spacing = self._limits.spacing_seconds
        self._next_slot = 0.0
        self._shut_until = 0.0
        self._shut_why = ""
        self._kept: dict[Hashable, Body] = {}
        self._breaker: Breaker = Closed()
        self._wall = wall
        self.ahead = Ahead()

    def url(self, request: Request) -> str:
        """The full address of a request."""
        return full_url(self._base_url, request)

    def pause(self) -> Pause | None:
        """How long the venue is left alone yet: it asked for that, or failed again and again."""
        now = asyncio.get_running_loop().time()
        asked, alone = self._shut_until - now, left(self._breaker, now)
        if max(asked, alone) <= 0:
            return None
        why = "" if isinstance(self._breaker, Closed) else self._breaker.why
        return Pause(asked, self._shut_why) if asked >= alone else Pause(alone, why)

    async def fetch(self, request: Request) -> Body:
        """The answer to a request; FetchError once the bounded tries are used up."""
        kept = self._kept.get(request.key)
        if kept is not None and self._now() - kept.at < request.keep:
            return kept
        body = await self._fetch(request)
        if request.keep:
            self._kept[request.key] = body
        return body

    async def _fetch(self, request: Request) -> Body:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._limits.tries),
            wait=self._backoff,
            retry=retry_if_exception(self._is_worth_retrying),
            sleep=asyncio.sleep,
            reraise=True,
        )
        return await retrying(self._attempt, request)

    def _is_worth_retrying(self, error: BaseException) -> bool:
        if not isinstance(error, FetchError) or not error.retry:
            return False
        return (error.after_seconds or 0.0) <= self._limits.patience_seconds

    def _backoff(self, attempt: RetryCallState) -> float:
        base = self._limits.backoff_seconds
        return base * 2.0 ** (attempt.attempt_number - 1) + random.uniform(0.0, base)

    async def _attempt(self, request: Request) -> Body:
        await self._turn()
        self._pass_breaker()
        try:
            body, wait = await self._ask(request)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = self._error(_reason(error), retry=True)
            self._count(failure)
            raise failure from error
        refused = self._refusal(body, wait)
        self._count(None if body.status == 429 else refused)
        if refused is not None:
            self._slow_down(refused, body.status)
            raise refused
        self._spacing = max(self._limits.spacing_seconds, self._spacing * 0.9)
        return body

    async def _turn(self) -> None:
        """Wait for this request's slot, or refuse while the venue wants a longer pause."""
        loop = asyncio.get_running_loop()
        pause = self._shut_until - loop.time()
        if pause > self._limits.patience_seconds:
            why = f"not asked for another {pause:.0f} s: {self._shut_why}"
            raise FetchError(self._exchange.venue, why, after_seconds=pause)
        slot = max(loop.time(), self._next_slot, self._shut_until)
        self._next_slot = slot + self._spacing
        await asyncio.sleep(slot - loop.time())

    def _pass_breaker(self) -> None:
        """Refuse while the venue is left alone for having failed again and again.

        The reason given stays that of its last failure: it is what a person can act on.
        """
        now = asyncio.get_running_loop().time()
        after = asked(self._breaker, now)
        if after is None and not isinstance(self._breaker, Closed):
            raise self._error(self._breaker.why, after_seconds=left(self._breaker, now))
        self._breaker = after or self._breaker

    def _count(self, failure: FetchError | None) -> None:
        """Any answer that is no passing failure shows that the venue is there."""
        before = self._breaker
        if failure is None or not failure.retry:
            self._breaker = Closed()
        else:
            self._breaker = failed(before, asyncio.get_running_loop().time(), failure.why)
        if isinstance(self._breaker, Open) and self._breaker is not before:
            seconds, why = self._breaker.spell, self._breaker.why
            log.warning("venue=%s breaker_seconds=%.0f why=%s", self._exchange.venue, seconds, why)
        elif isinstance(self._breaker, Closed) and not isinstance(before, Closed):
            log.warning("venue=%s breaker=closed", self._exchange.venue)

    async def _ask(self, request: Request) -> tuple[Body, float | None]:
        """One exchange of request and answer, with the wait the answer asks for."""
        asked_at, asked_by_wall = self._now(), self._wall()
        async with self._session.request(
            request.method,
            self.url(request),
            data=request.sent,
            headers={"Content-Type": "application/json"} if request.sent else None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=self._limits.total_seconds, connect=self._limits.connect_seconds
            ),
        ) as response:
            self.ahead.hear(response.headers, asked_by_wall, self._wall())
            content = await self._read(response)
            wait = _wait_asked(response.headers)
            body = Body(content, self._now(), response.status, asked_at)
        if self._on_body is not None:
            self._on_body(request, body)
        return body, wait

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > self._limits.body_bytes:
                raise self._error(f"answer larger than {self._limits.body_bytes} bytes")
        return bytes(content)

    def _refusal(self, body: Body, wait: float | None) -> FetchError | None:
        """The error an answer stands for, with the wait from its header where it has one."""
        error = self._exchange.classify(body.status, body.content)
        if error is None and body.status != 200:
            error = self._error(f"HTTP {body.status}", retry=body.status >= 500)
        if error is None or wait is None:
            return error
        return self._error(error.why, retry=error.retry, after_seconds=wait)

    def _slow_down(self, error: FetchError, status: int) -> None:
        if status == 429:
            self._spacing = min(max(self._spacing * 2, 0.1), self._limits.widest_seconds)
        if error.after_seconds is not None:
            self._shut_until = asyncio.get_running_loop().time() + error.after_seconds
            self._shut_why = error.why
            log.warning(
                "venue=%s pause_seconds=%.0f why=%s",
                self._exchange.venue,
                error.after_seconds,
                error.why,
            )

    def _error(
        self, why: str, *, retry: bool = False, after_seconds: float | None = None
    ) -> FetchError:
        return FetchError(self._exchange.venue, why, retry=retry, after_seconds=after_seconds)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect to {error.host}"
    return f"{type(error).__name__} {error}".rstrip()[:200]


def _wait_asked(headers: Mapping[str, str]) -> float | None:
    """The seconds a Retry-After header asks for: a number, or a date by the venue's own clock."""
    header = headers.get("Retry-After", "")
    try:
        seconds = float(header)
    except ValueError:
        return _seconds_between(headers.get("Date", ""), header)
    return seconds if isfinite(seconds) and seconds >= 0 else None


def _seconds_between(start: str, end: str) -> float | None:
    try:
        return max((parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no dates, or only one of them with a zone
        return None
