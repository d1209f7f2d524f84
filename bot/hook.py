"""The door for what a chat platform delivers to us: who it is, whether it is new, then the handler.

An update is answered with 200 only once it was handled, so one that a kill interrupts is delivered
again; its id is remembered, so one that is delivered again is handled once.
"""

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from aiohttp import web

from alerts.domain.errors import StoreError
from alerts.ports import Notes
from bot.once import DONE, REMEMBERED

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the header's name
BODY_AT_MOST = 1 << 20
IN_WORK = timedelta(seconds=30)

Deliver = Callable[[Mapping[str, Any]], Awaitable[bool]]


class Address(Protocol):
    """Where deliveries arrive, and what proves them."""

    @property
    def path(self) -> str: ...

    @property
    def secret(self) -> str: ...


@runtime_checkable
class Hooked(Protocol):
    """A platform that can be delivered to; `webhook` is None where it listens otherwise."""

    @property
    def webhook(self) -> Address | None: ...

    async def deliver(self, update: Mapping[str, Any]) -> bool:
        """Handle one update; False when it cannot be handled now."""
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """Takes Telegram's deliveries."""

    secret: str
    notes: Notes
    deliver: Deliver

    async def take(self, request: web.Request) -> web.Response:
        """401 without the secret, 413 and 400 for what cannot be read, 503: deliver it again."""
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="replace"), self.secret.encode()):
            return web.Response(status=401)
        try:
            update = json.loads(await _body(request))
            name = f"update:{int(update['update_id'])}"
        except _TooLargeError:
            return web.Response(status=413)
        except (ValueError, KeyError, TypeError, RecursionError):
            return web.Response(status=400)
        return web.Response(status=await self._once(name, update))

    async def _once(self, name: str, update: Mapping[str, Any]) -> int:
        try:
            known = await self.notes.read(name)
            if known is not None:
                return 200 if known == DONE else 503
            await self.notes.put(name, "in work", IN_WORK)
            handled = await self.deliver(update)
            if not handled:
                await self.notes.pop(name)
                return 503
            await self.notes.put(name, DONE, REMEMBERED)
        except StoreError as error:
            log.warning("update not taken why=%s", error)
            return 503
        return 200


class _TooLargeError(Exception):
    pass


async def _body(request: web.Request) -> bytes:
    """The body, read no further than it may be long."""
    parts, length = [], 0
    async for part in request.content.iter_chunked(1 << 16):
        length += len(part)
        if length > BODY_AT_MOST:
            raise _TooLargeError
        parts.append(part)
    return b"".join(parts)
