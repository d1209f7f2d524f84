"""Opening the store at the start: waited for within bounds, refused where rules are not safe."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from alerts.domain.errors import StoreAwayError, StoreError
from alerts.storage.embedded import embedded
from alerts.storage.redis import RedisStore
from bot.settings import Settings

log = logging.getLogger(__name__)

START_PATIENCE = timedelta(seconds=30)
START_RETRY_SECONDS = 0.5


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, patience: timedelta = timedelta(0)
) -> AsyncIterator[RedisStore]:
    """The store the settings name: a Redis, or the embedded one in the data folder.

    One that does not answer is waited for as long as `patience`; then StoreError.
    """
    async with contextlib.AsyncExitStack() as stack:
        url = settings.redis_url.get_secret_value() if settings.redis_url else ""
        url = url or await stack.enter_async_context(embedded(Path(settings.data_dir)))
        store = await _reached_store(url, patience)
        stack.push_async_callback(store.close)
        await inspect(store, strict=settings.redis_strict == "yes")
        yield store


async def _reached_store(url: str, patience: timedelta) -> RedisStore:
    loop = asyncio.get_running_loop()
    end = loop.time() + patience.total_seconds()
    while True:
        try:
            return await RedisStore.open(url)
        except StoreAwayError as error:
            if loop.time() >= end:
                remedy = "start it, or set REDIS_URL (empty for the embedded store)"
                waited = f" for {patience.total_seconds():.0f} s" if patience else ""
                raise StoreError(f"{error}{waited}: {remedy}") from error
            log.warning("waiting for the store why=%s", error)
        await asyncio.sleep(START_RETRY_SECONDS)


async def inspect(store: RedisStore, *, strict: bool) -> None:
    """Refuse a store that may throw rules away; warn of one that may forget, or refuse it too."""
    for concern in await store.posture():
        grade, _, text = concern.partition(": ")
        if grade == "refused" or (strict and grade == "warning"):
            raise StoreError(text)
        log.warning("store %s", concern)
