"""Files that people send: an import where one is meant, and nothing worse than a kind refusal."""

import asyncio
import contextlib
import json

import pytest

from bot.platforms.telegram import Telegram, Waits
from bot.platforms.telegram.files import LARGEST
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram
from tests.unit.commands.room import Room

ALICE, BOB = 42, 43
RULES = json.dumps({"alerts": ["skew above 15%", "basis below 3%"]}).encode()


@pytest.fixture
def room():
    return Room()


@pytest.fixture
async def fake(room):
    async with FakeTelegram() as fake:
        platform = Telegram(fake.token, base_url=fake.url, waits=Waits(2.0, stop_seconds=2.0))
        listening = asyncio.create_task(platform.run(room.front))
        yield fake
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await platform.close()


async def test_a_file_is_shown_as_an_import_and_saved_at_a_tap(fake):
    await fake.send_file(ALICE, RULES)
    asked = await fake.next_message(ALICE)
    await fake.press(asked, "Save")

    assert "Import 2 alerts?" in asked.text
    assert "2 alerts on" in (await fake.next_edit(ALICE)).text


async def test_what_was_exported_can_be_sent_back_as_it_is(fake):
    await fake.say(ALICE, "skew above 15%")
    await fake.next_message(ALICE)
    await fake.say(ALICE, "/export")
    await fake.next_message(ALICE)
    await fake.next_message(ALICE)
    [(_, content)] = fake.called("sendDocument")[0].files.values()

    await fake.send_file(BOB, content)

    assert "Import 1 alert?" in (await fake.next_message(BOB)).text


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n", b"\xff\xfe\x00", b"[" * 30_000, b"x" * LARGEST, b" ", b'{"alerts": 7}'],
    ids=["image", "not utf-8", "deep", "long", "blank", "types"],
)
async def test_a_file_that_is_no_export_is_refused_kindly(fake, content):
    await fake.send_file(ALICE, content)

    answer = await fake.next_message(ALICE)
    assert "broke" not in answer.text
    assert "Save" not in answer.buttons


async def test_a_huge_file_is_not_even_fetched(fake):
    await fake.send_file(ALICE, b"{}", size=20_000_000)

    assert "Save" not in (await fake.next_message(ALICE)).buttons
    assert fake.called("getFile") == []


async def test_a_file_that_turns_out_larger_than_told_is_not_read(fake):
    await fake.send_file(ALICE, b"x" * (LARGEST + 1), size=10)

    assert "Save" not in (await fake.next_message(ALICE)).buttons


async def test_a_file_that_cannot_be_fetched_leaves_no_token_in_the_log(fake, caplog):
    fake.faults.append(Fault("getFile", status=400, description="Bad Request: file is too big"))

    await fake.send_file(ALICE, RULES)

    assert "Save" not in (await fake.next_message(ALICE)).buttons
    assert fake.token not in caplog.text
