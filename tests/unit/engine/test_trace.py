"""Why a rule did or did not fire, worked out by hand: minutes after noon, and their values."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.reading import Reason
from alerts.domain.rule import Direction, Join, Timing, Verdict
from alerts.engine.replay import play
from alerts.engine.tape import wind
from alerts.engine.trace import nudge, trace
from tests.builders import BASIS, SKEW, a_draft, a_leg, a_reading, at, minutes

TEN = Timing(hold=minutes(10))
BELOW_3 = a_leg(BASIS, Direction.BELOW, 3.0, 4.0)
AGE = minutes(5)


def readings(values, series=SKEW, start=0, every=1):
    return [
        a_reading(value, series, at(start + every * place)) for place, value in enumerate(values)
    ]


def a_tape(draft, *runs):
    samples = sorted((one for run in runs for one in run), key=lambda one: one.at)
    return wind(draft, samples, max_age=AGE)


def seen(draft, *runs, start=0.0, end=30.0):
    return trace(draft, a_tape(draft, *runs), at(start), at(end))


def spells(stretches):
    """Stretches as minutes after noon."""
    return [((one.start - at(0)) / minutes(1), (one.end - at(0)) / minutes(1)) for one in stretches]


def test_the_nearest_approach_is_the_highest_reading_under_the_level():
    found = seen(a_draft(), readings([14.0, 14.6, 14.2, 13.0]), end=3)

    assert found.nearest == (a_reading(14.6, SKEW, at(1)),)
    assert found.farthest == (a_reading(13.0, SKEW, at(3)),)
    assert (found.met, found.longest, found.fired) == ((), None, ())


def test_below_a_level_the_nearest_is_the_lowest():
    found = seen(a_draft(BELOW_3), readings([3.4, 3.1, 3.2], BASIS), end=2)

    assert [one.value for one in found.nearest] == [3.1]
    assert [one.value for one in found.farthest] == [3.4]


def test_times_that_were_met_are_counted_with_the_longest_against_the_hold():
    values = [14.0, 15.1, 15.2, 14.9, 15.3, 15.4, 15.5, 15.6, 15.7, 15.8, 14.0]

    found = seen(a_draft(timing=TEN), readings(values), end=10)

    assert spells(found.met) == [(1, 3), (4, 10)]
    assert found.longest.length == minutes(6)
    assert found.fired == ()


def test_a_stretch_that_goes_on_ends_with_the_trace():
    found = seen(a_draft(timing=TEN), readings([14.0, *[15.5] * 13]), end=13)

    assert spells(found.met) == [(1, 13)]
    assert [event.at for event in found.fired] == [at(11)]


def test_the_hysteresis_band_interrupts_a_hold():
    found = seen(a_draft(timing=TEN), readings([15.5, 14.0, 15.5]), end=2)

    assert spells(found.met) == [(0, 1), (2, 2)]


def test_time_without_readings_is_blind_from_when_the_last_grew_too_old():
    run = [*readings([14.0, 14.0]), *readings([14.0, 14.0], start=20)]

    found = seen(a_draft(), run, end=21)

    assert spells(found.blind) == [(6, 20)]
    assert found.dark == minutes(14)
    (look,) = [one.look for one in found.blind]
    assert (look.reason, look.series, look.blind_since) == (Reason.STALE, SKEW, at(1))


def test_blind_time_never_counts_as_met():
    run = [*readings([15.5, 15.5]), *readings([15.5], start=20)]

    found = seen(a_draft(timing=TEN), run, end=21)

    assert spells(found.met) == [(0, 6), (20, 21)]
    assert found.fired == ()


def test_without_any_reading_all_of_it_is_blind():
    found = seen(a_draft(), [], end=30)

    assert spells(found.blind) == [(0, 30)]
    (look,) = [one.look for one in found.blind]
    assert (look.reason, look.series, look.blind_since) == (Reason.NO_DATA, SKEW, at(0))
    assert (found.nearest, found.farthest) == ((None,), (None,))


def test_what_was_known_before_the_start_counts_but_is_no_approach():
    found = seen(a_draft(), readings([15.5, 15.5, 14.0]), start=1.5, end=2)

    assert spells(found.met) == [(1.5, 2)]
    assert [one.value for one in found.nearest] == [14.0]


def test_of_two_conditions_both_must_be_met_at_once():
    draft = a_draft(a_leg(), BELOW_3)
    skew, basis = readings([16.0, 16.0, 14.0, 14.0]), readings([5.0, 5.0, 2.0, 2.0], BASIS)

    found = seen(draft, skew, basis, end=3)

    assert found.met == ()
    assert [one.value for one in found.nearest] == [16.0, 2.0]
    either = seen(replace(draft, join=Join.ANY), skew, basis, end=3)
    assert spells(either.met) == [(0, 3)]


def test_stretches_follow_each_other_without_a_gap():
    run = [*readings([14.0, 15.5, 12.0]), *readings([16.0, 14.0], start=20)]

    found = seen(a_draft(), run, end=25)

    ends = [found.start, *(one.end for one in found.stretches)]
    assert [one.start for one in found.stretches] == ends[:-1]
    assert ends[-1] == found.end
    assert [one.verdict for one in found.stretches] == [
        *(Verdict.BETWEEN, Verdict.MET, Verdict.CLEAR, Verdict.UNDECIDED),
        *(Verdict.MET, Verdict.BETWEEN),
    ]


# The one change


def changed(draft, *runs, gap=2.0, end=30.0):
    tape = a_tape(draft, *runs)
    return nudge(trace(draft, tape, at(0), at(end)), tape, gap=gap)


def test_a_shorter_hold_is_named_where_it_was_met_too_briefly():
    values = [14.0, *[15.5] * 6, 14.0]

    found = changed(a_draft(timing=TEN), readings(values), end=7)

    assert found == a_draft(timing=Timing(hold=minutes(5)))


def test_a_hold_is_named_where_it_was_met_and_not_at_the_close():
    values = [14.0, *[15.5] * 6, 14.0]

    found = changed(a_draft(timing=Timing(at_close=True)), readings(values), end=7)

    assert found == a_draft(timing=Timing(hold=minutes(5)))


def test_a_level_nearer_to_what_was_reached_is_named_else():
    found = changed(a_draft(), readings([13.0, 14.6, 13.0]), end=2)

    assert (found.legs[0].level, found.legs[0].clear) == (14.5, 12.5)


def test_of_what_lies_below_too():
    found = changed(a_draft(BELOW_3), readings([3.9, 3.3, 3.9], BASIS), end=2, gap=1.0)

    assert (found.legs[0].level, found.legs[0].clear) == (3.4, 4.4)


def test_a_level_must_have_held_long_enough_too():
    values = [12.0, 14.6, *[13.8] * 12]

    found = changed(a_draft(timing=TEN), readings(values), end=13)

    assert found.legs[0].level == 13.5


@pytest.mark.parametrize(
    "draft",
    [
        a_draft(a_leg(), BELOW_3),
        a_draft(a_leg(level=1000.0)),
    ],
    ids=["two conditions", "always true at any level near"],
)
def test_where_no_single_change_would_have_done_none_is_named(draft):
    assert changed(draft, readings([14.0] * 5), end=4) is None


def test_what_fired_needs_no_change():
    assert changed(a_draft(), readings([14.0, 15.5]), end=2) is None


@given(st.lists(st.integers(120, 170), min_size=2, max_size=40), st.integers(0, 12))
def test_the_change_that_is_named_would_have_fired(tenths, hold):
    draft = a_draft(timing=Timing(hold=minutes(hold)))
    tape = a_tape(draft, readings([tenth / 10 for tenth in tenths]))
    end = at(len(tenths))

    found = nudge(trace(draft, tape, at(0), end), tape, gap=2.0)

    if found is not None:
        assert play(found, tape, start=at(0), end=end).episodes
        assert not play(draft, tape, start=at(0), end=end).episodes
        assert found.timing.hold <= draft.timing.hold


@given(st.lists(st.integers(120, 170), min_size=1, max_size=40), st.integers(0, 12))
def test_what_fired_was_met_for_its_hold(tenths, hold):
    draft = a_draft(timing=Timing(hold=minutes(hold)))

    found = seen(draft, readings([tenth / 10 for tenth in tenths]), end=len(tenths))

    if found.fired:
        assert found.longest.length >= timedelta(minutes=hold)


def test_what_fired_before_the_start_or_behind_the_end_is_not_of_this_trace():
    values = [14.0, 15.5, 12.0, 12.0, 12.0, 15.5]

    assert seen(a_draft(), readings(values), start=3, end=4).fired == ()


@pytest.mark.parametrize(
    ("values", "start", "end"),
    [
        ([13.0, 12.0, 13.0, 9.0, 20.0], 0, 2),
        ([9.0, 13.0, 12.0, 13.0], 1.5, 3),
    ],
    ids=["after the end", "before the start"],
)
def test_a_change_that_would_have_fired_only_outside_is_none(values, start, end):
    draft = a_draft()
    tape = a_tape(draft, readings(values))

    assert nudge(trace(draft, tape, at(start), at(end)), tape, gap=2.0) is None


def test_a_hold_as_long_as_the_stretch_would_have_done():
    found = changed(a_draft(timing=TEN), readings([14.0, *[15.5] * 6]), end=6)

    assert found.timing.hold == minutes(5)


def test_of_two_conditions_none_is_changed_though_it_would_have_done():
    skew, basis = readings([13.0, 14.6]), readings([2.0, 2.0], BASIS)

    assert changed(a_draft(a_leg(), BELOW_3), skew, basis, end=1) is None


def test_without_a_reading_or_a_gap_no_level_is_near():
    assert changed(a_draft(), [], end=4) is None
    assert changed(a_draft(), readings([13.0, 14.6, 13.0]), end=2, gap=0.0) is None


def test_the_last_level_that_is_tried_is_eight_steps_inside():
    values = [5.0, 14.6, *[11.2] * 12]

    found = changed(a_draft(timing=TEN), readings(values), end=13)

    assert found.legs[0].level == 11.0
    assert changed(a_draft(timing=TEN), readings([5.0, 14.6, *[10.8] * 12]), end=13) is None
