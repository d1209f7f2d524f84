"""Staying connected: resumes, invalid sessions, broken events, refusals."""

import asyncio

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from alerts.domain.errors import AlertsError
from alerts.domain.ids import Chat, Platform
from bot.card import Card
from bot.outcome import Sent
from bot.platforms.discord import Discord
from bot.platforms.discord.adapter import backoff
from bot.platforms.discord.client import (
    DEFAULT_API,
    DEFAULT_GATEWAY,
    Identifies,
    IdentifiesSpentError,
    point_at,
)
from tests.fakes.discord import faults
from tests.fakes.discord.desk import running
from tests.fakes.discord.server import FakeDiscord


async def test_a_cut_connection_is_resumed_and_nothing_is_missed(fake, bot, desk):
    await fake.slash(fake.person(), "alerts")
    fake.gateway.abort()
    await fake.until(lambda: not fake.gateway.connected)
    typed = asyncio.create_task(fake.slash(fake.person(), "now"))

    reply = await typed

    assert "Answer to now" in reply.text
    assert fake.gateway.resumes == 1
    assert len(fake.gateway.identifies) == 1


async def test_an_event_during_the_cut_is_heard_after_the_resume(fake, bot, desk):
    await fake.slash(fake.person(), "alerts")
    fake.gateway.abort()
    await fake.until(lambda: not fake.gateway.connected)
    message = fake.world.put(fake.world.open_dm(alice := fake.person()), alice, {"content": "skew"})

    await fake.gateway.dispatch("MESSAGE_CREATE", message)
    await fake.next_dm(alice)

    assert [name for name, _ in desk.asked] == ["alerts", "words"]


async def test_a_requested_reconnect_is_followed(fake, bot):
    await fake.gateway.reconnect()
    await fake.until(lambda: fake.gateway.resumes)

    assert "Answer to alerts" in (await fake.slash(fake.person(), "alerts")).text


async def test_an_invalid_session_is_identified_anew(fake, bot):
    await fake.gateway.invalidate(resumable=False)

    await fake.until(lambda: len(fake.gateway.identifies) == 2, seconds=7.5)
    assert "Answer to alerts" in (await fake.slash(fake.person(), "alerts")).text


async def test_an_event_the_library_cannot_read_does_not_leave_the_bot_deaf(fake, bot, caplog):
    await fake.gateway.malformed()

    await fake.until(lambda: len(fake.gateway.identifies) == 2)
    assert "Answer to alerts" in (await fake.slash(fake.person(), "alerts")).text
    assert "could not read" in caplog.text


async def test_delivery_goes_on_while_the_gateway_is_away(fake, bot):
    alice = fake.person()
    await fake.gateway.malformed()
    await fake.until(lambda: not fake.gateway.connected)

    outcome = await bot.send(Chat(Platform("discord"), alice.chat_id), Card("Skew"), "e1")

    assert isinstance(outcome, Sent)
    assert bot.health() == "gateway not connected"


async def test_health_is_ok_once_connected(fake, bot):
    await fake.slash(fake.person(), "alerts")

    assert bot.health() == "ok"


async def test_commands_are_published_once_however_often_it_reconnects(fake, bot):
    await fake.gateway.malformed()
    await fake.until(lambda: len(fake.gateway.identifies) == 2)
    await fake.slash(fake.person(), "alerts")

    assert len([one for one in fake.requests if one.method == "PUT"]) == 1


async def test_a_discord_that_is_away_at_the_start_is_tried_again(fake, desk, platform):
    fake.faults.add("GET /users/@me", faults.down(503))

    async with running(platform, desk):
        reply = await fake.slash(fake.person(), "alerts")

    assert "Answer to alerts" in reply.text


class Impatient(Discord):
    deaf_seconds = 0.2
    watch_seconds = 0.1


async def test_a_gateway_out_of_reach_is_tried_at_our_pace(fake, desk, caplog):
    fake.gateway.refuse = True
    platform = Impatient(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)

    async with running(platform, desk):
        async with asyncio.timeout(3):
            while "the gateway is out of reach" not in caplog.text:
                await asyncio.sleep(0.05)
        fake.gateway.refuse = False
        reply = await fake.slash(fake.person(), "alerts")

    assert "Answer to alerts" in reply.text


async def test_commands_that_discord_refuses_do_not_stop_the_bot(fake, desk, platform, caplog):
    fake.faults.add("PUT .*/commands", faults.error(403, 50001))

    async with running(platform, desk):
        await fake.say(alice := fake.person(), "skew")
        await fake.next_dm(alice)

        health = platform.health()

    assert "not published" in caplog.text
    assert health == "commands not published: 403 Forbidden (error code: 50001): Refused"


async def test_given_servers_get_the_commands_at_once_and_nobody_else(fake, desk):
    guild = fake.guild(owner=fake.person())
    other = Discord(
        fake.token,
        api_url=fake.api_url,
        gateway_url=fake.gateway_url,
        guild_ids=(4242, int(guild.id)),
    )

    async with running(other, desk):
        reply = await fake.slash(fake.person(), "alerts", guild=guild)

    assert "Answer to alerts" in reply.text
    assert None not in fake.world.commands


async def test_a_refused_token_ends_the_platform_with_a_remedy(fake, desk):
    platform = Discord("wrong", api_url=fake.api_url, gateway_url=fake.gateway_url)

    with pytest.raises(AlertsError, match="Discord refuses the bot"):
        await platform.run(desk)


async def test_a_token_revoked_later_ends_the_platform(fake, desk, platform):
    async def revoked():
        async with running(platform, desk) as task:
            await fake.connected()
            await fake.gateway.close(4004)
            await task

    with pytest.raises(AlertsError, match="4004"):
        await revoked()


async def test_a_gateway_that_closed_for_good_is_left_alone_and_health_says_so(
    fake, desk, platform
):
    async def revoked():
        async with running(platform, desk) as task:
            await fake.connected()
            await fake.gateway.close(4004)
            await task

    with pytest.raises(AlertsError, match="4004"):
        await revoked()
    requests = len(fake.requests)

    async with running(platform, desk):
        await asyncio.sleep(0.2)

    assert len(fake.requests) == requests, "not asked again for an hour"
    assert len(fake.gateway.identifies) == 1
    assert "4004" in platform.health()


async def test_a_day_with_few_new_sessions_left_spares_them(fake, desk, platform, monkeypatch):
    spent = {"total": 1000, "remaining": 49, "reset_after": 3_600_000, "max_concurrency": 1}
    told = {"url": fake.gateway_url, "shards": 1, "session_start_limit": spent}
    monkeypatch.setattr(fake.rest, "_gateway_bot", lambda: told)

    async with running(platform, desk):
        await fake.until(lambda: [one for one in fake.requests if one.path == "/gateway/bot"])
        await asyncio.sleep(0.1)

    assert fake.gateway.identifies == []


async def test_plain_text_frames_are_understood_too(desk):
    async with FakeDiscord() as fake:
        fake.gateway.compress = False
        platform = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)
        async with running(platform, desk):
            assert "Answer" in (await fake.slash(fake.person(), "alerts")).text


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (99, 60)]
)
def test_the_pause_before_the_next_connection_grows_to_a_minute(failures, seconds):
    assert backoff(failures) == seconds


def test_new_sessions_stay_under_the_daily_limit():
    identifies = Identifies(a_day=2)
    identifies.take(0.0)
    identifies.take(10.0)

    assert identifies.wait(20.0) == 86380.0
    with pytest.raises(IdentifiesSpentError):
        identifies.take(20.0)
    assert identifies.wait(86400.0) == 0.0


def test_where_it_connects_is_set_and_set_back():
    point_at("http://127.0.0.1:1/api/v10/", "ws://127.0.0.1:1/gateway/")
    elsewhere = (Route.BASE, str(DiscordWebSocket.DEFAULT_GATEWAY))

    point_at(None, None)

    assert elsewhere == ("http://127.0.0.1:1/api/v10", "ws://127.0.0.1:1/gateway/")
    assert (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY) == (DEFAULT_API, DEFAULT_GATEWAY)
