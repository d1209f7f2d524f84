"""Quiet hours through the real courier: what waits, what rings, and the card in the morning."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.domain.rule import Firing, Idle, Severity, State, Voice
from alerts.domain.turn import Rates
from alerts.ports import Hands, New, Step
from alerts.storage.memory import MemoryStore
from bot.commands.spec import Readings
from bot.courier import Courier
from bot.limits import Limits
from bot.outcome import Later, Moved, Sent
from tests.builders import BASIS, SKEW, a_draft, a_leg
from tests.fakes.clock import ManualClock

TELEGRAM = Platform("telegram")
ALICE, BOB = Chat(TELEGRAM, "1"), Chat(TELEGRAM, "2")
BERLIN = Preferences("Europe/Berlin", Quiet(time(23), time(7)))
BEDTIME = datetime(2026, 2, 6, 23, 0, tzinfo=UTC)  # midnight in Berlin


class Inbox:
    """A platform that accepts everything, or answers once with what is scripted."""

    name = TELEGRAM

    def __init__(self):
        self.script = []
        self.cards = []

    async def send(self, chat, card, _key):
        outcome = self.script.pop(0) if self.script else Sent("1")
        if isinstance(outcome, Sent):
            self.cards.append((chat, card))
        return outcome

    @property
    def titles(self):
        return [card.title for _, card in self.cards]


class Night:
    """A chat, its rules, and a courier whose clock is moved by hand."""

    def __init__(self, store, **courier):
        self.store = store
        self.options = courier
        self.clock = ManualClock(BEDTIME)
        self.inbox = Inbox()
        self.fence = 1

    async def rule(self, series=SKEW, level=15.0, **fields):
        new = New(ALICE, "ann", a_draft(a_leg(series, level=level), **fields), State(Idle()))
        return await self.store.rules.add(new, now=self.clock.now(), limit=99)

    async def tell(self, rule, kind=Kind.FIRED, value=16.2, since=None, extreme=None, *, on=None):
        """The engine says something of a rule; `on`: whether its episode goes on."""
        now = self.clock.now()
        since = since or now
        series = rule.legs[0].series
        event = Event(
            kind, rule.id, 1, rule.number, ALICE, 1, series, 15.0, value, now, since, extreme
        )
        goes_on = kind is not Kind.RESOLVED if on is None else on
        phase = Firing(1, since, now, extreme or value) if goes_on else Idle()
        await self.store.rules.commit([], [Step(rule.id, 1, State(phase, 1), event)], self.fence)

    @contextlib.asynccontextmanager
    async def courier(self):
        limits = Limits(self.store.budget("test", Rates(1e6)))
        courier = Courier(
            *(self.inbox, self.store, Readings(), self.clock, limits),
            consumer="one",
            **self.options,
        )
        task = asyncio.create_task(courier.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def delivers(self, **later):
        """Let a courier work until nothing is queued, `later` by the clock."""
        self.clock.advance(**later)
        await self.store.outbox.bring_back(TELEGRAM, self.clock.now())
        async with self.courier(), asyncio.timeout(5):
            while await self.store.outbox.backlog(TELEGRAM):
                await asyncio.sleep(0.01)
        return self.inbox.titles

    async def waiting(self):
        [tally] = await self.store.outbox.tally([ALICE])
        return len(tally.waiting)


@pytest.fixture
async def night():
    store = MemoryStore()
    await store.chats.write(ALICE, BERLIN)
    yield Night(store)
    await store.close()


async def test_an_alert_at_night_waits_and_comes_in_the_morning(night):
    await night.tell(await night.rule())
    assert await night.delivers() == []

    assert await night.delivers(hours=6, minutes=59) == []
    assert await night.delivers(minutes=1) == [
        "Held while you slept: 1 – BTC skew above 15%, still on"
    ]
    assert await night.waiting() == 0


async def test_a_critical_one_rings_beside_one_that_waits(night):
    await night.tell(await night.rule(BASIS))
    await night.tell(await night.rule(severity=Severity.CRITICAL), value=20.0)

    [title] = await night.delivers()

    assert title.startswith("BTC skew 20.0%")
    assert not night.inbox.cards[0][1].silent
    assert await night.waiting() == 1


async def test_a_silent_rule_is_told_at_night_without_a_sound(night):
    await night.tell(await night.rule(voice=Voice.SILENT))

    assert len(await night.delivers()) == 1
    assert night.inbox.cards[0][1].silent


async def test_the_morning_card_tells_what_goes_on_first_then_what_is_over_oldest_first(night):
    early, late, lasting = [await night.rule(), await night.rule(BASIS), await night.rule()]
    for rule, hour in ((early, 0), (lasting, 1), (late, 1)):
        await night.tell(rule, extreme=16.2)
        night.clock.advance(hours=hour)
    for rule in (early, late):
        since = night.clock.now() - timedelta(minutes=90)
        await night.tell(rule, Kind.RESOLVED, 12.0, since, 18.2)
    await night.delivers()

    await night.delivers(hours=8)

    [(_, card)] = night.inbox.cards
    assert card.title == "Held while you slept: 3 – 1 still on"
    assert [line.rpartition("#")[2] for line in card.lines] == ["3", "1", "2"]
    assert card.lines[0] == "• Still on: BTC skew above 15% · since 00:00 CET · #3"
    assert "18.2" in card.lines[1]
    assert not card.silent


async def test_a_night_of_which_nothing_is_left_makes_no_sound(night):
    rule = await night.rule()
    await night.tell(rule)
    night.clock.advance(minutes=30)
    await night.tell(rule, Kind.RESOLVED, 12.5, BEDTIME, 18.24)

    await night.delivers()
    await night.delivers(hours=7)

    [(_, card)] = night.inbox.cards
    assert card.title == "Held while you slept: 1 – BTC skew above 15%, over"
    assert card.lines == (
        "• Over: BTC skew above 15% · 00:00–00:30 CET (30 min) · peak 18.2% · #1",
    )
    assert card.silent


async def test_that_an_alert_told_by_day_is_over_is_said_at_night_without_a_sound(night):
    rule = await night.rule()
    night.clock.time = BEDTIME - timedelta(hours=2)
    await night.tell(rule)
    await night.delivers()
    night.clock.time = BEDTIME
    await night.tell(rule, Kind.RESOLVED, 12.5, BEDTIME - timedelta(hours=2))

    titles = await night.delivers()

    assert [title[:8] for title in titles] == ["BTC skew"] * 2
    assert night.inbox.cards[1][1].silent


async def test_a_reminder_held_at_night_is_dropped_once_the_end_was_told(night):
    rule = await night.rule()
    night.clock.time = BEDTIME - timedelta(hours=2)
    await night.tell(rule)
    await night.delivers()
    night.clock.time = BEDTIME
    await night.tell(rule, Kind.REMINDED, since=BEDTIME - timedelta(hours=2))
    await night.delivers()
    await night.tell(rule, Kind.RESOLVED, 12.5, BEDTIME - timedelta(hours=2))

    assert len(await night.delivers()) == 2
    assert len(await night.delivers(hours=7)) == 2


async def test_a_reminder_held_at_night_comes_in_the_morning_where_it_is_still_on(night):
    rule = await night.rule()
    await night.tell(rule, Kind.REMINDED, since=BEDTIME - timedelta(hours=2))
    await night.delivers()

    [title] = await night.delivers(hours=7)

    assert title.endswith("BTC skew above 15%, still on")


async def test_a_laptop_that_slept_through_the_morning_tells_on_waking(night):
    await night.tell(await night.rule())
    await night.delivers()

    titles = await night.delivers(days=3, hours=10)

    assert titles == ["Held while you slept: 1 – BTC skew above 15%, still on"]


async def test_a_wall_clock_set_back_into_the_night_tells_nothing_until_morning_again(night):
    await night.tell(await night.rule())
    await night.delivers()
    night.clock.advance(hours=7)
    await night.store.outbox.bring_back(TELEGRAM, night.clock.now())

    assert await night.delivers(hours=-1) == []
    assert await night.waiting() == 1
    assert len(await night.delivers(hours=1)) == 1


async def test_hours_made_longer_meanwhile_hold_it_longer(night):
    await night.tell(await night.rule())
    await night.delivers()
    await night.store.chats.write(ALICE, Preferences("Europe/Berlin", Quiet(time(23), time(9))))

    assert await night.delivers(hours=7) == []
    assert len(await night.delivers(hours=2)) == 1


async def test_quiet_hours_switched_off_at_night_tell_at_once_what_waited(night):
    await night.tell(await night.rule())
    await night.delivers()
    await night.store.chats.write(ALICE, Preferences("Europe/Berlin"))
    await night.store.outbox.recall(ALICE)

    assert len(await night.delivers(minutes=1)) == 1


async def test_a_rule_deleted_at_night_is_not_told_of_in_the_morning(night):
    rule = await night.rule()
    await night.tell(rule)
    await night.delivers()
    await night.store.rules.remove(ALICE, rule.number)

    assert await night.delivers(hours=7) == []
    assert await night.waiting() == 0


async def test_a_courier_killed_before_it_settled_loses_and_doubles_nothing(night):
    await night.tell(await night.rule())
    killed = Hands(TELEGRAM, "killed", timedelta(0))
    assert await night.store.outbox.take(killed, count=9, wait=timedelta(0))

    await night.delivers()

    assert await night.waiting() == 1
    assert len(await night.delivers(hours=7)) == 1


async def test_a_chat_that_moves_at_night_hears_at_its_new_address(night):
    await night.tell(await night.rule())
    await night.delivers()
    night.inbox.script = [Moved(BOB)]

    await night.delivers(hours=7)

    assert [chat for chat, _ in night.inbox.cards] == [BOB]


async def test_a_morning_card_that_the_platform_does_not_take_yet_is_tried_again(night):
    await night.tell(await night.rule())
    await night.delivers()
    night.inbox.script = [Later(timedelta(0), "503")] * 2

    assert len(await night.delivers(days=9, hours=8)) == 1


async def test_the_last_alert_of_a_budget_says_so_and_the_next_wait_for_monday(night):
    night.clock.time = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)  # a Friday
    await night.store.chats.write(ALICE, Preferences(budget=Budget(2, Period.WEEK)))
    for _ in range(4):
        await night.tell(await night.rule())
        await night.delivers()

    first, second = [card for _, card in night.inbox.cards]

    assert first.lines[-1:] != second.lines[-1:]
    assert second.lines[-1] == (
        "2 of 2 this week used. The next ones wait for Monday's summary, except critical."
    )
    assert (second.buttons[0][0].label, second.buttons[0][0].act) == ("Allow 3 more", "allow:3")
    assert len(await night.delivers(days=2, hours=19, minutes=59)) == 2
    assert (await night.delivers(minutes=1))[2:] == ["Held over your budget: 2 – all still on"]


async def test_a_summary_uses_nothing_of_the_new_budget(night):
    night.clock.time = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
    await night.store.chats.write(ALICE, Preferences(budget=Budget(1, Period.DAY)))
    for _ in range(2):
        await night.tell(await night.rule())
        await night.delivers()
    await night.delivers(hours=20)
    assert len(night.inbox.cards) == 2

    await night.tell(await night.rule())
    await night.delivers()

    assert len(night.inbox.cards) == 3
    assert night.inbox.cards[2][1].lines[-1].startswith("1 of 1 today used.")


async def test_the_first_alert_at_night_offers_quiet_hours_once_where_the_night_is_known(night):
    await night.store.chats.write(ALICE, Preferences("Europe/Berlin"))
    for _ in range(2):
        await night.tell(await night.rule())
        await night.delivers()

    first, second = [card for _, card in night.inbox.cards]

    assert first.lines[-1] == "Want 23:00–07:00 quiet? Critical alerts still ring."
    assert first.buttons[0][0].act == "quiet:23:00-07:00"
    assert "quiet" not in second.lines[-1]


async def test_a_chat_in_no_zone_is_not_offered_a_night(night):
    await night.store.chats.write(ALICE, Preferences())
    night.clock.time = datetime(2026, 2, 6, 2, 0, tzinfo=UTC)
    await night.tell(await night.rule())

    await night.delivers()

    assert "quiet?" not in " ".join(night.inbox.cards[0][1].lines)


async def test_times_are_told_in_the_zone_of_the_chat(night):
    await night.store.chats.write(ALICE, Preferences("Asia/Kolkata", Quiet(time(1), time(2))))
    await night.tell(await night.rule())

    await night.delivers()

    [(_, card)] = night.inbox.cards
    assert card.footer.startswith("04:30 IST")


async def test_of_two_on_one_series_only_the_stronger_is_told(night):
    await night.store.chats.write(ALICE, Preferences())
    weaker, stronger = await night.rule(), await night.rule(level=20.0)
    await night.tell(stronger, value=21.0)
    await night.tell(weaker, value=21.0)

    assert len(await night.delivers()) == 1
    assert "Also above your 15% (#1)." in night.inbox.cards[0][1].lines


async def test_alerts_tell_skew_with_the_sign_that_the_chat_has_chosen(night):
    await night.store.chats.write(ALICE, Preferences(flipped_sign=True))
    await night.tell(await night.rule())
    await night.tell(await night.rule(BASIS))

    await night.delivers()

    first, second = [card for _, card in night.inbox.cards]
    assert first.title == "BTC call skew −16.2% – below your −15%"
    assert first.lines[0].startswith("Puts far dearer than calls. Usual −6 to +6")
    assert (first.events[0].value, first.events[0].level) == (16.2, 15.0)
    assert not [one for row in first.buttons for one in row if "call_skew" in one.act]
    assert second.title.startswith("BTC basis")


async def test_what_was_held_is_told_in_the_chosen_sign_too(night):
    await night.store.chats.write(ALICE, replace(BERLIN, flipped_sign=True, decimal_comma=True))
    rule = await night.rule()
    await night.tell(rule)
    night.clock.advance(minutes=30)
    await night.tell(rule, Kind.RESOLVED, 12.5, BEDTIME, 18.24)
    await night.delivers()

    await night.delivers(hours=7)

    [(_, card)] = night.inbox.cards
    assert card.title == "Held while you slept: 1 – BTC call skew below −15%, over"
    assert "low −18,2%" in card.lines[0]


async def test_quiet_hours_by_day_are_not_called_sleep(night):
    await night.store.chats.write(ALICE, Preferences(quiet=Quiet(time(22, 30), time(23, 30))))
    await night.tell(await night.rule())
    await night.delivers()

    [title] = await night.delivers(minutes=30)

    assert title.startswith("Held in your quiet hours: 1")


async def test_more_than_is_kept_is_said_to_be_more(night):
    rule = await night.rule()
    for minute in range(201):
        night.clock.time = BEDTIME + timedelta(minutes=minute)
        await night.tell(rule, Kind.REMINDED, since=BEDTIME)
    await night.delivers()

    await night.delivers(hours=7)

    [(_, card)] = night.inbox.cards
    assert card.lines[-1].startswith("More came than I keep: these are the latest.")
