"""The farthest values since a time."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.rule import Direction, Firing, Idle, Recovering
from alerts.engine.peaks import Peaks
from tests.builders import BASIS, NOON, SKEW, a_leg, a_reading, a_rule, a_state, at

FIRING = Firing(1, NOON, NOON, 16)
ON = a_state(FIRING, fired_at=NOON)


def fed(*values):
    """One value a minute, from noon."""
    peaks = Peaks()
    for minute, value in enumerate(values):
        peaks.add(a_reading(value), at(minute))
    return peaks


def test_a_firing_rule_gets_the_highest_value_of_its_episode():
    assert fed(16, 19, 17).widen(a_rule(), ON).phase.extreme == 19


def test_a_rule_below_gets_the_lowest():
    rule = a_rule(a_leg(SKEW, Direction.BELOW, 20, 22))

    assert fed(16, 12, 17).widen(rule, ON).phase.extreme == 12


def test_a_recovering_rule_gets_it_too():
    state = replace(ON, phase=Recovering(FIRING, at(2)))

    assert fed(16, 19, 12).widen(a_rule(), state).phase.firing.extreme == 19


def test_what_came_before_the_firing_does_not_count():
    state = replace(ON, fired_at=at(2))

    assert fed(30, 16, 17, 16.5).widen(a_rule(), state).phase.extreme == 17


def test_without_its_time_a_firing_counts_from_when_it_was_met():
    assert fed(18).widen(a_rule(), replace(ON, fired_at=None)).phase.extreme == 18


def test_what_was_not_seen_changes_nothing():
    assert Peaks().widen(a_rule(), ON) == ON
    assert fed(99).widen(a_rule(a_leg(BASIS)), ON) == ON
    assert fed(99).widen(a_rule(), replace(ON, fired_at=at(5))).phase.extreme == 16


def test_a_rule_at_rest_stays_as_it_is():
    assert fed(99).widen(a_rule(), a_state(Idle())) == a_state(Idle())


def test_a_long_fall_is_kept_coarsely_and_ends_exactly():
    peaks = fed(*(9000.0 - minute for minute in range(9000)))

    early = peaks.widen(a_rule(), replace(ON, fired_at=at(100))).phase.extreme
    late = peaks.widen(a_rule(), replace(ON, fired_at=at(8999))).phase.extreme

    assert 8890 <= early <= 8900
    assert late == 16


@given(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=40), st.data())
def test_the_peak_is_the_maximum_since(values, data):
    since = data.draw(st.integers(0, len(values) - 1))
    state = replace(ON, phase=replace(FIRING, extreme=-1.0), fired_at=at(since))

    assert fed(*values).widen(a_rule(), state).phase.extreme == max(values[since:])
