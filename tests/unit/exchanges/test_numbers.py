from datetime import UTC, datetime

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from alerts.exchanges.numbers import amount, given, moment, number, price, rate, size

READERS = [price, amount, size, rate, moment]


@pytest.mark.parametrize("value", [70302.95, "70302.95", "7.030295e4", "+70302.95"])
def test_a_number_and_its_text_are_the_same(value):
    assert price(value) == 70_302.95


def test_milliseconds_may_be_a_text_too():
    assert moment("1770413457500") == datetime(2026, 2, 6, 21, 30, 57, 500_000, tzinfo=UTC)
    assert moment(1770413457500) == moment("1770413457500")


NONSENSE = [
    None, True, False, "", " ", " 1", "1 ", "1_000", "1,000", "nan", "NaN", "inf", "-Infinity",
    "0x10", "１２", "1e", ".", "--1", "1e999", "9" * 50, float("nan"), float("inf"), 1e308, "1e308",
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", NONSENSE)
def test_what_is_no_number_is_refused(read, value):
    with pytest.raises(ValueError, match=r"."):
        read(value)


@pytest.mark.parametrize("read", [price, amount, size])
def test_what_cannot_be_negative_is_refused(read):
    with pytest.raises(ValueError, match="outside"):
        read("-1")


@pytest.mark.parametrize("read", [price, size])
@pytest.mark.parametrize("zero", [0, "0", "0.00", "-0"])
def test_a_price_or_size_of_zero_is_refused(read, zero):
    with pytest.raises(ValueError, match="zero"):
        read(zero)


def test_nothing_may_be_open_and_rates_may_be_negative():
    assert amount("0.000") == 0
    assert rate("-0.00001226") == -0.00001226


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_field_is_none_where_a_field_may_be_empty(nothing):
    assert given(rate, nothing) is None
    assert given(rate, "0.0001") == 0.0001


@examples(st.text() | st.floats() | st.none() | st.integers(-(10**20), 10**20))
def test_whatever_is_written_is_within_bounds_or_refused(value):
    try:
        found = number(value, -5.0, 5.0)
    except ValueError:
        return

    assert -5 <= found <= 5
