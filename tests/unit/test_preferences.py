from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.domain.preferences import Budget, Period, Preferences, Quiet, zone_named

NOON = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)


def test_a_chat_that_chose_nothing_lives_in_utc():
    assert Preferences().place.utcoffset(NOON) == timedelta(0)


def test_a_chat_lives_by_the_rules_of_its_zone():
    place = Preferences(zone="Europe/Lisbon").place

    assert NOON.astimezone(place).strftime("%H:%M") == "13:00"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", ".", "../etc/passwd", "Europe", "a\0b"])
def test_a_zone_this_machine_does_not_know_counts_as_utc(name):
    assert zone_named(name) is None
    assert Preferences(zone=name).place is UTC


def test_quiet_hours_that_begin_when_they_end_are_refused():
    with pytest.raises(ValueError, match="none, or all day"):
        Quiet(time(7), time(7))


@pytest.mark.parametrize("most", [0, -3])
def test_a_budget_of_nothing_is_refused(most):
    with pytest.raises(ValueError, match="budget"):
        Budget(most, Period.DAY)
