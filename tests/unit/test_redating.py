from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.redating import Shift, redated

# From 6 Feb 2026 21:30 to 22 Nov 2026 20:30: 289 days less an hour.
SHIFT = Shift(289, timedelta(days=289, hours=-1))
NOON = int(datetime(2026, 2, 6, 12, tzinfo=UTC).timestamp())
ELEVEN_LATER = int(datetime(2026, 11, 22, 11, tzinfo=UTC).timestamp())
EXPIRY = int(datetime(2026, 3, 27, 8, tzinfo=UTC).timestamp())
EXPIRY_LATER = int(datetime(2027, 1, 10, 8, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"BTC-27MAR26-60000-P"', '"BTC-10JAN27-60000-P"'),
        ('"SYN.BTC-20FEB26"', '"SYN.BTC-6DEC26"'),
        ('"BTC-6FEB26-70000-C"', '"BTC-22NOV26-70000-C"'),
        ('"BTC-USD-260327"', '"BTC-USD-270110"'),
        ('"BTCUSDT_260327"', '"BTCUSDT_270110"'),
        ('"BTC_USDT-20260327-60000-C"', '"BTC_USDT-20270110-60000-C"'),
        ('"2026-03-27"', '"2027-01-10"'),
    ],
)
def test_dates_in_names_move_by_whole_days(before, after):
    assert redated(before, SHIFT) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'"usOut":{NOON}000000', f'"usOut":{ELEVEN_LATER}000000'),
        (f'"creation_timestamp":{NOON}123', f'"creation_timestamp":{ELEVEN_LATER}123'),
        (f'"ts":"{NOON}000"', f'"ts":"{ELEVEN_LATER}000"'),
        ('"2026-02-06T12:00:00Z"', '"2026-11-22T11:00:00Z"'),
        ('"2026-02-06T12:00:00.120Z"', '"2026-11-22T11:00:00.120Z"'),
        ('"2026-02-06 12:00:00+00:00"', '"2026-11-22 11:00:00+00:00"'),
    ],
)
def test_times_move_by_exactly_what_makes_them_current(before, after):
    assert redated(before, SHIFT) == after


def test_an_expiry_moves_with_the_names():
    before = f'"expiration_timestamp":{EXPIRY}000'

    assert redated(before, SHIFT) == f'"expiration_timestamp":{EXPIRY_LATER}000'


@pytest.mark.parametrize(
    "text",
    [
        '"BTC-27MAR26"'.replace("27MAR26", "PERPETUAL"),
        '"BTC-31FEB26"',
        '"x-123456-y"',
        '"open_interest":1234567890123.5',
        '"open_interest":9999999999999',
        '"volume_usd":3.1234567890123',
        '"price":60150.0',
        '"id":"a1770379200000b"',
        '"2026-02-30"',
    ],
)
def test_what_is_no_date_stays(text):
    assert redated(text, SHIFT) == text


def test_a_strike_is_not_taken_for_a_date():
    strikes = [f'"BTC-27MAR26-{strike}-P"' for strike in range(100_000, 400_000, 500)]

    kept = [redated(name, SHIFT) for name in strikes]

    assert kept == [name.replace("27MAR26", "10JAN27") for name in strikes]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(-1000, 1000),
)
def test_moving_there_and_back_changes_nothing(at, days):
    shift = Shift(days, timedelta(days=days))
    millis = int(at.replace(tzinfo=UTC).timestamp() * 1000)
    text = f'{{"name":"BTC-{1 + at.day % 28}FEB26-1-P","t":{millis}}}'

    assert redated(redated(text, shift), shift.back) == text
