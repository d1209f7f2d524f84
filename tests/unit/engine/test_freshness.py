"""Which series went dark, and which came back."""

from alerts.engine.freshness import turned
from tests.builders import BASIS, NOON, SKEW, at, minutes


def turn(latest, dark, minute):
    return turned(latest, frozenset(dark), at(minute), lambda _: minutes(3))


def test_a_series_goes_dark_once_its_reading_is_too_old():
    assert turn({SKEW: NOON, BASIS: at(3)}, [], 4) == ({SKEW}, set())


def test_each_series_grows_old_in_its_own_time():
    spans = {SKEW: minutes(3), BASIS: minutes(9)}

    went = turned({SKEW: NOON, BASIS: NOON}, frozenset(), at(5), spans.__getitem__)

    assert went == ({SKEW}, set())


def test_a_reading_just_old_enough_still_counts():
    assert turn({SKEW: NOON}, [], 3) == (set(), set())


def test_a_dark_series_goes_dark_only_once():
    assert turn({SKEW: NOON}, [SKEW], 9) == (set(), set())


def test_a_dark_series_comes_back_with_a_fresh_reading():
    assert turn({SKEW: at(8)}, [SKEW], 9) == (set(), {SKEW})


def test_a_series_without_any_reading_stays_dark():
    assert turn({}, [SKEW], 9) == (set(), set())
