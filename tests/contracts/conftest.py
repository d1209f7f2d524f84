"""The stores under contract: in memory, the embedded Valkey, and a real Redis where there is one.

A real Redis is the one at REDIS_URL (only keys under a random prefix are touched there), or a
`redis-server` on the PATH, started for the session.
"""

import os
import secrets
import shutil
import subprocess
import time

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from alerts.storage.embedded import embedded
from alerts.storage.memory import MemoryStore
from alerts.storage.redis import RedisStore

REAL = os.environ.get("REDIS_URL") or shutil.which("redis-server")
STORES = ["memory", "embedded", *(["redis"] if REAL else [])]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded_url(tmp_path_factory):
    async with embedded(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    if os.environ.get("REDIS_URL"):
        yield os.environ["REDIS_URL"]
        return
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    words = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    server = subprocess.Popen([REAL, *words], stdout=subprocess.DEVNULL)
    try:
        for _ in range(250):
            if socket.exists():
                break
            time.sleep(0.02)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(params=STORES)
def store_url(request):
    """The address of the store under test; None for the one in memory."""
    return None if request.param == "memory" else request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def prefix():
    return f"derivwatch-test-{secrets.token_hex(8)}:"


@pytest_asyncio.fixture
async def store(store_url, prefix):
    if store_url is None:
        yield MemoryStore()
        return
    opened = await RedisStore.open(store_url, prefix=prefix)
    yield opened
    await opened.close()
    async with Redis.from_url(store_url) as client:
        async for key in client.scan_iter(match=f"{prefix}*"):
            await client.unlink(key)


@pytest.fixture(params=STORES[1:])
def server_url(request):
    """The address of a store that is a server."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest_asyncio.fixture
async def server(server_url, prefix):
    """A bare client of that server, which leaves nothing behind under the prefix."""
    async with Redis.from_url(server_url) as client:
        yield client
        async for key in client.scan_iter(match=f"{prefix}*"):
            await client.unlink(key)
