"""The real process: `derivwatch run` with a given environment, killed and started at will."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BotProcess:
    """`derivwatch run` as a child; its log is kept in a file."""

    def __init__(self, settings, log_path, role="all"):
        self.port = free_port()
        self.log_path = log_path
        self.settings = {**settings, "HTTP_PORT": str(self.port)}
        self._role = role
        self._child = None
        self.said = []

    async def start(self):
        """Start and wait until it is ready and every platform is connected."""
        environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        } | {"PYTHONPATH": str(ROOT)}
        with self.log_path.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", "--role", self._role,
                env={**environment, **self.settings}, stderr=log, stdout=log,
                stdin=asyncio.subprocess.DEVNULL, cwd=self.log_path.parent,
            )  # fmt: skip
        await self._until_well(40)

    async def kill(self):
        """SIGKILL: no clean-up whatever."""
        self._child.send_signal(signal.SIGKILL)
        await self._child.wait()

    def signal(self, number):
        self._child.send_signal(number)

    async def settled(self):
        """Wait until nothing is queued: what was sent is also recorded as sent."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20), aiohttp.ClientSession() as session:
                while True:
                    async with session.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
                        text = await answer.text()
                    self.said = re.findall(r'derivwatch_backlog{platform="\w+"} \S+', text)
                    backlogs = [float(line.split()[-1]) for line in self.said]
                    if len(backlogs) == 2 and not any(backlogs):
                        return
                    await asyncio.sleep(0.05)
        raise AssertionError(f"the queue did not empty: {self.said}\n{self.log[-4000:]}")

    async def stop(self):
        """SIGTERM; the exit status."""
        self._child.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(20):
                return await self._child.wait()
        raise AssertionError(f"the bot did not stop:\n{self.log[-4000:]}")

    async def end(self):
        """Whatever happened before: leave no process behind."""
        if self._child is not None and self._child.returncode is None:
            with contextlib.suppress(AssertionError):
                await self.stop()
            if self._child.returncode is None:
                await self.kill()

    @property
    def log(self):
        return self.log_path.read_text()

    async def _until_well(self, seconds):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
                while not await self._is_well(session):
                    if self._child.returncode is not None:
                        raise AssertionError(f"the bot ended:\n{self.log[-4000:]}")
                    await asyncio.sleep(0.1)
                return
        raise AssertionError(f"the bot did not get ready: {self.said}\n{self.log[-4000:]}")

    async def _is_well(self, session):
        try:
            answers = [
                await session.get(f"http://127.0.0.1:{self.port}/{name}")
                for name in ("readyz", "healthz")
            ]
        except aiohttp.ClientError:
            return False
        self.said = [await answer.text() for answer in answers]
        return all(answer.status == 200 for answer in answers)
