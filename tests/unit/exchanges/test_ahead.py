"""Whose clock is off: the venues' word against this machine's."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.exchanges.ahead import Ahead, machine_behind

NOON = 1_770_292_800.0


def heard(*answers):
    """What a venue says after answers of (its own time, asked, answered)."""
    ahead = Ahead()
    for venue, asked, answered in answers:
        ahead.hear({"Date": formatdate(venue, usegmt=True)}, asked, answered)
    return ahead.seconds()


def test_a_machine_an_hour_behind_is_told_so():
    assert heard((NOON + 3600, NOON, NOON + 1)) == 3600.0
    assert machine_behind([3600.0, 3600.2, None]) == pytest.approx(3600.1)


def test_a_machine_an_hour_ahead_is_told_so():
    assert machine_behind([heard((NOON - 3600, NOON, NOON + 1))]) == -3600.0


@given(st.floats(0, 1), st.floats(0, 1.9), st.floats(0, 1))
def test_a_clock_that_is_right_is_never_blamed_for_the_journey_or_the_cut_of_a_second(
    fraction, journey, share
):
    asked = NOON + fraction
    answered = asked + journey

    said = heard((asked + share * journey, asked, answered))

    assert machine_behind([said]) is None


def test_one_venue_with_a_wrong_clock_convinces_nobody():
    assert machine_behind([0.1, -0.2, 5000.0]) is None


def test_one_odd_answer_of_a_venue_convinces_nobody():
    assert heard(*[(NOON, NOON, NOON)] * 5, (NOON + 999, NOON, NOON)) == 0.5


@pytest.mark.parametrize(
    "headers", [{}, {"Date": "yesterday"}, {"Date": formatdate(NOON + 99), "Age": "99"}]
)
def test_an_answer_without_a_date_or_out_of_a_proxys_memory_says_nothing(headers):
    ahead = Ahead()

    ahead.hear(headers, NOON, NOON)

    assert ahead.seconds() is None


def test_a_slow_answer_says_nothing():
    assert heard((NOON + 60, NOON, NOON + 2.5)) is None


def test_nothing_is_said_of_the_clock_before_a_venue_answered():
    assert machine_behind([]) is None
    assert machine_behind([None]) is None
