"""The regime of a market: grades by hand, votes, what is missing; noise changes nothing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.reading import Gap, Quality, Reading, Reason, Series
from alerts.history.windows import Trail
from alerts.metrics.past import Records
from alerts.metrics.regime import EDGES, GRADES, REGIME, assess, inputs, regime_along

BTC, ETH = Asset("BTC"), Asset("ETH")
NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
NAMES = ("skew", "basis", "longs", "drawdown", "slope")
SERIES = dict(zip(NAMES, inputs(BTC), strict=True))
CALM = {"skew": 2.0, "basis": 7.0, "longs": 1e8, "drawdown": -3.0, "slope": 4.0}


def values(**named):
    return {SERIES[name]: value for name, value in named.items()}


def regime(before=None, **named):
    return assess(BTC, values(**named), before)


def reading(series, value, at=NOW):
    return Reading(series, value, at, (Venue("deribit"),))


def measured(before=None, asset=BTC, **named):
    own = Series(REGIME.key, asset)
    price = Series.parse(f"price:{asset}")
    known = {one: reading(one, value) for one, value in values(**named).items()}
    known[price] = reading(price, 71_500.0)
    if before is not None:
        known[own] = reading(own, before)
    return REGIME.measure(Records(NOW, {price: Trail()}, known), own)


def test_the_figures_of_the_note_of_february_2026_are_stress():
    # Skew 20 % (edge 15), basis 2 % (edge 3), $1.8B in five days (edge 1B), 26 % under the high.
    found = regime(skew=20.0, basis=2.0, longs=1.8e9, drawdown=-26.0, slope=-3.0)

    assert found.name == "stress"
    assert [(vote.series.metric, vote.edge) for vote in found.votes] == [
        ("skew25_norm", 15.0),
        ("basis", 3.0),
        ("liq_long_usd", 1e9),
        ("drawdown", -20.0),
    ]


def test_the_low_of_that_night_is_panic():
    # 5 Feb 21:29 as recorded: skew 21.4 %, 34 % under the high, near options far dearer.
    assert regime(skew=21.4, basis=1.7, longs=1.8e9, drawdown=-34.0, slope=-30.0).name == "panic"


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "calm"),
        ({"skew": 30.0}, "calm"),
        ({"skew": 6.1, "basis": 4.9}, "cautious"),
        ({"skew": 6.0, "basis": 5.0}, "calm"),
        ({"skew": 30.0, "basis": 4.9}, "cautious"),
        ({"skew": 15.1, "basis": 2.9}, "stress"),
        ({"skew": 30.0, "basis": -1.0}, "panic"),
        ({"drawdown": -31.0, "slope": -11.0}, "panic"),
    ],
)
def test_the_regime_is_the_gravest_grade_that_two_inputs_reach(changed, name):
    assert regime(**{**CALM, **changed}).name == name


def test_each_asset_has_edges_of_its_own():
    skew, basis = inputs(ETH)[:2]

    assert assess(ETH, {skew: 9.0, basis: 4.0}).name == "cautious"
    assert assess(ETH, {skew: 7.0, basis: 4.0}).name == "calm"
    assert inputs(Asset("DOGE")) == ()


def test_a_grade_is_left_only_past_its_edge_by_the_ease():
    near = {**CALM, "skew": 14.0, "basis": 2.5}  # 15 less an ease of 2 is 13

    assert regime(**near).name == "cautious"
    assert regime(before=2, **near).name == "stress"
    assert regime(before=2, **{**near, "skew": 12.9}).name == "cautious"
    assert regime(before=3, **near).name == "stress"


def test_an_input_that_only_keeps_a_grade_says_so():
    found = regime(before=2, **{**CALM, "skew": 14.0, "basis": 2.5})

    assert [vote.past for vote in found.votes] == [False, True]


def test_without_three_inputs_nothing_is_said():
    found = measured(skew=20.0, basis=2.0)

    assert isinstance(found, Gap)
    assert (found.reason, found.detail) == (
        Reason.NO_DATA,
        "2 of 5 inputs, 3 needed: no liq_long_usd, drawdown, term_slope",
    )


def test_what_is_missing_is_a_doubt():
    found = measured(skew=20.0, basis=2.0, slope=1.0)

    assert (found.value, found.coverage, found.quality) == (2.0, 0.6, Quality.DEGRADED)
    assert (found.at, found.sources) == (NOW, ("deribit",))


def test_all_there_is_no_doubt_and_what_was_before_counts():
    found = measured(before=2.0, **{**CALM, "skew": 14.0, "basis": 2.5})

    assert (found.value, found.coverage, found.quality) == (2.0, 1.0, Quality.OK)


def test_an_asset_without_bands_has_no_regime():
    assert measured(asset=Asset("DOGE")) is None


NOISE = st.lists(st.tuples(st.floats(-0.99, 0.99), st.floats(-0.49, 0.49)), min_size=2)


@given(NOISE)
def test_noise_smaller_than_the_ease_never_flaps(noise):
    """Skew about 15 and basis about 3, each within half its ease: at most one change."""
    grade, grades = None, []
    for skew, basis in noise:
        grade = regime(before=grade, **{**CALM, "skew": 15 + skew, "basis": 3 + basis}).grade
        grades.append(grade)

    assert sum(one != other for one, other in pairwise(grades)) <= 1


@given(st.fixed_dictionaries({name: st.floats(-50, 50) for name in NAMES}), st.integers(0, 3))
def test_what_was_before_only_slows_the_way_down(read, before):
    plain, held = regime(**read).grade, regime(before=before, **read).grade

    assert plain <= held <= max(plain, before)


def test_along_the_past_the_inputs_of_one_moment_are_taken_together():
    quarter = timedelta(hours=6)
    past = [
        reading(SERIES[name], value, NOW + n * quarter)
        for n, skew in enumerate((16.0, 14.0, 12.0))
        for name, value in {**CALM, "skew": skew, "basis": 2.0}.items()
    ]
    alone = reading(SERIES["skew"], 25.0, NOW + timedelta(days=3))

    found = regime_along(BTC, [*past, alone], timedelta(hours=1))

    last = {one.at: GRADES[int(one.value)] for one in found}
    assert list(last.values()) == ["stress", "stress", "cautious"]


def test_edges_are_dated_and_their_source_is_named():
    for edge in (edge for edges in EDGES.values() for edge in edges):
        assert edge.source
        assert edge.dated.year == 2026
        assert list(edge.edges) == sorted(edge.edges, reverse=not edge.rises)
