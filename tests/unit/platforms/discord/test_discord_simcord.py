"""The same flows against simcord, a Discord that others wrote."""

import pytest

from alerts.domain.ids import Chat, Platform
from bot.card import Button, Card, Tone
from bot.commands.spec import Reply
from bot.outcome import Sent
from bot.platforms.discord.answers import Answers
from bot.platforms.discord.client import Client, Identifies
from bot.platforms.discord.message import alert_parts
from bot.platforms.discord.refusals import Refusals
from bot.platforms.seal import Seal
from tests.fakes.discord.desk import FakeDesk

SEAL = Seal.of_token("a token")


class SimulatedBot(Client):
    """Our client with its commands published at login, as the adapter does it."""

    def __init__(self, desk):
        super().__init__(Identifies(), Refusals())
        self.desk = desk

    async def setup_hook(self):
        self.answers = Answers(self.desk, self._deliver, SEAL)
        self.tree.fill(self.desk, self.answers.command)
        await self.tree.sync()

    async def _deliver(self, chat, card, key):
        channel = await self.create_dm(await self.fetch_user(int(chat.id[1:])))
        return Sent(str((await channel.send(**alert_parts(card, chat, SEAL))).id))


@pytest.fixture
def desk():
    return FakeDesk()


@pytest.fixture
def simcord_bot(desk):
    return SimulatedBot(desk)


@pytest.fixture
def place(simcord_env):
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("derivs")
    alice = guild.add_member(simcord_env.create_user("alice"))
    return guild, channel, alice


async def test_a_slash_command_is_answered_to_one_person(place, desk):
    _, channel, alice = place

    result = await alice.slash(channel, "alert", rule="basis below 3%")

    assert result.acknowledged
    assert result.ephemeral
    assert result.response.embeds[0].title == "Answer to alert: rule basis below 3%"
    assert desk.asked[0][1].chat.id == f"u{alice.id}"


async def test_a_button_replaces_the_card(place, desk):
    _, channel, alice = place
    result = await alice.slash(channel, "alert", rule="basis below 3%")

    await alice.click(result.response, label="Save")

    assert result.response.embeds[0].title == "🟢 Saved as #7"
    assert result.response.components == []
    assert desk.asked[-1][0] == "save:abc"


async def test_a_toast_is_whispered(place):
    _, channel, alice = place
    result = await alice.slash(channel, "alert", rule="basis below 3%")

    pressed = await alice.click(result.response, label="Cancel")

    assert [one.content for one in pressed.followups] == ["Done: cancel:abc"]
    assert pressed.followups[0].ephemeral


async def test_completions_are_offered(place):
    _, channel, alice = place

    choices = await alice.autocomplete(channel, "alert", "rule", "skew ab")

    assert [one["value"] for one in choices] == ["skew above 15%", "skew above 20%"]


async def test_buttons_survive_a_restart(simcord_env, place, desk):
    _, channel, alice = place
    desk.reply = Reply(card=Card("Paused #7"))
    card = Card("BTC skew 20.0%", Tone.ALARM, buttons=((Button("Pause", "pause:7:1"),),))
    parts = alert_parts(card, Chat(Platform("discord"), str(channel.id)), SEAL)
    sent = await simcord_env.bot.get_channel(channel.id).send(**parts)

    await simcord_env.restart_bot(SimulatedBot(desk))
    await alice.click(sent, label="Pause")

    assert desk.asked[-1][0] == "pause:7:1"
    assert desk.asked[-1][1].chat.id == str(channel.id)


async def test_a_line_in_a_direct_message_is_answered(simcord_env, place, desk):
    _, _, alice = place

    await alice.send_dm("skew above 15%")

    assert desk.asked[0][0] == "words"
    assert desk.asked[0][1].text == "skew above 15%"


@pytest.mark.simcord(check_errors=False)
async def test_a_failing_command_is_told_and_logged(simcord_env, place, desk):
    _, channel, alice = place
    desk.breaks = True

    result = await alice.slash(channel, "alerts")

    assert result.response.content.startswith("Something went wrong here.")
