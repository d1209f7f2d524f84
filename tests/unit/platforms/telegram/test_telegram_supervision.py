"""How the adapter lives and dies: refused tokens, other pollers, outages, and secrets."""

import asyncio
import contextlib
import logging
import traceback
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import NetworkError

from alerts.domain.ids import Chat, Platform
from bot.card import Card
from bot.platforms.telegram import Telegram, TelegramLostError, Waits
from bot.platforms.telegram.pulse import Pulse
from bot.platforms.telegram.request import AiohttpRequest
from bot.platforms.telegram.rights import Rights
from tests.fakes.clock import ManualClock
from tests.fakes.telegram.desk import FakeDesk
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

ALICE = 42
CHAT = Chat(Platform("telegram"), "42")
QUICK = Waits(answer_seconds=1.0, watch_seconds=0.01, stop_seconds=2.0)


@pytest.fixture
async def fake():
    async with FakeTelegram() as server:
        yield server


def a_telegram(fake, token=""):
    return Telegram(token or fake.token, base_url=fake.url, waits=QUICK)


@contextlib.asynccontextmanager
async def listening(telegram, fake):
    polls = len(fake.called("getUpdates"))
    running = asyncio.create_task(telegram.run(FakeDesk()))
    await fake.world.until(lambda: fake.world.poll > polls or None, 5.0)
    try:
        yield running
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, TelegramLostError):
            await running


async def settled(claim, seconds=3.0):
    async with asyncio.timeout(seconds):
        while not claim():
            await asyncio.sleep(0)


async def test_health_follows_the_run(fake):
    telegram = a_telegram(fake)
    before = telegram.health()

    async with listening(telegram, fake):
        during = telegram.health()

    assert (before, during, telegram.health()) == ("not listening", "ok", "not listening")


async def test_not_listening_is_no_illness_of_a_process_that_only_sends(fake):
    telegram = Telegram(fake.token, base_url=fake.url, waits=QUICK, listens=False)
    before = telegram.health()
    fake.faults.append(Fault(status=401, description="Unauthorized"))
    await telegram.send(CHAT, Card("hello"), "key")

    assert before == "ok"
    assert "token refused" in telegram.health()
    await telegram.close()


async def test_refused_token_at_the_start_ends_the_run(fake):
    telegram = a_telegram(fake, "1234567890:BBrevoked_token-of-the-fake_012345678")

    with pytest.raises(TelegramLostError, match="token refused"):
        await telegram.run(FakeDesk())

    assert telegram.health().startswith("token refused")


async def test_token_revoked_while_polling_ends_the_run(fake):
    telegram = a_telegram(fake)

    async with listening(telegram, fake) as running:
        fake.token = "1234567890:CCnew_token-of-the-fake_0123456789012"
        await fake.say(ALICE, "/now")

        with pytest.raises(TelegramLostError, match="token refused"):
            await asyncio.wait_for(running, 3.0)

    assert telegram.health().startswith("token refused")


async def test_another_poller_shows_in_health_and_does_not_end_the_run(fake):
    telegram = a_telegram(fake)

    async with listening(telegram, fake) as running:
        fake.faults.append(Fault("getUpdates", status=409, description="Conflict: x"))
        await fake.say(ALICE, "/now")
        await fake.next_message(ALICE)
        await settled(lambda: telegram.health() != "ok")

        assert telegram.health().startswith("another program polls")
        assert not running.done()


async def test_polling_goes_on_after_server_errors(fake):
    telegram = a_telegram(fake)
    fake.faults += [Fault("getUpdates", status=502, body="<html>")]

    async with listening(telegram, fake):
        await fake.say(ALICE, "/now")

        assert (await fake.next_message(ALICE)).text == "now:"


async def test_server_away_at_the_start_is_waited_for(fake):
    telegram = a_telegram(fake)
    await fake.stop()
    running = asyncio.create_task(telegram.run(FakeDesk()))
    await settled(lambda: telegram.health() == "connecting")

    await fake.start()
    await fake.until_polling()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_run_can_be_started_again(fake):
    telegram = a_telegram(fake)

    for number in (1, 2):
        async with listening(telegram, fake):
            await fake.say(ALICE, f"/now {number}")
            assert (await fake.next_message(ALICE)).text == f"now: {number}"


async def test_stop_answers_what_is_in_hand_and_takes_nothing_twice(fake):
    telegram = a_telegram(fake)
    desk = FakeDesk()
    desk.gate.clear()
    running = asyncio.create_task(telegram.run(desk))
    await fake.say(ALICE, "/now 1")
    await fake.until_polling(after=1)

    running.cancel()
    await asyncio.sleep(0)
    desk.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (await fake.next_message(ALICE)).text == "now: 1"
    async with listening(telegram, fake):
        await fake.say(ALICE, "/now 2")
        assert (await fake.next_message(ALICE)).text == "now: 2"


async def test_check_names_the_bot(fake):
    telegram = a_telegram(fake)

    assert await telegram.check() == "@derivwatch_test_bot"

    await telegram.close()


async def test_check_says_that_the_token_is_refused(fake):
    telegram = a_telegram(fake, "1234567890:BBrevoked_token-of-the-fake_012345678")

    with pytest.raises(TelegramLostError, match="TELEGRAM_BOT_TOKEN"):
        await telegram.check()

    await telegram.close()


async def test_menu_that_cannot_be_set_costs_the_menu_only(fake):
    fake.faults.append(Fault("setMyCommands", status=400, description="Bad Request", times=3))

    async with listening(a_telegram(fake), fake):
        await fake.say(ALICE, "/now")

        assert (await fake.next_message(ALICE)).text == "now:"


def test_silence_shows_in_health_before_the_run_is_given_up():
    clock = ManualClock()
    pulse = Pulse(clock.now, Waits())
    pulse.connecting()
    pulse.listening()
    clock.advance(seconds=61)
    pulse.heard_poll(502)

    assert pulse.health() == "no answer from Telegram for 61 s"
    assert pulse.lost() is None


def test_poller_that_asks_no_more_is_lost():
    clock = ManualClock()
    pulse = Pulse(clock.now, Waits(stopped=timedelta(minutes=5)))
    pulse.listening()
    clock.advance(minutes=5, seconds=1)

    assert pulse.lost() == "polling stopped"


async def test_token_and_messages_appear_in_no_log_and_no_error(fake, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.DEBUG)
    telegram = a_telegram(fake)
    told = [repr(telegram), str(vars(telegram))]
    async with listening(telegram, fake) as running:
        await fake.say(ALICE, "/now secret words")
        await fake.next_message(ALICE)
        fake.faults += [
            Fault(status=502, body=f"<a href='/bot{fake.token}/sendMessage'>no</a>"),
            Fault(status=200, body=f"/bot{fake.token}/sendMessage"),
            Fault(status=401, description="Unauthorized"),
            Fault(close=True),
            Fault(delay=3.0),
        ]
        told += [str(await telegram.send(CHAT, Card("secret words"), "k")) for _ in range(5)]
        canary, fake.token = fake.token, "1234567890:CCnew_token-of-the-fake_0123456789012"
        await fake.say(ALICE, "/now")
        with pytest.raises(TelegramLostError) as lost:
            await running
    with pytest.raises(TelegramLostError) as refused:
        await telegram.run(FakeDesk())
    await fake.stop()
    told.append(str(await telegram.send(CHAT, Card("x"), "k")))
    with pytest.raises(TelegramLostError) as away:
        await telegram.check()
    await telegram.close()

    for error in (lost, refused, away):
        told += traceback.format_exception(error.value)
        told += [repr(error.value.__cause__), repr(error.value.__context__)]
    formatter = logging.Formatter()
    told += [formatter.format(record) for record in caplog.records]
    secret = canary.split(":", maxsplit=1)[1]
    assert [line for line in told if secret in line or "secret words" in line] == []


async def test_malformed_address_does_not_quote_the_token(fake):
    telegram = Telegram(fake.token, base_url="http://[nowhere")

    outcome = await telegram.send(CHAT, Card("x"), "k")

    await telegram.close()
    assert fake.token not in str(outcome)


async def test_of_two_bots_with_one_token_at_least_one_names_the_other(fake):
    first, second = a_telegram(fake), a_telegram(fake)

    async with listening(first, fake), listening(second, fake):
        await settled(
            lambda: any(one.health().startswith("another program") for one in (first, second))
        )


async def test_requests_tell_every_status_and_failures_as_zero(fake):
    heard = []
    request = AiohttpRequest(heard=heard.append)
    url = f"{fake.url}/bot{fake.token}/getMe"

    await request.do_request(url, "POST")
    await fake.stop()
    with pytest.raises(NetworkError):
        await request.do_request(url, "POST")

    await request.shutdown()
    assert heard == [200, 0]


async def test_rights_are_asked_again_after_five_minutes(fake):
    fake.group(-1001, admins=(ALICE,))
    clock = ManualClock()
    request = AiohttpRequest()
    bot = Bot(fake.token, base_url=f"{fake.url}/bot", request=request)
    rights = Rights(bot, clock.now)

    before = await rights.may_edit(-1001, ALICE)
    fake.world.rooms[-1001].statuses[ALICE] = "member"
    clock.advance(minutes=4, seconds=59)
    remembered = await rights.may_edit(-1001, ALICE)
    clock.advance(seconds=1)
    after = await rights.may_edit(-1001, ALICE)

    await request.shutdown()
    assert (before, remembered, after) == (True, True, False)
