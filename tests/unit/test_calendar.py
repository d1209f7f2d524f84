"""Clock changes, from the IANA database: Berlin skipped 02:00–03:00 on 29 March 2026 at 01:00 UTC
and had 02:00–03:00 twice on 25 October 2026 (back at 01:00 UTC); New York skipped 02:00–03:00 on
8 March 2026 at 07:00 UTC and had 01:00–02:00 twice on 1 November 2026 (back at 06:00 UTC).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.calendar import (
    here,
    instant,
    next_summary,
    period_name,
    place_of,
    quiet_until,
)
from alerts.domain.preferences import Period, Quiet

BERLIN, NEW_YORK, LISBON = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Europe/Lisbon"))
NIGHT = Quiet(time(23), time(7))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-02-06T21:59", None),  # 22:59 in Berlin
        ("2026-02-06T22:00", "2026-02-07T06:00"),
        ("2026-02-07T05:59", "2026-02-07T06:00"),
        ("2026-02-07T06:00", None),
        ("2026-07-06T21:00", "2026-07-07T05:00"),  # summer: two hours ahead of UTC
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(now, over):
    assert quiet_until(NIGHT, BERLIN, utc(now)) == (over and utc(over))


def test_quiet_hours_within_a_day_end_that_day():
    lunch = Quiet(time(13), time(15))

    assert quiet_until(lunch, LISBON, utc("2026-02-06T14:59")) == utc("2026-02-06T15:00")
    assert quiet_until(lunch, LISBON, utc("2026-02-06T12:59")) is None


@pytest.mark.parametrize(
    ("place", "now", "over"),
    [
        (BERLIN, "2026-03-29T00:30", "2026-03-29T05:00"),  # the night of 23 to 7 has 7 hours
        (BERLIN, "2026-10-25T00:30", "2026-10-25T06:00"),  # and here 9
        (NEW_YORK, "2026-03-08T05:00", "2026-03-08T11:00"),
        (NEW_YORK, "2026-11-01T05:00", "2026-11-01T12:00"),
    ],
)
def test_a_night_in_which_clocks_change_still_ends_at_seven(place, now, over):
    assert quiet_until(NIGHT, place, utc(now)) == utc(over)


def test_quiet_hours_that_end_in_the_missing_hour_end_with_it():
    early = Quiet(time(23), time(2, 30))

    assert quiet_until(early, BERLIN, utc("2026-03-29T00:59")) == utc("2026-03-29T01:00")
    assert quiet_until(early, BERLIN, utc("2026-03-29T01:00")) is None


def test_quiet_hours_that_begin_in_the_missing_hour_begin_after_it():
    late = Quiet(time(2, 30), time(7))

    assert quiet_until(late, BERLIN, utc("2026-03-29T00:59")) is None
    assert quiet_until(late, BERLIN, utc("2026-03-29T01:00")) == utc("2026-03-29T05:00")


def test_quiet_hours_that_end_in_the_double_hour_end_once_the_second_time():
    early = Quiet(time(23), time(2, 30))
    over = utc("2026-10-25T01:30")  # 02:30 for the second time

    for now in ("2026-10-25T00:29", "2026-10-25T00:31", "2026-10-25T01:10"):
        assert quiet_until(early, BERLIN, utc(now)) == over
    assert quiet_until(early, BERLIN, over) is None


def test_quiet_hours_that_begin_in_the_double_hour_begin_once_the_first_time():
    late = Quiet(time(2, 30), time(7))
    over = utc("2026-10-25T06:00")

    assert quiet_until(late, BERLIN, utc("2026-10-25T00:29")) is None
    for now in ("2026-10-25T00:30", "2026-10-25T01:10"):  # 02:30, then 02:10 again
        assert quiet_until(late, BERLIN, utc(now)) == over


def test_quiet_hours_inside_the_missing_hour_do_not_happen():
    short = Quiet(time(2, 15), time(2, 45))

    for now in ("2026-03-29T00:50", "2026-03-29T01:00", "2026-03-29T01:20"):
        assert quiet_until(short, BERLIN, utc(now)) is None


@given(
    st.integers(0, 365 * 86_400).map(lambda one: utc("2026-01-01") + timedelta(seconds=one)),
    st.times().map(lambda one: one.replace(microsecond=0)),
    st.times().map(lambda one: one.replace(microsecond=0)),
    st.sampled_from([BERLIN, NEW_YORK, LISBON, ZoneInfo("Asia/Kolkata"), UTC]),
)
def test_quiet_hours_end_after_now_at_their_end_and_are_over_then(now, start, end, place):
    if start == end:
        return
    over = quiet_until(Quiet(start, end), place, now)

    if over is not None:
        assert now < over <= now + timedelta(hours=25)
        shown = over.astimezone(place)
        assert shown.time() == end or shown.minute == 0  # or the end of a skipped hour
        assert quiet_until(Quiet(start, end), place, over) is None


@pytest.mark.parametrize(
    ("day", "clock", "last", "expected"),
    [
        (date(2026, 2, 6), time(8), False, "2026-02-06T07:00"),
        (date(2026, 10, 25), time(2, 30), False, "2026-10-25T00:30"),
        (date(2026, 10, 25), time(2, 30), True, "2026-10-25T01:30"),
        (date(2026, 3, 29), time(2, 30), False, "2026-03-29T01:00"),
        (date(2026, 3, 29), time(2, 30), True, "2026-03-29T01:00"),
        (date(2026, 3, 29), time(3), False, "2026-03-29T01:00"),
    ],
)
def test_a_time_of_day_in_berlin_is_one_moment(day, clock, last, expected):
    assert instant(day, clock, BERLIN, last=last) == utc(expected)


def test_a_week_begins_on_monday_where_the_chat_is():
    late_sunday = utc("2026-02-08T23:30")

    assert period_name(Period.WEEK, UTC, late_sunday) == "2026-W06"
    assert period_name(Period.WEEK, BERLIN, late_sunday) == "2026-W07"
    assert period_name(Period.DAY, UTC, late_sunday) == "2026-02-08"
    assert period_name(Period.DAY, BERLIN, late_sunday) == "2026-02-09"


def test_the_days_around_new_year_belong_to_one_week():
    assert period_name(Period.WEEK, UTC, utc("2026-12-31T12:00")) == "2026-W53"
    assert period_name(Period.WEEK, UTC, utc("2027-01-03T12:00")) == "2026-W53"


@pytest.mark.parametrize(
    ("per", "now", "expected"),
    [
        (Period.DAY, "2026-02-06T12:00", "2026-02-07T07:00"),
        (Period.WEEK, "2026-02-06T12:00", "2026-02-09T07:00"),
        (Period.WEEK, "2026-02-09T00:00", "2026-02-16T07:00"),  # a Monday: the next one
        (Period.WEEK, "2026-03-27T12:00", "2026-03-30T06:00"),  # the clocks change on the way
    ],
)
def test_a_summary_comes_on_the_morning_of_the_next_period(per, now, expected):
    assert next_summary(per, BERLIN, utc(now)) == utc(expected)


def test_a_moment_told_somewhere_knows_its_place_and_is_reckoned_with_like_any_other():
    before_the_skip = here(utc("2026-03-29T00:30"), BERLIN)

    assert f"{before_the_skip:%H:%M %Z}" == "01:30 CET"
    assert before_the_skip + timedelta(hours=2) == utc("2026-03-29T02:30")
    assert place_of(before_the_skip) is BERLIN
    assert place_of(utc("2026-03-29T00:30")) is UTC
