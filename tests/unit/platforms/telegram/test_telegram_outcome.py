"""Every refusal of the Bot API, sent by the fake over the wire, as the outcome of a send."""

from datetime import timedelta

import pytest

from alerts.domain.ids import Chat, Platform
from bot.card import Button, Card, Document
from bot.outcome import Gone, Later, Moved, Rejected, Sent, Whom
from bot.platforms.telegram import Telegram, Waits
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

TELEGRAM = Platform("telegram")
ALICE, DESK = 42, -1001
CHAT = Chat(TELEGRAM, str(ALICE))
CARD = Card("BTC skew 20.0% – above your 15%", strong="BTC skew 20.0%", footer="#7")
SOON = timedelta(seconds=5)


@pytest.fixture
async def fake():
    async with FakeTelegram() as server:
        server.world.private(ALICE)
        yield server


@pytest.fixture
async def telegram(fake):
    platform = Telegram(fake.token, base_url=fake.url, waits=Waits(answer_seconds=0.2))
    yield platform
    await platform.close()


async def outcome(fake, telegram, *faults, card=CARD):
    fake.faults.extend(faults)
    return await telegram.send(CHAT, card, "key")


async def test_sent_names_the_message(fake, telegram):
    assert await telegram.send(CHAT, CARD, "key") == Sent("1")
    assert (await fake.next_message(ALICE)).marked("bold") == ["BTC skew 20.0%"]


async def test_send_needs_no_run_and_shows_no_link_preview(fake, telegram):
    await telegram.send(CHAT, Card("see https://example.com", silent=True), "key")

    message = await fake.next_message(ALICE)
    assert message.silent
    assert message.sent["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (403, "Forbidden: bot was kicked from the group chat"),
        (403, "Forbidden: bot was kicked from the channel chat"),
        (403, "Forbidden: bot is not a member of the channel chat"),
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (403, "Forbidden: bot can't send messages to bots"),
        (403, "Forbidden: the group chat was deleted"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: PEER_ID_INVALID"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (400, "Bad Request: need administrator rights in the channel chat"),
    ],
)
async def test_chat_that_cannot_be_reached_is_gone(fake, telegram, status, description):
    fault = Fault(status=status, description=description)

    assert isinstance(await outcome(fake, telegram, fault), Gone)


async def test_undescribed_403_is_not_taken_as_permanent(fake, telegram):
    fault = Fault(status=403, description="Forbidden: something new")

    assert await outcome(fake, telegram, fault) == Later(
        timedelta(minutes=15), "Forbidden: something new"
    )


async def test_undescribed_400_rejects_this_message_only(fake, telegram):
    fault = Fault(status=400, description="Bad Request: something new")

    assert await outcome(fake, telegram, fault) == Rejected("Something new")


async def test_upgraded_group_has_moved(fake, telegram):
    fake.group(-5, admins=(ALICE,))
    await fake.migrate(-5, DESK, by=ALICE)

    result = await telegram.send(Chat(TELEGRAM, "-5"), CARD, "key")

    assert result == Moved(Chat(TELEGRAM, str(DESK)))


async def test_flood_control_waits_as_long_as_it_says(fake, telegram):
    fault = Fault(
        status=429,
        description="Too Many Requests: retry after 7",
        parameters={"retry_after": 7},
    )

    assert await outcome(fake, telegram, fault) == Later(
        timedelta(seconds=7), "flood control", whom=Whom.CHAT
    )


async def test_flood_control_without_a_time_still_waits(fake, telegram):
    fault = Fault(status=429, description="Too Many Requests")

    assert (await outcome(fake, telegram, fault)).after == timedelta(seconds=30)


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_server_error_is_tried_again_soon(fake, telegram, status):
    result = await outcome(fake, telegram, Fault(status=status, description="Bad Gateway"))

    assert result == Later(SOON, "Bad Gateway")


async def test_gateway_page_instead_of_json_is_tried_again(fake, telegram):
    result = await outcome(fake, telegram, Fault(status=502, body="<html>bad gateway</html>"))

    assert (result.after, result.unknown) == (SOON, False)
    assert "html" not in result.why


async def test_accepted_with_an_unreadable_answer_is_unknown(fake, telegram):
    result = await outcome(fake, telegram, Fault(status=200, body="<html>", deliver=True))

    assert result == Later(SOON, "Invalid server response", unknown=True)


async def test_answer_that_never_comes_is_unknown(fake, telegram):
    result = await outcome(fake, telegram, Fault(deliver=True, delay=5.0))

    assert isinstance(result, Later)
    assert result.unknown
    assert (await fake.next_message(ALICE)).text.startswith("BTC skew")


async def test_connection_cut_after_the_request_is_unknown(fake, telegram):
    result = await outcome(fake, telegram, Fault(deliver=True, close=True))

    assert (result.after, result.unknown) == (SOON, True)


async def test_server_that_is_away_was_not_reached(fake, telegram):
    await fake.stop()

    assert await telegram.send(CHAT, CARD, "key") == Later(SOON, "not sent: ClientConnectorError")


@pytest.mark.parametrize(("status", "text"), [(401, "Unauthorized"), (404, "Not Found")])
async def test_refused_token_waits_long_and_shows_in_health(fake, telegram, status, text):
    result = await outcome(fake, telegram, Fault(status=status, description=text))

    assert result == Later(timedelta(minutes=1), "token refused", whom=Whom.EVERYBODY)
    assert telegram.health().startswith("token refused")


async def test_conflict_waits(fake, telegram):
    result = await outcome(fake, telegram, Fault(status=409, description="Conflict: webhook"))

    assert result.after == timedelta(seconds=30)


@pytest.mark.parametrize(
    "description",
    [
        'Bad Request: can\'t parse entities: unsupported start tag "x" at byte offset 3',
        "Bad Request: message is too long",
    ],
)
async def test_refused_markup_is_sent_once_more_as_plain_text(fake, telegram, description):
    result = await outcome(fake, telegram, Fault(status=400, description=description))

    message = await fake.next_message(ALICE)
    assert result == Sent("1")
    assert message.text == "BTC skew 20.0% – above your 15%\n#7"
    assert "parse_mode" not in message.sent


async def test_plain_text_refused_too_is_rejected(fake, telegram):
    fault = Fault(status=400, description="Bad Request: can't parse entities: x", times=2)

    assert isinstance(await outcome(fake, telegram, fault), Rejected)
    assert len(fake.called("sendMessage")) == 2


@pytest.mark.parametrize("topic", [7, 8])
async def test_closed_or_lost_topic_falls_back_to_the_general_one_and_says_so_once(
    fake, telegram, topic
):
    fake.group(DESK, topics={7}, closed={7})
    chat = Chat(TELEGRAM, str(DESK), str(topic))

    outcomes = [await telegram.send(chat, Card(text), "key") for text in ("one", "two")]

    seen = [await fake.next_message(DESK) for _ in range(3)]
    assert outcomes == [Sent("2"), Sent("3")]
    assert [message.text for message in seen[1:]] == ["one", "two"]
    assert "closed or gone" in seen[0].text
    assert {message.thread for message in seen} == {None}


async def test_topic_message_goes_into_its_topic(fake, telegram):
    fake.group(DESK, topics={7})

    await telegram.send(Chat(TELEGRAM, str(DESK), "7"), CARD, "key")

    assert (await fake.next_message(DESK)).thread == 7


async def test_long_card_rings_once_and_has_its_buttons_below(fake, telegram):
    lines = tuple("y" * 1000 for _ in range(6))

    await telegram.send(CHAT, Card("Long", lines=lines, buttons=((Button("Ok", "ok:1"),),)), "key")

    first, second = await fake.next_message(ALICE), await fake.next_message(ALICE)
    assert (first.silent, second.silent) == (False, True)
    assert (list(first.buttons), list(second.buttons)) == ([], ["Ok"])


async def test_card_broken_off_after_its_first_part_may_repeat(fake, telegram):
    fake.faults.append(Fault(status=200))
    fake.faults.append(Fault(status=500))

    result = await telegram.send(CHAT, Card("Long", lines=("y" * 2000,) * 4), "key")

    assert (result.after, result.unknown) == (SOON, True)


async def test_flooded_chat_does_not_hold_up_another(fake, telegram):
    fake.world.private(43)
    fake.flood.per_chat_second = 1
    other = Chat(TELEGRAM, "43")

    results = [await telegram.send(chat, CARD, "key") for chat in (CHAT, CHAT, other)]

    assert [type(result) for result in results] == [Sent, Later, Sent]


async def test_file_of_a_card_follows_it_without_ringing(fake, telegram):
    fake.group(DESK, topics={7})
    card = Card("Your 2 alerts, as a file", document=Document("alerts.json", '{"€": "<b>"}'))

    assert await telegram.send(Chat(TELEGRAM, str(DESK), "7"), card, "key") == Sent("2")

    said, file = await fake.next_message(DESK), await fake.next_message(DESK)
    (call,) = fake.called("sendDocument")
    assert (said.text, file.thread, file.silent) == ("Your 2 alerts, as a file", 7, True)
    assert call.files == {"document": ("alerts.json", '{"€": "<b>"}'.encode())}
