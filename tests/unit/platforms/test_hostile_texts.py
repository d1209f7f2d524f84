"""What people may type as a name, through the real front desk and the real markup of a platform."""

import asyncio
import contextlib
import re
import unicodedata

import pytest

from bot.platforms.discord import Discord
from bot.platforms.discord.markup import clean as clean_for_discord
from bot.platforms.telegram import Telegram, Waits
from bot.platforms.telegram.markup import clean as clean_for_telegram
from tests.fakes.discord.desk import running
from tests.fakes.discord.model import text_of
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.telegram.server import FakeTelegram
from tests.unit.commands.room import Room

ALICE, BOB = 42, 43
ZALGO = "Z" + "\u0300" * 40 + "A" + "\u0489" * 40
HOSTILE = {
    "html": "<b>bold</b><script>alert(1)</script>",
    "entity": "&lt;b&gt; &amp; &#64;everyone",
    "unclosed": "<a href='tg://user?id=1'>me",
    "markdown": "**x** __y__ ~~z~~ ||s|| `c`",
    "masked link": "[free money](https://evil.example)",
    "user link": "[x](tg://user?id=42)",
    "everyone": "@everyone @here",
    "mentions": "<@1> <@!2> <@&3> <#4> </now:5> <:e:6> <t:7:R>",
    "override": "safe \u202eexe.txt\u202c \u2066x\u2069 \u200f",
    "invisible": "a\u2060b\ufeffc\u2063d\u00ad",
    "zalgo": ZALGO,
    "controls": "a\x00b\x07c\x1bd\x7f\x9b31m",
    "lines": "a\r\nb\u2028c\u0085d",
    "half": "a\ud800b",
    "key": "{x}:derivwatch:rules\r\nDEL derivwatch:rules",
    "no character": "a\ufffeb\uffffc",
}
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


@pytest.fixture
def room():
    return Room()


@pytest.fixture
async def telegram(room):
    async with FakeTelegram() as fake:
        platform = Telegram(fake.token, base_url=fake.url, waits=Waits(1.0, stop_seconds=2.0))
        listening = asyncio.create_task(platform.run(room.front))
        yield fake
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await platform.close()


@pytest.fixture
async def discord(room):
    async with FakeDiscord() as fake:
        platform = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)
        async with running(platform, room.front):
            await fake.connected()
            yield fake


class Answers:
    """A front desk's command, and when so many were answered."""

    def __init__(self, command, most):
        self.command, self.left, self.all = command, most, asyncio.Event()

    async def __call__(self, name, ask):
        card = await self.command(name, ask)
        self.left -= 1
        if not self.left:
            self.all.set()
        return card


def is_decent(text):
    """No control, direction or invisible character, and no pile of marks."""
    kinds = {unicodedata.category(char) for char in text if char != "\n"}
    piles = max((len(run) for run in re.findall(r"[\u0300-\u036f\u0489]+", text)), default=0)
    return not kinds & {"Cc", "Cs", "Cn"} and not DIRECTIONS.search(text) and piles <= 3


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_name_is_only_text_on_telegram(telegram, name):
    await telegram.say(ALICE, f'/alert skew above 15% named "{name}"')
    saved = await telegram.next_message(ALICE)
    await telegram.say(ALICE, "/alerts")
    listed = await telegram.next_message(ALICE)

    for message in (saved, listed):
        assert "broke" not in message.text
        assert is_decent(message.text), message.text
        assert {one["type"] for one in message.raw.get("entities", [])} <= {"bold", "italic"}
        assert "disabled" in str(message.sent["link_preview_options"])


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_name_is_only_text_on_discord(discord, name):
    alice = discord.person()
    typed = name.encode(errors="replace").decode()  # JSON on a socket carries no half characters

    await discord.slash(alice, "alert", {"rule": f'skew above 15% named "{typed}"'})
    listed = await discord.slash(alice, "alerts")

    text = text_of(listed.message).replace("\u200b", "")
    assert "broke" not in text
    assert is_decent(text), text
    assert not re.search(r"(?<!\\)(\*\*|__|~~|\|\||`|\[)", text), text
    assert not re.search(r"(?<!\\)<[@#/:t]", text), text
    shown = text_of(listed.message)
    assert not re.search(r"@(everyone|here|[!&]?\d)", shown), shown
    sent = [one.body for one in discord.requests if one.path.endswith("@original")]
    assert [body["allowed_mentions"] for body in sent] == [{"parse": []}] * len(sent)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("clean", [clean_for_telegram, clean_for_discord])
def test_cleaning_twice_changes_nothing_more(clean, name):
    assert is_decent(clean(name))
    assert clean(clean(name)) == clean(name)


async def test_a_name_of_64_characters_is_taken_and_a_longer_one_is_not(room):
    await room.says(f'skew above 15% named "{"n" * 64}"')
    await room.says(f'skew above 16% named "{"n" * 65}"')

    assert await room.count() == 1
    assert (await room.held(1)).rule.draft.name == "n" * 64


async def test_a_thousand_commands_get_one_notice_and_disturb_nobody(telegram, room):
    """Twenty are answered, one notice follows, then nothing; Bob is answered in between."""
    answers = Answers(room.front.command, 1001)
    room.front.command = answers

    for _ in range(999):
        await telegram.say(ALICE, "/alerts")
    await telegram.say(BOB, "/now")
    await telegram.say(ALICE, "/alerts")
    await telegram.next_message(BOB)
    await answers.all.wait()

    assert len(telegram.arrivals[ALICE]) == 21
    assert "a lot at once" in telegram.arrivals[ALICE][-1].text


NUMBERS = {
    "nan": None, "NaN": None, "inf": None, "-inf": None, "infinity": None, "1e999": None,
    "-1e999": None, "1e-999": None, "0x10": None, "1_000": None, "--5": None, "+-5": None,
    "15%%": None, "½": None, "∞": None, "Ⅴ": None, "1.2.3": None, "15": 15.0, "15%": 15.0,
    "+15": 15.0, "15.0": 15.0, "１５": None, "١٥": None, "९": None, "15,5": None, "1.000.000": None,
    "1,000,000": None, "1e1": None, "": None, " ": None, "9" * 400: None, "0." + "0" * 400: 0.0,
}  # fmt: skip
"""What is typed, and the level it is saved as; None where it is asked about or refused."""


@pytest.mark.parametrize(("typed", "level"), NUMBERS.items(), ids=[one[:12] for one in NUMBERS])
async def test_a_number_is_a_plain_one_or_it_is_asked_about(room, typed, level):
    card = await room.says(f"skew above {typed}")

    held = await room.store.rules.of_chat(room.ask.chat)
    assert "broke" not in card.title
    assert [one.rule.draft.legs[0].level for one in held] == ([] if level is None else [level])
    assert level is not None or card.buttons
