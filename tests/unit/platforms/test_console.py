"""The console: cards for a person, JSON lines for a script."""

import asyncio
import io
import json
import os
from dataclasses import replace

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform, RuleId
from bot.card import Button, Card, Field, Tone
from bot.outcome import Sent
from bot.platforms.console import Console
from bot.platforms.console.lines import read_lines, toolbar
from tests.fakes.clock import ManualClock
from tests.unit.commands.room import HOME, NOW, SKEW, Room

FIRED = Event(Kind.FIRED, RuleId("r"), 1, 7, HOME, 1, SKEW, 15.0, 20.0, NOW, NOW)
ALERT = Card(
    "BTC skew 20.0% – above your 15%",
    tone=Tone.ALARM,
    strong="BTC skew 20.0%",
    lines=("Puts far dearer than calls.",),
    fields=(Field("With it", "BTC $71.5K"),),
    pre="BTC   now\nSkew  20.0%",
    footer="Deribit · #7",
    buttons=((Button("Pause", "pause:7:1"), Button("Delete", "delete:7:1")),),
    events=(FIRED,),
)

TEXT = (
    "Puts far dearer than calls.",
    "With it: BTC $71.5K",
    "BTC   now",
    "Skew  20.0%",
    "Deribit · #7",
)


async def typed(*lines):
    for line in lines:
        await asyncio.sleep(0)
        yield line


class Screen:
    """A console over a script of lines, and what it showed."""

    def __init__(self, *lines, **settings):
        self.out = io.StringIO()
        source = typed(*lines)
        self.console = Console(ManualClock(NOW), out=self.out, source=source, **settings)
        self.room = Room()

    async def run(self):
        await self.console.run(self.room.front)
        return self.out.getvalue()

    async def objects(self):
        return [json.loads(line) for line in (await self.run()).splitlines()]


async def test_a_line_is_echoed_and_answered_with_a_card():
    shown = await Screen("skew above 15%").run()

    assert "› skew above 15%" in shown
    assert "Saved as #1 – BTC skew above 15%" in shown
    assert "[1] Pause  [2] Delete" in shown


async def test_the_title_heads_the_run():
    shown = await Screen(title="SIMULATED MARKET", hint="skew above 15%").run()

    assert shown.splitlines()[0].strip() == "SIMULATED MARKET"
    assert "for example: skew above 15%" in shown


async def test_a_number_presses_the_button_of_the_latest_card():
    screen = Screen("skew above 15%", "2")
    await screen.run()

    assert await screen.room.count() == 0


async def test_a_label_presses_its_button_too():
    shown = await Screen("skew above 15%", "pause").run()

    assert "#1 is paused." in shown


async def test_a_number_whose_button_has_gone_is_not_taken_for_an_alerts_number():
    lines = [f"skew above {level}%" for level in (15, 16, 17, 18, 19)]
    screen = Screen(*lines, "5")

    answer = (await screen.run()).rpartition("› 5")[2]

    assert "That button belongs to an older card" in answer
    assert "Saved as #5 – BTC skew above 19%" in answer
    assert "[1] Pause  [2] Delete" in answer


async def test_the_fresh_choices_of_an_older_button_can_be_pressed():
    screen = Screen("skew above 15%", "9", "2")
    await screen.run()

    assert await screen.room.count() == 0


async def test_a_number_is_an_alerts_own_while_no_button_was_shown():
    assert "There is no alert #99" in await Screen("99").run()


async def test_fast_input_is_never_dropped_as_a_flood():
    cards = await Screen(*["skew"] * 50, json_lines=True).objects()

    assert {card["title"] for card in cards} == {"BTC skew 14.2% – above usual"}
    assert len(cards) == 50


async def test_a_label_with_a_true_minus_can_be_typed_with_a_hyphen():
    screen = Screen("skew below -15", "below -15%")
    await screen.run()

    assert await screen.room.count() == 1


async def test_the_end_says_how_many_alerts_were_told_and_what_comes_next():
    screen = Screen(farewell="Next: a token.")
    await screen.console.send(HOME, ALERT, "key")

    await screen.console.close()

    assert screen.out.getvalue().splitlines()[-1] == "1 alert told. Next: a token."


async def test_json_lines_have_no_farewell():
    screen = Screen(farewell="Next: a token.", json_lines=True)

    await screen.console.close()

    assert screen.out.getvalue() == ""


def test_the_toolbar_fits_sixty_columns():
    assert len(toolbar("skew above 15%")) < 60


async def test_an_alert_in_between_does_not_change_what_a_number_presses():
    screen = Screen()

    async def lines():
        yield "skew above 15%"
        await screen.console.send(HOME, ALERT, "key")
        yield "2"

    screen.console.source = lines()
    shown = await screen.run()

    assert "[4] Pause  [5] Delete" in shown
    assert await screen.room.count() == 0


async def test_empty_lines_are_passed_over():
    assert await Screen("", "   ").run() == ""


async def test_an_alert_is_drawn_with_its_emoji_and_every_part():
    screen = Screen()

    outcome = await screen.console.send(HOME, ALERT, "key")

    shown = screen.out.getvalue()
    assert outcome == Sent("key")
    for part in ("🔴 BTC skew 20.0% – above your 15%", "With it  BTC $71.5K", "Skew  20.0%", "#7"):
        assert part in shown


async def test_cards_are_never_wider_than_eighty_columns():
    screen = Screen()

    await screen.console.send(HOME, replace(ALERT, lines=("word " * 60,)), "key")

    # The emoji of the title takes two columns and is one character.
    assert max(map(len, screen.out.getvalue().splitlines())) <= 80


async def test_a_label_is_never_torn_apart():
    screen = Screen()
    row = tuple(Button(f"A button of some length {n}", "show:1") for n in range(5))

    await screen.console.send(HOME, replace(ALERT, buttons=(row,)), "key")

    for number in range(5):
        assert f"[{number + 1}] A button of some length {number}" in screen.out.getvalue()


async def test_markup_in_a_card_is_shown_as_it_is():
    screen = Screen()

    await screen.console.send(HOME, replace(ALERT, lines=("[red]x[/red] :smile:",)), "key")

    assert "[red]x[/red] :smile:" in screen.out.getvalue()


async def test_silence_shows_nothing():
    screen = Screen()

    await screen.console.send(HOME, Card(""), "key")

    assert screen.out.getvalue() == ""


# JSON lines


async def test_an_alert_is_one_json_object_with_the_fixed_keys():
    screen = Screen(json_lines=True)

    await screen.console.send(HOME, ALERT, "key")

    (line,) = screen.out.getvalue().splitlines()
    assert json.loads(line) == {
        "at": "2026-02-06T20:15:00.000Z",
        "kind": "alert",
        "event": "fired",
        "rule": 7,
        "series": "skew25_norm.60d:BTC",
        "value": 20.0,
        "title": "BTC skew 20.0% – above your 15%",
        "text": "\n".join(TEXT),
        "buttons": ["Pause", "Delete"],
    }


async def test_several_events_have_the_first_on_top_and_all_in_a_list():
    screen = Screen(json_lines=True)
    second = replace(FIRED, number=8, kind=Kind.RESOLVED, value=12.0)

    await screen.console.send(HOME, replace(ALERT, events=(FIRED, second)), "key")

    told = json.loads(screen.out.getvalue())
    assert (told["event"], told["rule"]) == ("fired", 7)
    assert [(one["event"], one["rule"]) for one in told["events"]] == [
        ("fired", 7),
        ("resolved", 8),
    ]


async def test_a_reply_has_no_event_keys():
    (reply,) = await Screen("skew above 15%", json_lines=True).objects()

    assert set(reply) == {"at", "kind", "title", "text", "buttons"}
    assert reply["kind"] == "reply"
    assert reply["buttons"] == ["Pause", "Delete", "Undo"]


async def test_json_lines_hold_nothing_but_cards():
    cards = await Screen("help", "1", title="SIMULATED", hint="x", json_lines=True).objects()

    assert [card["kind"] for card in cards] == ["reply", "reply"]


# Input


async def test_lines_come_from_a_pipe_until_it_is_closed():
    reader, writer = os.pipe()
    os.write(writer, b"skew\nbasis bel")
    os.write(writer, "ow 3\nlast – ünfinished".encode())
    os.close(writer)

    lines = [line async for line in read_lines(reader)]

    os.close(reader)
    assert lines == ["skew", "basis below 3", "last – ünfinished"]


async def test_lines_come_from_a_file_too(tmp_path):
    path = tmp_path / "lines"
    path.write_text("one\ntwo\n")

    with path.open() as file:
        assert [line async for line in read_lines(file.fileno())] == ["one", "two"]


async def test_bytes_that_are_no_text_do_not_end_the_input(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"\xff\xfe\nskew\n")

    with path.open() as file:
        assert [line async for line in read_lines(file.fileno())][1] == "skew"


async def test_a_broken_input_is_an_ended_input():
    reader, writer = os.pipe()
    os.close(writer)
    os.close(reader)

    assert [line async for line in read_lines(reader)] == []


async def test_without_an_end_the_console_stays_for_the_alerts():
    screen = Screen("skew", ends=False)
    task = asyncio.create_task(screen.run())
    for _ in range(50):
        await asyncio.sleep(0)

    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_the_console_is_always_well():
    console = Console(ManualClock(NOW), source=typed())

    assert console.health() == "ok"
    assert console.name == Platform("console")
    assert Chat(console.name, "local") == HOME


async def test_a_file_is_printed_and_stands_in_the_json_too():
    shown = await Screen("skew above 15%", "/mydata").run()
    objects = await Screen("skew above 15%", "/mydata", json_lines=True).objects()

    assert '"console:local": {' in shown
    assert list(json.loads(objects[-1]["document"])) == ["console:local"]
