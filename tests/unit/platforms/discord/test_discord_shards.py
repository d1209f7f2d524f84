"""Two processes that share a bot's servers: each hears of its own, the first of direct messages."""

import asyncio
import contextlib

import pytest

from alerts.domain.errors import AlertsError
from bot.card import Card
from bot.outcome import Sent
from bot.platforms.discord import Discord, Shard
from tests.fakes.discord.desk import FakeDesk, running
from tests.unit.platforms.discord.test_discord_interactions import _channel

EVEN, ODD = str(4 << 22), str(7 << 22)
"""The ids of two servers: the 22nd bit on, modulo the number of shards, is a server's shard."""


@pytest.fixture
def guilds(fake):
    boss = fake.person("boss")
    return [fake.guild(owner=boss, name=name, guild_id=name) for name in (EVEN, ODD)]


@pytest.fixture
async def processes(fake, guilds):
    """The front desks of two processes, each with its shard."""
    desks = [FakeDesk(), FakeDesk()]
    async with contextlib.AsyncExitStack() as stack:
        for number, desk in enumerate(desks):
            discord = Discord(
                fake.token,
                api_url=fake.api_url,
                gateway_url=fake.gateway_url,
                shard=Shard(number, 2),
            )
            stack.push_async_callback(discord.close)
            await stack.enter_async_context(running(discord, desk))
            await fake.until(lambda number=number: number in fake.gateway.shards)
        yield desks


async def test_each_hears_of_its_own_servers_and_answers_there(fake, guilds, processes):
    alice = fake.person("alice")

    for guild in guilds:
        reply = await fake.slash(alice, "alerts", guild=guild)
        assert reply.ephemeral

    assert [[name for name, _ in desk.asked] for desk in processes] == [["alerts"], ["alerts"]]
    assert [one["shard"] for one in fake.gateway.identifies] == [[0, 2], [1, 2]]


async def test_direct_messages_come_to_the_first(fake, processes):
    alice = fake.person("alice")

    await fake.say(alice, "skew above 15%")
    await fake.next_dm(alice)
    await fake.slash(alice, "now")

    assert [[name for name, _ in desk.asked] for desk in processes] == [["words", "now"], []]


async def test_the_first_publishes_the_commands_for_all(fake, processes):
    published = [one.path for one in fake.requests if one.method == "PUT"]

    assert len(published) == 1


async def test_either_delivers_anywhere(fake, guilds):
    second = Discord(fake.token, api_url=fake.api_url, shard=Shard(1, 2))

    sent = await second.send(_channel(guilds[0]), Card("BTC skew 20.0%"), "e1")
    await second.close()

    assert isinstance(sent, Sent)
    assert len(fake.wrote(guilds[0].channel_id)) == 1


async def test_a_button_in_a_server_reaches_its_shard_whoever_sent_the_card(
    fake, guilds, processes
):
    alice = fake.person("alice")
    shown = await fake.slash(alice, "alerts", guild=guilds[1])

    await fake.press(shown, "Save")

    assert [name for name, _ in processes[1].asked] == ["alerts", "save:abc"]


async def test_a_bot_that_should_have_more_shards_is_told_in_the_log(fake, desk, caplog):
    fake.rest.shards = 3
    discord = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)

    async with running(discord, desk):
        await fake.connected()

    assert "asks for 3 shards, there are 1: see DISCORD_SHARD" in caplog.text


@pytest.mark.parametrize("code", [4010, 4011])
async def test_a_gateway_closed_for_the_sake_of_shards_names_the_setting(fake, desk, code):
    discord = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)

    async with asyncio.timeout(10):
        listening = asyncio.create_task(discord.run(desk))
        await fake.connected()
        await fake.gateway.close(code)
        with pytest.raises(AlertsError, match=f"code {code}; see DISCORD_SHARD"):
            await listening
