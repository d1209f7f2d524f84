"""What every store promises (alerts/ports.py); no test asks which one it got."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import ConflictError, FeedLostError, StoreError, UsageError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId, Venue
from alerts.domain.reading import Quality, Reading, Series
from alerts.domain.rule import Direction, Draft, Firing, Idle, Leg, Overlay, State, Waiting
from alerts.ports import Change, Hands, Held, New, Step

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TELEGRAM, DISCORD = Platform("telegram"), Platform("discord")
ALICE, BOB = Chat(TELEGRAM, "-100", "7"), Chat(TELEGRAM, "200")
CAROL = Chat(DISCORD, "u300")
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
PRICE = Series(MetricKey("price"), Asset("ETH"))
NO_WAIT = timedelta(0)
FIRING = State(Firing(1, NOON, NOON, 16.2), episodes=1, fired_at=NOON)


def a_draft(level=15.0, name=""):
    return Draft((Leg(SKEW, Direction.ABOVE, level, level - 2),), name=name)


def a_reading(value=16.2, at=NOON, series=SKEW):
    return Reading(series, value, at, (Venue("deribit"),), 0.9, "delta", Quality.DEGRADED)


async def add(store, chat=ALICE, level=15.0, *, state=None, now=NOON, limit=30):
    new = New(chat, "owner", a_draft(level), state or State(Idle()))
    return await store.rules.add(new, now=now, limit=limit)


def fired(rule, at=NOON):
    return Event(
        Kind.FIRED, rule.id, rule.revision, rule.number, rule.chat, 1, SKEW, 15.0, 16.2, at, at
    )


def fires(rule, at=NOON):
    return Step(rule.id, rule.revision, FIRING, fired(rule, at), at + MINUTE)


async def queue(store, *rules, fence=1):
    """One entry per chat of these rules."""
    await store.rules.commit([], [fires(rule) for rule in rules], fence)


def hands(name="one", hold=0.3, platform=TELEGRAM):
    return Hands(platform, name, timedelta(seconds=hold))


async def take(store, platform=TELEGRAM, consumer="one", count=10, wait=NO_WAIT, hold=30):
    return await store.outbox.take(hands(consumer, hold, platform), count=count, wait=wait)


async def settle_all(store, name="one"):
    """Take and settle until nothing is due, in the order of it."""
    settled = []
    for first in await take(store, consumer=name, count=1000):
        entry = first
        while entry:
            settled.append(entry)
            entry = await store.outbox.settle(hands(name), entry)
    return settled


async def everything(store):
    return {rule.id: rule async for rule in store.rules.everything()}


async def numbers(store, chat):
    return [held.rule.number for held in await store.rules.of_chat(chat)]


# Rules


async def test_a_saved_rule_is_found_again_as_it_was_made(store):
    new = New(ALICE, "owner", a_draft(name="<b>sell-off</b> €"), State(Waiting()))

    rule = await store.rules.add(new, now=NOON, limit=30)

    assert (rule.number, rule.revision, rule.chat, rule.owner) == (1, 1, ALICE, "owner")
    assert (rule.draft, rule.created_at, rule.paused) == (new.draft, NOON, False)
    assert await store.rules.get(ALICE, 1) == Held(rule, State(Waiting()))
    assert await store.rules.of_chat(ALICE) == [Held(rule, State(Waiting()))]
    assert list(await store.rules.load([rule.id])) == [Held(rule, State(Waiting()))]


async def test_rules_of_a_chat_come_by_number_beyond_nine(store):
    for _ in range(12):
        await add(store)

    assert await numbers(store, ALICE) == list(range(1, 13))


async def test_rules_of_several_chats_are_found_at_once(store):
    rules = [await add(store, chat) for chat in (ALICE, BOB, ALICE, CAROL)]

    found = await store.rules.of_chats([ALICE, CAROL, Chat(TELEGRAM, "nobody")])

    assert {one.rule.id for one in found} == {rules[0].id, rules[2].id, rules[3].id}
    assert list(await store.rules.of_chats([])) == []


async def test_each_chat_counts_for_itself(store):
    await add(store, ALICE)
    await add(store, BOB)

    assert await numbers(store, ALICE) == await numbers(store, BOB) == [1]


async def test_a_number_is_never_given_again(store):
    await add(store)
    await add(store)
    await store.rules.remove(ALICE, 2)

    rule = await add(store)

    assert rule.number == 3
    assert await numbers(store, ALICE) == [1, 3]


async def test_a_full_chat_is_told_so_and_nothing_is_saved(store):
    await add(store, limit=2)
    await add(store, limit=2)

    with pytest.raises(UsageError, match="2 rules"):
        await add(store, limit=2)

    assert await numbers(store, ALICE) == [1, 2]
    assert (await add(store, limit=3)).number == 3


async def test_the_limit_holds_when_rules_are_saved_at_once(store):
    made = await asyncio.gather(*(add(store, limit=5) for _ in range(20)), return_exceptions=True)

    saved = [rule.number for rule in made if not isinstance(rule, Exception)]
    assert sorted(saved) == [1, 2, 3, 4, 5]


async def test_what_does_not_exist_is_none(store):
    assert await store.rules.get(ALICE, 1) is None
    assert await store.rules.remove(ALICE, 1) is None
    assert list(await store.rules.of_chat(ALICE)) == []
    assert list(await store.rules.load([RuleId("nobody")])) == []
    assert list(await store.rules.load([])) == []


async def test_an_edit_gives_a_new_revision_and_a_fresh_state(store):
    rule = await add(store, state=FIRING)

    edited = await store.rules.replace(
        replace(rule, draft=a_draft(20.0), paused=True), State(), now=NOON
    )

    assert edited == replace(rule, draft=a_draft(20.0), paused=True, revision=2)
    assert await store.rules.get(ALICE, 1) == Held(edited, State())


async def test_an_edit_of_an_older_revision_is_a_conflict(store):
    rule = await add(store)
    edited = await store.rules.replace(replace(rule, draft=a_draft(20.0)), State(), now=NOON)

    with pytest.raises(ConflictError):
        await store.rules.replace(replace(rule, paused=True), State(), now=NOON)

    assert await store.rules.get(ALICE, 1) == Held(edited, State())


async def test_one_of_two_edits_at_once_is_a_conflict(store):
    rule = await add(store)
    edits = [store.rules.replace(rule, State(), now=NOON) for _ in range(2)]

    results = await asyncio.gather(*edits, return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["ConflictError", "Rule"]


async def test_an_edit_of_a_removed_rule_is_a_conflict(store):
    rule = await add(store)
    await store.rules.remove(ALICE, 1)

    with pytest.raises(ConflictError):
        await store.rules.replace(rule, State(), now=NOON)

    assert await store.rules.get(ALICE, 1) is None


async def test_a_removed_rule_is_handed_back_and_gone_everywhere(store):
    rule = await add(store, state=FIRING)

    assert await store.rules.remove(ALICE, 1) == Held(rule, FIRING)

    assert list(await store.rules.load([rule.id])) == []
    assert list(await store.rules.due(NOON)) == []
    assert await everything(store) == {}


async def test_everything_is_all_rules_of_all_chats_and_levels_is_what_they_watch(store):
    rules = [await add(store, Chat(TELEGRAM, str(i)), level=float(i)) for i in range(1500)]

    assert await everything(store) == {rule.id: rule for rule in rules}
    seen = [one async for part in store.rules.levels() for one in part.each()]
    assert {one.id: list(one.legs) for one in seen} == {
        rule.id: [(leg.series, leg.level, leg.clear) for leg in rule.legs] for rule in rules
    }


# The change feed


async def test_the_feed_tells_of_rules_added_edited_and_removed(store):
    position = await store.rules.position()
    rule = await add(store)
    position, added = await store.rules.changes(position)
    edited = await store.rules.replace(rule, State(), now=NOON)
    position, changed = await store.rules.changes(position)
    await store.rules.remove(ALICE, 1)
    position, removed = await store.rules.changes(position)

    assert list(added) == [Change(rule.id, rule)]
    assert list(changed) == [Change(rule.id, edited)]
    assert list(removed) == [Change(rule.id, None)]
    assert list((await store.rules.changes(position))[1]) == []


async def test_several_changes_of_a_rule_are_told_as_its_present_self(store):
    position = await store.rules.position()
    rule = await add(store)
    edited = await store.rules.replace(rule, State(), now=NOON)
    await add(store, BOB)
    await store.rules.remove(BOB, 1)

    _, changes = await store.rules.changes(position)

    assert [change.rule for change in changes] == [edited, None]


async def test_a_long_feed_is_read_to_its_end(store):
    position = await store.rules.position()
    rules = [await add(store, Chat(TELEGRAM, str(i))) for i in range(1200)]

    position, changes = await store.rules.changes(position)

    assert [change.id for change in changes] == [rule.id for rule in rules]
    assert list((await store.rules.changes(position))[1]) == []


async def test_two_readers_of_the_feed_each_see_everything(store):
    one, two = await store.rules.position(), await store.rules.position()
    rule = await add(store)

    _, seen_by_one = await store.rules.changes(one)
    _, seen_by_two = await store.rules.changes(two)

    assert list(seen_by_one) == list(seen_by_two) == [Change(rule.id, rule)]


@pytest.mark.parametrize("position", ["1-1", "999999999", "", "-", "$", "yesterday"])
async def test_a_position_the_feed_does_not_reach_is_lost(store, position):
    await add(store)

    with pytest.raises(FeedLostError):
        await store.rules.changes(position)


# Due times


async def test_a_new_rule_is_due_at_once(store):
    rule = await add(store, now=NOON)

    assert list(await store.rules.due(NOON)) == [rule.id]
    assert list(await store.rules.due(NOON - timedelta(microseconds=1))) == []


async def test_an_edited_rule_is_due_at_once(store):
    rule = await add(store)
    await store.rules.commit([], [Step(rule.id, 1, State(Idle()))], 1)
    assert list(await store.rules.due(NOON)) == []

    await store.rules.replace(rule, State(), now=NOON)

    assert list(await store.rules.due(NOON)) == [rule.id]


async def test_due_rules_come_by_time_up_to_a_limit(store):
    rules = [await add(store, now=NOON - minutes * MINUTE) for minutes in (1, 3, 2, 0)]

    due = await store.rules.due(NOON, limit=3)

    assert list(due) == [rules[1].id, rules[2].id, rules[0].id]


async def test_a_step_sets_the_next_due_time_or_none(store):
    later, never = await add(store), await add(store)

    await store.rules.commit(
        [],
        [Step(later.id, 1, State(Idle()), due=NOON + MINUTE), Step(never.id, 1, State(Idle()))],
        1,
    )

    assert list(await store.rules.due(NOON)) == []
    assert list(await store.rules.due(NOON + MINUTE)) == [later.id]


# What people do about a rule

SEEN = Overlay(acked=1, snoozed_until=NOON + 90 * MINUTE)


async def test_what_people_did_about_a_rule_is_kept_beside_it(store):
    rule = await add(store, state=FIRING)

    assert await store.rules.overlay(rule.id, SEEN, now=NOON)

    held = Held(rule, FIRING, SEEN)
    assert await store.rules.get(ALICE, 1) == held
    assert list(await store.rules.of_chat(ALICE)) == [held]
    assert list(await store.rules.load([rule.id])) == [held]


async def test_what_people_did_can_be_taken_back(store):
    rule = await add(store)
    await store.rules.overlay(rule.id, SEEN, now=NOON)

    await store.rules.overlay(rule.id, Overlay(), now=NOON)

    assert (await store.rules.get(ALICE, 1)).overlay == Overlay()


async def test_what_people_did_makes_the_rule_due_and_is_no_edit(store):
    rule = await add(store)
    await store.rules.commit([], [Step(rule.id, 1, FIRING, due=None)], 1)
    position = await store.rules.position()

    await store.rules.overlay(rule.id, SEEN, now=NOON + MINUTE)

    assert list(await store.rules.due(NOON)) == []
    assert list(await store.rules.due(NOON + MINUTE)) == [rule.id]
    assert (await store.rules.get(ALICE, 1)).rule.revision == 1
    assert (await store.rules.changes(position))[1] == []


async def test_what_people_did_survives_ticks_edits_and_moves_and_goes_with_the_rule(store):
    rule = await add(store)
    await store.rules.overlay(rule.id, SEEN, now=NOON)
    await store.rules.commit([], [Step(rule.id, 1, FIRING, overlay=SEEN)], 1)
    edited = await store.rules.replace(replace(rule, draft=a_draft(20.0)), State(), now=NOON)
    await store.outbox.readdress(ALICE, BOB)

    moved = replace(edited, chat=BOB)
    assert await store.rules.get(BOB, 1) == Held(moved, State(), SEEN)
    assert await store.rules.remove(BOB, 1) == Held(moved, State(), SEEN)
    assert not await store.rules.overlay(rule.id, SEEN, now=NOON)
    assert (await add(store)).id != rule.id


async def test_what_people_did_during_a_tick_is_looked_at_by_the_next(store):
    snoozed, freed, known = [await add(store) for _ in range(3)]
    await store.rules.overlay(freed.id, SEEN, now=NOON)
    await store.rules.overlay(known.id, SEEN, now=NOON)
    steps = [
        Step(snoozed.id, 1, FIRING, due=NOON + 60 * MINUTE),
        Step(freed.id, 1, FIRING, overlay=SEEN),
        Step(known.id, 1, FIRING, due=NOON + 60 * MINUTE, overlay=SEEN),
    ]

    await store.rules.overlay(snoozed.id, SEEN, now=NOON)
    await store.rules.overlay(freed.id, Overlay(), now=NOON)
    await store.rules.commit([], steps, 1)

    assert set(await store.rules.due(NOON)) == {snoozed.id, freed.id}


# Commit


async def test_a_commit_writes_state_event_due_time_and_readings(store):
    rule = await add(store)

    written = await store.rules.commit([a_reading()], [fires(rule)], 1)

    assert list(written) == [rule.id]
    assert await store.rules.get(ALICE, 1) == Held(rule, FIRING)
    assert await store.rules.latest() == {SKEW: a_reading()}
    assert list(await store.rules.due(NOON)) == []
    assert list(await store.rules.due(NOON + MINUTE)) == [rule.id]
    (entry,) = await take(store)
    assert (entry.chat, entry.events, entry.attempts) == (ALICE, (fired(rule),), 1)


async def test_latest_keeps_the_last_reading_of_every_series(store):
    await store.rules.commit([a_reading(15.0), a_reading(2000.0, series=PRICE)], [], 1)
    await store.rules.commit([a_reading(16.0, NOON + MINUTE)], [], 1)

    assert await store.rules.latest() == {
        SKEW: a_reading(16.0, NOON + MINUTE),
        PRICE: a_reading(2000.0, series=PRICE),
    }


async def test_an_older_fence_writes_nothing(store):
    rule = await add(store)
    await store.rules.commit([a_reading(14.0)], [], 8)

    with pytest.raises(StoreError, match="newer leader"):
        await store.rules.commit([a_reading(16.0)], [fires(rule)], 7)

    assert await store.rules.get(ALICE, 1) == Held(rule, State(Idle()))
    assert await store.rules.latest() == {SKEW: a_reading(14.0)}
    assert list(await store.rules.due(NOON)) == [rule.id]
    assert list(await take(store)) == []


async def test_the_same_fence_may_commit_again(store):
    await store.rules.commit([], [], 8)

    assert list(await store.rules.commit([], [], 8)) == []


async def test_a_new_leader_shuts_the_old_one_out(store):
    ttl = timedelta(seconds=30)
    old = await store.lease("old", ttl).acquire()
    await store.lease("old", ttl).release()
    new = await store.lease("new", ttl).acquire()

    await store.rules.commit([], [], new)

    with pytest.raises(StoreError):
        await store.rules.commit([], [], old)


async def test_a_step_on_an_older_revision_is_left_out(store):
    stale, fresh = await add(store), await add(store)
    edited = await store.rules.replace(stale, State(Waiting()), now=NOON)

    written = await store.rules.commit([], [fires(stale), fires(fresh)], 1)

    assert list(written) == [fresh.id]
    assert await store.rules.get(ALICE, 1) == Held(edited, State(Waiting()))
    assert list(await store.rules.due(NOON)) == [edited.id]
    (entry,) = await take(store)
    assert entry.events == (fired(fresh),)


async def test_a_step_of_a_removed_rule_is_left_out(store):
    rule = await add(store)
    await store.rules.remove(ALICE, 1)

    assert list(await store.rules.commit([], [fires(rule)], 1)) == []

    assert list(await store.rules.due(NOON + MINUTE)) == []
    assert list(await take(store)) == []


async def test_a_tick_queues_one_entry_per_chat_on_its_platform(store):
    rules = [await add(store, chat) for chat in (ALICE, BOB, CAROL, ALICE)]

    await queue(store, *rules)

    told = [(entry.chat, entry.events) for entry in await take(store)]
    assert told == [(ALICE, (fired(rules[0]), fired(rules[3]))), (BOB, (fired(rules[1]),))]
    assert [entry.chat for entry in await take(store, DISCORD)] == [CAROL]


async def test_a_large_tick_is_written_whole(store):
    rules = [await add(store, Chat(TELEGRAM, str(i))) for i in range(1100)]

    written = await store.rules.commit([a_reading()], [fires(rule) for rule in rules], 1)

    assert len(written) == 1100
    held = await store.rules.load([rule.id for rule in rules])
    assert [one.state for one in held] == [FIRING] * 1100
    assert await store.outbox.backlog(TELEGRAM) == 1100


# The outbox


async def test_entries_of_a_chat_come_in_the_order_they_were_queued(store):
    rules = [await add(store, chat) for chat in (ALICE, BOB, ALICE)]
    for minutes, rule in enumerate(rules):
        await store.rules.commit([], [fires(rule, NOON + minutes * MINUTE)], 1)

    first, bob = await take(store)
    second = await store.outbox.settle(hands(), first)

    assert [entry.chat for entry in (first, bob, second)] == [ALICE, BOB, ALICE]
    assert [entry.queued_at for entry in (first, bob, second)] == [
        NOON + minutes * MINUTE for minutes in (0, 1, 2)
    ]
    assert await store.outbox.settle(hands(), second) is None


async def test_who_is_given_back_at_once_stands_behind_those_who_wait(store):
    first, second = await add(store, ALICE), await add(store, BOB)
    await queue(store, first)
    [alice] = await take(store)
    await queue(store, second)
    [bob] = await take(store)

    await store.outbox.defer(hands(), bob, NO_WAIT, tried=False)
    await store.outbox.defer(hands(), alice, NO_WAIT, tried=False)

    assert [entry.chat for entry in await take(store)] == [BOB, ALICE]


async def test_a_chat_is_in_the_hands_of_one_courier(store):
    rule = await add(store, ALICE)
    await queue(store, rule)
    (first,) = await take(store, consumer="one")
    await queue(store, rule)

    assert list(await take(store, consumer="two")) == []

    assert await store.outbox.settle(hands("one"), first) is not None


async def test_an_entry_is_given_to_one_courier(store):
    await queue(store, *[await add(store, Chat(TELEGRAM, str(i))) for i in range(6)])

    one, two = await take(store, consumer="one", count=4), await take(store, consumer="two")

    assert sorted(entry.chat.id for entry in [*one, *two]) == list("012345")
    assert len(one) == 4
    assert list(await take(store, consumer="three")) == []


async def test_taking_waits_for_the_first_entry(store):
    rule = await add(store)
    waiting = asyncio.create_task(take(store, wait=timedelta(seconds=10)))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    await queue(store, rule)

    assert [entry.chat for entry in await asyncio.wait_for(waiting, 2)] == [ALICE]


async def test_taking_gives_up_when_nothing_comes(store):
    loop = asyncio.get_running_loop()
    start = loop.time()

    assert list(await take(store, wait=timedelta(seconds=0.2))) == []

    assert 0.15 < loop.time() - start < 2


async def test_a_large_backlog_is_taken_whole(store):
    rules = [await add(store, Chat(TELEGRAM, str(i))) for i in range(450)]
    await queue(store, *rules)

    taken = [await take(store, count=100) for _ in range(5)]

    assert [len(entries) for entries in taken] == [100, 100, 100, 100, 50]
    assert len({entry.chat for entries in taken for entry in entries}) == 450


async def test_a_busy_chat_with_a_long_line_hides_no_other(store):
    rule = await add(store, ALICE)
    for _ in range(300):
        await queue(store, rule)
    (held,) = await take(store, count=1)
    await queue(store, await add(store, BOB))

    found = await take(store, consumer="two", wait=timedelta(seconds=5))

    assert held.chat == ALICE
    assert [entry.chat for entry in found] == [BOB]


async def test_a_settled_entry_is_gone(store):
    await queue(store, await add(store, ALICE), await add(store, BOB))
    first, second = await take(store, hold=0)
    assert await store.outbox.backlog(TELEGRAM) == 2

    await store.outbox.settle(hands(), first)
    await store.outbox.settle(hands(), first)

    assert await store.outbox.backlog(TELEGRAM) == 1
    assert [entry.id for entry in await take(store)] == [second.id]


async def test_entries_wait_for_their_platform(store):
    await queue(store, await add(store))

    assert list(await take(store, DISCORD)) == []
    assert await store.outbox.backlog(TELEGRAM) == 1
    assert await store.outbox.backlog(DISCORD) == 0


async def test_entries_of_a_silent_courier_are_taken_over(store):
    await queue(store, *[await add(store, Chat(TELEGRAM, str(i))) for i in range(5)])
    taken = await take(store, hold=0.2)
    assert list(await take(store, consumer="two")) == []
    await asyncio.sleep(0.25)

    found = await take(store, consumer="two", count=3)

    assert {entry.id for entry in found} < {entry.id for entry in taken}
    assert [entry.attempts for entry in found] == [2, 2, 2]


async def test_taking_waits_for_what_a_courier_may_let_fall(store):
    await queue(store, await add(store))
    await take(store, consumer="one", hold=0.3)

    found = await take(store, consumer="two", wait=timedelta(seconds=3))

    assert [entry.attempts for entry in found] == [2]


async def test_a_courier_at_work_keeps_its_entries(store):
    await queue(store, await add(store))
    (entry,) = await take(store, hold=0.4)
    for _ in range(3):
        await asyncio.sleep(0.2)
        await store.outbox.keep(hands("one", 0.4), [entry])

    assert list(await take(store, consumer="two")) == []

    await asyncio.sleep(0.45)
    assert [one.attempts for one in await take(store, consumer="two")] == [2]


async def test_a_courier_cannot_keep_or_defer_what_was_taken_over(store):
    await queue(store, await add(store))
    (entry,) = await take(store, consumer="one", hold=0)
    await take(store, consumer="two", hold=0.2)

    await store.outbox.keep(hands("one", 30), [entry])
    await store.outbox.defer(hands("one"), entry, 30 * MINUTE)
    await asyncio.sleep(0.25)

    assert len(await take(store, consumer="three")) == 1


async def test_what_was_taken_over_may_still_be_settled_and_its_chat_stays_there(store):
    rule = await add(store)
    await queue(store, rule)
    (entry,) = await take(store, consumer="one", hold=0)
    (again,) = await take(store, consumer="two")
    await queue(store, rule)
    assert list(await take(store, consumer="three")) == []

    assert await store.outbox.settle(hands("one"), entry) is None

    assert await store.outbox.settle(hands("two"), again) is None
    assert await store.outbox.backlog(TELEGRAM) == 1
    assert list(await take(store, consumer="three")) == []


async def test_a_deferred_entry_comes_back_when_its_time_has_come(store):
    await queue(store, await add(store, ALICE), await add(store, BOB))
    alice, _bob = sorted(await take(store), key=lambda entry: entry.chat)

    await store.outbox.defer(hands(), alice, timedelta(seconds=0.3))

    assert list(await take(store)) == []
    (again,) = await take(store, consumer="two", wait=timedelta(seconds=3))
    assert (again.id, again.attempts) == (alice.id, 2)


async def test_news_of_a_deferred_chat_waits_behind(store):
    rule = await add(store)
    await queue(store, rule)
    (first,) = await take(store)
    await store.outbox.defer(hands(), first, timedelta(seconds=0.2))
    await queue(store, rule)

    assert list(await take(store)) == []
    await asyncio.sleep(0.25)

    assert next(entry.id for entry in await settle_all(store)) == first.id


async def test_a_wait_that_was_no_try_counts_none(store):
    await queue(store, await add(store))
    (entry,) = await take(store)
    await store.outbox.defer(hands(), entry, NO_WAIT, tried=False)

    (again,) = await take(store)

    assert (entry.attempts, again.attempts) == (1, 1)


async def test_a_dead_letter_keeps_its_reason_and_can_be_sent_again(store):
    rule = await add(store, ALICE)
    await queue(store, rule)
    await queue(store, rule)
    (entry,) = await take(store)

    following = await store.outbox.bury(hands(), entry, "refused: <b>")

    (letter,) = await store.outbox.dead(TELEGRAM)
    assert (letter.chat, letter.events, letter.why) == (str(ALICE), entry.events, "refused: <b>")
    assert abs(letter.at - datetime.now(UTC)) < MINUTE
    assert await store.outbox.backlog(TELEGRAM) == 1
    await store.outbox.settle(hands(), following)
    assert await store.outbox.resend(TELEGRAM, letter.id)
    assert not await store.outbox.resend(TELEGRAM, letter.id)
    assert [one.events for one in await take(store)] == [letter.events]
    assert list(await store.outbox.dead(TELEGRAM)) == []


async def test_a_dead_letter_can_be_dropped(store):
    await queue(store, await add(store))
    (entry,) = await take(store)
    await store.outbox.bury(hands(), entry, "why")
    (letter,) = await store.outbox.dead(TELEGRAM)

    assert await store.outbox.drop(TELEGRAM, letter.id)

    assert not await store.outbox.drop(TELEGRAM, letter.id)
    assert not await store.outbox.drop(TELEGRAM, "nonsense")
    assert not await store.outbox.resend(TELEGRAM, "nonsense")
    assert await store.outbox.backlog(TELEGRAM) == 0


async def test_a_moved_chat_takes_its_rules_and_numbers_along(store):
    first, _, third = [await add(store, ALICE) for _ in range(3)]
    await store.rules.remove(ALICE, 2)
    position = await store.rules.position()

    await store.outbox.readdress(ALICE, BOB)

    assert list(await store.rules.of_chat(ALICE)) == []
    held = await store.rules.of_chat(BOB)
    assert [one.rule for one in held] == [replace(first, chat=BOB), replace(third, chat=BOB)]
    assert [one.state for one in held] == [State(Idle())] * 2
    _, changes = await store.rules.changes(position)
    assert [change.rule for change in changes] == [one.rule for one in held]
    assert (await add(store, BOB)).number == 4


async def test_a_number_taken_at_the_new_address_makes_way(store):
    moved = [await add(store, ALICE) for _ in range(3)]
    there = await add(store, BOB)

    await store.outbox.readdress(ALICE, BOB)

    held = await store.rules.of_chat(BOB)
    assert [(one.rule.number, one.rule.id) for one in held] == [
        (1, there.id),
        (2, moved[1].id),
        (3, moved[2].id),
        (4, moved[0].id),
    ]
    assert (await add(store, BOB)).number == 5


async def test_entries_follow_a_moved_chat(store):
    rule = await add(store, ALICE)
    await queue(store, rule)
    (held,) = await take(store)
    await queue(store, rule)

    await store.outbox.readdress(ALICE, BOB)
    await queue(store, rule)
    await store.outbox.defer(hands(), held, NO_WAIT)

    entries = await settle_all(store)
    assert [entry.chat for entry in entries] == [BOB] * 3
    assert {event.chat for entry in entries for event in entry.events} == {BOB}
    assert entries[0].id == held.id
    assert await store.outbox.backlog(TELEGRAM) == 0


async def test_a_chat_that_moves_on_and_back_is_still_found(store):
    carl = Chat(TELEGRAM, "300")
    rule = await add(store, ALICE)
    for old, new in ((ALICE, BOB), (BOB, carl), (carl, ALICE), (ALICE, ALICE)):
        await store.outbox.readdress(old, new)

    await queue(store, rule, replace(rule, chat=carl))

    assert {entry.chat for entry in await settle_all(store)} == {ALICE}
    assert await numbers(store, ALICE) == [1]


async def test_an_edit_begun_before_a_move_is_a_conflict(store):
    rule = await add(store, ALICE)
    await store.outbox.readdress(ALICE, BOB)

    with pytest.raises(ConflictError):
        await store.rules.replace(rule, State(), now=NOON)


async def test_a_chat_where_a_new_rule_is_made_has_its_own_address_again(store):
    await store.outbox.readdress(ALICE, BOB)

    await queue(store, await add(store, ALICE))

    assert [entry.chat for entry in await take(store)] == [ALICE]


# Notes


async def test_a_note_is_read_until_it_is_popped(store):
    await store.notes.put("draft:ü", "two\nlines €", MINUTE)

    assert await store.notes.read("draft:ü") == "two\nlines €"
    assert await store.notes.pop("draft:ü") == "two\nlines €"
    assert await store.notes.read("draft:ü") is None
    assert await store.notes.pop("draft:ü") is None


async def test_a_note_is_overwritten(store):
    await store.notes.put("name", "old", MINUTE)
    await store.notes.put("name", "new", MINUTE)

    assert await store.notes.read("name") == "new"


async def test_a_note_fades(store):
    await store.notes.put("name", "short", timedelta(seconds=0.05))
    await asyncio.sleep(0.1)

    assert await store.notes.read("name") is None
    assert await store.notes.pop("name") is None


async def test_notes_are_read_together(store):
    await store.notes.put("one", "1", timedelta(hours=1))
    await store.notes.put("three", "3", timedelta(hours=1))

    assert list(await store.notes.read_many(["one", "two", "three"])) == ["1", None, "3"]
    assert list(await store.notes.read_many([])) == []


async def test_of_many_taps_at_once_one_acts(store):
    await store.notes.put("draft", "once", MINUTE)

    got = await asyncio.gather(*(store.notes.pop("draft") for _ in range(20)))

    assert sorted(got, key=str) == [None] * 19 + ["once"]


# The lease


async def test_one_leads_at_a_time(store):
    ttl = timedelta(seconds=30)
    one, two = store.lease("one", ttl), store.lease("two", ttl)

    first = await one.acquire()

    assert first is not None
    assert await two.acquire() is None
    assert await one.acquire() == first


async def test_of_many_candidates_at_once_one_leads(store):
    leases = [store.lease(str(i), timedelta(seconds=30)) for i in range(20)]

    fences = await asyncio.gather(*(lease.acquire() for lease in leases))

    assert sum(fence is not None for fence in fences) == 1


async def test_a_released_lease_is_free_and_the_fence_grows(store):
    ttl = timedelta(seconds=30)
    one, two = store.lease("one", ttl), store.lease("two", ttl)
    first = await one.acquire()
    await one.release()

    second = await two.acquire()

    assert second > first
    assert await one.acquire() is None


async def test_only_its_holder_releases_a_lease(store):
    ttl = timedelta(seconds=30)
    one, two = store.lease("one", ttl), store.lease("two", ttl)
    await one.acquire()

    await two.release()

    assert await two.acquire() is None


async def test_a_lease_not_extended_passes_on(store):
    one, two = (store.lease(name, timedelta(seconds=0.1)) for name in ("one", "two"))
    first = await one.acquire()
    await asyncio.sleep(0.15)

    second = await two.acquire()

    assert second > first


async def test_a_holder_that_comes_back_late_gets_a_higher_fence(store):
    one = store.lease("one", timedelta(seconds=0.1))
    first = await one.acquire()
    await asyncio.sleep(0.15)

    assert await one.acquire() > first


async def test_an_extended_lease_holds(store):
    one, two = (store.lease(name, timedelta(seconds=0.5)) for name in ("one", "two"))
    first = await one.acquire()
    for _ in range(3):
        await asyncio.sleep(0.2)
        assert await one.acquire() == first

    assert await two.acquire() is None


async def test_a_lease_is_taken_above_any_fence_that_has_committed(store):
    await store.rules.commit([], [], 41)

    assert await store.lease("one", timedelta(seconds=30)).acquire() == 42


async def test_the_store_answers_a_ping(store):
    assert await store.ping() is None


async def test_an_edit_does_not_overwrite_a_state_it_has_not_seen(store):
    rule = await add(store)
    await queue(store, rule)

    with pytest.raises(ConflictError):
        await store.rules.replace(replace(rule, paused=True), State(Idle()), now=NOON, was=State())

    held = await store.rules.get(ALICE, rule.number)
    assert (held.state, held.rule.paused) == (FIRING, False)


async def test_an_edit_of_the_state_it_has_seen_goes_through(store):
    rule = await add(store)
    await queue(store, rule)

    await store.rules.replace(replace(rule, paused=True), FIRING, now=NOON, was=FIRING)

    assert (await store.rules.get(ALICE, rule.number)).rule.paused
