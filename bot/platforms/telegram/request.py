"""Bot API requests over aiohttp: one pool of connections, and no token in any error."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import aiohttp
import msgspec
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

Body = bytes | aiohttp.FormData | None

_JSON = {"Content-Type": "application/json"}
_UNSAID = (BaseRequest.DEFAULT_NONE,) * 4
_MEDIA_WRITE_SECONDS = 60.0
_LAST_ANSWERS_SECONDS = 9.0
# What aiohttp raises before a byte of the request was written.
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    ValueError,
)


class Parameters:
    """Parameters as they go on the wire: RequestData without a wrapper about each of them."""

    __slots__ = ("parameters",)
    contains_files = False

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.parameters = parameters


class AnswerLost(NetworkError):  # noqa: N818  named as the library names its errors
    """The connection broke after the request was written: it may have been carried out."""


class AiohttpRequest(BaseRequest):
    """The library's way to the network, by aiohttp; it opens itself at the first request.

    `heard` is told the HTTP status of every answer, 0 where there was none.
    """

    def __init__(
        self,
        *,
        read_seconds: float = 10.0,
        connect_seconds: float = 5.0,
        connections: int = 200,
        heard: Callable[[int], None] | None = None,
    ) -> None:
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        self._connections = connections
        read, connect = read_seconds, connect_seconds
        self._usual = _limits(read=read, write=read, connect=connect, pool=connect)
        self._heard = heard or _ignore
        self._session: aiohttp.ClientSession | None = None
        self._asking = 0

    @property
    def read_timeout(self) -> float:
        return self._read_seconds

    async def initialize(self) -> None:
        self._open()

    async def shutdown(self) -> None:
        """Close, but not under a message on its way: without its answer it would be sent again."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_ANSWERS_SECONDS):
                    while self._asking:  # noqa: ASYNC110 -- at the end of a run only
                        await asyncio.sleep(0.02)
        finally:
            await session.close()

    async def do_request(  # noqa: PLR0913, PLR0917  the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        files = bool(request_data and request_data.contains_files)
        limits = self._usual
        if files or (read_timeout, write_timeout, connect_timeout, pool_timeout) != _UNSAID:
            limits = _limits(
                read=_or(read_timeout, self._read_seconds),
                write=_or(write_timeout, _MEDIA_WRITE_SECONDS if files else self._read_seconds),
                connect=_or(connect_timeout, self._connect_seconds),
                pool=_or(pool_timeout, self._connect_seconds),
            )
        # The failure is raised outside the except block: the library's own exceptions name the
        # URL, and with it the token, so they may not even be the context of ours.
        failure: TelegramError
        try:
            status, body = await self._exchange(method, url, request_data, limits)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = failure_of(error)
        else:
            self._heard(status)
            return status, body if status < 300 or body.startswith(b"{") else b""
        self._heard(0)
        raise failure

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer; TelegramError without the body, which may quote messages or the token."""
        answer = _read(payload)
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer

    async def _exchange(
        self, method: str, url: str, sent: RequestData | None, limits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        body = _body(sent)
        headers = _JSON if isinstance(body, bytes) else None
        self._asking += 1
        try:
            async with self._open().request(
                method, _url(url), data=body, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                return response.status, await response.read()
        finally:
            self._asking -= 1

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers={"User-Agent": self.USER_AGENT, "Accept-Encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


def failure_of(error: Exception) -> TelegramError:
    """What went wrong on the wire, as the library's error, by class name only."""
    name = type(error).__name__
    if isinstance(error, _NOT_SENT):
        return NetworkError(f"not sent: {name}")
    if isinstance(error, TimeoutError):
        return TimedOut(f"no answer in time: {name}")
    return AnswerLost(f"answer lost: {name}")


def _read(payload: bytes) -> object:
    """A JSON value, None for what is none; people may send halves of characters, at a cost."""
    for decode in (msgspec.json.decode, json.loads):
        with contextlib.suppress(ValueError):
            return decode(payload)
    return None


def _body(sent: RequestData | None) -> Body:
    if sent is None:
        return None
    if not sent.contains_files:
        # Not as a form, which is quoted letter by letter: that took longer than the request.
        try:
            return msgspec.json.encode(sent.parameters)
        except (TypeError, UnicodeEncodeError):  # half a character, or a type of the library's own
            return json.dumps(sent.parameters).encode()
    form = aiohttp.FormData()
    for name, value in sent.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in sent.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


def _limits(*, read: float, write: float, connect: float, pool: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=pool + connect + write + read,
        connect=pool + connect,
        sock_connect=connect,
        sock_read=read,
    )


@lru_cache(maxsize=64)
def _url(text: str) -> URL:
    """The same few methods are called again and again."""
    return URL(text)


def _or(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _ignore(_status: int) -> None:
    pass
