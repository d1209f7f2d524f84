"""How the parts of a bot are kept running, and how they are let go."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.scheduler import Cadence
from alerts.storage.memory import MemoryStore
from bot import opening
from bot.alarm import WORTH_TELLING_SECONDS
from bot.app import Bot, Role
from bot.settings import load
from bot.supervision import supervised
from tests.fakes.clock import ManualClock
from tests.unit.test_courier import ALICE, Office, ScriptedPlatform


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


def a_bot(role):
    """A bot of one chat, whose queue has an alert in it that came 40 seconds ago."""
    store, clock = MemoryStore(), ManualClock()
    office = Office()
    office.store = store
    bot = Bot(load({}, None), store, clock, Cadence({}), [], [ScriptedPlatform()], role)
    return bot, office


async def queued_for_40_seconds(bot, office):
    await office.fire(ALICE)
    shelf = bot.store._shelf
    shelf.came = dict.fromkeys(shelf.came, datetime.now(UTC) - timedelta(seconds=40))


async def test_when_all_senders_are_dead_the_leader_tells_and_every_process_is_unhealthy():
    leader, standby, chat = (a_bot(role) for role in (Role.POLLER, Role.POLLER, Role.CHAT))
    for bot, office in (leader, standby, chat):
        await queued_for_40_seconds(bot, office)
    leader[0].poller.fence = 1

    told = {one.name: one for one in await leader[0]._own_parts()}

    assert told["queue telegram"].well is False
    assert "nobody has sent for 40 s" in told["queue telegram"].text
    for bot, _ in (standby, chat):
        assert "queue telegram" not in {one.name for one in await bot._own_parts()}
        assert [one.name for one in await bot.parts() if one.well is False] == ["queue telegram"]


async def test_an_alarm_without_anybody_to_tell_is_logged_as_an_error(caplog):
    bot, office = a_bot(Role.ALL)
    await queued_for_40_seconds(bot, office)
    bot.poller.fence, alarm = 1, bot._alarm()

    await alarm.look(await bot._own_parts(), 0.0)
    await alarm.look(await bot._own_parts(), WORTH_TELLING_SECONDS)

    errors = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert len(errors) == 1
    assert "queue telegram: 1 waiting" in errors[0]


async def test_a_part_that_is_cut_off_though_nobody_stops_it_starts_again(monkeypatch):
    monkeypatch.setattr("bot.supervision.RESTART_SECONDS", (0.01, 0.01))
    runs = []

    async def part():
        runs.append(1)
        if len(runs) == 1:
            raise asyncio.CancelledError

    await supervised("part", part)

    assert len(runs) == 2
