"""A sign of life to a dead man's switch outside, which raises the alarm when it hears nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp

from bot.health import Part

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
ANSWER_SECONDS = 10.0


@dataclass(slots=True)
class Heartbeat:
    """Asks `url` every minute while every part is well, and tells `fail_url` (if any) what is not.

    `speaks`: whether this process may say so; a standby says nothing. The addresses are secrets:
    no log names them.
    """

    url: str
    fail_url: str
    parts: Callable[[], Awaitable[Sequence[Part]]]
    speaks: Callable[[], bool]
    every_seconds: float = EVERY_SECONDS

    async def run(self) -> None:
        """Beat until cancelled."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await asyncio.sleep(self.every_seconds)
                if self.speaks():
                    await self._beat(session, trouble(await self.parts()))

    async def _beat(self, session: aiohttp.ClientSession, wrong: str) -> None:
        if wrong and not self.fail_url:
            log.warning("heartbeat held back why=%s", wrong)
            return
        method, url = ("POST", self.fail_url) if wrong else ("GET", self.url)
        failure = ""
        try:
            async with session.request(
                method, url, data=wrong or None, allow_redirects=False
            ) as answer:
                if answer.status >= 300:
                    failure = f"answered {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = type(error).__name__  # its text names the address
        if failure:
            log.warning("heartbeat not taken why=%s", failure)


def trouble(parts: Sequence[Part]) -> str:
    """What is wrong, one line each; empty when nothing is."""
    return "\n".join(f"{part.name}: {part.text}" for part in parts if part.well is False)
