"""What a replay tells about a rule before it is saved."""

from datetime import timedelta

import pytest

from alerts.domain.rule import Direction
from alerts.engine.outlook import Outlook, at_level, farther, outlook, rarer
from alerts.engine.replay import replay
from alerts.engine.tape import wind
from tests.builders import PRICE, a_draft, a_leg, a_reading, at

HOUR = timedelta(hours=1)


def hourly(*values):
    return [a_reading(value, when=at(60 * place)) for place, value in enumerate(values)]


def test_episodes_and_quiet_stretches_are_counted():
    seen = outlook(replay(a_draft(), hourly(10, 16, 16, 12, 10, 10, 10, 19, 12)))

    assert (seen.episodes, seen.on, seen.quietest) == (2, 3 * HOUR, 4 * HOUR)
    assert (seen.last, seen.is_on, seen.span) == (at(60 * 7), False, 8 * HOUR)


def test_an_episode_that_goes_on_is_on_now():
    seen = outlook(replay(a_draft(), hourly(10, 16, 16)))

    assert (seen.is_on, seen.on, seen.quietest) == (True, HOUR, HOUR)


def test_nothing_known_tells_nothing():
    seen = outlook(replay(a_draft(), []))

    assert (seen.tells, seen.per_week, seen.known) == (False, 0.0, timedelta(0))


def test_a_rate_is_of_the_time_that_is_known():
    assert Outlook(timedelta(days=28), timedelta(days=14), episodes=4).per_week == 2


@pytest.mark.parametrize(("known", "tells"), [(23, False), (24, True)])
def test_a_day_of_known_history_is_the_least_that_tells(known, tells):
    assert Outlook(100 * HOUR, known * HOUR).tells is tells


def test_another_level_keeps_the_distance_of_its_clear_level():
    above = at_level(a_draft(a_leg(level=15, clear=13)), 18).legs[0]
    below = at_level(a_draft(a_leg(PRICE, Direction.BELOW, 60_000, 60_600)), 57_000).legs[0]

    assert (above.level, above.clear) == (18, 16)
    assert (below.level, below.clear) == (57_000, 57_600)


def test_levels_farther_out_are_round_and_on_the_loud_side():
    assert list(farther(a_leg(level=15, clear=13), gap=2)) == [18, 20, 23, 27, 33]
    assert list(farther(a_leg(PRICE, Direction.BELOW, 60_000, 60_600), gap=600)) == [
        59_100,
        58_500,
        57_600,
        56_400,
        54_600,
    ]


def test_two_rarer_levels_are_offered_that_did_fire():
    draft = a_draft()
    tape = wind(draft, hourly(10, 16, 10, 19, 10, 22, 10, 16, 10))

    offered = rarer(draft, tape, (17, 18, 20, 25))

    assert [(one.legs[0].level, seen.episodes) for one, seen in offered] == [(17, 2), (20, 1)]


def test_no_level_is_offered_that_never_fired():
    draft = a_draft()

    assert rarer(draft, wind(draft, hourly(10, 16, 10)), (17, 18)) == ()


def test_what_is_known_is_the_share_of_the_stretch_that_could_be_decided():
    readings = [*hourly(10, 10, 10), a_reading(10, when=at(60 * 8)), a_reading(10, when=at(60 * 9))]

    seen = outlook(replay(a_draft(), readings, max_age=HOUR))

    assert (seen.span, seen.known) == (9 * HOUR, 4 * HOUR)


@pytest.mark.parametrize(
    ("values", "waits"),
    [((16, 17, 14, 16), True), ((16, 12, 16), False), ((10, 16), False), ((10, 10), False)],
)
def test_what_was_true_from_the_start_and_never_over_is_known_apart(values, waits):
    """Above 15, clear below 13: 14 is not over yet."""
    assert outlook(replay(a_draft(), hourly(*values))).waits is waits


def test_nothing_replayed_is_a_stretch_of_nothing():
    assert outlook(replay(a_draft(), [])) == Outlook(timedelta(0), timedelta(0))


def test_of_many_rarer_levels_two_are_offered_and_none_beyond_the_first_that_never_fired():
    draft = a_draft()
    tape = wind(draft, hourly(10, 16, 10, 18, 10, 20, 10, 22, 10))

    offered = rarer(draft, tape, (17, 19, 21, 23))
    stopped = rarer(draft, tape, (25, 17))

    assert [one.legs[0].level for one, _ in offered] == [17, 19]
    assert stopped == ()


@pytest.mark.parametrize(
    ("gap", "levels"),
    [
        (0.5, [16.0, 17.0, 18.0, 19.5]),  # 15.75 and 16.25 are both nearest to 16
        (1.5, [17, 19, 21, 24, 28]),  # 17.25, 18.75, 21, 24, 28.5 in whole points
        (12, [30, 40, 60, 90, 120]),  # 33, 45, 63, 87, 123 in tens
    ],
)
def test_levels_are_round_for_the_size_of_the_gap_and_none_comes_twice(gap, levels):
    assert list(farther(a_leg(level=15, clear=13), gap=gap)) == levels
