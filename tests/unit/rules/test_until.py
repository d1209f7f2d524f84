"""When a rule ends, in the zone of whoever says it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.domain.errors import UsageError
from alerts.rules.grammar import parse
from alerts.rules.until import Today
from tests.builders import a_vocabulary

FRIDAY = datetime(2026, 2, 6, 20, 15, 30, tzinfo=UTC)
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


def until(words, now=FRIDAY, zone=UTC):
    draft = parse(f"skew above 15 until {words} once", a_vocabulary(), today=Today(now, zone))
    return f"{draft.until:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("friday", "2026-02-07 00:00"),
        ("today", "2026-02-07 00:00"),
        ("tomorrow", "2026-02-08 00:00"),
        ("mon", "2026-02-10 00:00"),
        ("monday 09:30", "2026-02-09 09:30"),
        ("10 feb", "2026-02-11 00:00"),
        ("feb 10th 18:00", "2026-02-10 18:00"),
        ("5 feb", "2027-02-06 00:00"),
        ("29 feb 2028", "2028-03-01 00:00"),
        ("2026-02-10", "2026-02-11 00:00"),
        ("2026-02-10 18:00", "2026-02-10 18:00"),
        ("2026-02-10T18:00", "2026-02-10 18:00"),
        ("2026-02-10T18:00+02:00", "2026-02-10 16:00"),
        ("21:00", "2026-02-06 21:00"),
        ("18:00", "2026-02-07 18:00"),
        ("24:00", "2026-02-07 00:00"),
        ("7d", "2026-02-13 20:16"),
        ("90 min", "2026-02-06 21:46"),
    ],
)
def test_an_end_is_said_in_many_ways(words, end):
    assert until(words) == end


def test_a_day_ends_where_the_person_is():
    assert until("friday", zone=NEW_YORK) == "2026-02-07 05:00"


def test_whole_days_keep_the_time_of_day_when_the_clocks_change():
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    assert until("1d", before, BERLIN) == "2026-03-29 11:00"
    assert until("24 hours", before, UTC) == "2026-03-29 12:00"


@pytest.mark.parametrize(
    ("words", "why", "fixes"),
    [
        (
            "2026-03-29 02:30",
            "is skipped",
            {"2026-03-29T00:30Z": "01:30 CET", "2026-03-29T01:30Z": "03:30 CEST"},
        ),
        (
            "2026-10-25 02:30",
            "comes twice",
            {"2026-10-25T00:30Z": "02:30 CEST", "2026-10-25T01:30Z": "02:30 CET"},
        ),
    ],
)
def test_a_time_the_clocks_skip_or_have_twice_is_asked_about(words, why, fixes):
    with pytest.raises(UsageError, match=why) as raised:
        until(words, zone=BERLIN)

    assert raised.value.fixes == tuple(f"skew above 15 until {one} once" for one in fixes)
    assert raised.value.labels == tuple(fixes.values())


def test_an_end_in_the_past_is_refused_with_another():
    with pytest.raises(UsageError, match="is past: it was 2025-12-31T00:00Z") as raised:
        until("2025-12-30")

    assert raised.value.fixes == ("skew above 15 until 7d once",)


@pytest.mark.parametrize("words", ["sometime", "31 feb", "10 10 feb", "feb", "xx 18:00", "30 30"])
def test_an_end_that_is_no_time_is_refused(words):
    with pytest.raises(UsageError, match="write a day, a date or a span"):
        until(words)


def test_an_end_too_far_off_is_refused():
    with pytest.raises(UsageError, match="too far off"):
        until("2099-01-01")


def test_without_a_clock_only_a_full_time_can_be_said():
    full = parse("skew above 15 until 2026-02-10T18:00Z", a_vocabulary())

    assert full.until == datetime(2026, 2, 10, 18, 0, tzinfo=UTC)
    with pytest.raises(UsageError, match="write a day"):
        parse("skew above 15 until friday", a_vocabulary())
