"""The courier over the in-memory store and a scripted platform."""

import asyncio
import contextlib
from collections import defaultdict
from datetime import timedelta

import pytest

from alerts.domain.errors import StoreError, UsageError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Idle, Leg, State
from alerts.domain.turn import NotYet, Rates, Slot
from alerts.ports import Hands, New, Step
from alerts.storage.memory import MemoryNotes, MemoryStore
from alerts.storage.memory_shelf import Shelf
from bot.commands.spec import Readings
from bot.courier import HELD_AT_MOST, Courier, backoff
from bot.elsewhere import in_person
from bot.limits import Limits
from bot.outcome import Gone, Later, Moved, Rejected, Sent, Whom
from tests.fakes.clock import ManualClock

TELEGRAM = Platform("telegram")
ALICE, BOB = Chat(TELEGRAM, "1"), Chat(TELEGRAM, "2")
FAST = Rates(1e6)
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")


class ScriptedPlatform:
    """Answers each send of a chat with the next scripted outcome, then with Sent."""

    name = TELEGRAM

    def __init__(self):
        self.script = defaultdict(list)
        self.inbox = []
        self.cards = []
        self.letters = []
        self.sends = 0
        self.gates = {}

    async def run(self, desk):
        raise NotImplementedError

    async def send(self, chat, card, key):
        self.sends += 1
        if chat in self.gates:
            await self.gates[chat].wait()
        outcome = self.script[chat].pop(0) if self.script[chat] else Sent("1")
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Sent) and not card.events:
            self.letters.append((chat, card))
        elif isinstance(outcome, Sent):
            self.inbox.append((chat, card.events[0].number, key))
            self.cards.append(card)
        return outcome

    def health(self):
        return "ok"


class Office:
    def __init__(self, rates=FAST):
        self.store = MemoryStore()
        self.clock = ManualClock()
        self.platform = ScriptedPlatform()
        self.limits = Limits(self.store.budget("test", rates))
        self.courier = Courier(
            self.platform, self.store, Readings(), self.clock, self.limits, consumer="test"
        )

    async def fire(self, chat, series=SKEW, owner="someone"):
        draft = Draft((Leg(series, Direction.ABOVE, 15.0, 13.0),))
        new = New(chat, owner, draft, State(Idle()))
        now = self.clock.now()
        rule = await self.store.rules.add(new, now=now, limit=30)
        event = Event(Kind.FIRED, rule.id, 1, rule.number, chat, 1, series, 15.0, 16.0, now, now)
        await self.store.rules.commit([], [Step(rule.id, 1, State(Idle()), event)], fence=1)
        return rule

    @contextlib.asynccontextmanager
    async def open(self):
        task = asyncio.create_task(self.courier.run())
        try:
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def settled(self):
        await until(lambda: self.backlog() == 0)

    def backlog(self):
        return sum(len(line.entries) for line in self.store._shelf.lines.values())

    async def dead(self):
        return [(letter.chat, letter.why) for letter in await self.store.outbox.dead(TELEGRAM)]


async def until(claim, seconds=5):
    async with asyncio.timeout(seconds):
        while not claim():
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

    assert office.platform.sends == 1
    assert len(await office.store.rules.of_chat(ALICE)) == 2
    assert await office.dead() == [(str(ALICE), "out of reach: blocked")] * 2


async def test_a_chat_out_of_reach_is_tried_again_after_a_day():
    now, day = 0.0, 86_400.0
    office = Office()
    office.store.notes = MemoryNotes(Shelf(lambda: now))
    office.platform.script[ALICE] = [Gone("not enough rights")]
    async with office.open():
        for at in (0.0, day - 60, day + 60):
            now = at
            await office.fire(ALICE)
            await office.settled()

    assert [number for _, number, _ in office.platform.inbox] == [3]


async def test_the_owner_hears_once_that_a_group_is_out_of_reach(office):
    group = Chat(TELEGRAM, "-100")
    office.platform.script[group] = [Gone("bot was kicked")] * 2
    for _ in range(2):
        await office.fire(group, owner="77")
    async with office.open():
        await office.settled()
        await office.store.notes.pop(f"gone:{group}")
        await office.fire(group, owner="77")
        await office.settled()

    ((chat, card),) = office.platform.letters
    assert chat == Chat(TELEGRAM, "77")
    assert "bot was kicked" in card.lines[0]
    assert "group -100" in card.title


async def test_who_blocked_the_bot_is_not_written_to_about_it(office):
    office.platform.script[ALICE] = [Gone("bot was blocked by the user")]
    await office.fire(ALICE, owner=ALICE.id)
    async with office.open():
        await office.settled()

    assert office.platform.letters == []


@pytest.mark.parametrize(
    ("chat", "owner", "person"),
    [
        (Chat(TELEGRAM, "-100"), "77", "telegram:77"),
        (Chat(Platform("discord"), "500"), "77", "discord:u77"),
        (Chat(Platform("discord"), "u77"), "77", None),
        (Chat(TELEGRAM, "-100"), "-100", None),
        (Chat(Platform("console"), "here"), "77", None),
    ],
)
def test_an_owner_is_written_to_where_they_are_alone(chat, owner, person):
    found = in_person(chat, owner)

    assert (str(found) if found else None) == person


async def test_a_refused_message_is_given_up_and_the_next_one_goes_out(office):
    office.platform.script[ALICE] = [Rejected("broken markup")]
    await office.fire(ALICE)
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert [number for _, number, _ in office.platform.inbox] == [2]
    assert await office.dead() == [(str(ALICE), "refused: broken markup")]


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
        await until(lambda: office.platform.inbox)

    assert [chat for chat, *_ in office.platform.inbox] == [BOB]


async def test_chats_that_wait_long_take_no_room_from_others(office):
    waiting = [Chat(TELEGRAM, f"9{number}") for number in range(HELD_AT_MOST)]
    for chat in waiting:
        office.platform.script[chat] = [Later(timedelta(hours=1), "flood", whom=Whom.MESSAGE)]
        await office.fire(chat)
    async with office.open():
        await until(lambda: office.platform.sends == len(waiting))

        await office.fire(BOB)
        await until(lambda: office.platform.inbox)

    assert [chat for chat, *_ in office.platform.inbox] == [BOB]
    assert office.backlog() == len(waiting)


async def test_a_chat_with_a_long_line_starves_no_other():
    office = Office(Rates(1e6, chat_gap=timedelta(seconds=0.05)))
    for _ in range(30):
        await office.fire(ALICE)
    for number in range(20):
        await office.fire(Chat(TELEGRAM, f"9{number}"))

    async with office.open():
        await until(lambda: len(office.platform.inbox) >= 22)

    others = [chat for chat, *_ in office.platform.inbox[:22] if chat != ALICE]
    assert len(others) == 20


async def test_long_lines_in_all_hands_starve_no_other_chat(monkeypatch):
    monkeypatch.setattr("bot.courier.HELD_AT_MOST", 4)
    office = Office(Rates(1e6, chat_gap=timedelta(seconds=0.02)))
    for number in range(6):
        for _ in range(10):
            await office.fire(Chat(TELEGRAM, f"9{number}"))
    await office.fire(BOB)

    async with office.open():
        await office.settled()

    told = [chat for chat, *_ in office.platform.inbox]
    assert len(told) == 61
    assert told.index(BOB) < 20  # of 61; one line after the other would make it the last
    for number in range(6):
        chat = Chat(TELEGRAM, f"9{number}")
        numbers = [number for one, number, _ in office.platform.inbox if one == chat]
        assert numbers == sorted(numbers)


async def test_who_was_told_to_wait_is_known_to_every_process(office):
    office.platform.script[ALICE] = [Later(timedelta(seconds=60), "flood", whom=Whom.CHAT)]
    await office.fire(ALICE)
    async with office.open():
        await until(lambda: office.platform.sends == 1 and not office.courier._held)

    alice, bob = await office.limits.budget.claim([ALICE, BOB])

    assert isinstance(alice, NotYet)
    assert isinstance(bob, Slot)


async def test_a_refused_token_stops_all_sending_without_a_hot_loop(office):
    revoked = Later(timedelta(seconds=60), "token refused", whom=Whom.EVERYBODY)
    office.platform.script[ALICE] = [revoked] * 100
    await office.fire(ALICE)
    async with office.open():
        await until(lambda: office.platform.sends == 1)
        for number in range(20):
            await office.fire(Chat(TELEGRAM, f"9{number}"))
        await asyncio.sleep(0.3)

    assert office.platform.sends == 1
    assert office.backlog() == 21


async def test_what_cannot_be_delivered_for_a_day_becomes_a_dead_letter(office):
    office.platform.script[ALICE] = [Later(timedelta(0), "503")] * 2
    await office.fire(ALICE)
    office.clock.advance(hours=23, minutes=59)
    async with office.open():
        await until(lambda: office.platform.sends == 1)
        office.clock.advance(minutes=1)
        await office.settled()

    assert await office.dead() == [(str(ALICE), "not delivered for 24 hours: 503")]
    assert (office.courier.buried, office.courier.last_buried[:13]) == (1, "not delivered")


async def test_a_bug_again_and_again_becomes_a_dead_letter(office, monkeypatch):
    monkeypatch.setattr("bot.courier.AFTER_BUG", timedelta(0))
    office.platform.script[ALICE] = [UsageError("a bug")] * 5
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert office.platform.sends == 5
    assert await office.dead() == [(str(ALICE), "a bug here: UsageError")]


async def test_a_store_that_is_away_after_the_send_causes_no_repeat(office, monkeypatch):
    settle, failures = office.store.outbox.settle, [StoreError("away"), StoreError("away")]

    async def reluctant(hands, entry, **more):
        if failures:
            raise failures.pop()
        return await settle(hands, entry, **more)

    monkeypatch.setattr("bot.courier.STORE_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(office.store.outbox, "settle", reluctant)
    await office.fire(ALICE)

    async with office.open():
        await office.settled()

    assert office.platform.sends == 1
    assert failures == []


async def test_told_to_stop_it_finishes_what_it_sends_and_gives_the_rest_back():
    office = Office(Rates(5))
    office.platform.gates[ALICE] = asyncio.Event()
    await office.fire(ALICE)
    await office.fire(BOB)
    async with office.open() as running:
        await until(lambda: office.platform.sends == 1)
        running.cancel()
        await asyncio.sleep(0.05)
        assert not running.done()
        office.platform.gates[ALICE].set()

    assert [chat for chat, *_ in office.platform.inbox] == [ALICE]
    assert office.backlog() == 1
    (entry,) = await office.store.outbox.take(
        Hands(TELEGRAM, "next", timedelta(seconds=9)), count=5, wait=timedelta(0)
    )
    assert (entry.chat, entry.attempts) == (BOB, 1)


async def test_what_it_still_finishes_stays_its_own_meanwhile(office, monkeypatch):
    monkeypatch.setattr("bot.courier.KEEP_EVERY_SECONDS", 0.02)
    keep, kept = office.store.outbox.keep, []

    async def counted(hands, entries):
        kept.append([entry.chat for entry in entries])
        await keep(hands, entries)

    monkeypatch.setattr(office.store.outbox, "keep", counted)
    office.platform.gates[ALICE] = asyncio.Event()
    await office.fire(ALICE)
    async with office.open() as running:
        await until(lambda: office.platform.sends == 1)
        running.cancel()
        await asyncio.sleep(0.01)
        kept.clear()
        await until(lambda: [ALICE] in kept)
        office.platform.gates[ALICE].set()

    assert office.backlog() == 0


async def test_one_that_was_stopped_and_runs_again_goes_on(office):
    office.platform.gates[ALICE] = asyncio.Event()
    for _ in range(2):
        await office.fire(ALICE)
    async with office.open() as running:
        await until(lambda: office.platform.sends == 1)
        running.cancel()
        await asyncio.sleep(0.01)
        office.platform.gates[ALICE].set()

    assert [number for _, number, _ in office.platform.inbox] == [1]
    async with office.open():
        await office.settled()
    assert [number for _, number, _ in office.platform.inbox] == [1, 2]


async def test_what_is_sent_too_long_is_given_up_at_a_stop(office, monkeypatch):
    monkeypatch.setattr("bot.courier.STOP_SECONDS", 0.05)
    office.platform.gates[ALICE] = asyncio.Event()
    await office.fire(ALICE)
    async with asyncio.timeout(2), office.open():
        await until(lambda: office.platform.sends == 1)

    assert office.backlog() == 1


async def test_what_is_given_back_is_not_kept_while_the_store_answers(office, monkeypatch):
    monkeypatch.setattr("bot.courier.KEEP_EVERY_SECONDS", 0.01)
    outbox, kept, given_back = office.store.outbox, [], asyncio.Event()
    keep, defer = outbox.keep, outbox.defer

    async def counted(hands, entries):
        if given_back.is_set():
            kept.extend(entry.chat for entry in entries)
        await keep(hands, entries)

    async def slow(*given, **named):
        await defer(*given, **named)
        given_back.set()
        await asyncio.sleep(0.1)
        given_back.clear()

    monkeypatch.setattr(outbox, "keep", counted)
    monkeypatch.setattr(outbox, "defer", slow)
    office.platform.script[ALICE] = [Later(timedelta(seconds=0.3), "503")]
    await office.fire(ALICE)
    async with office.open():
        await office.settled()

    assert office.platform.sends == 2
    assert kept == []


async def test_a_second_stop_cuts_no_send_off(office):
    office.platform.gates[ALICE] = asyncio.Event()
    await office.fire(ALICE)
    async with office.open() as running:
        await until(lambda: office.platform.sends == 1)
        for _ in range(3):
            running.cancel()
            await asyncio.sleep(0.01)
        assert not running.done()
        office.platform.gates[ALICE].set()

    assert [chat for chat, *_ in office.platform.inbox] == [ALICE]
    assert office.backlog() == 0


async def test_a_late_card_says_so_as_of_when_it_is_sent(office):
    office.platform.script[ALICE] = [Later(timedelta(0), "503")]
    await office.fire(ALICE)
    office.clock.advance(minutes=4)

    async with office.open():
        await office.settled()

    assert any("4 min late" in line for line in office.platform.cards[0].lines)


async def test_a_batch_is_looked_up_at_once(office, monkeypatch):
    load, loads = office.store.rules.load, []

    async def counting(ids):
        loads.append(len(ids))
        return await load(ids)

    monkeypatch.setattr(office.store.rules, "load", counting)
    for number in range(40):
        await office.fire(Chat(TELEGRAM, f"9{number}"))

    async with office.open():
        await office.settled()

    assert sum(loads) == 40
    assert len(loads) <= 3


async def test_news_that_cannot_be_prepared_stops_no_other_of_its_batch(office, monkeypatch):
    monkeypatch.setattr("bot.courier.AFTER_BUG", timedelta(0))
    at = office.store.history.at

    async def broken_for_volatility(series, when, tolerance):
        if series.metric == "vol":
            raise UsageError("a bug")
        return await at(series, when, tolerance)

    monkeypatch.setattr(office.store.history, "at", broken_for_volatility)
    await office.fire(ALICE, Series(MetricKey("vol"), Asset("BTC")))
    await office.fire(BOB)

    async with office.open():
        await office.settled()

    assert [chat for chat, *_ in office.platform.inbox] == [BOB]
    assert await office.dead() == [(str(ALICE), "a bug here: UsageError")]


def test_failures_without_a_time_are_tried_ever_more_rarely():
    soon = timedelta(seconds=5)

    assert [backoff(soon, tries).total_seconds() for tries in (0, 1, 2, 3, 7, 99)] == [
        *(5, 5, 10, 20),
        *(300, 300),
    ]
    assert backoff(timedelta(minutes=15), 9) == timedelta(minutes=15)
