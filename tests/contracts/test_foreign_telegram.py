"""aiogram against our fake Telegram, so that the fake cannot flatter the library we use."""

import pytest
import pytest_asyncio

from tests.contracts.foreign.apart import foreign, needs_apart
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

pytestmark = [needs_apart, pytest.mark.timeout(60), pytest.mark.asyncio(loop_scope="module")]

ALICE, DESK = 42, -1001


@pytest_asyncio.fixture(loop_scope="module")
async def fake():
    async with FakeTelegram() as server:
        server.world.private(ALICE)
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client():
    async with foreign("aiogram_calls.py") as calls:
        yield calls


@pytest_asyncio.fixture(loop_scope="module")
async def aiogram(fake, client):
    """The client, connected to this test's fake."""
    await client("connect", url=fake.url, token=fake.token)
    return client


async def test_aiogram_is_known_by_name_and_sends_html(fake, aiogram):
    me = await aiogram("get_me")
    sent = await aiogram(
        "send_message", chat_id=ALICE, text="<b>BTC</b> &lt; 5 <i>x</i>", parse_mode="HTML"
    )

    assert me["result"]["username"] == "derivwatch_test_bot"
    assert sent["result"]["text"] == "BTC < 5 x"
    assert [one["type"] for one in sent["result"]["entities"]] == ["bold", "italic"]
    assert (await fake.next_message(ALICE)).marked("bold") == ["BTC"]


async def test_aiogram_polls_answers_and_edits_at_a_tap(fake, aiogram):
    await aiogram("poll")

    await fake.say(ALICE, "skew above 15%")
    card = await fake.next_message(ALICE, 10)
    query = await fake.press(card, "Save")
    edited = await fake.next_edit(ALICE, 10)

    assert card.text == "said skew above 15%"
    assert await fake.toast(query) == "Saved"
    assert (edited.id, edited.text) == (card.id, "save:1")
    await aiogram("rest")


@pytest.mark.parametrize(
    ("fault", "error", "more"),
    [
        (
            Fault(status=429, description="Too Many Requests", parameters={"retry_after": 7}),
            "TelegramRetryAfter",
            {"retry_after": 7},
        ),
        (
            Fault(status=400, parameters={"migrate_to_chat_id": DESK}, description="upgraded"),
            "TelegramMigrateToChat",
            {"migrate_to_chat_id": DESK},
        ),
        (
            Fault(status=403, description="Forbidden: bot was blocked by the user"),
            "TelegramForbiddenError",
            {},
        ),
        (Fault(status=401, description="Unauthorized"), "TelegramUnauthorizedError", {}),
        (Fault(status=409, description="Conflict: terminated"), "TelegramConflictError", {}),
        (Fault(status=502, description="Bad Gateway"), "TelegramServerError", {}),
        (Fault(status=502, body="<html>502</html>"), "ClientDecodeError", {}),
        (Fault(close=True), "TelegramNetworkError", {}),
    ],
    ids=["429", "moved", "blocked", "401", "409", "502", "html", "cut"],
)
async def test_aiogram_reads_every_refusal_as_what_it_is(fake, aiogram, fault, error, more):
    fake.faults.append(fault)

    answer = await aiogram("send_message", chat_id=ALICE, text="x")

    assert answer["error"] == error
    assert {name: answer[name] for name in more} == more
    assert "error" not in await aiogram("send_message", chat_id=ALICE, text="x")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": " "}, "empty"),
        ({"text": "x", "message_thread_id": 7}, "thread not found"),
    ],
    ids=["markup", "long", "empty", "topic"],
)
async def test_aiogram_is_refused_as_we_are(fake, aiogram, arguments, words):
    fake.group(DESK, topics=set())

    answer = await aiogram("send_message", chat_id=DESK, **arguments)

    assert answer["error"] == "TelegramBadRequest"
    assert words in answer["text"]


async def test_aiogram_gets_429_from_the_fakes_own_flood_control(fake, aiogram):
    fake.flood.per_chat_second = 1

    answers = [await aiogram("send_message", chat_id=ALICE, text="x") for _ in range(2)]

    assert answers[1]["error"] == "TelegramRetryAfter"
    assert answers[1]["retry_after"] >= 1


async def test_aiogram_finds_rights_menus_files_and_webhooks(fake, aiogram):
    # No administrator: aiogram knows a right of a newer Bot API than the schema we have.
    fake.group(DESK).statuses[ALICE] = "member"

    member = await aiogram("get_chat_member", chat_id=DESK, user_id=ALICE)
    chat = await aiogram("get_chat", chat_id=DESK)
    menu = [{"command": "now", "description": "How the market stands"}]
    assert (await aiogram("set_my_commands", commands=menu))["result"] is True
    file = await aiogram("send_document", chat_id=ALICE, document_text="{}", caption="data")
    hook = await aiogram("get_webhook_info")
    deleted = await aiogram("delete_message", chat_id=ALICE, message_id=999)

    assert member["result"]["status"] == "member"
    assert chat["result"]["type"] == "supergroup"
    assert (await aiogram("get_my_commands"))["result"] == menu
    assert file["result"]["caption"] == "data"
    assert [*fake.called("sendDocument")[0].files.values()] == [("data.json", b"{}")]
    assert hook["result"]["url"] == ""
    assert deleted["error"] == "TelegramBadRequest"
