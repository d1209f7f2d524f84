from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.simulator.expiries import future_expiries, label, option_expiries

times = st.datetimes(datetime(2025, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def test_options_on_5_february_2026_expire_on_the_days_deribit_would_list():
    listed = option_expiries(datetime(2026, 2, 5, 12, tzinfo=UTC))

    assert [label(expiry) for expiry in listed] == [
        "6FEB26", "7FEB26", "8FEB26", "9FEB26",
        "13FEB26", "20FEB26", "27FEB26",
        "27MAR26", "24APR26", "26JUN26", "25SEP26", "25DEC26",
    ]  # fmt: skip


def test_futures_on_5_february_2026_expire_on_fridays_only():
    listed = future_expiries(datetime(2026, 2, 5, 12, tzinfo=UTC))

    assert [label(expiry) for expiry in listed] == [
        "6FEB26", "13FEB26", "27FEB26", "27MAR26", "24APR26", "26JUN26", "25SEP26", "25DEC26",
    ]  # fmt: skip


def test_at_the_minute_of_an_expiry_the_next_day_comes_first():
    listed = option_expiries(datetime(2026, 2, 5, 8, tzinfo=UTC))

    assert label(listed[0]) == "6FEB26"


@given(times)
def test_every_expiry_is_ahead_at_eight_utc(now):
    for expiry in (*option_expiries(now), *future_expiries(now)):
        assert expiry > now
        assert (expiry.hour, expiry.minute, expiry.tzinfo) == (8, 0, UTC)


@given(times)
def test_every_tenor_lies_between_two_listed_expiries(now):
    days = [(expiry - now) / timedelta(days=1) for expiry in option_expiries(now)]
    usable = [day for day in days if day >= 2]

    assert min(usable) <= 7
    assert max(usable) >= 180
    assert len(days) >= 10


@given(times)
def test_futures_bracket_30_and_90_days(now):
    days = [(expiry - now) / timedelta(days=1) for expiry in future_expiries(now)]
    usable = [day for day in days if day >= 7]

    assert min(usable) <= 30
    assert max(usable) >= 90
