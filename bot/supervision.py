"""Parts of the bot are kept running: one that fails is logged and starts again."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine

log = logging.getLogger(__name__)

RESTART_SECONDS = (1.0, 60.0)


async def supervised(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Keep a part running: its failure is logged and it starts again, ever more slowly."""
    least, most = RESTART_SECONDS
    wait = least
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await run()
        except (Exception, asyncio.CancelledError):  # one that nobody asked for is a failure too
            if _is_being_cancelled():
                raise
            log.exception("part failed, starting it again part=%s after=%.0fs", name, wait)
        else:
            log.info("part ended part=%s", name)
            return
        await asyncio.sleep(wait)
        lasted = asyncio.get_running_loop().time() - started
        wait = least if lasted > most + wait else min(wait * 2, most)


async def to_its_end(work: Coroutine[None, None, None]) -> None:
    """Do it to its end, however often this task is told to stop meanwhile."""
    task = asyncio.create_task(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)


def _is_being_cancelled() -> bool:
    """Whether an error came up only while a part was being told to stop."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
