"""Work that a platform may ask for twice, done once: what was done is remembered for a while."""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from alerts.domain.errors import StoreError
from alerts.ports import Notes

log = logging.getLogger(__name__)

DONE = "done"
REMEMBERED = timedelta(days=2)
"""Telegram keeps updates for a day: https://core.telegram.org/bots/api#getting-updates."""


async def once(notes: Notes, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work unless it was done under this name.

    While the store is away it is done without asking: the answer then says that the store is away.
    """
    known = None
    with contextlib.suppress(StoreError):
        known = await notes.read(name)
    if known == DONE:
        log.info("not done again name=%s", name)
        return
    await work()
    with contextlib.suppress(StoreError):
        await notes.put(name, DONE, REMEMBERED)
