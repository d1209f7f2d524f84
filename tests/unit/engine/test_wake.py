"""The index of levels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import RuleId
from alerts.domain.rule import Direction, Levels
from alerts.engine.wake import WakeIndex
from tests.builders import BASIS, PRICE, SKEW, a_leg, a_rule


def a_rule_at(level, clear=None, name="r1", series=SKEW):
    return a_rule(a_leg(series, Direction.ABOVE, level, clear), id=RuleId(name))


def an_index(*rules):
    index = WakeIndex()
    for rule in rules:
        index.put(rule)
    return index


@pytest.mark.parametrize(
    ("before", "after", "woken"),
    [
        (14, 16, True),
        (16, 14, True),
        (15, 15, True),
        (15, 15.1, True),
        (14.9, 15, True),
        (12, 14, True),
        (15.1, 99, False),
        (13.1, 14.9, False),
        (-99, 12.9, False),
    ],
)
def test_a_rule_wakes_when_a_level_lies_in_the_move(before, after, woken):
    index = an_index(a_rule_at(15, 13))

    assert index.wake(SKEW, before, after) == ({RuleId("r1")} if woken else set())


@pytest.mark.parametrize(("before", "after"), [(None, 1), (1, None), (None, None)])
def test_the_unknown_wakes_every_rule_of_the_series(before, after):
    index = an_index(a_rule_at(15, name="a"), a_rule_at(99, name="b"), a_rule_at(1, series=BASIS))

    assert index.wake(SKEW, before, after) == {"a", "b"}
    assert index.on(SKEW) == {"a", "b"}


def test_every_leg_of_a_rule_wakes_it():
    index = an_index(a_rule(a_leg(), a_leg(BASIS, Direction.BELOW, 3, 4)))

    assert index.wake(SKEW, 14, 16) == index.wake(BASIS, 3.5, 4.5) == {"r1"}


def test_an_edited_rule_wakes_at_its_new_levels_only():
    index = an_index(a_rule_at(15, 13), a_rule_at(25, 23))

    assert len(index) == 1
    assert index.wake(SKEW, 12, 16) == set()
    assert index.wake(SKEW, 22, 24) == {"r1"}


def test_a_dropped_rule_wakes_no_more():
    index = an_index(a_rule_at(15))

    index.drop(RuleId("r1"))
    index.drop(RuleId("never there"))

    assert len(index) == 0
    assert index.wake(SKEW, 0, 99) == index.on(SKEW) == set()


def test_an_unwatched_series_wakes_nobody():
    assert an_index().wake(PRICE, 0, 9) == an_index().on(PRICE) == set()


def test_the_watched_series_are_known():
    assert an_index(a_rule_at(15), a_rule_at(3, series=BASIS)).series() == {SKEW, BASIS}


def test_many_drops_are_swept_out_and_their_places_used_again():
    index = an_index(*(a_rule_at(number, name=f"r{number}") for number in range(3000)))

    for number in range(2500):
        index.drop(RuleId(f"r{number}"))
    for number in range(3000, 3400):
        index.put(a_rule_at(number, name=f"r{number}"))

    assert len(index) == 900
    assert len(index.wake(SKEW, -9, 9999)) == 900
    assert index.wake(SKEW, 2497.5, 2500) == {"r2500", "r2501", "r2502"}


def test_a_series_nobody_watches_any_more_is_forgotten_when_swept():
    index = an_index(*(a_rule_at(1, name=f"r{number}") for number in range(1500)))
    index.put(a_rule_at(1, name="r0", series=BASIS))

    for number in range(1200):
        index.drop(RuleId(f"r{number}"))

    assert index.series() == {SKEW}
    assert len(index.wake(SKEW, 0, 9)) == 300


LEVELS = st.integers(-5, 5).map(float)
EDITS = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "wake"]), st.integers(0, 9), LEVELS, LEVELS),
    max_size=80,
)


@given(EDITS)
def test_the_index_wakes_just_the_rules_with_a_level_in_the_move(edits):
    index, levels = WakeIndex(), {}
    for act, number, one, other in edits:
        low, high = sorted((one, other))
        name = RuleId(str(number))
        if act == "put":
            index.put(a_rule_at(high, low, name))
            levels[name] = (low, high)
        elif act == "drop":
            index.drop(name)
            levels.pop(name, None)
        expected = {
            name for name, pair in levels.items() if any(low <= level <= high for level in pair)
        }
        assert index.wake(SKEW, one, other) == expected
        assert len(index) == len(levels)


MANY = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=3)
    ),
    max_size=6,
    unique_by=lambda row: row[0],
)


@given(st.lists(MANY, max_size=4), LEVELS, LEVELS)
def test_rules_taken_many_at_once_are_those_put_one_by_one(parts, one, other):
    taken, put = WakeIndex(), WakeIndex()
    for part in parts:
        rules = [_with_legs(name, pairs) for name, pairs in part]
        taken.take(Levels.of(rules))
        for rule in rules:
            put.put(rule)

    assert len(taken) == len(put)
    assert taken.series() == put.series()
    for series in (SKEW, BASIS):
        assert taken.on(series) == put.on(series)
        assert taken.wake(series, one, other) == put.wake(series, one, other)


def _with_legs(name, pairs):
    both = [sorted(pair) for pair in pairs]
    legs = [
        a_leg(SKEW if place % 2 else BASIS, Direction.ABOVE, high, low)
        for place, (low, high) in enumerate(both)
    ]
    return a_rule(*legs, id=RuleId(name))


def test_taken_rules_are_edited_and_dropped_like_others():
    index = WakeIndex()
    index.take(Levels.of([a_rule_at(15, name="a"), a_rule_at(25, name="b")]))

    index.put(a_rule_at(35, name="a"))
    index.drop(RuleId("b"))

    assert len(index) == 1
    assert index.wake(SKEW, 0, 30) == set()
    assert index.wake(SKEW, 30, 40) == {"a"}


def test_places_of_dropped_rules_are_used_again():
    index = WakeIndex()
    for number in range(3000):
        index.put(a_rule_at(float(number), float(number), RuleId(f"r{number}")))
    for number in range(2900):
        index.drop(RuleId(f"r{number}"))
    for number in range(3000, 5000):
        index.put(a_rule_at(float(number), float(number), RuleId(f"r{number}")))

    assert len(index) == 2100
    assert len(index._rules) <= 3000 + 1025


def test_a_rule_is_in_it_until_it_is_dropped():
    index = WakeIndex()
    index.put(a_rule_at(15.0, 13.0, RuleId("r1")))

    assert RuleId("r1") in index
    assert RuleId("r2") not in index

    index.drop(RuleId("r1"))
    assert RuleId("r1") not in index


def test_many_levels_put_at_once_in_no_order_are_found_all_the_same():
    index = WakeIndex()
    levels = [(number * 37) % 200 for number in range(200)]  # each of 0..199 once, not in order
    for level in levels:
        index.put(a_rule_at(float(level), float(level), RuleId(f"r{level}")))

    assert index.wake(SKEW, 49.5, 53.5) == {RuleId(f"r{level}") for level in (50, 51, 52, 53)}
    assert len(index.wake(SKEW, -1.0, 99.0)) == 100
