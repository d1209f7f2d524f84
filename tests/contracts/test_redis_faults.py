"""What the store's server may do to us, row by row: killed, restarting, full, demoted, slow.

Servers here are started for one test each, with settings of their own. docs/reliability.md lists
which row is shown by which test.
"""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import StoreAwayError, StoreError, StoreFullError
from alerts.domain.event import Kind
from alerts.domain.ids import Platform
from alerts.domain.reading import Reading
from alerts.domain.rule import State
from alerts.ports import Hands, New
from alerts.scheduler import Cadence, Poller
from alerts.storage import terms
from alerts.storage.connection import COMMAND_SECONDS
from alerts.storage.keys import Keys
from alerts.storage.redis import RedisStore
from alerts.storage.sentinel import parsed
from alerts.tick import open_watch, tick
from bot.app import opened
from bot.health import history_parts, store_part
from bot.settings import SettingsError, load
from tests.builders import BASIS, CHAT, NOON, SKEW, a_draft
from tests.contracts.servers import (
    a_port,
    bare,
    caught_up,
    check_aof,
    sentinel,
    watched_by_sentinels,
)
from tests.fakes.clock import ManualClock
from tests.fakes.proxy import Proxy

HANDS = Hands(Platform("telegram"), "one", timedelta(seconds=30))
LEASE, MINUTE = timedelta(seconds=3), timedelta(minutes=1)
STALE = timedelta(hours=3)
LOADING = b"-LOADING the server is loading the dataset in memory\r\n"


class Leader:
    """One leading process over a store, polling one series by hand."""

    def __init__(self, store, name="one"):
        self.store, self.lease = store, store.lease(name, LEASE)
        self.fence, self.watch, self.at = None, None, NOON

    async def lead(self):
        """Renew the lease; a new term reads everything anew, as the poller does."""
        fence = await self.lease.acquire()
        if fence != self.fence and fence is not None:
            rules, history = self.store.rules, self.store.history
            self.watch = await open_watch(rules, history, lambda _: STALE, lambda _: STALE)
        self.fence = fence
        return fence

    async def see(self, value, *more):
        self.at += MINUTE
        readings = [Reading(SKEW, value, self.at, ()), *more]
        return await tick(self.watch, readings, self.at, self.fence)


async def a_rule(store):
    """It fires above 15."""
    return await store.rules.add(New(CHAT, "7", a_draft(), State()), now=NOON, limit=30)


async def told(store):
    """What was queued, and is now delivered."""
    events = []
    for entry in await store.outbox.take(HANDS, count=10, wait=timedelta(0)):
        events += entry.events
        await store.outbox.settle(HANDS, entry)
    return events


@contextlib.asynccontextmanager
async def opened_at(url, **named):
    store = await RedisStore.open(url, **named)
    try:
        yield store
    finally:
        with contextlib.suppress(StoreError):
            await store.close()


@contextlib.asynccontextmanager
async def behind_a_proxy(folder):
    async with bare(folder / "s") as server, Proxy(folder / "p.sock", server.socket) as proxy:
        yield proxy


async def test_a_store_that_loads_its_data_is_waited_for_and_never_taken_for_empty(tmp_path):
    async with behind_a_proxy(tmp_path) as proxy, opened_at(proxy.url) as store:
        rule = await a_rule(store)
        proxy.says = LOADING

        with pytest.raises(StoreAwayError, match="loading"):
            await store.rules.of_chat(CHAT)
        with pytest.raises(StoreAwayError, match="loading"):
            await a_rule(store)
        with pytest.raises(StoreAwayError, match="loading"):
            await store.lease("one", LEASE).acquire()
        proxy.says = None

        assert [held.rule for held in await store.rules.of_chat(CHAT)] == [rule]


async def test_a_start_waits_while_the_store_loads(tmp_path):
    async with behind_a_proxy(tmp_path) as proxy:
        proxy.says = LOADING

        async def open_it():
            settings = load({"REDIS_URL": proxy.url}, None)
            async with opened(settings, timedelta(seconds=10)) as store:
                await store.ping()

        opening = asyncio.create_task(open_it())
        await asyncio.sleep(0.2)
        assert not opening.done()
        proxy.says = None
        await opening


async def test_a_slow_store_is_given_up_in_time_and_used_again_when_it_is_quick(tmp_path):
    async with (
        behind_a_proxy(tmp_path) as proxy,
        opened_at(proxy.url, command_seconds=0.3) as store,
    ):
        proxy.delay_seconds = 5.0
        begin = time.monotonic()
        with pytest.raises(StoreAwayError):
            await store.rules.due(NOON)
        assert time.monotonic() - begin < 3
        proxy.delay_seconds = 0.0

        assert await store.rules.due(NOON) == []
    assert COMMAND_SECONDS == 2.0


async def test_a_store_blocked_by_a_big_command_abandons_the_tick_and_nothing_else(tmp_path):
    async with (
        bare(tmp_path / "s", enable_debug_command="yes") as server,
        opened_at(server.url, command_seconds=0.3) as store,
    ):
        await a_rule(store)
        leader = Leader(store)
        await leader.lead()
        await leader.see(14.0)
        sleeping = asyncio.create_task(server.tell("DEBUG", "SLEEP", "1.0"))
        await asyncio.sleep(0.1)

        with pytest.raises(StoreAwayError):
            await leader.see(16.0)
        await sleeping
        await leader.lead()
        await leader.see(16.0)

        assert [event.kind for event in await told(store)] == [Kind.FIRED]


async def test_a_killed_store_that_comes_back_with_its_log_has_lost_nothing(tmp_path):
    async with (
        bare(tmp_path / "s", appendonly="yes", appendfsync="everysec") as server,
        opened_at(server.url) as store,
    ):
        rule = await a_rule(store)
        leader = Leader(store)
        await leader.lead()
        await leader.see(14.0)
        await leader.see(16.0)
        server.kill()
        with pytest.raises(StoreError):
            await leader.see(14.9)
        await server.start()

        assert (await store.rules.get(CHAT, rule.number)).rule == rule
        assert [event.kind for event in await told(store)] == [Kind.FIRED]


async def test_a_leader_whose_store_restarted_begins_a_new_term_before_it_writes(tmp_path):
    async with bare(tmp_path / "s", appendonly="yes") as server, opened_at(server.url) as store:
        leader = Leader(store)
        first = await leader.lead()
        server.kill()
        await server.start()

        with pytest.raises(StoreError, match="nothing was written"):
            await leader.see(14.0)

        assert await leader.lead() == first + 1
        assert (await leader.see(14.0)).readings == 1


async def test_the_last_second_lost_is_told_again_and_only_once(tmp_path):
    folder = tmp_path / "s"
    aof = {"appendonly": "yes", "appendfsync": "always", "aof_timestamp_enabled": "yes",
           "aof_use_rdb_preamble": "no"}  # fmt: skip
    async with bare(folder, **aof) as server, opened_at(server.url) as store:
        await a_rule(store)
        leader = Leader(store)
        await leader.lead()
        await leader.see(14.0)
        kept_until = int(time.time())
        await asyncio.sleep(kept_until + 1.05 - time.time())
        await leader.see(16.0)
        (first,) = await told(store)
        lost = await a_rule(store)
        server.kill()
        manifest = folder / "appendonlydir" / "appendonly.aof.manifest"
        cut = check_aof("--truncate-to-timestamp", kept_until, manifest)
        assert b"Successfully truncated" in cut.stdout, cut
        await server.start()

        for value in (16.5, 17.0, 17.5):
            with contextlib.suppress(StoreError):
                await leader.lead()
                await leader.see(value)
        again = await told(store)

    assert [event.kind for event in again] == [Kind.FIRED]
    assert (again[0].rule, again[0].episode) == (first.rule, first.episode)
    assert lost.number == 2, "a rule saved in that second is lost with it"


async def test_after_a_failover_the_fence_is_above_every_leader_that_was_seen(tmp_path):
    async with (
        bare(tmp_path / "a", "a") as old,
        bare(tmp_path / "b", "b") as new,
        opened_at(old.url) as store,
    ):
        for _ in range(4):
            lease = store.lease("other", LEASE)
            await lease.acquire()
            await lease.release()
        frozen = await store.lease("frozen", LEASE).acquire()
        async with (
            Proxy(tmp_path / "p.sock", old.socket) as name,
            opened_at(name.url) as ours,
        ):
            standby = ours.lease("standby", LEASE)
            assert await standby.acquire() is None
            await promoted(old, new, name)
            with pytest.raises(StoreAwayError):
                await standby.acquire()

            fence = await standby.acquire()

            assert fence > frozen
            with pytest.raises(StoreError, match="nothing was written"):
                await ours.rules.commit([], [], frozen)


async def promoted(old, new, name):
    """A failover in which the new primary never heard of the old one's last leaders."""
    async with opened_at(new.url):
        pass
    name.target = new.socket
    name.cut()
    old.kill()


async def test_a_demoted_primary_is_left_for_where_its_name_leads_now(tmp_path):
    async with (
        bare(tmp_path / "a", "a") as old,
        bare(tmp_path / "b", "b") as new,
        Proxy(tmp_path / "p.sock", old.socket) as name,
        opened_at(name.url) as store,
    ):
        await a_rule(store)
        await old.tell("CONFIG", "SET", "replica-read-only", "yes")
        await old.tell("REPLICAOF", "127.0.0.1", "1")
        name.target = new.socket

        with pytest.raises(StoreAwayError, match="replica now"):
            await a_rule(store)

        assert (await a_rule(store)).number == 1, "the new primary is another server"


async def test_a_replica_promoted_has_rules_states_and_queue(tmp_path):
    at_once = {"repl_diskless_sync_delay": 0}
    async with bare(tmp_path / "a", "a", **at_once) as old, opened_at(old.url) as store:
        rule = await a_rule(store)
        leader = Leader(store)
        await leader.lead()
        await leader.see(14.0)
        await leader.see(16.0)
        port = await a_port(old)
        async with bare(tmp_path / "b", "b", replicaof=f"127.0.0.1 {port}") as new:
            await caught_up(new)
            await new.tell("REPLICAOF", "NO", "ONE")
            old.kill()
            async with opened_at(new.url) as after:
                assert (await after.rules.get(CHAT, 1)).rule == rule
                assert [event.kind for event in await told(after)] == [Kind.FIRED]


FULL = {"maxmemory_policy": "noeviction"}


async def fill(server, store, spare=0):
    """Hundred days of history, and then no memory beyond what is in use."""
    for day in range(0, 100, 2):
        at = NOON - timedelta(days=100 - day)
        await store.history.extend([Reading(SKEW, 1.0, at + i * MINUTE, ()) for i in range(500)])
    for minute in range(0, 60 * 24 * 6, 2):
        at = NOON - timedelta(days=7) + minute * MINUTE
        if minute % 1000 == 0:
            readings = [Reading(BASIS, 1.0, at + i * 2 * MINUTE, ()) for i in range(500)]
            await store.history.extend(readings)
    await server.tell("SET", "ballast", "x" * 1_000_000)
    used = (await server.tell("INFO", "memory"))["used_memory"]
    await server.tell("CONFIG", "SET", "maxmemory", used - 500_000 + spare)


async def test_a_full_store_takes_no_rule_and_says_so_but_alerts_go_out(tmp_path):
    async with bare(tmp_path / "s", **FULL) as server, opened_at(server.url) as store:
        rule = await a_rule(store)
        leader = Leader(store)
        await leader.lead()
        await leader.see(14.0)
        await fill(server, store)

        with pytest.raises(StoreFullError, match="raise maxmemory"):
            await a_rule(store)
        part = await store_part(store)
        with pytest.raises(StoreFullError):  # the step is written; history is what has no room
            await leader.see(16.0)

        assert (part.well, part.text) == (
            False, "its memory is full, so it takes no writes: raise maxmemory"
        )  # fmt: skip
        assert await leader.lead() == leader.fence, "somebody still leads"
        assert [event.kind for event in await told(store)] == [Kind.FIRED]
        assert [held.rule for held in await store.rules.of_chat(CHAT)] == [rule]


async def test_a_full_store_loses_its_oldest_history_first_and_never_a_rule(tmp_path):
    async with bare(tmp_path / "s", **FULL) as server, opened_at(server.url) as store:
        rule = await a_rule(store)
        await fill(server, store)
        poller = a_poller(store)
        await poller._lead()
        keys = Keys()
        before = await server.tell("KEYS", "*history:*")
        poller.watch.latest[SKEW] = Reading(SKEW, 1.0, NOON, ())

        for _ in range(100):
            await poller._make_room()
            poller.cut_at = None
        after = await server.tell("KEYS", "*history:*")

        gone = set(before) - set(after)
        assert gone
        newest = {
            series: int(await server.tell("HGET", keys.history_newest, keys.history(series)))
            for series in (SKEW, BASIS)
        }
        for series, number in newest.items():
            for recent in range(number - 3, number + 1):
                assert keys.history_fine(series, recent).encode() not in gone
        assert await store.history.trim() == 0, "there is nothing left to give"
        assert [held.rule for held in await store.rules.of_chat(CHAT)] == [rule]


async def test_a_poll_into_a_full_store_makes_room_and_tells_the_operator(tmp_path):
    async with bare(tmp_path / "s", **FULL) as server, opened_at(server.url) as store:
        await fill(server, store)
        poller = a_poller(store, WithoutRoom)
        blocks = len(await server.tell("KEYS", "*history:*"))
        poller.fence = await poller.lease.acquire()

        assert await poller.beat("price") is None

        assert len(await server.tell("KEYS", "*history:*")) < blocks
        (part,) = history_parts(poller, poller.clock.now())
        assert not part.well
        assert "maxmemory" in part.text
        assert history_parts(poller, poller.clock.advance(minutes=2)) == []


class WithoutRoom(Poller):
    """Its tick finds the store full."""

    async def _beat(self, poll):
        raise StoreFullError("its memory is full")


def a_poller(store, kind=Poller):
    return kind(
        store=store,
        lease=store.lease("one", LEASE),
        sources=[],
        assets=[],
        cadence=Cadence({"price": MINUTE}),
        clock=ManualClock(),
        stale_after=lambda _: STALE,
        grace=lambda _: STALE,
    )


async def test_a_disk_that_is_full_is_named_and_rules_stay_readable(tmp_path):
    async with bare(tmp_path / "s", save="3600 1") as server, opened_at(server.url) as store:
        (tmp_path / "s" / "dump.rdb" / "in-the-way").mkdir(parents=True)
        rule = await a_rule(store)
        await server.tell("BGSAVE")
        async with asyncio.timeout(10):
            while (await server.tell("INFO", "persistence"))["rdb_last_bgsave_status"] == "ok":
                await asyncio.sleep(0.05)

        with pytest.raises(StoreFullError, match="cannot write to its disk"):
            await a_rule(store)
        with pytest.raises(StoreFullError):
            await store.lease("one", LEASE).acquire()

        assert "disk" in (await store_part(store)).text
        assert [held.rule for held in await store.rules.of_chat(CHAT)] == [rule]


@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, {}, "maxmemory-policy is allkeys-lru"),
        ({}, {"REDIS_STRICT": "yes"}, "appendonly is no"),
    ],
)
async def test_the_start_refuses_a_store_that_drops_rules_or_where_strict_may_forget(
    tmp_path, options, environ, said
):
    async with bare(tmp_path / "s", **options) as server:
        with pytest.raises(StoreError, match=said):
            async with opened(load({"REDIS_URL": server.url, **environ}, None)):
                pass


async def test_a_store_without_a_log_is_warned_of_loudly(tmp_path, caplog):
    async with bare(tmp_path / "s") as server, opened(load({"REDIS_URL": server.url}, None)):
        pass

    warnings = [one for one in caplog.records if one.levelname == "WARNING"]
    assert any("a restart loses everything" in one.getMessage() for one in warnings)


async def test_a_program_older_than_the_stores_schema_leads_no_more(tmp_path):
    async with bare(tmp_path / "s") as server, opened_at(server.url) as store:
        lease = store.lease("one", LEASE)
        assert await lease.acquire()
        await server.tell("SET", Keys().schema, terms.SCHEMA + 1)

        with pytest.raises(StoreError, match="this program writes"):
            await lease.acquire()


async def test_a_lease_that_never_ends_or_ends_too_late_holds_nobody_up(tmp_path):
    async with bare(tmp_path / "s") as server, opened_at(server.url) as store:
        lease = store.lease("one", timedelta(milliseconds=200))
        await server.tell("SET", Keys().leader, "foreign")
        assert await lease.acquire() == 1
        await server.tell("SET", Keys().leader, "before the clock was set back", "PX", 3_600_000)

        assert await lease.acquire() is None
        await asyncio.sleep(0.25)
        assert await lease.acquire() == 2


async def test_a_server_clock_set_back_holds_up_no_news(tmp_path):
    keys, hour = Keys(), 3_600_000_000
    async with bare(tmp_path / "s") as server, opened_at(server.url) as store:
        await a_rule(store)
        leader = Leader(store)
        await leader.lead()
        await leader.see(14.0)
        await leader.see(16.0)
        (entry,) = await store.outbox.take(HANDS, count=1, wait=timedelta(0))
        await store.outbox.defer(HANDS, entry, timedelta(0))
        now = terms.micros(datetime.now(UTC))
        await server.tell("ZINCRBY", keys.turns(HANDS.platform), hour, str(CHAT))
        await server.tell("SET", keys.turns_clock(HANDS.platform), now + hour)

        (again,) = await store.outbox.take(HANDS, count=1, wait=timedelta(seconds=1))

        assert again.id == entry.id


@pytest.mark.timeout(90)  # Sentinels on a busy machine take their time
async def test_a_failover_by_sentinels_is_followed_and_nothing_is_told_twice(tmp_path):
    async with watched_by_sentinels(tmp_path) as (url, old, _), opened_at(url) as store:
        rule = await a_rule(store)
        leader = Leader(store)
        first = await leader.lead()
        await leader.see(14.0)
        await leader.see(16.0)
        assert len(await told(store)) == 1
        await old.tell("WAIT", 1, 1000)

        old.kill()

        async with asyncio.timeout(60):
            while await led(leader) in {None, first}:
                await asyncio.sleep(0.1)
        assert leader.fence > first
        assert (await store.rules.get(CHAT, 1)).rule == rule
        await leader.see(16.5)
        assert await told(store) == []


async def led(leader):
    with contextlib.suppress(StoreError):
        return await leader.lead()
    return None


@pytest.mark.parametrize(
    "url",
    ["redis+sentinel://h:1,h:2", "redis+sentinel:///name", "redis+sentinel://h:x/name"],
)
def test_an_address_of_sentinels_that_cannot_be_used_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError, match="REDIS_URL") as refusal:
        load({"REDIS_URL": url.replace("//", "//:canary@")}, None)

    assert "canary" not in str(refusal.value)
    assert "redis+sentinel://host:26379" in str(refusal.value)


async def test_sentinels_with_a_password_are_asked_with_it_and_refuse_without(tmp_path):
    async with bare(tmp_path / "a", "a") as server:
        port = await a_port(server)
        async with sentinel(tmp_path, port, 0, password="p@ssword") as own:
            place = f"redis+sentinel://127.0.0.1:{own}/market"
            async with opened_at(f"{place}?sentinel_password=p%40ssword") as store:
                await store.notes.put("a", "kept", timedelta(minutes=1))
                assert await store.notes.read("a") == "kept"
            with pytest.raises(StoreError):
                async with opened_at(place):
                    pass


def test_the_login_of_sentinels_is_apart_from_the_primarys_and_as_secret():
    url = "redis+sentinel://:own@one/market?sentinel_username=us%40r&sentinel_password=p%40ss"
    settings = load({"REDIS_URL": url}, None)

    assert parsed(url).asking == {"username": "us@r", "password": "p@ss"}
    assert parsed(url).options == {"db": 0, "password": "own"}
    assert set(settings.secrets) == {"own", "p@ss", "p%40ss"}


@pytest.mark.parametrize("end", ["?sentinel_pasword=secret", "?db=3"])
def test_what_an_address_of_sentinels_does_not_know_is_refused_without_repeating_it(end):
    with pytest.raises(SettingsError) as refusal:
        load({"REDIS_URL": f"redis+sentinel://one:26379/market{end}"}, None)

    assert "sentinel_password" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_password_for_a_primary_is_a_secret_of_the_settings():
    url = "redis+sentinel://:p%40ss@one:26379,two:26379/market/3"
    settings = load({"REDIS_URL": url}, None)

    assert parsed(url).options == {"db": 3, "password": "p@ss"}
    assert parsed(url).sentinels == [("one", 26379), ("two", 26379)]
    assert set(settings.secrets) == {"p@ss", "p%40ss"}
