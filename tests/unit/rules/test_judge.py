"""Legs and samples to one verdict."""

import pytest

from alerts.domain.reading import Reason
from alerts.domain.rule import Direction, Join, Verdict
from alerts.rules.judge import Look, look
from tests.builders import BASIS, NOON, SKEW, a_draft, a_gap, a_leg, a_reading

MET, BETWEEN, CLEAR, UNDECIDED = Verdict.MET, Verdict.BETWEEN, Verdict.CLEAR, Verdict.UNDECIDED
ABOVE_15 = a_leg(SKEW, Direction.ABOVE, 15, 13)
BELOW_3 = a_leg(BASIS, Direction.BELOW, 3, 4)
SKEWS = {MET: a_reading(16), BETWEEN: a_reading(14), CLEAR: a_reading(12), UNDECIDED: a_gap()}
BASES = {
    MET: a_reading(2, BASIS),
    BETWEEN: a_reading(3.5, BASIS),
    CLEAR: a_reading(5, BASIS),
    UNDECIDED: a_gap(BASIS, reason=Reason.PARTIAL_CHAIN),
}


def see(draft, *samples, **options):
    return look(draft, {sample.series: sample for sample in samples}, **options)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(15.01, MET), (15, BETWEEN), (13, BETWEEN), (12.99, CLEAR)],
)
def test_above_is_met_strictly_beyond_and_clear_strictly_past(value, verdict):
    assert see(a_draft(ABOVE_15), a_reading(value)).verdict is verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(2.99, MET), (3, BETWEEN), (4, BETWEEN), (4.01, CLEAR)],
)
def test_below_mirrors_above(value, verdict):
    assert see(a_draft(BELOW_3), a_reading(value, BASIS)).verdict is verdict


def test_without_a_gap_only_equality_lies_between():
    draft = a_draft(a_leg(level=15, clear=15))

    verdicts = [see(draft, a_reading(value)).verdict for value in (14.9, 15, 15.1)]

    assert verdicts == [CLEAR, BETWEEN, MET]


def test_a_gap_decides_nothing_and_says_why_and_since_when():
    seen = see(a_draft(), a_gap(reason=Reason.WING_MISSING))

    assert (seen.verdict, seen.value, seen.reason) == (UNDECIDED, None, Reason.WING_MISSING)
    assert seen.blind_since == NOON


def test_no_sample_at_all_is_no_data():
    seen = see(a_draft())

    assert (seen.verdict, seen.reason, seen.blind_since) == (UNDECIDED, Reason.NO_DATA, None)


def test_lateness_is_passed_on():
    assert see(a_draft(), a_reading(), late=True).late


ALL = {
    (CLEAR, UNDECIDED): CLEAR,
    (CLEAR, MET): CLEAR,
    (MET, UNDECIDED): UNDECIDED,
    (BETWEEN, UNDECIDED): UNDECIDED,
    (MET, BETWEEN): BETWEEN,
    (MET, MET): MET,
}
ANY = {
    (MET, UNDECIDED): MET,
    (MET, CLEAR): MET,
    (CLEAR, UNDECIDED): UNDECIDED,
    (BETWEEN, UNDECIDED): UNDECIDED,
    (CLEAR, BETWEEN): BETWEEN,
    (CLEAR, CLEAR): CLEAR,
}


@pytest.mark.parametrize(("join", "table"), [(Join.ALL, ALL), (Join.ANY, ANY)])
def test_legs_join_by_the_table_whatever_their_order(join, table):
    draft = a_draft(ABOVE_15, BELOW_3, join=join)

    for (one, other), joined in table.items():
        assert see(draft, SKEWS[one], BASES[other]).verdict is joined
        assert see(draft, SKEWS[other], BASES[one]).verdict is joined


def test_the_leg_that_decided_is_named_with_its_level_and_value():
    seen = see(a_draft(ABOVE_15, BELOW_3), SKEWS[MET], BASES[CLEAR])

    assert (seen.series, seen.level, seen.value) == (BASIS, 3, 5)
    assert seen.lead == 16


def test_a_missing_leg_is_the_one_that_decides_to_decide_nothing():
    seen = see(a_draft(ABOVE_15, BELOW_3), SKEWS[MET], BASES[UNDECIDED])

    assert (seen.series, seen.reason) == (BASIS, Reason.PARTIAL_CHAIN)


def test_an_undecided_look_has_all_there_is_to_tell():
    gap = a_gap(BASIS, reason=Reason.PARTIAL_CHAIN)

    seen = see(a_draft(ABOVE_15, BELOW_3), SKEWS[MET], gap, late=True)

    assert seen == Look(UNDECIDED, BASIS, 3, None, Reason.PARTIAL_CHAIN, NOON, late=True, lead=16)
