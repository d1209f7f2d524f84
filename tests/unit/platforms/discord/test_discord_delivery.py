"""Sending over the wire: every way it can end."""

import asyncio
import logging
from datetime import timedelta

import pytest

from alerts.domain.ids import Chat, Platform
from alerts.domain.turn import Rates
from alerts.storage.memory import MemoryStore
from bot.card import Card, Field, Tone
from bot.limits import Limits
from bot.outcome import Gone, Later, Sent, Whom
from bot.platforms.discord import Discord
from bot.platforms.discord.adapter import REMEMBERED, _make_room
from bot.platforms.discord.refusals import AT_MOST, Refusals
from tests.fakes.discord import faults
from tests.fakes.discord.desk import running
from tests.fakes.discord.model import text_of

DISCORD = Platform("discord")
POST = r"POST /channels/\d+/messages"
CARD = Card("BTC skew 20.0%", Tone.ALARM, lines=("Usual −6 to +6.",))


@pytest.fixture
def alice(fake):
    return fake.person("alice")


@pytest.fixture
def dm(alice):
    return Chat(Platform("discord"), alice.chat_id)


async def test_an_alert_reaches_a_person_without_a_gateway(fake, platform, alice, dm):
    outcome = await platform.send(dm, CARD, "e1")

    message = await fake.next_dm(alice)
    assert outcome == Sent(message["id"])
    assert message["content"] == "🔴 BTC skew 20.0%"
    assert message["embeds"][0]["color"] == 13840175
    assert fake.gateway.identifies == []


async def test_an_alert_reaches_a_channel(fake, platform, alice):
    guild = fake.guild(owner=alice)

    outcome = await platform.send(Chat(Platform("discord"), guild.channel_id), CARD, "e1")

    assert outcome == Sent((await fake.next_message(guild))["id"])


async def test_a_silent_alert_makes_no_sound(fake, platform, alice, dm):
    await platform.send(dm, Card("Back to normal", silent=True), "e1")

    assert (await fake.next_dm(alice))["flags"] == 1 << 12


async def test_the_direct_message_channel_is_opened_once(fake, platform, dm):
    await platform.send(dm, CARD, "e1")
    await platform.send(dm, CARD, "e2")

    assert len([one for one in fake.requests if one.path == "/users/@me/channels"]) == 1


async def test_the_same_news_twice_is_one_message(fake, platform, alice, dm):
    first = await platform.send(dm, CARD, "e1")
    again = await platform.send(dm, CARD, "e1")
    other = await platform.send(dm, CARD, "e2")

    assert first == again
    assert other != first
    assert len(fake.inbox(alice)) == 2


async def test_a_502_after_storing_is_one_message(fake, platform, alice, dm):
    fake.faults.add(POST, faults.stored_then(502))

    outcome = await platform.send(dm, CARD, "e1")

    assert isinstance(outcome, Sent)
    assert len(fake.inbox(alice)) == 1


async def test_a_reset_after_storing_is_one_message_after_the_retry(fake, platform, alice, dm):
    fake.faults.add(POST, faults.reset(stored=True))

    outcome = await platform.send(dm, CARD, "e1")
    again = await platform.send(dm, CARD, "e1")

    assert isinstance(outcome, Later)
    assert outcome.unknown
    assert again == Sent(fake.inbox(alice)[0]["id"])
    assert len(fake.inbox(alice)) == 1


async def test_503_is_tried_again_later(fake, platform, alice, dm):
    fake.faults.add(POST, faults.down(503))

    outcome = await platform.send(dm, CARD, "e1")

    assert outcome == Later(timedelta(seconds=15), "503 code 0")
    assert fake.inbox(alice) == []


@pytest.mark.parametrize("code", [50007, 50278])
async def test_closed_direct_messages_are_gone(fake, platform, alice, dm, code):
    fake.close_dms(alice, code)

    outcome = await platform.send(dm, CARD, "e1")

    assert isinstance(outcome, Gone)
    assert str(code) in outcome.why


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013)])
async def test_a_channel_out_of_reach_is_gone(fake, platform, alice, status, code):
    guild = fake.guild(owner=alice)
    fake.faults.add(POST, faults.error(status, code))

    outcome = await platform.send(Chat(Platform("discord"), guild.channel_id), CARD, "e1")

    assert isinstance(outcome, Gone)


@pytest.mark.parametrize("code", [10003, 10004])
async def test_a_place_that_is_unknown_is_gone_after_a_second_check(fake, platform, alice, code):
    guild = fake.guild(owner=alice)
    chat = Chat(Platform("discord"), guild.channel_id)
    fake.faults.add(POST, *[faults.error(404, code)] * 3)
    platform.second_check_seconds = 0.05

    first = await platform.send(chat, CARD, "e1")
    too_soon = await platform.send(chat, CARD, "e1")
    await asyncio.sleep(0.06)
    second = await platform.send(chat, CARD, "e1")

    assert isinstance(first, Later)
    assert isinstance(too_soon, Later)
    assert isinstance(second, Gone)


async def test_a_place_that_was_unknown_for_a_moment_is_not_gone(fake, platform, alice):
    guild = fake.guild(owner=alice)
    chat = Chat(Platform("discord"), guild.channel_id)
    platform.second_check_seconds = 0.0
    fake.faults.add(POST, faults.error(404, 10003))
    await platform.send(chat, CARD, "e1")
    assert isinstance(await platform.send(chat, CARD, "e1"), Sent)
    fake.faults.add(POST, faults.error(404, 10003))

    assert isinstance(await platform.send(chat, CARD, "e2"), Later)


async def test_too_many_refusals_stop_all_sending_before_discord_bans_us(fake, platform, alice, dm):
    guild = fake.guild(owner=alice)
    fake.faults.add(POST, *[faults.error(403, 50013)] * 3, faults.too_many(0.05))
    platform._refusals = Refusals(at_most=4)
    for key in ("e1", "e2", "e3", "e4"):
        await platform.send(Chat(Platform("discord"), guild.channel_id), CARD, key)
    requests = len(fake.requests)

    outcome = await platform.send(dm, CARD, "e5")

    assert isinstance(outcome, Later)
    assert outcome.whom is Whom.EVERYBODY
    assert timedelta(minutes=9) < outcome.after <= timedelta(minutes=10)
    assert len(fake.requests) == requests


def test_refusals_are_counted_for_ten_minutes_and_shared_limits_are_not():
    now = 0.0
    refusals = Refusals(at_most=3, monotonic=lambda: now)
    for status, scope in ((401, ""), (429, "shared"), (200, ""), (429, "user"), (404, "")):
        refusals.heard(status, scope)
    assert refusals.wait() == 0.0
    now = 100.0
    refusals.heard(403, "")

    assert refusals.wait() == 500.0
    now = 600.0
    assert refusals.wait() == 0.0
    assert AT_MOST == 2_000, "a fifth of 10,000"


async def test_memory_of_opened_channels_is_bounded(platform):
    platform._dms = {f"u{number}": number for number in range(REMEMBERED)}

    _make_room(platform._dms)

    assert len(platform._dms) == REMEMBERED - 1
    assert "u0" not in platform._dms


async def test_an_unknown_person_is_gone(platform):
    assert isinstance(await platform.send(Chat(Platform("discord"), "u42"), CARD, "e1"), Gone)


@pytest.mark.parametrize("chat_id", ["", "someone", "u", "-5"])
async def test_what_is_no_address_is_gone_without_a_request(fake, platform, chat_id):
    assert isinstance(await platform.send(Chat(Platform("discord"), chat_id), CARD, "e1"), Gone)
    assert fake.requests == []


async def test_a_direct_message_channel_that_vanished_is_opened_again(fake, platform, alice, dm):
    await platform.send(dm, CARD, "e1")
    del fake.world.channels[fake.world.dms.pop(alice.id)]

    outcome = await platform.send(dm, CARD, "e2")

    assert outcome == Sent(fake.inbox(alice)[0]["id"])


async def test_a_refused_card_goes_once_more_as_plain_text(fake, platform, alice, dm, caplog):
    fake.faults.add(POST, faults.error(400, 50035))

    outcome = await platform.send(dm, Card("Skew", fields=(Field("Now", "20.0%"),)), "e1")

    message = await fake.next_dm(alice)
    assert outcome == Sent(message["id"])
    assert message["content"] == "Skew\nNow: 20.0%"
    assert message["embeds"] == []
    assert "refused a card" in caplog.text


async def test_a_route_limit_is_waited_out_by_the_library(fake, platform, alice, dm):
    fake.faults.add(POST, faults.too_many(0.05))

    assert isinstance(await platform.send(dm, CARD, "e1"), Sent)


async def test_a_global_limit_is_waited_out_by_the_library(fake, platform, dm):
    fake.faults.add(POST, faults.too_many(0.05, everywhere=True))

    assert isinstance(await platform.send(dm, CARD, "e1"), Sent)


async def test_a_long_limit_is_handed_back_to_the_queue(fake, platform, dm):
    fake.faults.add(POST, faults.too_many(120.0))

    assert await platform.send(dm, CARD, "e1") == Later(
        timedelta(seconds=120), "rate limit", whom=Whom.CHAT
    )


async def test_a_ban_of_the_address_stops_all_sending_without_further_requests(
    fake, platform, alice, dm
):
    fake.faults.add(POST, faults.too_many(1.0, via=False))
    first = await platform.send(dm, CARD, "e1")
    requests = len(fake.requests)

    other = await platform.send(Chat(Platform("discord"), "42"), CARD, "e2")

    assert isinstance(first, Later)
    assert first.after == timedelta(minutes=10)
    assert isinstance(other, Later)
    assert len(fake.requests) == requests
    assert platform.health().startswith("Discord blocks this address or token for now; sending")


async def test_a_refused_token_is_told_and_not_tried_in_a_loop(fake, dm):
    platform = Discord("wrong", api_url=fake.api_url, gateway_url=fake.gateway_url)

    first = await platform.send(dm, CARD, "e1")
    again = await platform.send(dm, CARD, "e1")

    assert isinstance(first, Later)
    assert isinstance(again, Later)
    assert len(fake.requests) == 1
    assert "refuses the bot token" in platform.health()


async def test_an_unreachable_discord_is_tried_again_soon(dm):
    platform = Discord("any", api_url="http://127.0.0.1:9/api/v10")

    outcome = await platform.send(dm, CARD, "e1")

    assert outcome == Later(timedelta(seconds=5), "Discord is out of reach")


async def test_many_sends_at_once_log_in_once(fake, platform, alice, dm):
    await asyncio.gather(*(platform.send(dm, CARD, f"e{at}") for at in range(5)))

    assert len([one for one in fake.requests if one.path == "/users/@me"]) == 1
    assert len(fake.inbox(alice)) == 5


async def test_tokens_and_texts_are_in_no_log_at_any_level(fake, desk, platform, dm, caplog):
    caplog.set_level(logging.DEBUG)
    fake.faults.add(POST, faults.down(503), faults.error(400, 50035))

    async with running(platform, desk):
        reply = await fake.slash(fake.person(), "alert", {"rule": "skew above 15 named mine"})
        await fake.press(reply, "Save")
        for key in ("e1", "e2"):
            await platform.send(dm, CARD, key)
        fake.gateway.abort()
        await fake.until(lambda: fake.gateway.resumes)

    assert fake.token not in caplog.text
    assert reply.token not in caplog.text
    assert "skew above 15" not in caplog.text
    assert "BTC skew" not in caplog.text
    assert fake.token not in repr(vars(platform)["_client"])


def test_health_says_what_an_idle_sender_is():
    assert Discord("any").health() == "ok"


def test_text_of_is_what_people_read():
    assert text_of({"content": "a", "embeds": []}) == "a"


async def test_many_at_once_run_into_no_global_limit_though_each_is_two_requests(fake, platform):
    fake.rest.per_second = 50
    people = [fake.person(f"p{number}") for number in range(60)]

    outcomes = await asyncio.gather(
        *(platform.send(Chat(Platform("discord"), one.chat_id), CARD, "e1") for one in people)
    )

    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert fake.rest.refused == 0
    assert len(fake.requests) >= 120


async def test_two_senders_that_open_many_channels_keep_to_one_limit_together(fake):
    store, rates = MemoryStore(), Rates(40.0)
    senders = [Discord(fake.token, api_url=fake.api_url) for _ in range(2)]
    limits = [Limits.of(store.budget("d", rates), rates) for _ in senders]
    for sender, its in zip(senders, limits, strict=True):
        sender.use(its)
        await sender.send(Chat(DISCORD, fake.person("first").chat_id), CARD, "e0")
    await asyncio.sleep(1)  # logging in was counted too
    fake.rest.per_second = 50

    async def told(number):
        sender, its = senders[number % 2], limits[number % 2]
        chat = Chat(DISCORD, fake.person(f"p{number}").chat_id)
        while wait := await its.turn(chat):
            await asyncio.sleep(wait.total_seconds())
        return await sender.send(chat, CARD, "e1")

    outcomes = await asyncio.gather(*(told(number) for number in range(60)))
    for sender in senders:
        await sender.close()

    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert fake.rest.refused == 0
