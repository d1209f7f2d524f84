"""Slash commands, completions and buttons over the wire, with the real library."""

import asyncio

import pytest

from alerts.domain.ids import Chat, Platform
from bot.card import Button, Card, Document, Tone
from bot.commands.spec import SILENCE, Reply
from bot.platforms.discord import Discord
from tests.fakes.discord import faults
from tests.fakes.discord.desk import running
from tests.fakes.discord.model import buttons_of, text_of


async def test_a_slash_command_in_a_direct_message_is_answered_for_that_person(fake, bot, desk):
    alice = fake.person("alice")

    reply = await fake.slash(alice, "alert", {"rule": "basis below 3%"})

    assert "Answer to alert: rule basis below 3%" in reply.text
    assert (reply.deferred, reply.ephemeral) == (True, True)
    name, ask = desk.asked[0]
    assert (name, str(ask.chat), ask.user) == ("alert", f"discord:u{alice.id}", alice.id)
    assert ask.values == {"rule": "basis below 3%"}
    assert ask.may_edit


async def test_a_slash_command_in_a_server_is_personal_and_seen_by_one(fake, desk, platform):
    alice = fake.person("alice")
    guild = fake.guild(owner=fake.person("boss"))

    async with running(platform, desk):
        reply = await fake.slash(alice, "alerts", guild=guild)

    assert reply.ephemeral
    assert fake.wrote(guild.channel_id) == []
    assert str(desk.asked[0][1].chat) == f"discord:u{alice.id}"
    assert desk.asked[0][1].may_edit


@pytest.mark.parametrize(("who", "allowed"), [("boss", True), ("alice", False)])
async def test_here_means_the_channel_and_needs_manage_server(fake, desk, platform, who, allowed):
    people = {name: fake.person(name) for name in ("boss", "alice")}
    guild = fake.guild(owner=people["boss"])

    async with running(platform, desk):
        await fake.slash(people[who], "snooze", {"for": "1h", "where": "here"}, guild=guild)

    ask = desk.asked[0][1]
    assert (str(ask.chat), ask.may_edit) == (f"discord:{guild.channel_id}", allowed)


async def test_numbers_and_choices_arrive_as_the_words_of_a_person(fake, bot, desk):
    await fake.slash(fake.person(), "snooze", {"for": "4h", "level": 15.0})
    await fake.slash(fake.person(), "snooze", {"for": "1d", "level": 17.25})

    assert [dict(ask.values) for _, ask in desk.asked] == [
        {"for": "4h", "level": "15"},
        {"for": "1d", "level": "17.25"},
    ]


async def test_every_command_is_published_with_its_parameters(fake, bot):
    alert = await fake.until(lambda: fake.world.command("alert", None))
    snooze = fake.world.command("snooze", None)

    rule = alert["options"][0]
    assert (rule["name"], rule["type"], rule["required"]) == ("rule", 3, True)
    assert rule["autocomplete"]
    assert [(one["name"], one["type"]) for one in snooze["options"]] == [
        ("for", 3),
        ("level", 10),
        ("where", 3),
    ]
    assert [one["value"] for one in snooze["options"][0]["choices"]] == ["1h", "4h", "1d"]


async def test_completions_come_from_the_desk(fake, bot, desk):
    choices = await fake.autocomplete(fake.person(), "alert", "rule", "skew ab")

    assert choices == [
        {"name": "skew above 15% (now 20.0)", "value": "skew above 15%"},
        {"name": "skew above 20% (now 20.0)", "value": "skew above 20%"},
    ]
    assert desk.asked[0][1].text == "skew ab"


async def test_failing_completions_offer_the_words_as_typed(fake, bot, desk):
    desk.breaks = True

    assert await fake.autocomplete(fake.person(), "alert", "rule", "skew ab") == [
        {"name": "skew ab", "value": "skew ab"}
    ]


async def test_a_button_replaces_its_card(fake, bot, desk):
    alice = fake.person()
    asked = await fake.slash(alice, "alert", {"rule": "skew above 15%"})

    pressed = await fake.press(asked, "Save")

    assert pressed.message is asked.message
    assert text_of(asked.message) == "🟢 Saved as #7"
    assert buttons_of(asked.message) == {}
    assert desk.asked[-1][0] == "save:abc"
    assert str(desk.asked[-1][1].chat) == f"discord:u{alice.id}"


async def test_a_toast_is_whispered_and_leaves_the_card(fake, bot):
    asked = await fake.slash(fake.person(), "alert", {"rule": "skew above 15%"})

    pressed = await fake.press(asked, "Cancel")

    assert [text_of(one) for one in pressed.followups] == ["Done: cancel:abc"]
    assert pressed.followups[0]["flags"] & 64
    assert "Answer to alert" in asked.text


async def test_a_button_of_a_delivered_alert_works_after_a_restart(fake, desk, platform):
    alice = fake.person()
    card = Card("BTC skew 20.0%", Tone.ALARM, buttons=((Button("Pause", "pause:7:1"),),))
    desk.reply = Reply(card=Card("Paused #7"))
    await platform.send(_chat(alice), card, "e1")
    await platform.close()
    restarted = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)

    async with running(restarted, desk):
        pressed = await fake.press(await fake.next_dm(alice), "Pause")

    assert pressed.text == "Paused #7"
    assert [(act, ask.chat) for act, ask in desk.asked] == [("pause:7:1", _chat(alice))]


async def test_a_tap_on_a_channel_alert_acts_for_the_channel_and_tells_strangers_apart(
    fake, desk, platform
):
    boss, alice = fake.person("boss"), fake.person("alice")
    guild = fake.guild(owner=boss)
    card = Card("BTC skew 20.0%", Tone.ALARM, buttons=((Button("Show", "show:7"),),))
    desk.reply = Reply(card=Card("Alert #7"))

    async with running(platform, desk):
        await platform.send(_channel(guild), card, "e1")
        message = await fake.next_message(guild)
        strangers = await fake.press(message, "Show", by=alice)
        seen_after_stranger = text_of(message)
        await fake.press(message, "Show", by=boss)

    assert "BTC skew 20.0%" in seen_after_stranger
    assert [text_of(one) for one in strangers.followups] == ["Alert #7"]
    assert text_of(message) == "Alert #7"
    assert [(ask.chat, ask.may_edit) for _, ask in desk.asked] == [
        (_channel(guild), False),
        (_channel(guild), True),
    ]


async def test_a_hidden_card_about_the_channel_keeps_acting_for_the_channel(fake, desk, platform):
    boss = fake.person("boss")
    guild = fake.guild(owner=boss)

    async with running(platform, desk):
        shown = await fake.slash(boss, "snooze", {"for": "1h", "where": "here"}, guild=guild)
        await fake.press(shown, "Save")

    assert shown.ephemeral
    assert [(act, ask.chat) for act, ask in desk.asked] == [
        ("snooze", _channel(guild)),
        ("save:abc", _channel(guild)),
    ]


async def test_a_line_typed_in_a_direct_message_is_answered_there(fake, bot, desk):
    alice = fake.person()

    await fake.say(alice, "skew above 15%")

    assert "You said: skew above 15%" in text_of(await fake.next_dm(alice))
    assert str(desk.asked[0][1].chat) == f"discord:u{alice.id}"


async def test_a_sticker_is_answered_and_a_notice_of_discord_is_not(fake, bot, desk):
    alice = fake.person()

    await fake.say(alice, "")
    await fake.say(alice, "", sticker_items=[{"id": "1", "name": "Wave", "format_type": 1}])

    assert "You said:" in text_of(await fake.next_dm(alice))
    assert [ask.text for _, ask in desk.asked] == [""]


async def test_a_slow_answer_is_deferred_at_once(fake, bot, desk):
    desk.gate = asyncio.Event()
    reply = await fake.begin(fake.person(), "alerts")
    await fake.until(lambda: reply.deferred)
    thinking = reply.shown

    desk.gate.set()
    await fake.until(lambda: reply.shown)

    assert thinking is None
    assert "Answer to alerts" in reply.text


async def test_an_answer_too_late_for_its_interaction_comes_as_a_direct_message(fake, bot, desk):
    alice = fake.person()
    desk.gate = asyncio.Event()
    reply = await fake.begin(alice, "alerts")
    await fake.until(lambda: reply.deferred)
    reply.expired = True

    desk.gate.set()

    assert "Answer to alerts" in text_of(await fake.next_dm(alice))


async def test_an_interaction_that_cannot_be_acknowledged_in_time_is_still_answered(fake, bot):
    alice = fake.person()
    fake.rest.ack_seconds = -1.0

    await fake.begin(alice, "alerts")

    assert "Answer to alerts" in text_of(await fake.next_dm(alice))


async def test_the_same_interaction_twice_is_carried_out_once(fake, bot, desk):
    fake.gateway.duplicate = 1

    await fake.slash(fake.person(), "alerts")
    await fake.until(lambda: sum("/callback" in one.path for one in fake.requests) == 2)
    await fake.slash(fake.person(), "now")

    assert [name for name, _ in desk.asked] == ["alerts", "now"]


async def test_a_card_that_discord_refuses_is_shown_as_plain_text(fake, bot):
    fake.faults.add("PATCH .*@original", faults.error(400, 50035))

    reply = await fake.slash(fake.person(), "alerts")

    assert reply.message["embeds"] == []
    assert reply.message["content"].startswith("Answer to alerts")


async def test_a_bug_of_ours_leaves_nobody_staring_at_thinking(fake, bot, desk):
    desk.breaks = True

    reply = await fake.slash(fake.person(), "alerts")

    assert reply.text == "Something went wrong here. Nothing was changed: please try again."


async def test_a_command_of_an_older_version_gets_an_explanation(fake, bot):
    await fake.until(lambda: fake.world.command("alerts", None))
    old = {**fake.world.command("alerts", None), "name": "subscribe"}
    fake.world.commands[None].append(old)

    reply = await fake.slash(fake.person(), "subscribe")

    assert reply.text == "This command was just updated: reload Discord and try again."
    assert reply.ephemeral


async def test_mentions_in_typed_text_reach_nobody(fake, bot):
    reply = await fake.slash(fake.person(), "alert", {"rule": "@everyone <@1> **x**"})

    assert "@everyone" not in reply.text
    assert r"\*\*x\*\*" in reply.text
    sent = [one.body for one in fake.requests if one.path.endswith("@original")]
    assert sent[0]["allowed_mentions"] == {"parse": []}


def _chat(person):
    return _address(person.chat_id)


def _channel(guild):
    return _address(guild.channel_id)


def _address(chat_id):
    return Chat(Platform("discord"), chat_id)


async def test_a_silent_answer_takes_its_promise_back(fake, bot, desk):
    desk.card = SILENCE

    reply = await fake.begin(fake.person(), "alerts")
    await fake.until(lambda: any(one.method == "DELETE" for one in fake.requests))

    assert reply.shown is None


async def test_a_reply_that_is_new_leaves_the_tapped_card_standing(fake, bot, desk):
    desk.reply = Reply(Card("What skew is"), new=True)
    shown = await fake.slash(fake.person(), "alerts")

    reply = await fake.press(shown, "Save")

    assert reply.edits == 0
    assert "What skew is" in str(reply.followups)


DATA = Document("data.json", '{"€": 1}')


async def test_a_file_comes_with_the_hidden_answer(fake, bot, desk):
    desk.card = Card("All that I keep", document=DATA)

    reply = await fake.slash(fake.person(), "alerts")

    sent = [one.body for one in fake.requests if one.path.endswith("@original")]
    assert reply.ephemeral
    assert [one["filename"] for one in reply.message["attachments"]] == ["data.json"]
    assert sent[-1]["files"] == {"data.json": '{"€": 1}'}


async def test_a_file_comes_with_a_whisper_and_with_a_direct_message(fake, bot, desk):
    alice = fake.person()
    desk.reply = Reply(Card("All that I keep", document=DATA), new=True)
    shown = await fake.slash(alice, "alerts")

    whispered = await fake.press(shown, "Save")
    await bot.send(_chat(alice), Card("All", document=DATA), "key")

    assert [one["filename"] for one in whispered.followups[0]["attachments"]] == ["data.json"]
    written = await fake.next_dm(alice)
    assert [one["filename"] for one in written["attachments"]] == ["data.json"]
