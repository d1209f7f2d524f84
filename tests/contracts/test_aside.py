"""What every store promises of news that waits (alerts/queue.py)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Firing, Idle, Leg, State
from alerts.ports import Hands, New, Step
from alerts.queue import ASIDE_AT_MOST, Aside, Note, Tally

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TELEGRAM, DISCORD = Platform("telegram"), Platform("discord")
ALICE, BOB = Chat(TELEGRAM, "-100", "7"), Chat(TELEGRAM, "200")
CAROL = Chat(DISCORD, "u300")
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
ONE, TWO = (Hands(TELEGRAM, name, timedelta(seconds=30)) for name in ("one", "two"))
WEEK = "2026-W06"


def fired(chat=ALICE, minutes=0, kind=Kind.FIRED):
    at = NOON + minutes * MINUTE
    return Event(kind, RuleId("r1"), 1, 1, chat, 1, SKEW, 15.0, 16.2, at, at)


async def queue(store, *events):
    """One entry for these events of a chat, as a tick queues it."""
    draft = Draft((Leg(SKEW, Direction.ABOVE, 15.0, 13.0),))
    made = [
        await store.rules.add(New(one.chat, "ann", draft, State(Idle())), now=NOON, limit=999)
        for one in events
    ]
    steps = [
        Step(rule.id, 1, State(Firing(1, NOON, NOON, 16.2)), replace(event, rule=rule.id))
        for rule, event in zip(made, events, strict=True)
    ]
    await store.rules.commit([], steps, 1)
    return [step.event for step in steps]


async def take(store, hands=ONE):
    return list(await store.outbox.take(hands, count=10, wait=timedelta(0)))


async def lay_aside(store, *events, due=NOON + HOUR):
    queued = await queue(store, *events)
    [entry] = await take(store)
    assert list(entry.events) == queued
    await store.outbox.settle(ONE, entry, aside=Aside(entry.events, due))
    return queued


async def test_what_is_laid_aside_leaves_the_queue_and_waits(store):
    told = await lay_aside(store, fired())

    assert await take(store) == []
    assert await store.outbox.backlog(TELEGRAM) == 0
    assert await store.outbox.tally([BOB, ALICE]) == [Tally(), Tally(tuple(told))]


async def test_what_is_due_comes_back_as_one_entry_in_its_order(store):
    first = await lay_aside(store, fired())
    second = await lay_aside(store, fired(minutes=1), fired(minutes=1))
    back_at = NOON + HOUR + MINUTE

    assert await store.outbox.bring_back(TELEGRAM, back_at) == 1

    [entry] = await take(store)
    assert (entry.chat, entry.held, entry.queued_at) == (ALICE, True, back_at)
    assert list(entry.events) == [*first, *second]
    assert await store.outbox.tally([ALICE]) == [Tally()]


async def test_a_fresh_entry_is_not_held(store):
    await queue(store, fired())

    [entry] = await take(store)

    assert not entry.held


async def test_news_goes_before_what_was_held_back_in_other_chats(store):
    await lay_aside(store, fired())
    await store.outbox.bring_back(TELEGRAM, NOON + HOUR)
    [held] = await take(store)  # it is lined up, and given back as one that came long ago
    await store.outbox.defer(ONE, held, timedelta(microseconds=1))
    await queue(store, fired(BOB))

    assert [(one.chat, one.held) for one in await take(store)] == [(BOB, False), (ALICE, True)]


async def test_held_news_lets_nobody_in_its_own_chat_pass_but_moves_up_with_them(store):
    await lay_aside(store, fired())
    await lay_aside(store, fired(BOB))
    await store.outbox.bring_back(TELEGRAM, NOON + HOUR)
    for held in await take(store):
        await store.outbox.defer(ONE, held, timedelta(microseconds=1))
    await queue(store, fired(BOB))

    first, second = await take(store)

    assert [(one.chat, one.held) for one in (first, second)] == [(BOB, True), (ALICE, True)]
    following = await store.outbox.settle(ONE, first)
    assert (following.chat, following.held) == (BOB, False)


async def test_nothing_comes_back_before_its_time_or_twice(store):
    await lay_aside(store, fired(), due=NOON + HOUR)

    assert await store.outbox.bring_back(TELEGRAM, NOON + HOUR - MINUTE) == 0
    assert await store.outbox.bring_back(DISCORD, NOON + HOUR) == 0
    assert await store.outbox.bring_back(TELEGRAM, NOON + HOUR) == 1
    assert await store.outbox.bring_back(TELEGRAM, NOON + HOUR) == 0
    assert len(await take(store)) == 1


async def test_after_a_long_sleep_what_was_due_long_ago_comes_back(store):
    await lay_aside(store, fired(), due=NOON + HOUR)

    assert await store.outbox.bring_back(TELEGRAM, NOON + timedelta(days=30)) == 1


async def test_what_waits_is_due_when_the_first_of_it_is(store):
    await lay_aside(store, fired(), due=NOON + 5 * HOUR)
    await lay_aside(store, fired(minutes=1), due=NOON + 2 * HOUR)
    await lay_aside(store, fired(minutes=2), due=NOON + 9 * HOUR)

    assert await store.outbox.bring_back(TELEGRAM, NOON + 2 * HOUR - MINUTE) == 0
    assert await store.outbox.bring_back(TELEGRAM, NOON + 2 * HOUR) == 1

    [entry] = await take(store)
    assert len(entry.events) == 3


async def test_what_is_recalled_is_due_at_once(store):
    await lay_aside(store, fired(), due=NOON + HOUR)

    await store.outbox.recall(ALICE)
    await store.outbox.recall(BOB)

    assert await store.outbox.bring_back(TELEGRAM, NOON) == 1


async def test_each_chat_waits_for_itself(store):
    await lay_aside(store, fired(), due=NOON + HOUR)
    await lay_aside(store, fired(BOB), due=NOON + 2 * HOUR)

    assert await store.outbox.bring_back(TELEGRAM, NOON + HOUR) == 1
    assert [entry.chat for entry in await take(store)] == [ALICE]


async def test_an_entry_taken_over_before_it_was_settled_is_laid_aside_once(store):
    briefly = replace(ONE, hold=timedelta(seconds=-1))
    told = await queue(store, fired())
    [lost] = await take(store, briefly)
    [again] = await take(store, TWO)
    assert again.events == lost.events == tuple(told)

    await store.outbox.settle(TWO, again, aside=Aside(again.events, NOON), rang=WEEK)
    await store.outbox.settle(briefly, lost, aside=Aside(lost.events, NOON), rang=WEEK)

    assert await store.outbox.tally([ALICE]) == [Tally(tuple(told), WEEK, 1)]


async def test_a_courier_killed_before_settling_has_laid_nothing_aside(store):
    await queue(store, fired())
    await take(store, replace(ONE, hold=timedelta(seconds=-1)))

    assert await store.outbox.tally([ALICE]) == [Tally()]
    assert len(await take(store, TWO)) == 1


async def test_the_next_entry_is_handed_out_though_one_is_laid_aside(store):
    await queue(store, fired())
    await queue(store, fired(minutes=1))
    [first] = await take(store)

    following = await store.outbox.settle(ONE, first, aside=Aside(first.events, NOON + HOUR))

    assert following.events[0].at == NOON + MINUTE


async def test_only_the_latest_of_very_many_wait(store):
    for start in range(0, ASIDE_AT_MOST + 10, 70):
        await lay_aside(store, *(fired(minutes=start + more) for more in range(70)))

    [tally] = await store.outbox.tally([ALICE])

    assert len(tally.waiting) == ASIDE_AT_MOST == 200
    assert [event.at for event in tally.waiting] == [NOON + n * MINUTE for n in range(10, 210)]


async def test_alerts_that_rang_are_counted_by_chat_and_period(store):
    for chat, period in ((ALICE, WEEK), (ALICE, WEEK), (BOB, WEEK), (BOB, "2026-W07")):
        await queue(store, fired(chat))
        [entry] = await take(store)
        await store.outbox.settle(ONE, entry, rang=period)

    assert await store.outbox.tally([ALICE, BOB, CAROL]) == [
        Tally((), WEEK, 2),
        Tally((), "2026-W07", 1),
        Tally(),
    ]


async def test_what_waits_and_what_rang_follow_a_chat_that_moves(store):
    theirs = await lay_aside(store, fired(BOB), due=NOON + 2 * HOUR)
    ours = await lay_aside(store, fired(ALICE), due=NOON + HOUR)
    await queue(store, fired())
    [entry] = await take(store)
    await store.outbox.settle(ONE, entry, rang=WEEK)

    await store.outbox.readdress(ALICE, BOB)

    old, new = await store.outbox.tally([ALICE, BOB])
    assert old == Tally()
    assert sorted(one.rule for one in new.waiting) == sorted(one.rule for one in theirs + ours)
    assert (new.period, new.rang) == (WEEK, 1)
    assert await store.outbox.bring_back(TELEGRAM, NOON + HOUR) == 1
    [entry] = await take(store)
    assert {event.chat for event in entry.events} == {BOB}


async def test_an_entry_laid_aside_as_its_chat_moves_waits_at_the_new_address(store):
    await queue(store, fired(ALICE))
    [entry] = await take(store)
    await store.outbox.readdress(ALICE, BOB)

    await store.outbox.settle(ONE, entry, aside=Aside(entry.events, NOON), rang=WEEK)

    old, new = await store.outbox.tally([ALICE, BOB])
    assert (len(old.waiting), len(new.waiting), new.rang) == (0, 1, 1)


async def test_chats_of_several_platforms_are_read_at_once(store):
    told = await lay_aside(store, fired())

    tallies = await store.outbox.tally([CAROL, ALICE])

    assert tallies == [Tally(), Tally(tuple(told))]
    assert list(await store.outbox.tally([])) == []


async def test_a_note_is_put_with_what_is_settled(store):
    await queue(store, fired())
    [entry] = await take(store)

    await store.outbox.settle(ONE, entry, note=Note("rang:alice", "12:00", HOUR))

    assert await store.notes.read("rang:alice") == "12:00"


async def test_what_is_settled_at_the_same_moment_gets_each_its_own_next(store):
    for minutes in range(2):
        for chat in (ALICE, BOB):
            await queue(store, fired(chat, minutes))
    first, second = sorted(await take(store), key=lambda entry: entry.chat.id)

    aside = Aside(first.events, NOON + HOUR)
    after_first, after_second, nothing = await asyncio.gather(
        store.outbox.settle(ONE, first, aside=aside, note=Note("one", "told", HOUR)),
        store.outbox.settle(ONE, second, rang=WEEK),
        store.outbox.settle(ONE, replace(second, id="9-9", chat=Chat(TELEGRAM, "nobody"))),
    )

    assert (after_first.chat, after_second.chat, nothing) == (ALICE, BOB, None)
    assert await store.outbox.backlog(TELEGRAM) == 2
    assert await store.notes.read("one") == "told"
    tallies = await store.outbox.tally([ALICE, BOB])
    assert tallies == [Tally(first.events), Tally((), WEEK, 1)]


async def test_what_is_buried_with_what_is_settled_is_a_dead_letter_alone(store):
    await queue(store, fired())
    await queue(store, fired(BOB))
    first, second = sorted(await take(store), key=lambda entry: entry.chat.id)

    await asyncio.gather(store.outbox.bury(ONE, first, "refused"), store.outbox.settle(ONE, second))

    assert [one.why for one in await store.outbox.dead(TELEGRAM)] == ["refused"]
    assert await store.outbox.backlog(TELEGRAM) == 0


async def test_an_entry_in_hand_is_not_handed_out_again_behind_one_that_came_before_a_move(store):
    await queue(store, fired())
    await queue(store, fired(BOB))
    moved, here = sorted(await take(store), key=lambda entry: entry.chat.id)
    await store.outbox.readdress(moved.chat, here.chat)
    await store.outbox.defer(ONE, moved, timedelta(0))
    [again] = await take(store)

    assert again.id == moved.id
    assert await store.outbox.settle(ONE, here) is None
    assert await store.outbox.settle(ONE, again) is None
    assert await store.outbox.backlog(TELEGRAM) == 0
