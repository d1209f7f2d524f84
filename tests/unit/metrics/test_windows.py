from datetime import UTC, date, datetime, timedelta
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.history.windows import (
    Trail,
    change,
    largest_drawdown,
    last_weekday,
    realised_vol,
    realised_vol_about_mean,
)

AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)  # a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VALUES = st.lists(st.floats(1.0, 1e6), min_size=2, max_size=40)


def trail(*values, step=HOUR, end=AT):
    made = Trail()
    for place, value in enumerate(values):
        made.add(end - (len(values) - 1 - place) * step, value)
    return made


def test_a_change_is_in_percent_of_what_was():
    assert change(200.0, 150.0) == -25.0


def test_the_largest_drawdown_is_from_the_high_before_it():
    assert largest_drawdown([100.0, 120.0, 90.0, 130.0, 110.0]) == -25.0
    assert largest_drawdown([1.0, 2.0, 3.0]) == 0.0


def test_one_percent_a_day_is_nineteen_a_year():
    # sqrt(365) x 1 % = 19.1050 %
    closes = [exp(0.01 * (day % 2)) for day in range(8)]

    assert realised_vol(closes) == pytest.approx(19.104973, abs=1e-6)


def test_a_missing_close_lets_one_move_stand_for_two_days():
    assert realised_vol([1.0, exp(0.02)], 2) == pytest.approx(sqrt(365 / 2) * 2)


def test_a_steady_climb_has_no_volatility_about_its_mean():
    assert realised_vol_about_mean([1.0, 2.0, 4.0, 8.0]) == pytest.approx(0.0, abs=1e-9)


@given(VALUES)
def test_realised_volatility_is_the_same_for_any_scale(closes):
    scaled = realised_vol([3 * close for close in closes])

    assert scaled == pytest.approx(realised_vol(closes), abs=1e-6)


@given(VALUES, st.integers(0, 50))
def test_highs_and_lows_are_those_of_the_values_themselves(values, hours):
    made, since = trail(*values), AT - hours * HOUR
    inside = values[-(hours + 1) :]

    assert (made.high(since), made.low(since)) == (max(inside), min(inside))


def test_a_window_without_values_has_no_high():
    assert trail(1.0).high(AT + HOUR) is None


def test_closes_are_the_last_of_each_day_and_missing_days_are_missing():
    made = Trail()
    for hours, value in ((-50, 1.0), (-30, 2.0), (-13, 3.0), (0, 4.0)):
        made.add(AT + hours * HOUR, value)

    assert made.closes(date(2026, 2, 6), 4) == [
        (date(2026, 2, 4), 1.0),
        (date(2026, 2, 5), 3.0),
        (date(2026, 2, 6), 4.0),
    ]
    assert made.close(date(2026, 2, 3)) is None


def test_a_value_that_is_not_newer_is_passed_over():
    made = trail(1.0)
    made.add(AT, 9.0)

    assert made.high(AT) == 1.0


def test_the_value_at_a_time_is_the_last_before_it_within_the_tolerance():
    made = trail(1.0, 2.0, 3.0)

    assert made.at(AT, HOUR).value == 3.0
    assert made.at(AT - HOUR, HOUR).value == 2.0
    assert made.at(AT - HOUR / 2, HOUR).value == 2.0
    assert made.at(AT + 3 * HOUR, HOUR) is None
    assert made.at(AT - 5 * HOUR, HOUR) is None


def test_a_trail_forgets_what_is_older_than_a_year():
    made = trail(*(float(500 - day) for day in range(500)), step=DAY)

    assert made.reach(AT) == 366 * DAY
    assert made.high(AT - 1000 * DAY) == 367.0
    assert len(made.closes(AT.date(), 500)) == 367


def test_a_long_fall_is_kept_in_bounded_memory():
    made = Trail()
    for minute in range(20_000):
        made.add(AT + minute * timedelta(minutes=1), 1e6 - minute)

    assert made.high(AT) == 1e6
    assert made.high(AT + 10_000 * timedelta(minutes=1)) == pytest.approx(1e6 - 10_000, abs=64)


@pytest.mark.parametrize(
    ("day", "meant"), [(6, 6), (7, 7), (8, 7), (9, 9)], ids=["Fri", "Sat", "Sun", "Mon"]
)
def test_a_weekend_is_read_at_the_end_of_friday(day, meant):
    when = datetime(2026, 2, day, 15, 30, tzinfo=UTC)
    friday_over = datetime(2026, 2, 7, tzinfo=UTC)

    assert last_weekday(when) == (when if meant == day != 7 else friday_over)


def test_log_returns_of_closes_add_up():
    assert realised_vol([1.0, 2.0]) == pytest.approx(sqrt(365) * log(2) * 100)
