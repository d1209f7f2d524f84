"""How often Discord refused us lately: it bans the address that goes on regardless."""

import time
from collections import deque
from collections.abc import Callable

import aiohttp

AT_MOST = 2_000
WITHIN_SECONDS = 600.0
"""A fifth of what ends in a ban: https://discord.com/developers/docs/topics/rate-limits,
"Invalid Request Limit"."""

COUNTED = (401, 403, 429)


class Refusals:
    """The times of the latest refusals, over all requests of the library."""

    def __init__(
        self, at_most: int = AT_MOST, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._times: deque[float] = deque(maxlen=at_most)
        self._monotonic = monotonic

    def heard(self, status: int, scope: str) -> None:
        """Count an answer; a limit shared with other bots is not held against us."""
        if status in COUNTED and scope != "shared":
            self._times.append(self._monotonic())

    def wait(self) -> float:
        """Seconds until there may be another request; 0 while there is room."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(self._times[0] + WITHIN_SECONDS - self._monotonic(), 0.0)

    def trace(self) -> aiohttp.TraceConfig:
        """What lets the library's HTTP client tell of each answer."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_request_end)
        return trace

    async def _on_request_end(
        self, _session: object, _context: object, params: aiohttp.TraceRequestEndParams
    ) -> None:
        response = params.response
        self.heard(response.status, response.headers.get("X-RateLimit-Scope", ""))
