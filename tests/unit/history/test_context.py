from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.reading import Close
from alerts.history.context import (
    Stretch,
    TooLittle,
    context,
    highest_in,
    last_beyond,
    last_stretch,
    lowest_in,
    percentile_rank,
    z_score,
)

FIRST = date(2025, 11, 10)
values = st.floats(-1e6, 1e6)
histories = st.lists(values, min_size=1, max_size=40)


def closes(*numbers, first=FIRST):
    return [Close(first + timedelta(days=i), float(number)) for i, number in enumerate(numbers)]


def test_a_percentile_counts_half_of_its_ties():
    assert percentile_rank([1.0, 2.0, 2.0, 3.0], 2.0) == 50.0
    assert percentile_rank([1.0, 2.0, 2.0, 3.0], 2.5) == 75.0


def test_a_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="needs a history"):
        percentile_rank([], 1.0)


def test_a_z_score_divides_by_the_sample_deviation():
    assert z_score([1.0, 3.0], 4.0) == pytest.approx(2 / 2**0.5)


@pytest.mark.parametrize("history", [[], [5.0], [5.0, 5.0, 5.0], [5.0, 5.0 + 1e-13]])
def test_a_flat_history_has_no_z_score(history):
    assert z_score(history, 6.0) is None


def test_a_tie_ends_a_streak():
    assert highest_in([9.0, 5.0, 7.0, 6.0], 7.0) == 1
    assert lowest_in([1.0, 8.0, 6.0, 7.0], 6.0) == 1


def test_last_beyond_is_counted_from_the_latest_close():
    history = [9.0, 4.0, 6.0, 2.0]

    assert last_beyond(history, 6.0, high=True) == 2
    assert last_beyond(history, 9.5, high=True) is None
    assert last_beyond(history, 4.0, high=False) == 1


def test_no_close_has_no_context():
    assert context([], 1.0, 1.0, high=True) is None


def test_eighty_nine_days_are_too_little_for_a_percentile_and_ninety_are_enough():
    scarce = context(closes(*range(89)), 50.5, 50.0, high=True)
    enough = context(closes(*range(90)), 44.5, 50.0, high=True)

    assert scarce.percentile == scarce.z == TooLittle(89)
    assert enough.percentile == 50.0
    assert enough.z == 0.0


def test_a_context_says_how_many_days_and_which_span():
    held = closes(1, 2, 3)
    gappy = [held[0], Close(FIRST + timedelta(days=9), 2.0)]

    found = context(gappy, 5.0, 5.0, high=True)

    assert (found.n, found.span_days) == (2, 10)
    assert (found.since, found.until) == (FIRST, FIRST + timedelta(days=9))


def test_the_rank_is_one_more_than_the_closes_that_reached_the_value():
    held = closes(11, 9, 12, 8)

    assert context(held, 13.0, 13.0, high=True).rank == 1
    assert context(held, 11.0, 11.0, high=True).rank == 3
    assert context(held, 8.5, 8.5, high=False).rank == 2


def test_the_streak_looks_the_way_of_the_context():
    held = closes(5, 9, 3, 4)

    assert context(held, 6.0, 6.0, high=True).streak == 2
    assert context(held, 2.5, 2.5, high=False).streak == 4


def test_the_last_time_is_the_latest_stretch_beyond_the_level():
    held = closes(16, 4, 15, 18, 17, 9, 8)

    found = context(held, 19.0, 15.0, high=True).last_time

    assert found == Stretch(FIRST + timedelta(days=4), 3, held[3])


def test_a_level_never_reached_leaves_the_extreme_to_tell():
    held = closes(4.6, 11.0, 9.2, 11.0, 10.7)

    found = context(held, 16.0, 15.0, high=True)

    assert found.last_time is None
    assert found.extreme == held[3]  # the later of two equal ones


def test_the_last_time_below_has_the_lowest_as_its_extreme():
    held = closes(5, 2, 1, 2.5, 6)

    found = context(held, 0.5, 3.0, high=False).last_time

    assert found == Stretch(FIRST + timedelta(days=3), 3, held[2])


@given(histories, values)
def test_a_percentile_lies_between_0_and_100_and_mirrors(history, value):
    mirrored = percentile_rank([-one for one in history], -value)

    assert 0 <= percentile_rank(history, value) <= 100
    assert percentile_rank(history, value) + mirrored == pytest.approx(100)


@given(histories, values)
def test_a_value_is_beyond_all_or_has_a_last_time(history, value):
    held = closes(*history)
    for high in (True, False):
        found = context(held, value, value, high=high)

        assert (found.last_time is None) == (found.rank == 1) == (found.streak == found.n)


def met_in_a_row(numbers, level):
    """The places of the latest numbers in a row at or above a level."""
    met = [place for place, number in enumerate(numbers) if number >= level]
    return [one for one in met if all(place in met for place in range(one, met[-1]))]


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(-3, 3))
def test_the_last_time_is_what_a_look_at_each_close_finds(numbers, level):
    high = last_stretch(closes(*numbers), level, high=True)
    low = last_stretch(closes(*(-number for number in numbers)), -level, high=False)

    row = met_in_a_row(numbers, level)
    if not row:
        assert high is low is None
        return
    farthest = max(numbers[place] for place in row)
    last = FIRST + timedelta(days=row[-1])
    assert (high.last, high.days, high.extreme.value) == (last, len(row), farthest)
    assert (low.last, low.days, low.extreme.value) == (last, len(row), -farthest)
