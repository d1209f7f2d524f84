"""How the parts of a bot are kept running, and how they are let go."""

import asyncio

import pytest

from alerts.domain.errors import StoreError
from bot import opening
from bot.supervision import supervised


class Posture:
    def __init__(self, *concerns):
        self.concerns = concerns

    async def posture(self):
        return list(self.concerns)


async def test_a_part_that_fails_while_it_is_stopped_ends_all_the_same():
    begun = asyncio.Event()

    async def part():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise StoreError("the store is away, so the lease cannot be handed back")

    task = asyncio.create_task(supervised("part", part))
    await begun.wait()
    task.cancel()

    async with asyncio.timeout(1):
        await asyncio.gather(task, return_exceptions=True)
    assert task.done()


async def test_a_part_that_ends_by_itself_is_not_started_again():
    runs = []

    async def part():
        runs.append(1)

    await supervised("part", part)

    assert runs == [1]


async def test_a_store_that_evicts_is_refused():
    evicts = Posture("refused: maxmemory-policy allkeys-lru may throw rules away")

    with pytest.raises(StoreError, match="allkeys"):
        await opening.inspect(evicts, strict=False)


async def test_a_store_without_persistence_is_warned_of_and_refused_where_asked_for(caplog):
    forgets = Posture("warning: appendonly is off")

    await opening.inspect(forgets, strict=False)

    assert "appendonly is off" in caplog.text
    with pytest.raises(StoreError, match="appendonly is off"):
        await opening.inspect(forgets, strict=True)
