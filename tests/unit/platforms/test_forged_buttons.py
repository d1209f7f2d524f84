"""People who tap what was never shown to them, against the real front desk on both platforms."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from alerts.domain.ids import Chat, Platform
from bot.commands.front import NO_BUTTON_TEXT
from bot.platforms.discord import Discord
from bot.platforms.telegram import Telegram, Waits
from tests.fakes.discord.desk import running
from tests.fakes.discord.model import buttons_of, text_of
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.telegram.server import FakeTelegram
from tests.unit.commands.room import Room, acts

ALICE, BOB = 42, 43
DESK, OTHER_DESK = -1001, -1002


@pytest.fixture
def room():
    """A real front desk; what it keeps is looked at through `rules_of`."""
    return Room()


def rules_of(room, platform, chat):
    return room.store.rules.of_chat(Chat(Platform(platform), str(chat)))


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


async def a_rule_on_telegram(fake, user, chat=None):
    """Save a rule: the card whose buttons change it."""
    await fake.say(user, "/alert skew above 15%", chat=chat)
    return await fake.next_message(user if chat is None else chat)


async def test_bob_cannot_replay_alices_button_in_his_own_chat(telegram, room):
    alices = await a_rule_on_telegram(telegram, ALICE)
    bobs = await a_rule_on_telegram(telegram, BOB)
    before = await rules_of(room, "telegram", ALICE), await rules_of(room, "telegram", BOB)

    query = await telegram.forge(bobs, alices.buttons["Delete"])

    assert await telegram.toast(query) == NO_BUTTON_TEXT
    after = await rules_of(room, "telegram", ALICE), await rules_of(room, "telegram", BOB)
    assert after == before


@pytest.mark.parametrize(
    "data", ["delete:1:1", "x" * 12 + "delete:1:1", "", "\x00", "x" * 64, "cmd:alert:skew above 9"]
)
async def test_made_up_data_does_nothing_even_to_ones_own_rules(telegram, room, data):
    card = await a_rule_on_telegram(telegram, ALICE)
    before = await rules_of(room, "telegram", ALICE)

    query = await telegram.forge(card, data)

    assert await telegram.toast(query) == NO_BUTTON_TEXT
    assert await rules_of(room, "telegram", ALICE) == before
    assert len(telegram.arrivals[ALICE]) == 1


async def test_a_button_of_one_group_does_nothing_in_another(telegram, room):
    for group in (DESK, OTHER_DESK):
        telegram.group(group, admins=(ALICE,))
    here = await a_rule_on_telegram(telegram, ALICE, DESK)
    there = await a_rule_on_telegram(telegram, ALICE, OTHER_DESK)

    query = await telegram.forge(there, here.buttons["Delete"], user=ALICE)

    assert await telegram.toast(query) == NO_BUTTON_TEXT
    assert len(await rules_of(room, "telegram", OTHER_DESK)) == 1


async def test_a_member_who_taps_the_groups_own_button_changes_nothing(telegram, room):
    telegram.group(DESK, admins=(ALICE,))
    card = await a_rule_on_telegram(telegram, ALICE, DESK)

    query = await telegram.press(card, "Delete", user=BOB)

    assert "Only admins" in await telegram.toast(query)
    assert len(await rules_of(room, "telegram", DESK)) == 1


async def test_an_admin_who_lost_the_rights_can_no_longer_use_old_buttons(telegram, room):
    group = telegram.group(DESK, admins=(ALICE, BOB))
    card = await a_rule_on_telegram(telegram, ALICE, DESK)
    group.statuses[BOB] = "member"

    query = await telegram.press(card, "Delete", user=BOB)

    assert "Only admins" in await telegram.toast(query)
    assert len(await rules_of(room, "telegram", DESK)) == 1


async def test_bob_cannot_replay_alices_discord_button(discord, room):
    alice, bob = discord.person("alice"), discord.person("bob")
    cards = {}
    for person in (alice, bob):
        cards[person.id] = await discord.slash(person, "alert", {"rule": "skew above 15%"})
    alices = buttons_of(cards[alice.id].message)["Delete"]["custom_id"]

    forged = await discord.forge(cards[bob.id], alices)
    await discord.until(lambda: forged.followups)

    assert text_of(forged.followups[0]) == NO_BUTTON_TEXT
    for person in (alice, bob):
        assert len(await rules_of(room, "discord", f"u{person.id}")) == 1


async def test_a_personal_button_cannot_be_pointed_at_a_channel(discord, room):
    boss, alice = discord.person("boss"), discord.person("alice")
    guild = discord.guild(owner=boss)
    saved = await discord.slash(alice, "alert", {"rule": "skew above 15%"}, guild=guild)
    personal = buttons_of(saved.message)["Delete"]["custom_id"]

    forged = await discord.forge(saved, f"here:{personal}")
    await discord.until(lambda: forged.followups)

    assert text_of(forged.followups[0]) == NO_BUTTON_TEXT
    assert len(await rules_of(room, "discord", f"u{alice.id}")) == 1


async def test_a_draft_of_one_chat_cannot_be_saved_from_another(room):
    """Behind the seal, the server's own record of the draft names its chat too."""
    await room.says("skew above 15%")
    await room.says("skew above 15%")
    add_anyway = acts(room.card)["Add anyway"]
    bobs = replace(room.ask, chat=Chat(Platform("telegram"), "43"), user="43")

    reply = await room.front.tap(bobs, add_anyway)

    assert "used already" in reply.toast
    assert not await room.store.rules.of_chat(bobs.chat)
