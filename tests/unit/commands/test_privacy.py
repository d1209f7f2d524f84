"""What a person can learn of what is kept, take away, and have erased."""

import json
from dataclasses import replace

import pytest

from alerts.domain.ids import Chat, Platform
from bot.commands.importing import RULES_AT_MOST, UNREADABLE
from tests.unit.commands.room import ELSEWHERE, AwayStore, Room, acts, everything

ANN = Chat(Platform("telegram"), "918273645")


@pytest.fixture
def room():
    return Room(ANN, user="918273645")


async def test_privacy_says_what_is_kept_and_offers_all_three_ways(room):
    card = await room.runs("privacy")

    assert "who made it" in everything(card)
    assert acts(card) == {
        "Show all of it": "cmd:mydata",
        "Export alerts": "cmd:export",
        "Erase everything": "cmd:deleteme",
    }


async def test_mydata_is_a_file_with_all_that_is_held(room):
    await room.says('skew above 15% named "my fear"')

    card = await room.runs("mydata")

    assert card.document.name.endswith(".json")
    held = json.loads(card.document.text)
    assert list(held) == [str(ANN)]
    assert "my fear" in card.document.text


async def test_mydata_of_somebody_unknown_says_so(room):
    card = await room.runs("mydata")

    assert (card.title, card.document) == ("I keep nothing about this chat", None)


async def test_erasing_takes_the_word_typed_in_time(room):
    await room.says("skew above 15%")

    asked = await room.runs("deleteme")
    done = await room.says("DELETE")

    assert "1 alert" in asked.title
    assert "Type DELETE within 5 minutes" in everything(asked)
    assert done.title.startswith("Erased")
    assert await room.count() == 0
    assert await room.store.records.of_chat(ANN) == {}


async def test_the_word_may_also_come_with_the_command(room):
    await room.says("skew above 15%")
    await room.runs("deleteme")

    await room.runs("deleteme", word="DELETE", where="dm")

    assert await room.count() == 0


@pytest.mark.parametrize("word", ["DELETE", "/deleteme DELETE"])
async def test_the_word_alone_erases_nothing(room, word):
    await room.says("skew above 15%")

    await room.says(word)

    assert await room.count() == 1


@pytest.mark.parametrize("word", ["delete", "Delete!", "yes", "DELETE now"])
async def test_other_words_erase_nothing(room, word):
    await room.says("skew above 15%")
    await room.runs("deleteme")

    await room.says(f"/deleteme {word}")
    await room.says(word)

    assert await room.count() == 1


async def test_the_word_of_one_chat_erases_nothing_in_another(room):
    await room.says("skew above 15%")
    await room.runs("deleteme")

    await room.front.words(replace(room.ask, chat=ELSEWHERE, text="DELETE"))

    assert await room.count() == 1


async def test_the_word_works_once(room):
    await room.runs("deleteme")
    await room.says("DELETE")
    await room.says("skew above 15%")

    await room.says("DELETE")

    assert await room.count() == 1


async def test_a_member_of_a_group_can_neither_erase_nor_import(room):
    await room.says("skew above 15%")
    await room.runs("deleteme")

    for text in ("DELETE", "/deleteme DELETE", '/import {"alerts": ["skew above 16"]}'):
        assert "Only admins" in (await room.says(text, may_edit=False)).title
    assert await room.count() == 1


async def test_an_erased_persons_name_goes_from_a_groups_rules_and_the_rules_stay(room):
    group = Room(ELSEWHERE, user=ANN.id, store=room.store)
    await group.says("skew above 15%")

    await room.runs("deleteme")
    await room.says("DELETE")

    assert (await group.held(1)).rule.owner == ""


async def test_an_end_that_is_past_is_not_imported(room):
    wanted = ["skew above 15 until 2020-01-01T00:00Z", "basis below 3 until 2020-01-01"]

    card = await room.says(f"/import {json.dumps({'alerts': wanted})}")

    assert card.title == "Nothing to import"
    assert everything(card).count("is past: it was 2020-01-0") == 2
    assert await room.count() == 0


async def test_what_was_exported_can_be_imported_elsewhere(room):
    for rule in ('skew above 15% named "my fear"', "basis below 3 for 10m", "price below 60k once"):
        await room.says(rule)
    exported = (await room.runs("export")).document.text
    other = Room(ELSEWHERE, user="7")

    shown = await other.says(f"/import {exported}")
    assert await other.count() == 0
    await other.presses("Save")

    drafts = [
        [one.rule.draft for one in await each.store.rules.of_chat(each.ask.chat)]
        for each in (room, other)
    ]
    assert shown.title == "Import 3 alerts?"
    assert drafts[0] == drafts[1]


async def test_the_difference_is_shown_before_anything_is_saved(room):
    await room.says("skew above 15%")
    wanted = ["skew above 15%", "basis below 3", "basis below 3", "skew abov", "ships above 4"]

    card = await room.says(f"/import {json.dumps({'alerts': wanted})}")

    assert card.title == "Import 1 alert?"
    assert card.lines[0].startswith("+ BTC basis")
    assert card.lines[1] == "= 2 you have already"
    assert [line[:2] for line in card.lines[2:]] == ["✗ ", "✗ "]
    assert await room.count() == 1


async def test_nothing_new_is_said_and_offers_no_button(room):
    await room.says("skew above 15%")
    exported = (await room.runs("export")).document.text

    card = await room.says(f"/import {exported}")

    assert card.title == "Nothing to import: you have all of these"
    assert "Save" not in acts(card)


async def test_more_than_there_is_room_for_is_refused_before_saving():
    room = Room(max_rules=2)
    wanted = [f"skew above {level}" for level in (11, 12, 13)]

    card = await room.says(f"/import {json.dumps({'alerts': wanted})}")

    assert "Save" not in acts(card)
    assert await room.count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "7", '"alerts"', "{}", '{"alerts": null}', '{"alerts": 7}',
        '{"alerts": {"rule": "skew above 15"}}', '{"alerts": "skew above 15"}',
        '{"alerts": [null]}', '{"alerts": [7]}', '{"alerts": [[]]}', '{"alerts": [{}]}',
        '{"alerts": [{"rule": 7}]}', '{"alerts": [NaN]}', "[" * 20_000, '{"a":' * 5_000,
        '{"alerts": ' + "9" * 10_000 + "}",
    ],
)  # fmt: skip
async def test_what_is_no_export_is_refused_kindly(room, text):
    card = await room.says(f"/import {text}")

    assert "broke" not in card.title
    assert UNREADABLE.startswith(card.title) or "import" in card.title.lower()
    assert await room.count() == 0


async def test_a_file_of_too_many_alerts_is_refused(room):
    card = await room.says(f"/import {json.dumps({'alerts': ['a'] * (RULES_AT_MOST + 1)})}")

    assert "too much" in card.title


async def test_a_file_beyond_all_measure_is_refused_unread(room):
    card = await room.says("/import " + "x" * 40_000)

    assert card.title.startswith("That is too long")


async def test_chats_numbers_and_people_in_a_file_are_not_looked_at(room):
    hostile = {
        "chat": "telegram:200", "owner": "200",
        "alerts": [{"rule": "skew above 16", "chat": "telegram:200", "owner": "200", "number": 9}],
    }  # fmt: skip

    await room.says(f"/import {json.dumps(hostile)}")
    await room.presses("Save")

    [held] = await room.store.rules.of_chat(ANN)
    assert (held.rule.chat, held.rule.owner, held.rule.number) == (ANN, ANN.id, 1)
    assert await room.store.rules.of_chat(Chat(Platform("telegram"), "200")) == []


async def test_the_save_button_works_once(room):
    await room.says('/import {"alerts": ["skew above 16"]}')
    card = room.card
    await room.presses("Save")
    room.card = card

    reply = await room.presses("Save")

    assert "used already" in reply.toast
    assert await room.count() == 1


async def test_a_store_that_is_away_erases_nothing_and_says_so():
    room = Room(ANN, user=ANN.id, store=AwayStore())
    await room.says("skew above 15%")
    await room.runs("deleteme")
    room.store.goes_away()

    card = await room.says("DELETE")

    assert "nothing was changed" in card.title


@pytest.mark.parametrize("text", ["\ufffd\x00[[[", "[" * 20_000, '{"alerts": {"a": 1}}', ""])
async def test_an_attached_file_is_read_as_a_text_that_was_sent(room, text):
    ask = replace(room.ask, values={"file": text})

    card = await room.front.command("import", ask)
    fine = await room.front.command(
        "import", replace(room.ask, values={"file": '{"alerts": ["skew above 16"]}'})
    )

    assert card.title.startswith("I cannot read that as alerts")
    assert fine.title == "Import 1 alert?"
