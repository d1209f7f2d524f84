"""An alert under way while its rule is edited or deleted: at every await between queue and chat."""

import contextlib
import inspect
from dataclasses import replace

import pytest

from alerts.domain.errors import ConflictError
from alerts.domain.rule import Idle, State
from bot.commands.spec import Readings
from bot.courier import Courier
from tests.unit.test_courier import ALICE, Office

PORTS = ("rules", "notes", "chats", "outbox", "history", "episodes")
READ = "rules.of_chats"


class Interleaved:
    """A store in which something else happens just before the n-th call of a courier."""

    def __init__(self, store, nth=-1, act=None):
        self._store, self._nth, self._act, self.calls = store, nth, act, []
        for name in PORTS:
            setattr(self, name, Port(getattr(store, name), name, self.happens))

    async def happens(self, name):
        self.calls.append(name)
        if len(self.calls) - 1 == self._nth:
            await self._act()

    def __getattr__(self, name):
        return getattr(self._store, name)


class Port:
    def __init__(self, part, name, happens):
        self._part, self._name, self._happens = part, name, happens

    def __getattr__(self, method):
        found = getattr(self._part, method)
        if not inspect.iscoroutinefunction(found):
            return found

        async def called(*args, **named):
            # Only what belongs to a delivery: loops that look now and then come in any order.
            if method not in {"keep", "bring_back"}:
                await self._happens(f"{self._name}.{method}")
            return await found(*args, **named)

        return called


async def delivered(nth=-1, change=None):
    """One alert delivered, the change made before call number `nth`; messages, calls, dead."""
    office = Office()
    rule = await office.fire(ALICE)

    async def act():
        with contextlib.suppress(ConflictError):
            await change(office.store, rule)

    store = Interleaved(office.store, nth, act)
    office.courier = Courier(
        office.platform, store, Readings(), office.clock, office.limits, consumer="test"
    )
    async with office.open():
        await office.settled()
    dead = await office.dead()
    await office.store.close()
    return len(office.platform.inbox), store.calls, dead


async def edited(store, rule):
    await store.rules.replace(replace(rule, paused=True), State(Idle()), now=rule.created_at)


async def deleted(store, rule):
    await store.rules.remove(ALICE, rule.number)


@pytest.mark.parametrize("change", [edited, deleted])
async def test_at_whatever_await_its_rule_changes_an_alert_is_told_once_or_dropped(change):
    _, path, _ = await delivered()
    path = path[: path.index("outbox.settle") + 1]
    assert READ in path
    assert path[0] == "outbox.take"

    outcomes = [await delivered(nth, change) for nth in range(len(path))]

    told = [messages for messages, _, _ in outcomes]
    assert all(dead == [] for *_, dead in outcomes)
    # Known before its rule is read: dropped; later it was true when it was read.
    assert told[: path.index(READ) + 1] == [0] * (path.index(READ) + 1)
    assert set(told[path.index(READ) + 1 :]) <= {0, 1}
    assert told[-1] == 1
