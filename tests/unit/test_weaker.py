"""The stronger alert speaks for the weaker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.domain.rule import (
    Direction,
    Draft,
    Firing,
    Idle,
    Leg,
    Overlay,
    Rule,
    Severity,
    State,
    Voice,
)
from alerts.ports import Held
from bot.text import Told, alert
from bot.weaker import is_stronger, without_weaker
from tests.builders import BASIS, SKEW

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
CHAT = Chat(Platform("telegram"), "7")
ON = State(Firing(1, NOW, NOW, 21.0), episodes=1, fired_at=NOW)
OFF = State(Idle())


def a_rule(number, level=15.0, series=SKEW, direction=Direction.ABOVE, **draft):
    clear = level - 2 if direction is Direction.ABOVE else level + 2
    legs = (Leg(series, direction, level, clear),)
    return Rule(RuleId(f"r{number}"), number, CHAT, "7", Draft(legs, **draft), NOW)


def told(rule, kind=Kind.FIRED, value=21.0):
    leg = rule.legs[0]
    event = Event(kind, rule.id, 1, rule.number, CHAT, 1, leg.series, leg.level, value, NOW, NOW)
    return Told(event, rule, None, None)


def numbers(left):
    return [one.event.number for one in left]


SEVEN, NINE = a_rule(7), a_rule(9, 20.0)


def test_of_two_that_fire_together_the_farther_speaks_and_names_the_other():
    (one,) = without_weaker([told(SEVEN), told(NINE)], [], NOW)

    assert (one.event.number, one.also) == (9, (SEVEN,))
    assert "Also above your 15% (#7)." in alert([one], NOW).lines


def test_below_the_lower_level_is_the_farther():
    three, none = a_rule(1, 3.0, BASIS, Direction.BELOW), a_rule(2, 0.0, BASIS, Direction.BELOW)

    assert numbers(without_weaker([told(three), told(none)], [], NOW)) == [2]


@pytest.mark.parametrize("kind", [Kind.FIRED, Kind.REMINDED])
def test_while_the_stronger_is_on_the_weaker_is_not_told(kind):
    assert without_weaker([told(SEVEN, kind)], [Held(NINE, ON), Held(SEVEN, ON)], NOW) == ()


@pytest.mark.parametrize("kind", [Kind.RESOLVED, Kind.DARK, Kind.BACK, Kind.EXPIRED])
def test_all_else_of_the_weaker_is_told(kind):
    assert numbers(without_weaker([told(SEVEN, kind)], [Held(NINE, ON)], NOW)) == [7]


@pytest.mark.parametrize(
    "mute",
    [
        Held(NINE, OFF),
        Held(replace(NINE, paused=True), ON),
        Held(NINE, ON, Overlay(snoozed_until=NOW + timedelta(hours=1))),
        Held(NINE, replace(ON, flapping=True)),
    ],
)
def test_one_that_does_not_speak_speaks_for_nobody(mute):
    assert numbers(without_weaker([told(SEVEN)], [mute], NOW)) == [7]


def test_one_whose_snooze_is_over_speaks_again():
    over = Held(NINE, ON, Overlay(snoozed_until=NOW))

    assert without_weaker([told(SEVEN)], [over], NOW) == ()


def test_one_that_was_acknowledged_has_been_heard_and_still_speaks_for_the_weaker():
    assert without_weaker([told(SEVEN)], [Held(NINE, ON, Overlay(acked=1))], NOW) == ()


def test_the_stronger_names_all_weaker_that_are_on_by_number():
    ten = a_rule(10, 18.0)
    held = [Held(ten, ON), Held(SEVEN, ON), Held(a_rule(5, 10.0), OFF)]

    (one,) = without_weaker([told(NINE)], held, NOW)

    assert one.also == (SEVEN, ten)


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (a_rule(1, 20.0), a_rule(2, 15.0)),
        (a_rule(1, 15.0, severity=Severity.CRITICAL), a_rule(2, 15.0)),
        (a_rule(1, 15.0, severity=Severity.CRITICAL), a_rule(2, 20.0)),
        (a_rule(1, 20.0, voice=Voice.LOUD), a_rule(2, 15.0)),
        (a_rule(1, 20.0), a_rule(2, 15.0, voice=Voice.SILENT)),
    ],
)
def test_stronger_is_critical_or_farther(stronger, weaker):
    assert is_stronger(stronger, weaker)
    assert not is_stronger(weaker, stronger)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_rule(1), a_rule(2)),
        (a_rule(1), a_rule(1, 10.0)),
        (a_rule(1, 20.0, BASIS), a_rule(2, 15.0)),
        (a_rule(1, 5.0, direction=Direction.BELOW), a_rule(2, 15.0)),
        (a_rule(1, 20.0, voice=Voice.SILENT), a_rule(2, 15.0)),
        (a_rule(1, 20.0), a_rule(2, 15.0, voice=Voice.LOUD)),
    ],
)
def test_what_says_something_else_or_says_it_more_softly_is_not_stronger(one, other):
    assert not is_stronger(one, other)


def test_a_rule_of_several_conditions_stands_for_itself():
    both = replace(SEVEN, draft=replace(SEVEN.draft, legs=(*SEVEN.legs, *a_rule(3, 5.0).legs)))

    assert not is_stronger(NINE, both)
    assert not is_stronger(replace(NINE, draft=both.draft), SEVEN)


def test_in_company_a_stronger_one_names_the_weaker_too():
    basis = a_rule(8, 3.0, BASIS, Direction.BELOW)
    left = without_weaker([told(SEVEN), told(NINE), told(basis, value=2.0)], [], NOW)

    card = alert(left, NOW)

    assert "• BTC skew 21.0% – above your 20% · #9 · also #7" in card.lines
