"""`derivwatch dead` over an embedded store."""

import asyncio
from datetime import timedelta

import pytest
from click.testing import CliRunner

from alerts.domain.event import Event, Kind
from alerts.domain.rule import State
from alerts.ports import Hands, New, Step
from alerts.storage.embedded import embedded
from alerts.storage.redis import RedisStore
from bot.__main__ import main
from tests.builders import CHAT, NOON, SKEW, a_draft

HANDS = Hands(CHAT.platform, "test", timedelta(minutes=1))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    return tmp_path


def in_store(folder, work):
    async def run():
        async with embedded(folder) as url:
            store = await RedisStore.open(url)
            try:
                return await work(store)
            finally:
                await store.close()

    return asyncio.run(run())


async def bury_one(store):
    rule = await store.rules.add(New(CHAT, "7", a_draft(), State()), now=NOON, limit=30)
    at = (NOON, NOON)
    event = Event(Kind.FIRED, rule.id, 1, 1, CHAT, 1, SKEW, 15.0, 16.2, *at)
    await store.rules.commit([], [Step(rule.id, 1, State(), event)], 1)
    (entry,) = await store.outbox.take(HANDS, count=1, wait=timedelta(0))
    await store.outbox.bury(HANDS, entry, "refused: odd\x1b[31m text")
    await store.notes.put(f"gone:{CHAT}", "blocked", timedelta(days=1))


async def what_is_left(store):
    gone = await store.notes.read(f"gone:{CHAT}")
    return await store.outbox.backlog(CHAT.platform), gone


def test_dead_letters_are_listed_sent_again_and_dropped(folder):
    in_store(folder, bury_one)

    listed = CliRunner().invoke(main, ["dead", "list"])
    letter_id = listed.stdout.split()[0]
    again = CliRunner().invoke(main, ["dead", "resend", letter_id])

    assert str(CHAT) in listed.stdout
    assert "#1 fired" in listed.stdout
    assert "refused: odd" in listed.stdout
    assert "\x1b" not in listed.stdout
    assert "1 put back" in again.stderr
    assert in_store(folder, what_is_left) == (1, None)
    assert "0 dropped" in CliRunner().invoke(main, ["dead", "drop", "all"]).stderr


def test_an_unknown_letter_is_wrong_usage(folder):
    result = CliRunner().invoke(main, ["dead", "drop", "telegram:1-1"])

    assert result.exit_code == 2
    assert "dead list" in result.stderr
