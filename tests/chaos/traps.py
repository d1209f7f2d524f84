"""Fail-points placed from outside: a part is wrapped, and struck at the n-th call of one await."""

import asyncio
import inspect
import logging
import os
import re
import signal
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass
class Trap:
    """Sends this process a signal at the n-th call of `point`, once it is armed.

    `when`: `before` the call, `during` it (so many seconds after it began), or `after` it.
    """

    point: str = ""
    when: str = "before"
    nth: int = 1
    signal: int = signal.SIGKILL
    armed: bool = False
    into_seconds: float = 0.1
    calls: int = 0
    passed: set = field(default_factory=set)

    async def around(self, name, call):
        if self.armed and name not in self.passed:
            self.passed.add(name)
            log.info("passed %s", name)
        if name != self.point:
            return await call()
        if self.when == "after":
            result = await call()
            if self._is_now():
                await self._strike()
            return result
        if not self._is_now():
            return await call()
        if self.when == "before":
            await self._strike()
            return await call()
        work = asyncio.ensure_future(call())
        try:
            await asyncio.sleep(self.into_seconds)
            await self._strike()
            return await asyncio.shield(work)
        finally:
            # Told to stop, the wrapped call still hears it, as it would without the wrapping.
            work.cancel()

    def _is_now(self):
        self.calls += self.armed
        return self.armed and self.calls == self.nth

    async def _strike(self):
        os.kill(os.getpid(), self.signal)
        await asyncio.sleep(0.05)  # a softer signal is heard here, at this very await


class Watched:
    """A part whose every await is a fail-point named `name.method`."""

    def __init__(self, part, name, trap):
        self._part, self._name, self._trap = part, name, trap

    def use(self, places):
        """Found here too by those who look at the class alone."""
        if hasattr(self._part, "use"):
            self._part.use(places)

    def __getattr__(self, method):
        found = getattr(self._part, method)
        if not inspect.iscoroutinefunction(found):
            return found

        async def watched(*args, **named):
            return await self._trap.around(f"{self._name}.{method}", lambda: found(*args, **named))

        return watched


class WatchedStore:
    """Implements Store; each of its ports is watched."""

    def __init__(self, store, trap):
        self._store, self._trap = store, trap
        for name in ("rules", "history", "outbox", "notes", "chats", "episodes"):
            setattr(self, name, Watched(getattr(store, name), name, trap))

    def lease(self, holder, ttl):
        return Watched(self._store.lease(holder, ttl), "lease", self._trap)

    def budget(self, name, rates):
        return Watched(self._store.budget(name, rates), "budget", self._trap)

    def __getattr__(self, name):
        return getattr(self._store, name)


class ArmingHttp:
    """A venue's client that arms the trap with the first answer below a price."""

    def __init__(self, http, trap, below):
        self._http, self._trap, self._below = http, trap, below

    async def fetch(self, request):
        body = await self._http.fetch(request)
        found = re.search(rb'"index_price": ([0-9.]+)', body.content)
        if found and float(found[1]) < self._below:
            self._trap.armed = True
        return await self._trap.around("venue.fetch", lambda: _ready(body))


async def _ready(value):
    return value
