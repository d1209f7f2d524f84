"""Alerts and answers of one token at the strict fake: never too many, and people come first."""

import asyncio
import contextlib
import time

import pytest

from alerts.domain.errors import StoreAwayError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Idle, Leg, State
from alerts.domain.turn import Rates
from alerts.ports import New, Step
from alerts.storage.memory import MemoryStore
from alerts.storage.memory_budget import MemoryBudget
from bot.card import Card
from bot.commands.spec import Readings
from bot.courier import Courier
from bot.limits import Limits, rates_of
from bot.outcome import Sent
from bot.platforms.telegram import Telegram, Waits
from tests.fakes.clock import ManualClock
from tests.fakes.telegram.desk import FakeDesk
from tests.fakes.telegram.server import FakeTelegram

TELEGRAM = Platform("telegram")
QUICK = Waits(answer_seconds=5.0, watch_seconds=0.01, stop_seconds=2.0)
PRICE = Series(MetricKey("price"), Asset("BTC"))
LEG = Leg(PRICE, Direction.BELOW, 60_000.0, 61_000.0)
ALICE = Chat(TELEGRAM, "1")
PER_SECOND, ALERTED, TALKING = 120, 240, 200


class Scene:
    """The real adapter, courier and budget, and a fake that refuses what is too much."""

    def __init__(self, fake, per_second=PER_SECOND):
        self.fake, self.store, self.clock = fake, MemoryStore(), ManualClock()
        self.telegram = Telegram(fake.token, base_url=fake.url, waits=QUICK, now=self.clock.now)
        rates = rates_of(TELEGRAM, telegram_per_second=per_second)
        self.limits = Limits.of(self.store.budget("t", rates), rates)
        self.telegram.use(self.limits)
        self.desk = FakeDesk()
        fake.flood.per_second = per_second
        fake.flood.per_chat_second = 1
        fake.flood.per_group_minute = 20

    @contextlib.asynccontextmanager
    async def open(self):
        courier = Courier(
            self.telegram, self.store, Readings(), self.clock, self.limits, consumer="one"
        )
        tasks = [asyncio.create_task(one) for one in (courier.run(), self.telegram.run(self.desk))]
        await self.fake.until_called("setMyCommands", 3)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.telegram.close()

    async def fires(self, *people):
        now, steps = self.clock.now(), []
        for person in people:
            self.fake.world.private(person)
            new = New(Chat(TELEGRAM, str(person)), "1", Draft((LEG,)), State(Idle()))
            rule = await self.store.rules.add(new, now=now, limit=30)
            event = Event(Kind.FIRED, rule.id, 1, 1, rule.chat, 1, PRICE, 60e3, 59e3, now, now)
            steps.append(Step(rule.id, 1, State(Idle()), event))
        await self.store.rules.commit([], steps, fence=1)

    def accepted(self, begin):
        """Seconds until each chat's answers, and until each chat's alert."""
        calls = [one for one in self.fake.called("sendMessage") if one.answer["ok"]]
        answers = [one.at - begin for one in calls if "now:" in one.sent["text"]]
        alerts = [one.at - begin for one in calls if "below your" in one.sent["text"]]
        return sorted(answers), sorted(alerts)


@pytest.fixture
async def scene():
    async with FakeTelegram() as fake:
        yield Scene(fake)


async def until(claim, seconds):
    async with asyncio.timeout(seconds):
        while not claim():
            await asyncio.sleep(0.05)


async def test_in_a_storm_two_hundred_people_are_answered_first_and_nothing_is_refused(
    scene,
):
    people = range(1000, 1000 + ALERTED)
    async with scene.open():
        begin = time.monotonic()
        await scene.fires(*people)
        # Half of those who talk are being alerted at that very moment.
        for person in range(1000 + ALERTED - TALKING // 2, 1000 + ALERTED + TALKING // 2):
            await scene.fake.say(person, "/now")
        await until(lambda: sum(map(len, scene.accepted(begin))) >= ALERTED + TALKING, 18)

    answers, alerts = scene.accepted(begin)
    assert scene.fake.flood.refused == 0
    assert (len(answers), len(alerts)) == (TALKING, ALERTED)
    # Alone they would take 200 / 120 s, and at their share of the rate a quarter more.
    assert answers[int(0.95 * TALKING)] < alerts[int(0.95 * ALERTED)]
    assert alerts[ALERTED // 10] < answers[-1]  # and alerts went on meanwhile


async def test_answers_of_one_person_keep_their_distance_and_hold_nobody_up(scene):
    async with scene.open():
        begin = time.monotonic()
        for _ in range(3):
            await scene.fake.say(1, "/now")
        await scene.fake.say(2, "/now")
        await until(lambda: len(scene.accepted(begin)[0]) == 4, 10)

    answers, _ = scene.accepted(begin)
    assert scene.fake.flood.refused == 0
    assert answers[1] < 1.0
    assert answers[-1] > 2.0


async def test_parts_of_a_long_answer_and_its_file_keep_their_distance_too(scene):
    scene.desk.card = Card("now: long", lines=tuple(f"{at} " + "x" * 500 for at in range(14)))
    async with scene.open():
        await scene.fake.say(1, "/now")
        await until(lambda: len(scene.fake.called("sendMessage")) >= 2, 10)

    assert scene.fake.flood.refused == 0


async def test_parts_of_a_long_alert_keep_their_distance(scene):
    scene.fake.world.private(1)
    card = Card("long", lines=tuple(f"{at} " + "x" * 500 for at in range(14)))

    assert not await scene.limits.turn(ALICE)
    outcome = await scene.telegram.send(ALICE, card, "key")
    await scene.telegram.close()

    assert isinstance(outcome, Sent)
    assert scene.fake.flood.refused == 0


async def test_who_talks_without_end_keeps_nobody_else_out(scene):
    scene.fake.flood.per_chat_second = None  # as Telegram, which bears a burst
    async with scene.open():
        for _ in range(300):
            await scene.fake.say(1, "/now")
        begin = time.monotonic()
        await scene.fake.say(2, "/now")  # of those before, Telegram gives out a hundred at a time
        await scene.fake.next_message(2, timeout=15)

    assert time.monotonic() - begin < 12.0


async def test_answers_to_one_chat_wait_for_its_gap_only_so_long(scene):
    scene.fake.flood.per_chat_second = None
    async with scene.open():
        begin = time.monotonic()
        for _ in range(12):
            await scene.fake.say(1, "/now")
        await until(lambda: len(scene.accepted(begin)[0]) == 12, 10)

    answers, _ = scene.accepted(begin)
    assert 2.0 < answers[-1] < 6.0  # a second each at first, and then no more


async def test_with_the_budget_out_of_reach_people_are_answered_all_the_same(scene):
    class Away(MemoryBudget):
        async def claim(self, chats, *, answer=False):
            raise StoreAwayError("away")

    scene.limits.budget = Away(time.monotonic, Rates(30))
    async with scene.open():
        await scene.fake.say(1, "/now")

        assert (await scene.fake.next_message(1)).text.startswith("now")


async def test_groups_that_are_upgraded_in_a_storm_are_told_once_at_their_new_address(scene):
    groups = [-(500 + number) for number in range(12)]
    for group in groups:
        scene.fake.group(group, admins=(1,))
    await scene.fires(*range(1000, 1060), *groups, *range(1060, 1120))
    async with scene.open():
        for group in groups:
            await scene.fake.migrate(group, -100_000 + group, by=1)
        await until(lambda: len(scene.accepted(0.0)[1]) >= 120 + len(groups), 15)

    told = [one.sent["chat_id"] for one in scene.fake.called("sendMessage") if one.answer["ok"]]
    assert sorted(map(int, told)) == sorted(
        [*range(1000, 1120), *(-100_000 + one for one in groups)]
    )
    moved = [Chat(TELEGRAM, str(-100_000 + group)) for group in groups]
    assert [len(await scene.store.rules.of_chat(chat)) for chat in moved] == [1] * len(groups)
    assert scene.fake.flood.refused == 0
