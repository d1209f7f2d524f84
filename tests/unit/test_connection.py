import asyncio
import contextlib

import pytest

from alerts.storage.connection import Connection
from alerts.storage.keys import Keys


class DeafClient:
    """Swallows a cancellation, as `asyncio.wait_for` does before Python 3.12."""

    async def execute_command(self, *_command):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return b"late"


@pytest.mark.parametrize("method", ["ask", "tell"])
async def test_a_task_told_to_stop_stops_though_the_library_swallowed_it(method):
    connection = Connection(DeafClient(), Keys("x"))
    task = asyncio.create_task(getattr(connection, method)("GET", "a"))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
