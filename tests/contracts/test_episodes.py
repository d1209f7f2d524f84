"""What every store promises of episodes; no test asks which one it got."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.reading import Quality
from alerts.domain.rule import Firing, Idle, State
from alerts.ports import New, Step
from alerts.storage import terms
from tests.builders import BASIS, CHAT, NOON, SKEW, a_draft, a_leg, a_reading, minutes
from tests.contracts.test_store import ALICE, BOB, CAROL

DAY = timedelta(days=1)
SEEN = (
    a_reading(16.2, coverage=0.9, method="delta", quality=Quality.DEGRADED),
    a_reading(2.0, BASIS),
)


async def add(store, chat=ALICE, **fields):
    new = New(chat, "owner", a_draft(**fields), State(Idle()))
    return await store.rules.add(new, now=NOON, limit=300)


def news(rule, kind=Kind.FIRED, at=NOON, nth=1, **fields):
    event = Event(
        *(kind, rule.id, rule.revision, rule.number, rule.chat, nth, SKEW, 15.0, 16.2),
        at=at,
        since=at - minutes(10),
        extreme=16.2,
    )
    return replace(event, **fields)


async def tell(store, rule, event, evidence=()):
    state = State(Firing(event.episode, event.since, event.at, 16.2))
    step = Step(rule.id, rule.revision, state, event, evidence=evidence)
    return await store.rules.commit([], [step], 1)


async def fire(store, rule, nth=1, at=NOON, evidence=()):
    event = news(rule, at=at, nth=nth)
    await tell(store, rule, event, evidence)
    return event


async def test_a_firing_is_kept_with_the_rule_as_it_stood_and_what_decided(store):
    rule = await add(store, name="<b>fear</b> €\nnew line")

    event = await fire(store, rule, evidence=SEEN)

    [episode] = await store.episodes.of_chat(ALICE)
    assert episode.rule == rule
    assert episode.fired == event
    assert episode.evidence == SEEN
    assert (episode.latest, episode.resolved_at, episode.extreme) == (None, None, 16.2)
    assert episode.name == "1.1"


async def test_later_edits_of_the_rule_leave_its_episodes_as_they_were(store):
    rule = await add(store)
    await fire(store, rule)
    edited = replace(rule, draft=a_draft(a_leg(level=20.0)))
    await store.rules.replace(edited, State(Idle()), now=NOON)

    [episode] = await store.episodes.of_chat(ALICE)

    assert episode.rule == rule


async def test_a_reminder_moves_the_extreme_and_the_end_closes_the_episode(store):
    rule = await add(store)
    await fire(store, rule, evidence=SEEN)

    await tell(store, rule, news(rule, Kind.REMINDED, NOON + minutes(60), extreme=18.4))

    [on] = await store.episodes.of_chat(ALICE)
    assert (on.extreme, on.resolved_at, on.evidence) == (18.4, None, SEEN)

    over = news(rule, Kind.RESOLVED, NOON + minutes(90), extreme=21.4, since=NOON - minutes(10))
    await tell(store, rule, over)

    [done] = await store.episodes.of_chat(ALICE)
    assert (done.extreme, done.resolved_at) == (21.4, NOON + minutes(90))
    assert done.length(NOON + DAY) == minutes(100)


async def test_an_episode_that_was_missed_is_kept_as_one_that_is_over(store):
    rule = await add(store)
    over = NOON + minutes(30)

    await tell(store, rule, news(rule, Kind.MISSED, NOON + minutes(90), happened=over))

    [episode] = await store.episodes.of_chat(ALICE)
    assert (episode.resolved_at, episode.evidence) == (over, ())


async def test_an_episode_told_late_has_fired_when_it_happened(store):
    rule = await add(store)

    await tell(store, rule, news(rule, at=NOON + minutes(90), happened=NOON))

    [episode] = await store.episodes.of_chat(ALICE)
    assert (episode.fired_at, episode.fired.at) == (NOON, NOON + minutes(90))


async def test_darkness_is_no_part_of_an_episode(store):
    rule = await add(store)
    await fire(store, rule)

    await tell(store, rule, news(rule, Kind.DARK, NOON + minutes(20), value=None))

    [episode] = await store.episodes.of_chat(ALICE)
    assert episode.latest is None


@pytest.mark.parametrize("kind", [Kind.REMINDED, Kind.RESOLVED])
async def test_later_news_of_an_episode_that_is_not_kept_is_not_kept_either(store, kind):
    rule = await add(store)

    await tell(store, rule, news(rule, kind))

    assert list(await store.episodes.of_chat(ALICE)) == []


async def test_a_step_that_comes_too_late_for_its_rule_leaves_no_episode(store):
    rule = await add(store)
    await store.rules.replace(rule, State(Idle()), now=NOON)

    await fire(store, rule)

    assert list(await store.episodes.of_chat(ALICE)) == []


async def test_a_chats_episodes_come_newest_first_and_are_its_own(store):
    mine, other, theirs = await add(store), await add(store), await add(store, CAROL)
    await fire(store, mine, 1, NOON)
    await fire(store, other, 1, NOON + 2 * DAY)
    await fire(store, mine, 2, NOON + DAY)
    await fire(store, theirs, 1, NOON + 3 * DAY)

    assert [one.name for one in await store.episodes.of_chat(ALICE)] == ["2.1", "1.2", "1.1"]
    assert [one.name for one in await store.episodes.of_chat(CAROL)] == ["1.1"]
    assert list(await store.episodes.of_chat(CHAT)) == []


async def test_the_same_firing_written_twice_is_one_episode(store):
    rule = await add(store)

    await fire(store, rule)
    await fire(store, rule)

    assert [one.name for one in await store.episodes.of_chat(ALICE)] == ["1.1"]


async def test_an_episode_that_begins_once_more_is_open_again(store):
    rule = await add(store)
    await fire(store, rule)
    await tell(store, rule, news(rule, Kind.RESOLVED, NOON + minutes(5)))

    await fire(store, rule, at=NOON + minutes(9))

    [episode] = await store.episodes.of_chat(ALICE)
    assert (episode.fired_at, episode.resolved_at) == (NOON + minutes(9), None)


async def test_many_episodes_of_one_commit_are_kept_with_their_own_evidence(store):
    rules = [await add(store) for _ in range(3)]
    pieces = (SEEN[:1], SEEN[1:], SEEN[:1])
    steps = [
        Step(rule.id, 1, State(), news(rule), evidence=piece)
        for rule, piece in zip(rules, pieces, strict=True)
    ]

    await store.rules.commit([a_reading()], steps, 1)

    found = {one.rule.id: one.evidence for one in await store.episodes.of_chat(ALICE)}
    assert found == dict(zip([rule.id for rule in rules], pieces, strict=True))


async def test_episodes_of_long_ago_go_when_the_next_one_comes(store):
    rule = await add(store)
    await fire(store, rule, 1, NOON)
    await fire(store, rule, 2, NOON + DAY)

    await fire(store, rule, 3, NOON + terms.EPISODES_KEPT)

    assert [one.name for one in await store.episodes.of_chat(ALICE)] == ["1.3", "1.2"]


async def test_episodes_outlive_their_rule(store):
    rule = await add(store)
    await fire(store, rule)

    await store.rules.remove(ALICE, rule.number)

    assert [one.name for one in await store.episodes.of_chat(ALICE)] == ["1.1"]


async def test_a_moved_chat_takes_its_episodes_along_under_their_rules_new_numbers(store):
    gone, kept = await add(store), await add(store)
    there = [await add(store, BOB) for _ in range(2)]
    await fire(store, gone, at=NOON)
    await fire(store, kept, at=NOON + DAY)
    await tell(store, kept, news(kept, Kind.RESOLVED, NOON + 2 * DAY))
    await fire(store, there[0], at=NOON + 3 * DAY)
    await store.rules.remove(ALICE, gone.number)

    await store.outbox.readdress(ALICE, BOB)

    found = list(await store.episodes.of_chat(BOB))
    [_, _, moved] = await store.rules.of_chat(BOB)
    assert [one.rule.id for one in found] == [there[0].id, kept.id, gone.id]
    assert (found[1].rule, found[1].resolved_at) == (moved.rule, NOON + 2 * DAY)
    assert {one.fired.chat for one in found} == {BOB}
    assert found[1].fired.number == moved.rule.number == 3
    assert list(await store.episodes.of_chat(ALICE)) == []


async def test_news_of_a_chat_that_moved_meanwhile_is_kept_where_it_is_now(store):
    rule = await add(store)
    await store.outbox.readdress(ALICE, BOB)

    await fire(store, rule)

    assert [one.rule.id for one in await store.episodes.of_chat(BOB)] == [rule.id]
    assert list(await store.episodes.of_chat(ALICE)) == []


async def test_a_chats_episodes_can_be_erased(store):
    rule, other = await add(store), await add(store, BOB)
    await fire(store, rule)
    await fire(store, other)

    await store.episodes.forget(ALICE)

    assert list(await store.episodes.of_chat(ALICE)) == []
    assert len(await store.episodes.of_chat(BOB)) == 1


async def test_a_chat_keeps_its_latest_two_hundred(store):
    rule = await add(store)
    for nth in range(1, 203):
        await fire(store, rule, nth, NOON + minutes(nth))

    found = await store.episodes.of_chat(ALICE)

    assert [one.fired.episode for one in found] == list(range(202, 2, -1))
