"""How much a series usually moves in a day, by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.reading import Close
from alerts.history.moves import ENOUGH_MOVES, typical_move

START = date(2026, 1, 1)


def closes(*values, skip=()):
    days = [one for one in range(len(values) + len(skip)) if one not in skip]
    return [
        Close(START + timedelta(days=day), value) for day, value in zip(days, values, strict=True)
    ]


def test_it_is_the_median_size_of_a_days_change_up_or_down():
    """Fifteen closes, fourteen changes: seven of 1, six of 3, one of 50, in the unit itself."""
    changes = [1, -1, 1, -1, 1, -1, 1, 3, -3, 3, -3, 3, -3, 50]
    values = [100.0]
    for change in changes:
        values.append(values[-1] + change)

    assert typical_move(closes(*values), relative=False) == 2.0


def test_a_price_moves_in_shares_of_itself():
    values = [100.0 * 1.1**day for day in range(15)]

    assert typical_move(closes(*values), relative=True) == pytest.approx(0.1)


def test_two_weeks_of_changes_are_needed():
    assert typical_move(closes(*range(ENOUGH_MOVES)), relative=False) is None
    assert typical_move(closes(*range(ENOUGH_MOVES + 1)), relative=False) == 1


def test_a_change_over_missing_days_is_no_days_change():
    """Seven and six neighbours: thirteen moves, and the step over the gap is not the fourteenth."""
    values = [*range(8), *range(1000, 1007)]

    assert typical_move(closes(*values, skip=(8, 9)), relative=False) is None


def test_what_never_moves_has_no_typical_move():
    assert typical_move(closes(*[5.0] * 30), relative=False) is None
    assert typical_move(closes(*[0.0] * 30), relative=True) is None


@given(st.lists(st.floats(1, 1e6), min_size=20, max_size=40), st.floats(0.1, 100))
def test_in_shares_it_does_not_depend_on_the_unit(values, factor):
    one = typical_move(closes(*values), relative=True)
    other = typical_move(closes(*[value * factor for value in values]), relative=True)

    assert (one is None) == (other is None)
    if one is not None and one > 1e-9:
        assert other == pytest.approx(one)
