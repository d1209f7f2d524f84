"""The courier over the in-memory store and a scripted platform."""

import asyncio
import contextlib
from collections import defaultdict
from datetime import timedelta

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Idle, Leg, State
from alerts.ports import New, Rates, Step
from alerts.storage.memory import MemoryStore
from bot.commands.spec import Readings
from bot.courier import Courier
from bot.limits import Limits
from bot.outcome import Gone, Later, Moved, Rejected, Sent
from tests.fakes.clock import ManualClock

TELEGRAM = Platform("telegram")
ALICE, BOB = Chat(TELEGRAM, "1"), Chat(TELEGRAM, "2")
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")


class ScriptedPlatform:
    """Answers each send of a chat with the next scripted outcome, then with Sent."""

    name = TELEGRAM

    def __init__(self):
        self.script = defaultdict(list)
        self.inbox = []
        self.tried = asyncio.Event()

    async def run(self, desk):
        raise NotImplementedError

    async def send(self, chat, card, key):
        outcome = self.script[chat].pop(0) if self.script[chat] else Sent("1")
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Sent):
            self.inbox.append((chat, card.events[0].number, key))
        self.tried.set()
        return outcome

    def health(self):
        return "ok"


class Office:
    def __init__(self):
        self.store = MemoryStore()
        self.clock = ManualClock()
        self.platform = ScriptedPlatform()
        self.limits = Limits(self.store.budget("test", Rates(1e6)))
        self.courier = Courier(
            self.platform, self.store, Readings(), self.clock, self.limits, consumer="test"
        )

    async def fire(self, chat):
        draft = Draft((Leg(SKEW, Direction.ABOVE, 15.0, 13.0),))
        new = New(chat, "someone", draft, State(Idle()))
        now = self.clock.now()
        rule = await self.store.rules.add(new, now=now, limit=30)
        event = Event(Kind.FIRED, rule.id, 1, rule.number, chat, 1, SKEW, 15.0, 16.0, now, now)
        await self.store.rules.commit([], [Step(rule.id, 1, State(Idle()), event)], fence=1)
        return rule

    @contextlib.asynccontextmanager
    async def open(self):
        task = asyncio.create_task(self.courier.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def settled(self):
        async with asyncio.timeout(5):
            while await self.store.outbox.backlog(TELEGRAM):
                await asyncio.sleep(0.01)


@pytest.fixture
async def office():
    office = Office()
    yield office
    await office.store.close()


async def test_news_is_sent_once_and_leaves_the_queue(office):
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert [chat for chat, *_ in office.platform.inbox] == [ALICE]


async def test_order_within_a_chat_survives_a_wait(office):
    office.platform.script[ALICE] = [Later(timedelta(milliseconds=30), "flood")]
    for _ in range(3):
        await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert [number for _, number, _ in office.platform.inbox] == [1, 2, 3]


async def test_a_chat_that_must_wait_holds_up_no_other(office):
    office.platform.script[ALICE] = [Later(timedelta(milliseconds=200), "flood")]
    await office.fire(ALICE)
    await office.fire(BOB)

    async with office.open():
        await office.settled()

    assert [chat for chat, *_ in office.platform.inbox] == [BOB, ALICE]


async def test_a_repeat_carries_the_same_key(office):
    keys = []
    send = office.platform.send

    async def listening(chat, card, key):
        keys.append(key)
        return await send(chat, card, key)

    office.platform.send = listening
    office.platform.script[ALICE] = [Later(timedelta(0), "timeout", unknown=True)]
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_moved_chat_gets_its_news_at_the_new_address(office):
    new = Chat(TELEGRAM, "-100200")
    office.platform.script[ALICE] = [Moved(new)]
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert [chat for chat, *_ in office.platform.inbox] == [new]
    assert [held.rule.number for held in await office.store.rules.of_chat(new)] == [1]


async def test_a_chat_that_blocked_us_is_not_tried_again_and_keeps_its_rules(office):
    office.platform.script[ALICE] = [Gone("blocked")]
    await office.fire(ALICE)
    async with office.open():
        await office.settled()
        await office.fire(ALICE)
        await office.settled()

    assert office.platform.inbox == []
    assert len(await office.store.rules.of_chat(ALICE)) == 2


async def test_a_refused_message_is_given_up_and_the_next_one_goes_out(office):
    office.platform.script[ALICE] = [Rejected("broken markup")]
    await office.fire(ALICE)
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert [number for _, number, _ in office.platform.inbox] == [2]


async def test_news_of_a_deleted_rule_is_dropped(office):
    rule = await office.fire(ALICE)
    await office.store.rules.remove(ALICE, rule.number)

    async with office.open():
        await office.settled()

    assert office.platform.inbox == []


async def test_a_bug_in_one_delivery_stops_no_other(office):
    office.platform.script[ALICE] = [UsageError("a bug")]
    await office.fire(ALICE)
    await office.fire(BOB)

    async with office.open():
        async with asyncio.timeout(5):
            while not office.platform.inbox:
                await asyncio.sleep(0.01)

    assert [chat for chat, *_ in office.platform.inbox] == [BOB]
