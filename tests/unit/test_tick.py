"""The path of a tick over the in-memory store: what is told, once, whatever happens between."""

from datetime import timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.domain.event import Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform
from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.domain.rule import Because, Direction, Draft, Idle, Leg, Overlay, State, Timing
from alerts.ports import Hands, New, Step
from alerts.storage.memory import MemoryStore
from alerts.tick import open_watch, tick
from tests.fakes.clock import ManualClock

SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
TELEGRAM = Platform("telegram")
ALICE = Chat(TELEGRAM, "1001")
STALE = timedelta(minutes=3)
GRACE = timedelta(minutes=15)


class Desk:
    """A store, a watch over it and a clock, with the words the tests speak."""

    def __init__(self):
        self.store = MemoryStore()
        self.clock = ManualClock()
        self.watch = None
        self.fence = 1

    async def start(self):
        self.watch = await open_watch(
            self.store.rules, self.store.history, lambda _: STALE, lambda _: GRACE
        )

    async def rule(self, level=15.0, clear=13.0, hold=timedelta(0), state=None, chat=ALICE):
        draft = Draft((Leg(SKEW, Direction.ABOVE, level, clear),), Timing(hold=hold))
        new = New(chat, "alice", draft, state or State())
        return await self.store.rules.add(new, now=self.clock.now(), limit=30)

    async def see(self, value, after=timedelta(minutes=1)):
        now = self.clock.advance(seconds=after.total_seconds())
        return await tick(self.watch, [a_reading(value, now)], now, self.fence)

    async def blind(self, after=timedelta(minutes=1)):
        now = self.clock.advance(seconds=after.total_seconds())
        gap = Gap(SKEW, Reason.NO_DATA, "venue away", now)
        return await tick(self.watch, [gap], now, self.fence)

    async def wait(self, after=timedelta(minutes=1)):
        return await tick(
            self.watch, [], self.clock.advance(seconds=after.total_seconds()), self.fence
        )

    async def told(self):
        return [event for entry in await self.entries() for event in entry.events]

    async def entries(self):
        """What was queued and not yet looked at, chat by chat."""
        hands, found = Hands(TELEGRAM, "test", timedelta(minutes=1)), []
        for first in await self.store.outbox.take(hands, count=100, wait=timedelta(0)):
            entry = first
            while entry:
                found.append(entry)
                entry = await self.store.outbox.settle(hands, entry)
        return found


def a_reading(value, at):
    return Reading(SKEW, value, at, ())


@pytest.fixture
async def desk():
    desk = Desk()
    await desk.start()
    yield desk
    await desk.store.close()


async def test_a_crossing_is_told_once(desk):
    await desk.rule()

    for value in (14.0, 16.0, 17.0, 16.5):
        await desk.see(value)

    assert [event.kind for event in await desk.told()] == [Kind.FIRED]


async def test_a_new_rule_never_fires_on_its_first_sample(desk):
    await desk.rule()

    for value in (20.0, 21.0):
        await desk.see(value)

    assert await desk.told() == []


async def test_a_rule_that_was_true_when_made_waits_for_its_next_crossing(desk):
    await desk.rule()

    for value in (20.0, 12.0, 16.0):
        await desk.see(value)

    assert [event.value for event in await desk.told()] == [16.0]


async def test_a_hold_ends_on_time_though_the_value_does_not_move(desk):
    await desk.rule(hold=timedelta(minutes=10), state=State(Idle()))

    for _ in range(12):
        await desk.see(16.0)

    (fired,) = await desk.told()
    assert fired.at - fired.since == timedelta(minutes=10)


async def test_resolution_waits_for_the_clear_level(desk):
    await desk.rule(state=State(Idle()))

    for value in (16.0, 14.0, 13.5, 12.9):
        await desk.see(value)

    assert [event.kind for event in await desk.told()] == [Kind.FIRED, Kind.RESOLVED]


async def test_the_peak_of_an_episode_is_told_though_no_level_lies_there(desk):
    await desk.rule(state=State(Idle()))

    for value in (16.0, 19.0, 21.4, 17.0, 12.9):
        await desk.see(value)

    _, resolved = await desk.told()
    assert resolved.extreme == 21.4


async def test_missing_data_neither_fires_nor_resolves(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(16.0)

    for _ in range(10):
        await desk.blind()

    assert [event.kind for event in await desk.told()] == [Kind.FIRED]


async def test_owners_hear_once_of_a_series_gone_dark_and_once_of_its_return(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    for _ in range(40):
        await desk.blind()
    await desk.see(12.5)

    assert [event.kind for event in await desk.told()] == [Kind.DARK, Kind.BACK]


async def test_a_crossing_during_downtime_is_told_once_and_marked_late(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    await desk.start()
    await desk.see(18.0, after=timedelta(hours=2))
    await desk.see(18.5)

    (fired,) = await desk.told()
    assert fired.kind is Kind.FIRED
    assert fired.late


async def test_a_restart_repeats_nothing(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(16.0)
    await desk.told()

    await desk.start()
    await desk.see(16.5)

    assert await desk.told() == []


async def test_a_leader_that_was_replaced_writes_nothing(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)
    desk.fence = 2
    await desk.see(12.1)

    desk.fence = 1
    with pytest.raises(StoreError):
        await desk.see(18.0)

    assert await desk.told() == []


async def test_a_tick_that_could_not_be_written_is_made_up_for_by_the_next(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)
    desk.fence = 0
    with pytest.raises(StoreError):
        await desk.see(18.0)

    desk.fence = 1
    await desk.see(18.2)

    assert [event.value for event in await desk.told()] == [18.2]


async def test_a_deleted_rule_is_silent(desk):
    rule = await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    await desk.store.rules.remove(ALICE, rule.number)
    await desk.see(18.0)

    assert await desk.told() == []


async def test_news_of_one_chat_and_tick_is_one_entry(desk):
    await desk.rule(level=15.0, state=State(Idle()))
    await desk.rule(level=16.0, state=State(Idle()))
    await desk.see(12.0)
    await desk.see(18.0)

    assert [len(entry.events) for entry in await desk.entries()] == [2]


async def test_an_old_or_repeated_stamp_is_no_news(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    old = a_reading(18.0, desk.clock.now() - timedelta(seconds=1))
    await tick(desk.watch, [old], desk.clock.now(), desk.fence)

    assert await desk.told() == []


async def test_a_return_is_told_though_the_leader_changed_in_the_dark(desk):
    await desk.rule(hold=timedelta(minutes=10), state=State(Idle()))
    await desk.see(14.0)
    await desk.see(16.0)
    for _ in range(25):
        await desk.wait()

    await desk.start()
    for _ in range(15):
        await desk.see(16.5)

    kinds = [event.kind for event in await desk.told()]
    assert kinds == [Kind.DARK, Kind.BACK, Kind.FIRED]


async def test_time_nobody_saw_does_not_count_as_held(desk):
    await desk.rule(hold=timedelta(minutes=10), state=State(Idle()))
    await desk.see(14.0)
    await desk.see(16.0)

    await desk.start()
    await desk.see(16.5, after=timedelta(minutes=30))
    assert await desk.told() == []
    for _ in range(10):
        await desk.see(16.5)

    (fired,) = await desk.told()
    assert fired.late


async def test_a_restart_speaks_of_no_darkness_before_its_first_poll(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    await desk.start()
    await desk.wait(after=timedelta(hours=1))
    await desk.see(12.5, after=timedelta(seconds=1))

    assert await desk.told() == []


async def test_darkness_found_by_the_first_poll_is_told(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    await desk.start()
    await desk.wait(after=timedelta(hours=1))
    await desk.blind()

    assert [event.kind for event in await desk.told()] == [Kind.DARK]


async def test_a_stamp_of_the_future_is_no_reading(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)
    future = a_reading(20.0, desk.clock.now() + timedelta(hours=6))

    await tick(desk.watch, [future], desk.clock.now(), desk.fence)
    await desk.see(18.0)

    assert [event.value for event in await desk.told()] == [18.0]


async def test_a_clock_set_back_freezes_no_series(desk):
    await desk.rule(state=State(Idle()))
    await desk.see(12.0)

    desk.clock.advance(hours=-6)
    await desk.see(12.1)
    await desk.see(18.0)

    assert [event.value for event in await desk.told()] == [18.0]


async def test_more_steps_than_fit_one_command_are_all_written(desk):
    desk.watch.most_steps = 2
    for number in range(5):
        await desk.rule(state=State(Idle()), chat=Chat(TELEGRAM, str(number)))
    await desk.see(12.0)

    await desk.see(18.0)

    assert len(await desk.told()) == 5


async def test_the_first_of_many_can_be_told_before_the_rest_is_looked_at(desk, monkeypatch):
    sizes, commit = [], desk.store.rules.commit

    async def counted(readings, steps, fence):
        sizes.append((len(steps), len(readings)))
        return await commit(readings, steps, fence)

    for number in range(300):
        await desk.rule(state=State(Idle()), chat=Chat(TELEGRAM, str(number)))
    await desk.see(12.0)
    monkeypatch.setattr(desk.store.rules, "commit", counted)

    await desk.see(18.0)

    assert sizes == [(25, 0), (50, 0), (100, 0), (100, 0), (25, 1)]


async def test_a_chat_is_told_once_though_its_steps_do_not_fit_one_command(desk):
    desk.watch.most_steps = 4
    for number in range(9):
        await desk.rule(state=State(Idle()), chat=Chat(TELEGRAM, str(number % 3)))
    await desk.see(12.0)

    await desk.see(18.0)

    assert await desk.store.outbox.backlog(TELEGRAM) == 3
    assert len(await desk.told()) == 9


async def test_a_firing_is_kept_with_the_readings_it_was_decided_on(desk):
    rule = await desk.rule()
    await desk.see(12.0)
    await desk.see(16.2)
    fired_at = desk.clock.now()
    await desk.see(18.0)
    await desk.see(12.9)

    [episode] = await desk.store.episodes.of_chat(ALICE)

    assert (episode.rule, episode.fired.value) == (rule, 16.2)
    assert episode.evidence == (a_reading(16.2, fired_at),)
    assert (episode.extreme, episode.resolved_at) == (18.0, desk.clock.now())


async def test_a_snooze_outlives_a_restart_and_a_long_sleep_and_its_end_is_told_once(desk):
    rule = await desk.rule(state=State(Idle()))
    until = desk.clock.now() + timedelta(hours=1)
    await desk.store.rules.overlay(rule.id, Overlay(snoozed_until=until), now=desk.clock.now())
    for value in (14.0, 16.0, 18.0):
        await desk.see(value)
    assert await desk.told() == []

    await desk.start()
    await desk.see(17.0, after=timedelta(hours=9))
    await desk.see(17.5)

    (fired,) = await desk.told()
    assert (fired.kind, fired.held) == (Kind.FIRED, Because.SNOOZED)


async def test_a_snooze_ends_on_time_though_the_value_does_not_move(desk):
    rule = await desk.rule(state=State(Idle()))
    now = desk.clock.now()
    snooze = Overlay(snoozed_until=now + timedelta(minutes=10))
    await desk.store.rules.overlay(rule.id, snooze, now=now)

    for _ in range(12):
        await desk.see(16.0)

    (fired,) = await desk.told()
    assert fired.at == now + timedelta(minutes=10)


async def test_acknowledging_in_the_midst_of_a_tick_is_not_overwritten(desk):
    rule = await desk.rule(state=State(Idle()))
    await desk.see(16.0)
    (held,) = await desk.store.rules.load([rule.id])
    await desk.store.rules.overlay(rule.id, Overlay(acked=1), now=desk.clock.now())

    step = Step(rule.id, 1, held.state, None, None, held.overlay)
    await desk.store.rules.commit([], [step], 1)

    assert await desk.store.rules.due(desk.clock.now()) == [rule.id]


async def test_a_rule_that_cannot_be_looked_at_is_named_once_and_the_others_go_on(desk, caplog):
    await desk.rule(hold=timedelta.max, state=State(Idle()))
    await desk.rule(state=State(Idle()))

    for value in (16.0, 17.0, 12.0, 16.0):
        await desk.see(value)
    for _ in range(3):
        await desk.see(17.0, after=timedelta(hours=1))

    told = [(event.number, event.kind) for event in await desk.told()]
    assert told.count((1, Kind.BROKEN)) == 1
    assert [kind for number, kind in told if number == 2] == [
        *[Kind.FIRED, Kind.RESOLVED, Kind.FIRED]
    ]
    assert "OverflowError" in caplog.text


async def test_a_rule_that_can_be_looked_at_again_goes_on_silently(desk):
    broken = State(Idle(), episodes=2, broken=True)
    rule = await desk.rule(state=broken)

    for value in (20.0, 12.0, 16.0):
        await desk.see(value)

    (fired,) = await desk.told()
    assert (fired.kind, fired.episode, fired.rule) == (Kind.FIRED, 3, rule.id)


async def test_an_end_is_told_on_time_though_the_value_does_not_move(desk):
    until = desk.clock.now() + timedelta(minutes=30)
    draft = Draft((Leg(SKEW, Direction.ABOVE, 15.0, 13.0),), until=until)
    await desk.store.rules.add(New(ALICE, "alice", draft, State()), now=desk.clock.now(), limit=9)

    for _ in range(40):
        await desk.see(14.0)

    (expired,) = await desk.told()
    assert (expired.kind, expired.at, expired.times) == (Kind.EXPIRED, until, 0)
