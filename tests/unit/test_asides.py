"""The words for what happens to an alert itself, and for news that was held back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.domain.rule import Because, Direction, Draft, Leg, Rule
from bot.card import Tone
from bot.text import Told, alert
from bot.text.asides import wider
from tests.builders import PRICE, SKEW

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CHAT = Chat(Platform("telegram"), "7")
LEG = Leg(SKEW, Direction.ABOVE, 15.0, 13.0)
RULE = Rule(RuleId("r"), 7, CHAT, "7", Draft((LEG,)), NOW, revision=2)


def told(kind, value=20.0, rule=RULE, **fields):
    event = Event(kind, rule.id, 2, rule.number, CHAT, 3, SKEW, 15.0, value, NOW, NOW - HOUR)
    return Told(replace(event, **fields), rule, None, None)


def card_of(*args, **fields):
    return alert([told(*args, **fields)], NOW)


def labels(card):
    return [(button.label, button.act) for row in card.buttons for button in row]


def test_flapping_says_what_is_held_and_offers_a_wider_clear_level():
    card = card_of(Kind.FLAPPING, 12.4, since=NOW - 25 * MINUTE, times=6)

    assert card.title == "#7 crossed 6 times in 25 min – BTC skew around 15%"
    assert card.lines == (
        "Holding until it stays 30 min on one side. Then I say what changed, if anything.",
        "Now 12.4%.",
    )
    assert labels(card) == [
        ("Widen clear level to 12%", "widen:7:2:12"),
        ("Snooze 4h", "snooze:7"),
        ("Open #7", "show:7"),
    ]
    assert (card.silent, card.tone) == (True, Tone.NOTICE)


@pytest.mark.parametrize(
    ("leg", "clear"),
    [
        (LEG, 12.0),
        (Leg(SKEW, Direction.ABOVE, 15.0, 15.0), 13.0),
        (Leg(SKEW, Direction.BELOW, -6.0, -2.0), 0.0),
        (Leg(PRICE, Direction.ABOVE, 60_000.0, 59_900.0), 59_400.0),
    ],
)
def test_a_wider_clear_level_is_half_as_far_again_and_at_least_the_usual_gap(leg, clear):
    assert wider(leg) == clear


def test_what_came_and_went_under_a_snooze_is_one_quiet_line():
    over = NOW - 25 * MINUTE

    card = card_of(Kind.MISSED, 12.4, happened=over, times=1, extreme=21.4, held=Because.SNOOZED)

    assert card.title == "BTC skew came and went – above your 15%"
    assert card.lines == ("On 19:15–19:50 UTC (35 min) · peak 21.4%.", "You had it snoozed.")
    assert card.silent


def test_several_times_are_counted():
    card = card_of(Kind.MISSED, 12.4, happened=NOW, times=3, held=Because.SNOOZED)

    assert card.lines[0] == "On 3 times, the last 19:15–20:15 UTC (1 h)."


@pytest.mark.parametrize(
    ("times", "words"), [(0, "never fired"), (1, "fired once"), (4, "fired 4 times")]
)
def test_an_alert_past_its_end_says_what_it_did(times, words):
    began = datetime(2026, 2, 1, 8, tzinfo=UTC)

    card = card_of(Kind.EXPIRED, since=began, happened=NOW, times=times)

    assert card.title == "#7 has ended"
    assert card.lines == (
        f"It watched from 01 Feb 08:00 to 20:15 UTC and {words}.",
        "Your alert: BTC skew above 15%",
    )
    assert labels(card) == [("Delete", "delete:7:2"), ("Your alerts", "cmd:alerts")]
    assert card.silent


def test_a_named_alert_is_called_by_its_name():
    named = replace(RULE, draft=replace(RULE.draft, name="Stress"))

    assert card_of(Kind.EXPIRED, rule=named).title == "#7 has ended – Stress"


def test_a_broken_alert_is_our_fault_and_says_what_goes_on():
    card = card_of(Kind.BROKEN, None)

    assert card.title == "#7 is on hold – I could not work it out"
    assert card.lines[:2] == (
        "Something broke on my side while looking at it; it is in my log.",
        "I try again every hour. Your other alerts go on.",
    )
    assert labels(card) == [("Try now", "resume:7:2"), ("Delete", "delete:7:2")]


def test_in_company_each_is_a_line():
    card = alert([told(Kind.EXPIRED), told(Kind.FLAPPING, since=NOW - MINUTE, times=6)], NOW)

    assert card.title == "BTC: your alert #7 – #7 crossed 6 times in 1 min"
    assert card.lines == (
        "• #7 crossed 6 times in 1 min – BTC skew around 15% · #7",
        "• #7 has ended · #7",
    )
    assert card.silent


@pytest.mark.parametrize(
    ("kind", "fields", "line"),
    [
        (
            Kind.FIRED,
            {"held": Because.SNOOZED, "happened": NOW - HOUR},
            "On since 19:15 UTC; held while you had it snoozed.",
        ),
        (
            Kind.RESOLVED,
            {"held": Because.SNOOZED, "happened": NOW - MINUTE, "value": 12.0},
            "Over since 20:14 UTC; held while you had it snoozed.",
        ),
        (
            Kind.REMINDED,
            {"held": Because.SNOOZED},
            "Your snooze is over, and it is still on.",
        ),
        (
            Kind.FIRED,
            {"held": Because.FLAPPING, "happened": NOW - HOUR},
            "Calm again: it stayed on this side for 30 min.",
        ),
    ],
)
def test_news_that_was_held_says_so_and_since_when(kind, fields, line):
    assert line in card_of(kind, **fields).lines


def test_a_resolve_told_late_counts_until_it_was_over():
    card = card_of(Kind.RESOLVED, 12.0, happened=NOW - 30 * MINUTE, held=Because.SNOOZED)

    assert card.lines[0] == "On for 30 min"


def test_a_card_of_several_has_one_tap_for_all_that_are_on():
    eighth = replace(RULE, id=RuleId("s"), number=8)

    card = alert([told(Kind.FIRED), told(Kind.FIRED, rule=eighth), told(Kind.EXPIRED)], NOW)

    assert labels(card)[-2:] == [
        ("Ack all", "ackall:7.8"),
        ("Snooze all 4h", "snoozeall:7.8"),
    ]


def test_more_numbers_than_fit_a_button_are_opened_one_by_one():
    many = [replace(RULE, id=RuleId(f"r{n}"), number=n) for n in range(100, 120)]

    card = alert([told(Kind.FIRED, rule=rule) for rule in many], NOW)

    assert "Ack all" not in [label for label, _ in labels(card)]
