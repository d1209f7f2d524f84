"""What becomes of the store when the server or a record in it is not as it should be."""

import asyncio
import contextlib
import logging
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from redis import Redis

from alerts.domain.errors import FeedLostError, StoreError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform
from alerts.domain.reading import Quality, Reading
from alerts.domain.rule import Overlay, State
from alerts.domain.turn import Rates, Slot
from alerts.ports import Change, Hands, New, Step
from alerts.storage import terms
from alerts.storage.connection import PAUSES_SECONDS, connect
from alerts.storage.embedded import embedded
from alerts.storage.keys import Keys
from alerts.storage.outbox import DEAD_LENGTH, MOVES_AT_MOST
from alerts.storage.redis import RedisStore
from alerts.storage.rulebook import SCANNED
from tests.builders import BASIS, CHAT, NOON, SKEW, a_draft

TELEGRAM = Platform("telegram")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
GROUP = Chat(TELEGRAM, "-7")
HANDS = Hands(TELEGRAM, "one", 30 * SECOND)


@pytest_asyncio.fixture
async def store(server, server_url, prefix):
    opened = await RedisStore.open(server_url, prefix=prefix)
    yield opened
    await opened.close()


async def add(store):
    return await store.rules.add(New(CHAT, "7", a_draft(), State()), now=NOON, limit=30)


def an_event(rule):
    at = (NOON, NOON)
    return Event(
        Kind.FIRED, rule.id, rule.revision, rule.number, rule.chat, 1, SKEW, 15.0, 16.2, *at
    )


async def queue(store, rule, fence=1):
    await store.rules.commit([], [Step(rule.id, 1, State(), an_event(rule))], fence)


async def watched(store):
    return [rule.id async for part in store.rules.levels() for rule in part.each()]


async def take(store):
    return await store.outbox.take(HANDS, count=10, wait=timedelta(0))


GARBAGE = [b"", b"{}", b"\xff\xfe", b'{"v":2,"revision":1}', b"null", b'["a"]']


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_damaged_rule_is_set_aside_and_the_others_go_on(
    store, server, prefix, garbage, caplog
):
    damaged, sound = await add(store), await add(store)
    position = await store.rules.position()
    await server.hset(Keys(prefix).rules, damaged.id, garbage)
    await server.xadd(Keys(prefix).feed, {"rule": damaged.id})

    both = [damaged.id, sound.id]
    for _ in range(2):
        assert [held.rule for held in await store.rules.load(both)] == [sound]
    assert [held.rule for held in await store.rules.of_chat(CHAT)] == [sound]
    assert [rule async for rule in store.rules.everything()] == [sound]
    assert await watched(store) == [sound.id]
    assert (await store.rules.changes(position))[1] == [Change(damaged.id, None)]
    assert list(await store.rules.commit([], [Step(i, 1, State()) for i in both], 1)) == [sound.id]
    assert caplog.text.count(damaged.id) == 1


async def test_a_damaged_rule_is_no_longer_due_but_can_be_deleted(store, server, prefix):
    damaged = await add(store)
    await server.hset(Keys(prefix).rules, damaged.id, "garbage")

    await store.rules.load(await store.rules.due(NOON))

    assert list(await store.rules.due(NOON)) == []
    assert await store.rules.remove(CHAT, 1) is None
    assert await server.hlen(Keys(prefix).rules) == 0


async def test_a_rule_with_a_damaged_state_is_set_aside(store, server, prefix):
    rule = await add(store)
    await server.hset(Keys(prefix).states, rule.id, '{"v":1,"phase":{"is":"dancing"}}')

    assert await store.rules.get(CHAT, 1) is None


async def test_a_rule_with_damaged_doings_of_people_is_set_aside(store, server, prefix):
    rule = await add(store)
    await server.hset(Keys(prefix).overlays, rule.id, '{"v":1,"acked":"yes"}')

    assert await store.rules.get(CHAT, 1) is None


async def test_a_rule_under_another_id_is_set_aside(store, server, prefix):
    rule = await add(store)
    text = await server.hget(Keys(prefix).rules, rule.id)
    await server.hset(Keys(prefix).rules, "impostor", text)

    assert [found.id async for found in store.rules.everything()] == [rule.id]
    assert await watched(store) == [rule.id]


async def test_a_start_has_asked_for_more_rules_before_it_works_on_what_it_has(
    store, server, server_url, prefix
):
    rule = await add(store)
    text = (await server.hget(Keys(prefix).rules, rule.id)).decode()
    ids = [f"r{number}" for number in range(3 * SCANNED)]
    await server.hset(Keys(prefix).rules, mapping={i: text.replace(rule.id, i) for i in ids})
    with Redis.from_url(server_url) as onlooker:
        before = asked(onlooker)

        parts = store.rules.levels()
        first = await anext(parts)
        until(lambda: asked(onlooker) == before + 2)  # while our loop stands still

    found = {one for part in [first, *[part async for part in parts]] for one in part.rules}
    assert found == {rule.id, *ids}


def asked(client):
    return client.info("commandstats").get("cmdstat_hscan", {"calls": 0})["calls"]


def until(true):
    patience = time.monotonic() + 5
    while not true():
        assert time.monotonic() < patience
        time.sleep(0.01)


async def test_a_damaged_latest_reading_is_left_out(store, server, prefix):
    reading = Reading(SKEW, 14.0, NOON, ())
    await store.rules.commit([reading], [], 1)
    await server.hset(Keys(prefix).latest, str(BASIS), "garbage")

    assert await store.rules.latest() == {SKEW: reading}


async def test_damaged_history_is_left_out_and_other_series_go_on(store, server, prefix, caplog):
    keys, number = Keys(prefix), terms.millis(NOON) // (6 * 3_600_000)
    readings = [Reading(series, 14.0, NOON, ()) for series in (BASIS, SKEW)]
    await server.lpush(keys.history_fine(BASIS, number), "not a block")
    await server.set(keys.history_fine(SKEW, number - 1), "not whole points")

    await store.history.extend(readings)

    found = await store.history.window(SKEW, datetime.fromtimestamp(0, UTC), NOON)
    assert list(found) == [readings[1]]
    assert str(BASIS) in caplog.text
    assert "set aside" in caplog.text


async def test_history_whose_labels_are_lost_still_has_its_numbers(
    store, server, server_url, prefix
):
    await store.history.extend([Reading(SKEW, 14.0, NOON, ())])
    await server.delete(Keys(prefix).history_labels(SKEW))
    other = await RedisStore.open(server_url, prefix=prefix)

    found = await other.history.at(SKEW, NOON, SECOND)

    assert (found.value, found.sources, found.quality) == (14.0, (), Quality.DEGRADED)
    await other.close()


async def test_history_nobody_adds_to_leaves_in_the_end(store, server, prefix):
    await store.history.extend([Reading(SKEW, 14.0, NOON + 45 * i * DAY, ()) for i in range(3)])

    names = await server.keys(f"{prefix}history:{SKEW}:*")
    lasting = [await server.ttl(name) for name in names if not name.endswith(b"labels")]
    assert min(lasting) > terms.HISTORY_KEPT.total_seconds()


async def test_blocks_past_retention_are_gone_from_the_server(store, server, prefix):
    hourly = [Reading(SKEW, float(i), NOON + i * SECOND * 3600, ()) for i in range(24 * 40)]
    await store.history.extend(hourly)

    names = await server.keys(f"{prefix}history:{SKEW}:[0-9]*")
    assert len(names) == 33  # 8 days of quarters, and the one in which the last reading lies


async def test_an_unreadable_entry_is_buried_with_its_reason(store, server, prefix, caplog):
    keys = Keys(prefix)
    await server.xadd(keys.outbox(TELEGRAM), {"chat": str(CHAT), "events": '{"v":7}'})
    await server.xadd(keys.outbox(TELEGRAM), {"foreign": "field"})
    await queue(store, await add(store))

    assert [entry.chat for entry in await take(store)] == [CHAT]

    assert await store.outbox.backlog(TELEGRAM) == 1
    nobody, damaged = sorted(await store.outbox.dead(TELEGRAM), key=lambda one: one.chat)
    assert (damaged.chat, damaged.events, nobody.chat) == (str(CHAT), (), "")
    assert "version" in damaged.why
    assert caplog.text.count("is set aside") == 2


async def test_an_outbox_wiped_under_a_courier_is_made_again(store, server, prefix):
    rule = await add(store)
    await queue(store, rule)
    (entry,) = await take(store)
    await server.delete(Keys(prefix).outbox(TELEGRAM))

    await store.outbox.keep(HANDS, [entry])
    assert await store.outbox.settle(HANDS, entry) is None
    await queue(store, rule)

    assert len(await take(store)) == 1


async def test_lines_whose_entries_were_wiped_hold_up_nothing(store, server, prefix):
    rule = await add(store)
    await queue(store, rule)
    await queue(store, rule)
    (entry,) = await take(store)
    await server.xtrim(Keys(prefix).outbox(TELEGRAM), maxlen=0, approximate=False)

    assert await store.outbox.settle(HANDS, entry) is None
    await queue(store, rule)

    assert len(await take(store)) == 1


async def test_lines_that_were_lost_are_made_again_from_what_is_pending(store, server, prefix):
    rule = await add(store)
    await queue(store, rule)
    await queue(store, rule)
    (first,) = await take(store)
    await server.delete(Keys(prefix).lines(TELEGRAM), Keys(prefix).turns(TELEGRAM))

    (again,) = await take(store)

    assert again.id == first.id
    assert await store.outbox.settle(HANDS, again) is not None


async def test_a_trimmed_feed_is_lost(store, server, prefix):
    position = await store.rules.position()
    await add(store)
    await add(store)
    await server.xtrim(Keys(prefix).feed, maxlen=1, approximate=False)

    with pytest.raises(FeedLostError):
        await store.rules.changes(position)


async def test_a_feed_with_nothing_left_is_lost(store, server, prefix):
    position = await store.rules.position()
    await server.delete(Keys(prefix).feed)

    with pytest.raises(FeedLostError):
        await store.rules.changes(position)


async def test_a_commit_refused_midway_has_queued_its_message(store, server, prefix):
    rule = await add(store)
    await server.delete(Keys(prefix).states)
    await server.set(Keys(prefix).states, "not a hash")

    with pytest.raises(StoreError, match="refused"):
        await queue(store, rule)

    assert len(await take(store)) == 1


async def test_a_fence_that_a_failover_forgot_still_grows(store, server, prefix):
    lease = store.lease("one", SECOND * 30)
    await store.rules.commit([], [], 7)
    first = await lease.acquire()
    await server.delete(Keys(prefix).fence)
    await server.set(Keys(prefix).fence, 3)

    assert await lease.acquire() == first + 1


async def test_chat_words_cannot_reach_into_a_script(store):
    name = '"revision":9,"number":9}\r\n{x} %d [[ ]] $1 \\ \0'
    new = New(CHAT, '"},"revision":7,', a_draft(name=name), State())
    rule = await store.rules.add(new, now=NOON, limit=30)

    edited = await store.rules.replace(rule, State(), now=NOON)
    await store.outbox.readdress(CHAT, CHAT)

    assert (edited.number, edited.revision, edited.draft.name) == (1, 2, name)
    assert (await store.rules.get(CHAT, 1)).rule == edited


@pytest.mark.parametrize("schema", ["2", "one", b"\xff"])
async def test_a_store_of_a_newer_or_foreign_schema_is_refused(server, server_url, prefix, schema):
    await server.set(Keys(prefix).schema, schema)

    with pytest.raises(StoreError, match="writes 1"):
        await RedisStore.open(server_url, prefix=prefix)


async def test_a_store_without_settings_to_worry_about_has_a_clean_posture(embedded_url):
    store = await RedisStore.open(embedded_url, prefix="derivwatch-test:")

    assert await store.posture() == []

    await store.close()


@pytest.mark.parametrize("url", ["http://example.com", "redis://user:canary@host:port", "nonsense"])
async def test_a_bad_address_is_refused_without_repeating_it(url):
    with pytest.raises(StoreError) as refusal:
        await RedisStore.open(url)

    assert "canary" not in str(refusal.value)
    assert "rediss://" in str(refusal.value)


async def test_an_absent_server_is_a_store_error(tmp_path):
    with pytest.raises(StoreError, match="does not answer"):
        await RedisStore.open(f"unix://{tmp_path}/nobody.sock")


@asynccontextmanager
async def listening(tmp_path, answer):
    """A socket where `answer(reader, writer)` stands in for a server."""

    async def serve(reader, writer):
        await answer(reader)
        writer.close()

    path = tmp_path / "odd.sock"
    async with await asyncio.start_unix_server(serve, path):
        yield f"unix://{path}"


async def test_a_server_that_hangs_is_given_up_in_time(tmp_path):
    released = asyncio.Event()

    async def hang(reader):
        await released.wait()

    async with listening(tmp_path, hang) as url:
        start = time.monotonic()
        with pytest.raises(StoreError, match="does not answer"):
            await RedisStore.open(url, command_seconds=0.2)
        assert time.monotonic() - start < 2
        released.set()


async def test_only_reads_are_tried_again_when_the_connection_breaks(tmp_path):
    connections = []

    async def hang_up(reader):
        connections.append(await reader.read(1))

    async with listening(tmp_path, hang_up) as url:
        db = connect(url, Keys())
        for send, tries in ((db.tell, 1), (db.ask, 1 + len(PAUSES_SECONDS))):
            connections.clear()
            with pytest.raises(StoreError):
                await send("GET", "key")
            assert len(connections) == tries
        connections.clear()
        with pytest.raises(StoreError):
            await db.run("release", ["leader"], ["one"])
        assert len(connections) == 1
        await db.close()


async def test_a_store_goes_on_after_its_server_was_away(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    async with embedded(tmp_path) as url:
        store = await RedisStore.open(url)
        rule = await add(store)
    with pytest.raises(StoreError):
        await store.rules.get(CHAT, 1)
    with pytest.raises(StoreError):
        await store.ping()

    async with embedded(tmp_path):
        await store.ping()
        assert (await store.rules.get(CHAT, 1)).rule == rule
        await queue(store, rule)
        await store.close()


def test_retention_covers_a_week_and_a_day():
    assert timedelta(days=8) == terms.HISTORY_KEPT


@pytest.mark.parametrize("garbage", [*GARBAGE, b'{"v":1}\n{"v":1}\n'])
async def test_a_damaged_episode_is_left_out_and_the_others_are_shown(
    store, server, prefix, garbage
):
    for _ in range(2):
        await queue(store, await add(store))
    newest, _ = await store.episodes.of_chat(CHAT)
    await server.hset(Keys(prefix).episodes(CHAT), f"{newest.rule.id}.1", garbage)

    found = await store.episodes.of_chat(CHAT)

    assert [one.rule.id for one in found] != [newest.rule.id]
    assert len(found) == 1


async def test_news_of_an_episode_that_is_not_kept_leaves_nothing_behind(store, server, prefix):
    rule = await add(store)
    over = replace(an_event(rule), kind=Kind.RESOLVED)

    await store.rules.commit([], [Step(rule.id, 1, State(), over)], 1)

    assert await server.exists(Keys(prefix).episodes(CHAT)) == 0


async def test_a_chats_episodes_fade_when_nothing_fires_there_any_more(store, server, prefix):
    await queue(store, await add(store))

    left = [
        await server.pttl(key) for key in (Keys(prefix).episodes(CHAT), Keys(prefix).fired(CHAT))
    ]

    assert all(0 < each <= terms.EPISODES_KEPT / timedelta(milliseconds=1) for each in left)


FOREIGN = {
    "string": ("SET", "{key}", "not ours"),
    "hash": ("HSET", "{key}", "not", "ours"),
    "list": ("RPUSH", "{key}", "not ours"),
}


def every_key(keys):
    """All keys that a store with one rule, some history and news may have, and those to come."""
    platform = CHAT.platform
    return [
        *(getattr(keys, name) for name, kind in vars(Keys).items() if isinstance(kind, property)),
        *(keys.chat(CHAT), keys.outbox(platform), keys.lines(platform), keys.turns(platform)),
        *(keys.turns_clock(platform), keys.dead(platform), keys.note("gone:telegram:7")),
        *(keys.budget("t"), keys.budget_chat("t", CHAT), keys.budget_minute("t", GROUP)),
        *(keys.budget_floods("t"), keys.aside(platform), keys.aside_due(platform)),
        *(keys.rang(platform), keys.episodes(CHAT), keys.fired(CHAT)),
    ]


WRITTEN_OVER = ("probe",)
EVERY_NAME = [
    name
    for key in every_key(Keys("x:"))
    if not (name := key.removeprefix("x:")).endswith(":") and name not in WRITTEN_OVER
]


@pytest.mark.parametrize("name", EVERY_NAME)
async def test_a_foreign_type_under_any_key_is_set_aside_and_named_and_the_rest_goes_on(
    store, server, prefix, name, caplog
):
    await whole_round(store)
    key, kind = f"{prefix}{name}", Keys(prefix).kind(f"{prefix}{name}")
    foreign = "list" if kind == "string" else "string"
    await server.delete(key)
    await server.execute_command(*(word.format(key=key) for word in FOREIGN[foreign]))

    for _ in range(8):  # each command may meet one such key
        with contextlib.suppress(StoreError):
            await whole_round(store)
    await whole_round(store)

    aside = await server.keys(f"{prefix}foreign:*")
    assert aside == [f"{prefix}foreign:{name}".encode()]
    assert f"{key} held a {foreign} where a {kind} belongs" in caplog.text


async def whole_round(store):
    """Everything that the running bot does with a store."""
    lease = store.lease("one", 30 * SECOND)
    budget = store.budget("t", Rates(10.0, SECOND, 20))
    await store.ping()
    fence = await lease.acquire()
    await store.rules.position()
    rule = await add(store)
    await queue(store, rule, fence)
    await store.rules.latest()
    await store.rules.of_chat(CHAT)
    await store.rules.overlay(rule.id, Overlay(1), now=NOON)
    await store.chats.read([CHAT])
    await store.episodes.of_chat(CHAT)
    await store.outbox.tally([CHAT])
    await store.outbox.bring_back(TELEGRAM, NOON)
    await store.notes.read(f"gone:{CHAT}")
    await budget.claim([CHAT, GROUP])
    await budget.penalize(CHAT, SECOND)
    for entry in await take(store):
        await store.outbox.keep(HANDS, [entry])
        await store.outbox.bury(HANDS, entry, "a test")
    for letter in await store.outbox.dead(TELEGRAM):
        await store.outbox.drop(TELEGRAM, letter.id)
    await store.outbox.readdress(Chat(TELEGRAM, "-1"), GROUP)
    await store.history.extend([Reading(SKEW, 14.0, NOON, ())])
    await store.history.window(SKEW, NOON - DAY, NOON)
    await store.rules.remove(CHAT, rule.number)


async def test_a_number_that_was_lost_is_counted_anew_from_the_chats_rules(store, server, prefix):
    await add(store)
    await server.set(Keys(prefix).number(CHAT), "garbage")

    assert (await add(store)).number == 2


async def test_garbage_in_a_chats_line_holds_up_neither_it_nor_others(store, server, prefix):
    await server.hset(Keys(prefix).lines(TELEGRAM), str(CHAT), "garbage")
    await server.zadd(Keys(prefix).turns(TELEGRAM), {str(CHAT): 0, "nobody": 0})
    rule = await add(store)
    await queue(store, rule)

    assert [entry.chat for entry in await take(store)] == [CHAT]


async def test_garbage_in_lease_and_budget_stops_nobody(store, server, prefix):
    keys = Keys(prefix)
    await server.set(keys.fence, "garbage")
    await server.hset(keys.budget("t"), mapping={"free": "x", "pause": "x", "clock": "x"})
    await server.set(keys.budget_chat("t", CHAT), "garbage")

    assert await store.lease("one", 30 * SECOND).acquire() == 1
    (turn,) = await store.budget("t", Rates(10.0, SECOND, 20)).claim([CHAT])
    assert turn == Slot(timedelta(0))


async def test_a_rule_id_that_is_due_and_nowhere_else_is_forgotten(store, server, prefix):
    await server.zadd(Keys(prefix).due, {"nobody": 0})

    await store.rules.load(await store.rules.due(NOON))

    assert list(await store.rules.due(NOON)) == []


async def test_a_chats_list_that_was_lost_to_a_foreign_type_is_made_anew(store, server, prefix):
    rule = await add(store)
    await server.delete(Keys(prefix).chat(CHAT))
    await server.set(Keys(prefix).chat(CHAT), "not ours")

    assert [held.rule for held in await store.rules.of_chat(CHAT)] == [rule]


async def test_a_budget_whose_clock_was_set_back_does_not_wait_for_the_old_time(
    store, server, prefix
):
    now, hour = terms.micros(datetime.now(UTC)), 3_600_000_000
    ahead = {"free": now + hour, "clock": now + hour - 1}
    await server.hset(Keys(prefix).budget("t"), mapping=ahead)
    await server.set(Keys(prefix).budget_chat("t", CHAT), now + hour)

    (turn,) = await store.budget("t", Rates(10.0, SECOND, 20)).claim([CHAT])

    assert turn == Slot(timedelta(0))


async def test_moves_that_nothing_waits_for_are_forgotten_when_there_are_many(
    store, server, prefix
):
    moved = {f"telegram:{number}": "telegram:0" for number in range(100, 100 + MOVES_AT_MOST)}
    await server.hset(Keys(prefix).moved, mapping=moved)
    await queue(store, await add(store))
    await take(store)

    await store.outbox.readdress(CHAT, GROUP)

    assert await server.hgetall(Keys(prefix).moved) == {str(CHAT).encode(): str(GROUP).encode()}


async def test_dead_letters_are_capped_and_counted_while_the_queue_itself_never_is(
    store, server, prefix
):
    rule, keys = await add(store), Keys(prefix)
    for _ in range(12):
        await server.xadd(keys.dead(TELEGRAM), {"chat": str(CHAT), "events": "", "why": "a test"})
    for _ in range(DEAD_LENGTH + 200):
        await server.xadd(keys.outbox(TELEGRAM), {"foreign": "field"})
    await queue(store, rule)

    for _ in range(40):
        await take(store)

    assert DEAD_LENGTH <= await store.outbox.buried(TELEGRAM) <= DEAD_LENGTH + 100
    assert await store.outbox.backlog(TELEGRAM) == 1
