"""A file attached to `/import`, by the real library on the fake's wire."""

import json
import logging

import pytest

from bot.commands.importing import COMMAND
from bot.platforms.discord.files import LARGEST, TOO_LARGE, UNREAD
from tests.fakes.discord.desk import COMMANDS, FakeDesk

EXPORT = json.dumps({"alerts": ["skew above 16"]})


@pytest.fixture
def desk():
    return FakeDesk(commands=(*COMMANDS, COMMAND))


def asked(desk):
    return [(name, ask.values.get("file"), ask.text) for name, ask in desk.asked]


async def test_an_attached_file_reaches_the_desk_as_its_text(fake, desk, bot):
    await fake.slash(fake.person(), "import", {"file": fake.file(EXPORT.encode())})

    assert asked(desk) == [("import", EXPORT, "")]


async def test_a_file_sent_alone_in_private_is_an_import(fake, desk, bot):
    await fake.say(fake.person(), "", attachments=[fake.file(EXPORT.encode())])
    await fake.until(lambda: desk.asked)

    assert asked(desk) == [("words", None, f"/import {EXPORT}")]


async def test_a_picture_sent_alone_is_none(fake, desk, bot):
    await fake.say(fake.person(), "", attachments=[fake.file(b"\x89PNG", "cat.png")])
    await fake.until(lambda: desk.asked)

    assert asked(desk) == [("words", None, "")]


async def test_a_file_that_says_it_is_too_large_is_not_fetched(fake, desk, bot):
    huge = {**fake.file(b""), "size": LARGEST + 1, "url": "http://127.0.0.1:9/never"}

    await fake.slash(fake.person(), "import", {"file": huge})

    assert asked(desk) == [("import", TOO_LARGE, "")]


async def test_a_file_larger_than_it_says_is_not_used(fake, desk, bot):
    lying = fake.file(b"[" * (LARGEST + 1), size=10)

    await fake.slash(fake.person(), "import", {"file": lying})

    assert asked(desk) == [("import", TOO_LARGE, "")]


@pytest.mark.parametrize("url", ["/attachments/gone", "http://127.0.0.1:9/x"])
async def test_a_file_that_cannot_be_fetched_is_no_import_and_no_log_names_its_address(
    fake, desk, bot, url, caplog
):
    caplog.set_level(logging.INFO)
    gone = {**fake.file(b""), "url": fake.api_url.removesuffix("/api/v10") + url}
    gone["url"] = url if url.startswith("http") else gone["url"]

    await fake.slash(fake.person(), "import", {"file": gone})

    assert asked(desk) == [("import", UNREAD, "")]
    assert gone["url"] not in caplog.text


async def test_bytes_that_are_no_text_are_no_crash(fake, desk, bot):
    await fake.slash(fake.person(), "import", {"file": fake.file(b"\xff\xfe\x00[[[")})

    [(name, text, _)] = asked(desk)
    assert name == "import"
    assert "[[[" in text
