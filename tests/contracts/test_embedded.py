"""The bundled server: started, adopted, shared, and never lost or left behind."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from alerts.domain.errors import StoreError
from alerts.storage import embedded as bundle
from alerts.storage.embedded import embedded

HOLDER = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from alerts.storage.embedded import embedded

async def hold():
    async with embedded(Path(sys.argv[1])) as url:
        async with Redis.from_url(url) as client:
            await client.set("kept", "safe")
            print((await client.info("server"))["process_id"], flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


async def process_id(url):
    async with Redis.from_url(url) as client:
        return (await client.info("server"))["process_id"]


def environment_of(process):
    """Its variables, where the system shows them."""
    path = Path(f"/proc/{process}/environ")
    return path.read_bytes() if path.exists() else b""


async def put(url, value):
    async with Redis.from_url(url) as client:
        await client.set("kept", value)


async def kept(url):
    async with Redis.from_url(url) as client:
        return await client.get("kept")


def is_free(folder):
    """Whether no server holds the folder."""
    with (folder / "valkey.lock").open() as lock:
        return bundle._try_lock(lock.fileno(), bundle.fcntl.LOCK_EX)


async def until_free(folder):
    async with asyncio.timeout(10):
        while not is_free(folder):
            await asyncio.sleep(0.02)


async def test_what_is_stored_survives_a_clean_restart(tmp_path):
    async with embedded(tmp_path) as url:
        await put(url, "one")
    assert is_free(tmp_path)

    async with embedded(tmp_path) as url:
        assert await kept(url) == b"one"


async def test_what_is_stored_survives_a_kill_of_the_server(tmp_path):
    async with embedded(tmp_path) as url:
        await put(url, "two")
        os.kill(await process_id(url), signal.SIGKILL)
        await until_free(tmp_path)

    async with embedded(tmp_path) as url:
        assert await kept(url) == b"two"


async def test_the_server_of_a_killed_bot_is_adopted_with_its_data(tmp_path):
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    server = int(await asyncio.wait_for(bot.stdout.readline(), 15))
    bot.kill()
    await bot.wait()

    async with embedded(tmp_path) as url:
        assert await process_id(url) == server
        assert await kept(url) == b"safe"

    assert is_free(tmp_path)


async def test_the_last_of_several_bots_stops_the_server(tmp_path):
    async with embedded(tmp_path) as first:
        server = await process_id(first)
        async with embedded(tmp_path) as second:
            assert second == first
        assert await process_id(first) == server

    assert is_free(tmp_path)


async def test_bots_that_start_at_once_share_one_server(tmp_path):
    together = asyncio.Barrier(4)

    async def bot():
        async with embedded(tmp_path) as url:
            await together.wait()
            found = await process_id(url)
            await together.wait()
        return found

    assert len(set(await asyncio.gather(*(bot() for _ in range(4))))) == 1
    assert is_free(tmp_path)


async def test_a_failing_bot_stops_its_server_too(tmp_path):
    with pytest.raises(ZeroDivisionError):
        async with embedded(tmp_path):
            raise ZeroDivisionError

    assert is_free(tmp_path)


async def test_ctrl_c_in_the_terminal_does_not_reach_the_server(tmp_path):
    async with embedded(tmp_path) as url:
        assert os.getsid(await process_id(url)) != os.getsid(0)


async def test_the_server_does_not_see_the_bots_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "canary")

    async with embedded(tmp_path) as url:
        assert b"canary" not in environment_of(await process_id(url))


async def test_the_data_is_private_and_no_port_is_open(tmp_path):
    folder = tmp_path / "new" / "folder"
    async with embedded(folder) as url, Redis.from_url(url) as client:
        assert (await client.config_get("port")) == {"port": "0"}

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if path.stat().st_mode & 0o077]


async def test_a_path_too_long_for_a_socket_gets_a_short_private_one(tmp_path):
    folder = tmp_path / ("deep" * 30) / "a b%20ü"

    async with embedded(folder) as url:
        await put(url, "far")
        async with embedded(folder) as again:
            assert again == url
    short = bundle._prepare(folder).socket.parent
    assert len(str(short)) < 60
    assert short.stat().st_mode & 0o777 == 0o700

    async with embedded(folder) as url:
        assert await kept(url) == b"far"
    assert not short.exists()


async def test_a_short_folder_open_to_others_is_refused(tmp_path):
    folder = tmp_path / ("deep" * 30)
    short = bundle._prepare(folder).socket.parent
    short.chmod(0o777)
    try:
        with pytest.raises(StoreError, match="someone else"):
            async with embedded(folder):
                pass
    finally:
        shutil.rmtree(short)


async def test_a_folder_that_is_a_file_is_a_store_error(tmp_path):
    path = tmp_path / "file"
    path.touch()

    with pytest.raises(StoreError, match="DATA_DIR"):
        async with embedded(path):
            pass


async def test_a_server_that_cannot_read_its_data_says_why(tmp_path):
    async with embedded(tmp_path) as url:
        await put(url, "gone")
    next(tmp_path.glob("appendonlydir/*.manifest")).write_text("garbage\n")

    with pytest.raises(StoreError, match=r"ended at its start.*AOF manifest"):
        async with embedded(tmp_path):
            pass

    assert is_free(tmp_path)


async def test_a_server_that_is_killed_comes_back_with_its_data(tmp_path):
    async with embedded(tmp_path) as url:
        await put(url, "one")
        await asyncio.sleep(1.2)  # the append-only file is written once a second
        killed = await process_id(url)
        os.kill(killed, signal.SIGKILL)

        async with asyncio.timeout(10):
            while not await bundle._answers(bundle._prepare(tmp_path)):
                await asyncio.sleep(0.05)

        assert await process_id(url) != killed
        assert await kept(url) == b"one"
    assert is_free(tmp_path)


async def test_a_stop_that_a_ping_swallows_is_said_again(tmp_path, monkeypatch):
    """Before Python 3.12 `asyncio.wait_for` swallows one that comes just with the answer."""
    answers, asked = bundle._answers, asyncio.Event()

    async def deaf(place):
        asked.set()
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            monkeypatch.setattr(bundle, "_answers", answers)
        return True

    monkeypatch.setattr(bundle, "GUARD_SECONDS", 0.01)
    async with asyncio.timeout(10):
        async with embedded(tmp_path):
            monkeypatch.setattr(bundle, "_answers", deaf)
            await asked.wait()

    assert is_free(tmp_path)
