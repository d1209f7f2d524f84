"""What every store promises of showing and forgetting a chat; servers are searched through."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.ids import Chat, Platform
from alerts.domain.preferences import Preferences
from alerts.domain.rule import Idle, Overlay, State
from alerts.domain.turn import Rates
from alerts.ports import New
from alerts.queue import Aside, Hands
from alerts.storage.redis import RedisStore
from bot.commands.drafts import Kept, keep
from tests.builders import NOON, a_draft, minutes
from tests.contracts.test_episodes import news, tell
from tests.unit.commands.room import Room, acts

TELEGRAM = Platform("telegram")
ALICE, BOB = Chat(TELEGRAM, "918273645"), Chat(TELEGRAM, "200")
BEFORE = Chat(TELEGRAM, "-564738291")
TOPIC = Chat(TELEGRAM, "-100918273645918", "7")
HOUR = timedelta(hours=1)
ONE = Hands(TELEGRAM, "one", timedelta(seconds=30))
NOBODY = timedelta(0)


async def add(store, chat, owner=None, **fields):
    new = New(chat, owner or chat.id, a_draft(**fields), State(Idle()))
    return await store.rules.add(new, now=NOON, limit=300)


async def use_everything(store, chat):
    """Leave a trace of the chat in every place there is, also under a former address."""
    before = replace(chat, id="-564738291")
    first = await add(store, before, name="fear")
    await tell(store, first, news(first))
    await store.outbox.readdress(before, chat)
    one = await add(store, chat, name="greed")
    await tell(store, one, news(one))
    [entry] = await store.outbox.take(ONE, count=1, wait=NOBODY)
    following = await store.outbox.bury(ONE, entry, "blocked")
    assert following is not None
    later = Aside(following.events, NOON + HOUR)
    assert await store.outbox.settle(ONE, following, aside=later, rang="2026-02-06") is None
    await tell(store, one, news(one, nth=2, at=NOON + minutes(1)))
    await tell(store, one, news(one, nth=3, at=NOON + minutes(2)))
    await store.rules.overlay(one.id, Overlay(acked=1), now=NOON)
    await store.chats.write(chat, Preferences(zone="Europe/Berlin"))
    await keep(store.notes, chat, Kept("skew above 15%"))
    await store.notes.put(f"gone:{chat}", "blocked", HOUR)
    await store.notes.put(f"wizard:{chat.id}:telegram:-777", "in a group", HOUR)
    budget = store.budget("telegram:0123", Rates(30.0, timedelta(seconds=1), 20))
    await budget.claim([chat])
    await budget.penalize(chat, HOUR)


async def traces(server, prefix, wanted):
    """Every key and every value of the server that holds these bytes."""
    found = []
    async for key in server.scan_iter(match=f"{prefix}*"):
        kind = await server.type(key)
        match kind:
            case b"string":
                value = await server.get(key)
            case b"hash":
                value = await server.hgetall(key)
            case b"list":
                value = await server.lrange(key, 0, -1)
            case b"zset":
                value = await server.zrange(key, 0, -1)
            case b"stream":
                value = await server.xrange(key)
            case _:
                raise AssertionError(f"{key} is a {kind}: read it here too")
        found += [key for one in wanted if one in key + repr(value).encode()]
    return found


@pytest.mark.parametrize("chat", [ALICE, TOPIC], ids=str)
async def test_no_key_and_no_value_of_a_forgotten_chat_is_left(server_url, server, prefix, chat):
    store = await RedisStore.open(server_url, prefix=prefix)
    await use_everything(store, chat)
    full = await traces(server, prefix, [str(chat).encode()])
    assert len(full) >= 12, full

    await store.records.erase(chat, chat.id)
    await store.close()

    names = [str(chat).encode(), b"-564738291"]
    assert await traces(server, prefix, names) == []
    if not chat.thread:  # topics share the budget of their group
        assert await traces(server, prefix, [chat.id.encode()]) == []


async def test_numbers_fade_where_nobody_makes_or_deletes_an_alert(server_url, server, prefix):
    store = await RedisStore.open(server_url, prefix=prefix)
    await add(store, ALICE)
    await add(store, ALICE)
    await server.persist(f"{prefix}number:{ALICE}")

    await store.rules.remove(ALICE, 2)
    assert 399 < await server.ttl(f"{prefix}number:{ALICE}") / 86400 <= 400
    assert (await add(store, ALICE)).number == 3
    await server.delete(f"{prefix}number:{ALICE}")  # as after 400 days
    assert (await add(store, ALICE)).number == 4
    await store.outbox.readdress(ALICE, BOB)

    assert 0 < await server.ttl(f"{prefix}number:{BOB}") <= 400 * 86400
    assert (await add(store, BOB)).number == 5
    await store.close()


SAID = (
    *("skew above 15%", "skew above 15%", "/alert", "basis below 3 for 10m", "skew abov 16"),
    *("/replay skew above 12", "/presets stress", "/quiet 23:00-07:00", "/tz Europe/Berlin"),
    *("/budget 5/week", "/snooze 2h", "/pause 1", "/undo", "/export", "/mydata", "/delete 1"),
    '/import {"alerts": ["skew above 19"]}',
)


async def test_whatever_a_person_has_said_and_tapped_goes_too(server_url, server, prefix):
    store = await RedisStore.open(server_url, prefix=prefix)
    room = Room(ALICE, user=ALICE.id, store=store)
    for line in SAID:
        card = await room.says(line)
        for label in list(acts(card))[:3]:
            room.card = card
            room.clock.advance(seconds=5)
            await room.presses(label)
    group = Room(Chat(TELEGRAM, "-777"), user=ALICE.id, store=store)
    await group.says("skew above 15%")
    await group.says("/alert")
    await group.presses(next(iter(acts(group.card))))
    assert len(await traces(server, prefix, [ALICE.id.encode()])) >= 6

    await room.says("/deleteme")
    room.clock.advance(seconds=60)
    done = await room.says("DELETE")
    await store.close()

    assert done.title.startswith("Erased")
    left = await traces(server, prefix, [ALICE.id.encode()])
    assert [key for key in left if b":note:undo:" not in key] == []
    for key in left:  # what the group can still undo names its maker, for a minute
        assert await server.ttl(key) <= 60


async def test_a_forgotten_chat_has_nothing_in_any_port(store):
    await use_everything(store, ALICE)

    await store.records.erase(ALICE)

    assert await store.records.of_chat(ALICE) == {}
    assert await store.rules.of_chat(ALICE) == []
    assert await store.rules.due(NOON + HOUR) == []
    assert [rule async for rule in store.rules.everything()] == []
    assert await store.episodes.of_chat(ALICE) == []
    assert await store.chats.read([ALICE]) == [Preferences()]
    assert await store.notes.read(f"gone:{ALICE}") is None
    assert await store.outbox.backlog(TELEGRAM) == 0
    assert await store.outbox.dead(TELEGRAM) == []
    assert await store.outbox.take(ONE, count=9, wait=NOBODY) == []


async def test_others_keep_all_of_theirs(store):
    for chat in (BOB, TOPIC, replace(TOPIC, thread="")):
        rule = await add(store, chat, owner="somebody")
        await tell(store, rule, news(rule))
        await store.notes.put(f"gone:{chat}", "blocked", HOUR)
    theirs = [await store.records.of_chat(chat) for chat in (BOB, TOPIC)]

    await store.records.erase(ALICE, ALICE.id)
    await store.records.erase(replace(TOPIC, thread=""))

    assert [await store.records.of_chat(chat) for chat in (BOB, TOPIC)] == theirs
    assert await store.outbox.backlog(TELEGRAM) == 2


async def test_rules_that_the_person_made_in_other_chats_stay_without_a_name(store):
    made = await add(store, BOB, owner=ALICE.id, name="fear")
    other = await add(store, BOB, owner="9182736455")
    elsewhere = await add(store, Chat(Platform("discord"), "300"), owner=ALICE.id)

    await store.records.erase(ALICE, ALICE.id)

    owners = {rule.id: rule.owner async for rule in store.rules.everything()}
    assert owners == {made.id: "", other.id: "9182736455", elsewhere.id: ALICE.id}
    assert (await store.rules.get(BOB, 1)).rule == replace(made, owner="")


async def test_readers_of_the_feed_hear_that_the_rules_are_gone(store):
    rule = await add(store, ALICE)
    position = await store.rules.position()

    await store.records.erase(ALICE)

    _, changes = await store.rules.changes(position)
    assert [(one.id, one.rule) for one in changes] == [(rule.id, None)]


async def test_an_entry_in_a_couriers_hands_comes_back_to_nothing(store):
    rule = await add(store, ALICE)
    await tell(store, rule, news(rule))
    [entry] = await store.outbox.take(ONE, count=1, wait=NOBODY)

    await store.records.erase(ALICE)
    await store.outbox.keep(ONE, [entry])
    await store.outbox.defer(ONE, entry, NOBODY)

    assert await store.outbox.bury(ONE, entry, "blocked") is None
    assert await store.records.of_chat(ALICE) == {}


async def test_numbers_begin_anew_after_forgetting(store):
    await add(store, ALICE)
    await store.records.erase(ALICE)

    assert (await add(store, ALICE)).number == 1


async def test_all_that_is_held_is_shown_as_json(store):
    await use_everything(store, ALICE)

    shown = json.dumps(await store.records.of_chat(ALICE))

    for word in ("fear", "greed", "Europe/Berlin", "skew above 15%", "blocked"):
        assert word in shown, word


async def test_of_a_stranger_nothing_is_held(store):
    await use_everything(store, ALICE)

    assert await store.records.of_chat(BOB) == {}


@pytest.mark.parametrize("name", ["*", "[a-z]", "4\\2", "a?c", "a\r\nFLUSHALL"])
async def test_an_address_full_of_wildcards_is_only_itself(store, name):
    await add(store, BOB)

    await store.records.erase(Chat(TELEGRAM, name))

    assert len(await store.rules.of_chat(BOB)) == 1
