"""What every store promises of history (alerts/ports.py); no test asks which one it got."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.domain.ids import Asset, MetricKey, Venue
from alerts.domain.reading import Close, Quality, Reading, Series

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
PRICE = Series(MetricKey("price"), Asset("ETH"))
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def a_reading(value=16.2, at=NOON, series=SKEW, coverage=0.9, method="delta"):
    venues = (Venue("deribit"),)
    return Reading(series, value, at, venues, coverage, method, Quality.DEGRADED)


@pytest.fixture
def history(store):
    return store.history


async def all_of(history, until=NOON + 1000 * DAY, series=SKEW):
    return list(await history.window(series, EVER, until))


async def values_of(history, until=NOON + 1000 * DAY):
    return [reading.value for reading in await all_of(history, until)]


async def test_a_window_has_its_readings_oldest_first_without_its_start(history):
    readings = [a_reading(float(i), NOON + i * MINUTE) for i in range(5)]
    await history.extend(readings)

    found = await history.window(SKEW, NOON + MINUTE, NOON + 3 * MINUTE)

    assert list(found) == readings[2:4]


async def test_an_unknown_series_has_no_history(history):
    await history.extend([a_reading()])

    assert await all_of(history, series=PRICE) == []
    assert await history.at(PRICE, NOON, MINUTE) is None
    assert list(await history.daily(PRICE, 365, NOON)) == []


async def test_a_reading_not_newer_than_the_last_is_ignored(history):
    await history.extend([a_reading(1.0), a_reading(2.0), a_reading(3.0, NOON - MINUTE)])
    await history.extend([a_reading(4.0), a_reading(5.0, NOON - 7 * HOUR)])

    assert await all_of(history) == [a_reading(1.0)]


async def test_about_one_reading_a_minute_is_kept(history):
    at = [NOON + timedelta(seconds=seconds) for seconds in (0, 5, 54, 55, 60, 110)]
    await history.extend([a_reading(at=moment) for moment in at])

    assert [reading.at for reading in await all_of(history)] == [at[0], at[3], at[5]]


async def test_every_reading_keeps_its_own_sources_coverage_method_and_quality(history):
    readings = [
        a_reading(1.0),
        a_reading(2.0, NOON + MINUTE, method="other", coverage=0.31),
        Reading(SKEW, 3.0, NOON + 2 * MINUTE, (Venue("okx"), Venue("deribit"))),
        a_reading(4.0, NOON + 3 * MINUTE),
    ]
    await history.extend(readings)

    assert await all_of(history) == readings


async def test_what_is_older_than_eight_days_thins_to_the_last_of_each_quarter_of_a_day(history):
    readings = [a_reading(float(hour), NOON + hour * HOUR) for hour in range(12 * 24)]
    for reading in readings:
        await history.extend([reading])

    found = await values_of(history)

    # Days: noon + 288 h. The last 8 days are fine; before, the hours 5, 11, ... end a quarter.
    fine = [float(hour) for hour in range(12 * 24) if hour >= 12 * 24 - 8 * 24 - 6]
    assert found[-len(fine) :] == fine
    assert found[: -len(fine)] == [float(hour) for hour in range(5, int(fine[0]), 6)]


async def test_a_long_silence_keeps_the_last_reading_before_it(history):
    await history.extend([a_reading(1.0), a_reading(2.0, NOON + HOUR)])
    await history.extend([a_reading(3.0, NOON + 100 * DAY)])

    assert await values_of(history) == [2.0, 3.0]


async def test_nothing_is_kept_for_ever(history):
    for days in range(0, 900, 3):
        await history.extend([a_reading(float(days), NOON + days * DAY)])

    kept = await values_of(history)

    assert 897 - 800 <= kept[0] <= 897 - 730
    assert kept[-1] == 897.0
    assert len(kept) < 280


async def test_the_reading_at_a_time_is_the_last_before_it_within_tolerance(history):
    await history.extend([a_reading(1.0), a_reading(2.0, NOON + 10 * MINUTE)])

    async def value_at(minutes, tolerance=5):
        when = NOON + minutes * MINUTE
        reading = await history.at(SKEW, when, tolerance * MINUTE)
        return reading and reading.value

    assert [await value_at(minutes) for minutes in (-1, 0, 5, 6, 10, 15, 16)] == [
        *(None, 1.0, 1.0, None),
        *(2.0, 2.0, None),
    ]
    assert await value_at(9, tolerance=9) == 1.0


async def test_a_reading_of_last_month_is_found_in_what_is_left_of_it(history):
    await history.extend([a_reading(float(hour), NOON + hour * HOUR) for hour in range(0, 720, 2)])

    found = await history.at(SKEW, NOON + 4 * DAY, 6 * HOUR)

    assert found.value == 94.0  # 10:00: the last of the quarter that ends at noon


async def test_derived_series_are_not_kept(history):
    derived = Series(SKEW.metric, SKEW.asset, SKEW.window, derived="chg.24h")
    await history.extend([a_reading(series=derived), a_reading()])

    assert await all_of(history, series=derived) == []
    assert await all_of(history) == [a_reading()]


# Daily closes


async def test_a_daily_close_is_the_last_value_before_midnight(history):
    await history.extend([a_reading(float(hour), NOON + hour * HOUR) for hour in range(60)])

    found = await history.daily(SKEW, 365, NOON + 60 * HOUR)  # 9 February 00:00

    # 23:00 of each day; the 8th is over, though nothing was read after it.
    assert list(found) == [
        Close(date(2026, 2, 6), 11.0),
        Close(date(2026, 2, 7), 35.0),
        Close(date(2026, 2, 8), 59.0),
    ]


async def test_a_day_that_is_not_over_has_no_close(history):
    await history.extend([a_reading(float(hour), NOON + hour * HOUR) for hour in range(48)])

    found = await history.daily(SKEW, 365, NOON + 47 * HOUR)

    assert [close.day.day for close in found] == [6, 7]


async def test_closes_reach_back_so_many_days_and_miss_those_without_a_reading(history):
    days = [0, 1, 2, 5, 6]
    await history.extend([a_reading(float(day), NOON + day * DAY) for day in days])

    found = await history.daily(SKEW, 5, NOON + 7 * DAY)

    assert [close.value for close in found] == [2.0, 5.0, 6.0]


async def test_a_year_of_closes_comes_from_what_is_coarse(history):
    await history.extend(
        [a_reading(float(q), NOON + (q - 1) * 6 * HOUR - MINUTE) for q in range(4 * 400)]
    )

    found = await history.daily(SKEW, 365, NOON + 400 * DAY)

    assert len(found) == 365
    assert all(one.value + 4 == two.value for one, two in itertools.pairwise(found))


async def test_another_method_begins_another_history(history):
    await history.extend([a_reading(1.0, NOON), a_reading(2.0, NOON + DAY, method="new")])
    await history.extend([a_reading(3.0, NOON + 2 * DAY, method="new")])

    found = await history.daily(SKEW, 365, NOON + 3 * DAY)

    assert [close.value for close in found] == [2.0, 3.0]


# What was published about the past


async def test_filled_readings_are_found_like_read_ones(history):
    filled = [a_reading(float(day), NOON + day * DAY) for day in range(30)]

    assert await history.fill(filled) == 30

    assert await all_of(history) == filled
    assert len(await history.daily(SKEW, 365, NOON + 30 * DAY)) == 30


async def test_filling_again_adds_nothing(history):
    filled = [a_reading(float(hour), NOON + hour * HOUR) for hour in range(300)]
    await history.fill(filled)
    once = await all_of(history)

    assert await history.fill(filled) == 0
    assert await all_of(history) == once


async def test_what_was_read_at_the_time_stays(history):
    read = [a_reading(float(hour), NOON + hour * HOUR) for hour in range(400)]
    await history.extend(read)
    before = await all_of(history)
    wrong = [a_reading(-1.0, reading.at + timedelta(seconds=20)) for reading in read[:-1]]

    assert await history.fill(wrong) == 0
    assert await all_of(history) == before


async def test_holes_are_filled_and_reading_goes_on(history):
    await history.extend([a_reading(1.0), a_reading(2.0, NOON + MINUTE)])
    await history.extend([a_reading(9.0, NOON + 3 * DAY)])

    assert await history.fill([a_reading(5.0, NOON + hour * HOUR) for hour in (-48, 1, 30)]) == 3
    await history.extend([a_reading(10.0, NOON + 3 * DAY + MINUTE)])

    assert await values_of(history) == [5.0, 1.0, 2.0, 5.0, 5.0, 9.0, 10.0]


async def test_filling_reaches_past_the_last_reading_of_a_bot_that_was_away(history):
    await history.extend([a_reading(1.0), a_reading(2.0, NOON + MINUTE)])

    await history.fill([a_reading(5.0, NOON + hour * HOUR) for hour in (1, 20, 40)])
    await history.extend([a_reading(9.0, NOON + 3 * DAY)])

    assert await values_of(history) == [1.0, 2.0, 5.0, 5.0, 5.0, 9.0]
    closes = await history.daily(SKEW, 365, NOON + 4 * DAY)
    assert [close.value for close in closes] == [2.0, 5.0, 5.0, 9.0]


async def test_of_filled_readings_of_an_old_quarter_the_latest_stays(history):
    await history.fill([a_reading(0.0, NOON)])
    await history.fill([a_reading(1.0, NOON - 300 * DAY), a_reading(2.0, NOON - 300 * DAY + HOUR)])
    await history.fill([a_reading(3.0, NOON - 300 * DAY - HOUR), a_reading(4.0, NOON - 298 * DAY)])

    assert await values_of(history) == [3.0, 2.0, 4.0, 0.0]
    closes = await history.daily(SKEW, 365, NOON)
    assert [close.value for close in closes] == [2.0, 4.0]


async def test_filling_leaves_other_series_alone(history):
    await history.extend([a_reading(), a_reading(2_000.0, series=PRICE)])

    await history.fill([a_reading(5.0, NOON - DAY)])

    assert await all_of(history, series=PRICE) == [a_reading(2_000.0, series=PRICE)]
