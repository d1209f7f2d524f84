"""One Redis or Valkey server behind timeouts and our own errors.

Only reads are tried again, and only when the connection broke: whether a write whose answer was
lost has happened is not known here, so its caller decides. Scripts touch keys of several hash
slots, and history's also derives names from its keys: a single server or a Sentinel primary, not
a cluster.
"""

import asyncio
import hashlib
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from redis import exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from alerts.domain.errors import ForeignKeyError, StoreAwayError, StoreError, StoreFullError
from alerts.storage.foreign import set_aside
from alerts.storage.keys import Keys
from alerts.storage.pipeline import Command, Pipeline
from alerts.storage.sentinel import close, is_sentinel, primary

COMMAND_SECONDS = 2.0
CONNECT_SECONDS = 3.0
HEALTH_CHECK_SECONDS = 15
PAUSES_SECONDS = (0.05, 0.25)

ON_LINES = ("take", "keep", "settle", "defer")
"""Scripts that begin with scripts/lines.lua."""

_T = TypeVar("_T")


class Connection:
    """Commands, transactions and scripts; every failure is a StoreError."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self.client = client
        self.keys = keys
        self._pipeline = Pipeline(client)

    async def ask(self, *command: str | int | bytes) -> Any:
        """A command that changes nothing."""
        async with self._mended(command):
            return await _persistently(lambda: self._execute(command))

    async def ask_all(self, *commands: Command) -> Sequence[Any]:
        """Commands that change nothing, answered as of one moment."""
        async with self._mended(word for command in commands for word in command):
            return await _persistently(lambda: self._pipeline.transact(commands))

    async def tell(self, *command: str | int | bytes) -> Any:
        """A command that changes something: sent once."""
        async with self._mended(command):
            with _our_errors():
                return await self._execute(command)

    async def look(self, name: str, keys: Sequence[str]) -> Any:
        """One of the scripts that change nothing."""
        async with self._mended(keys):
            return await _persistently(lambda: self._run(name, keys, ()))

    async def run(self, name: str, keys: Sequence[str], args: Command) -> Any:
        """One of the scripts: sent once."""
        async with self._mended([*keys, *args]):
            with _our_errors():
                return await self._run(name, keys, args)

    async def _run(self, name: str, keys: Sequence[str], args: Command) -> Any:
        command = ("EVALSHA", _sha(name), len(keys), *keys, *args)
        try:
            return await self._pipeline.send(command)
        except redis_errors.NoScriptError:  # the server has not seen it yet, or is another one
            await self._pipeline.send(("SCRIPT", "LOAD", _source(name)))
            return await self._pipeline.send(command)

    @asynccontextmanager
    async def _mended(self, words: Iterable[object]) -> AsyncIterator[None]:
        """Leave the store such that the same command, asked again later, can succeed."""
        try:
            yield
        except StoreError as error:
            if isinstance(error.__cause__, redis_errors.ReadOnlyError):
                # Connections still lead to a former primary: the next ones look its name up anew.
                await self.client.connection_pool.disconnect()
            elif "WRONGTYPE" in str(error):
                with _our_errors():
                    await set_aside(words, self.keys, self.client.execute_command)
                raise ForeignKeyError(str(error)) from error
            raise

    async def close(self) -> None:
        with _our_errors():
            await self._pipeline.close()
            await close(self.client)

    async def _execute(self, command: Command) -> Any:
        if "BLOCK" not in command:  # which would hold up all the others
            return await self._pipeline.send(command)
        return await _heard(self.client.execute_command(*command))  # type: ignore[no-untyped-call]


def connect(url: str, keys: Keys, *, command_seconds: float = COMMAND_SECONDS) -> Connection:
    """A connection to the server at `url`; nothing is sent yet."""
    open_client = primary if is_sentinel(url) else Redis.from_url
    try:
        client = open_client(
            url,
            protocol=2,  # the answers' shapes then depend on neither server nor library defaults
            decode_responses=False,  # foreign bytes must reach the codec, not break the parser
            socket_timeout=command_seconds,
            socket_connect_timeout=CONNECT_SECONDS,
            health_check_interval=HEALTH_CHECK_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:  # its text may hold the password
        raise StoreError(
            "the store's address is not usable: write redis://, rediss://, unix:// or"
            " redis+sentinel://"
        ) from None
    return Connection(client, keys)


async def _heard(answer: Awaitable[_T]) -> _T:
    """The answer, unless this task was cancelled meanwhile.

    The library writes under `asyncio.wait_for`, which before Python 3.12 swallows a cancellation
    that arrives just when the write is done: the program told to stop would go on.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    found = await answer
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
    return found


async def _persistently(attempt: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    for pause in PAUSES_SECONDS:
        try:
            with _our_errors():
                return await attempt()
        except StoreError as error:
            if not isinstance(error.__cause__, redis_errors.ConnectionError):
                raise
        await asyncio.sleep(pause)
    with _our_errors():
        return await attempt()


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except redis_errors.ReadOnlyError as error:
        raise StoreAwayError(f"the store is a replica now, and takes no writes: {error}") from error
    except redis_errors.ResponseError as error:
        if full := _fullness(error):
            raise StoreFullError(full) from error
        raise StoreError(f"the store refused: {error}") from error
    except (redis_errors.RedisError, OSError) as error:
        raise StoreAwayError(f"the store does not answer: {error}") from error


def _fullness(error: redis_errors.ResponseError) -> str:
    """What is full and what to do; empty when nothing is."""
    if isinstance(error, redis_errors.OutOfMemoryError):
        return "its memory is full, so it takes no writes: raise maxmemory"
    if "MISCONF" in str(error):
        return "it cannot write to its disk, so it takes no writes: see its log"
    return ""


@cache
def _source(name: str) -> str:
    folder = files("alerts.storage") / "scripts"
    parts = ("prelude", "lines", name) if name in ON_LINES else ("prelude", name)
    return "".join((folder / f"{part}.lua").read_text() for part in parts)


@cache
def _sha(name: str) -> str:
    """What the server calls a script."""
    return hashlib.sha1(_source(name).encode(), usedforsecurity=False).hexdigest()
