"""Opening the store at the start: waited for within bounds, refused where rules are not safe."""

import asyncio
from datetime import timedelta

import pytest
from click.testing import CliRunner

from alerts.domain.errors import StoreError
from alerts.storage.embedded import embedded
from bot.__main__ import main
from bot.app import opened
from bot.settings import load


def settings(url):
    return load({"REDIS_URL": url}, None)


async def test_a_store_that_is_away_is_named_with_the_remedy(tmp_path):
    with pytest.raises(StoreError, match=r"does not answer.*for 1 s: start it, or set REDIS_URL"):
        async with opened(settings(f"unix://{tmp_path}/away.sock"), timedelta(seconds=1)):
            pass


async def test_a_store_that_comes_late_is_waited_for(tmp_path):
    async with embedded(tmp_path) as url:
        pass

    async def open_it():
        async with opened(settings(url), timedelta(seconds=15)) as store:
            await store.ping()

    waiting = asyncio.create_task(open_it())
    await asyncio.sleep(0.2)
    assert not waiting.done()
    async with embedded(tmp_path):
        await waiting


async def test_a_store_of_another_schema_is_not_waited_for(tmp_path):
    loop = asyncio.get_running_loop()
    async with embedded(tmp_path) as url:
        async with opened(settings(url)) as store:
            await store._db.tell("SET", store._db.keys.schema, 99)
        begin = loop.time()

        with pytest.raises(StoreError, match="writes 1"):
            async with opened(settings(url), timedelta(seconds=15)):
                pass

    assert loop.time() - begin < 5


def test_a_store_that_is_away_ends_a_command_with_status_1(tmp_path):
    environ = {"REDIS_URL": f"unix://{tmp_path}/away.sock"}

    ended = CliRunner().invoke(main, ["dead", "list"], env=environ)

    assert ended.exit_code == 1
    assert "does not answer" in ended.stderr
    assert "set REDIS_URL" in ended.stderr
