from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.market import OptionSide
from alerts.domain.reading import Reason
from alerts.metrics.gates import Flaw
from alerts.metrics.skew import butterfly, normalised, raw, risk_reversal
from alerts.metrics.smile import Forward, Smile, forward_delta, forward_of, read_smile, smile
from tests.unit.metrics.quotes import AT, FORWARD, STRIKES, quotes, strike_at

YEARS = 60 / 365
NODES = (0.95, 0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15, 0.05)


def through(nodes, years=YEARS, forward=FORWARD):
    """The smile through (delta, vol) nodes."""
    return smile(forward, years, {strike_at(x, vol, years, forward): vol for x, vol in nodes})


@st.composite
def tilts(draw):
    """Vols at the nodes that change too little for strikes to cross."""
    level = draw(st.floats(0.3, 1.2))
    slope = draw(st.floats(-0.25, 0.25))
    bend = draw(st.floats(0.0, 0.3))
    return [(x, level * (1 + slope * (x - 0.5) + bend * (x - 0.5) ** 2)) for x in NODES]


def test_delta_of_the_delta_neutral_strike_is_a_half():
    # K = F exp(vol² T / 2) makes d1 zero.
    assert forward_delta(100.0, 100.0 * 2.718281828459045**0.125, 0.5, 1.0) == pytest.approx(0.5)


def test_delta_at_the_forward_is_the_normal_of_half_the_deviation():
    # d1 = 0.4 / 2 = 0.2; N(0.2) = 0.5792597 (tables).
    assert forward_delta(100.0, 100.0, 0.4, 1.0) == pytest.approx(0.5792597, abs=1e-7)


def test_strikes_on_the_three_targets_are_read_as_they_are():
    nodes = [*((x, 0.6) for x in NODES if x not in {0.75, 0.25}), (0.75, 0.7), (0.25, 0.5)]
    read = through([*nodes, (0.5, 0.55)])

    assert read == Smile(
        pytest.approx(0.7, abs=1e-9), pytest.approx(0.55, abs=1e-9), pytest.approx(0.5, abs=1e-9)
    )


def test_the_three_skews_and_the_butterfly_by_hand():
    read = Smile(put25=0.66, atm=0.5, call25=0.56)

    assert normalised(read) == pytest.approx(20.0)
    assert raw(read) == pytest.approx(10.0)
    assert risk_reversal(read) == pytest.approx(-10.0)
    assert butterfly(read) == pytest.approx(11.0)


@given(st.floats(0.1, 2.0), st.floats(7 / 365, 0.5))
def test_flat_smile_has_no_skew(vol, years):
    read = through([(x, vol) for x in NODES], years)

    assert isinstance(read, Smile)
    assert normalised(read) == pytest.approx(0.0, abs=1e-9)
    assert butterfly(read) == pytest.approx(0.0, abs=1e-9)
    assert read.atm == pytest.approx(vol)


@given(tilts())
def test_mirrored_smile_has_the_opposite_skew(nodes):
    mirrored = [(1 - x, vol) for x, vol in nodes]

    assert raw(through(mirrored)) == pytest.approx(-raw(through(nodes)), abs=1e-9)


@given(tilts(), st.floats(0.01, 100.0))
def test_scaling_forward_and_strikes_together_changes_nothing(nodes, factor):
    vols = {strike_at(x, vol, YEARS): vol for x, vol in nodes}
    scaled = {strike * factor: vol for strike, vol in vols.items()}
    before, after = smile(FORWARD, YEARS, vols), smile(FORWARD * factor, YEARS, scaled)

    assert normalised(after) == pytest.approx(normalised(before), abs=1e-9)


@given(tilts(), st.integers(0, len(NODES) - 2), st.floats(0.05, 0.95))
def test_a_strike_added_on_the_interpolant_changes_nothing(nodes, after, share):
    (x1, vol1), (x2, vol2) = nodes[after], nodes[after + 1]
    added = (x1 + share * (x2 - x1), vol1 + share * (vol2 - vol1))

    assert raw(through([*nodes, added])) == pytest.approx(raw(through(nodes)), abs=1e-7)


@given(tilts(), st.sampled_from(["puts", "calls"]))
def test_without_a_wing_there_is_no_number(nodes, wing):
    kept = [(x, vol) for x, vol in nodes if (x < 0.74 if wing == "puts" else x > 0.26)]

    assert through(kept).reason is Reason.WING_MISSING


@given(st.sets(st.sampled_from(STRIKES), max_size=len(STRIKES)))
def test_any_subset_of_strikes_gives_a_flaw_or_nearly_the_whole_smile(kept):
    vols = {strike: 0.6 + (FORWARD - strike) / 200_000 for strike in STRIKES}
    whole = smile(FORWARD, YEARS, vols)
    part = smile(FORWARD, YEARS, {strike: vols[strike] for strike in kept})

    assert isinstance(part, Flaw) or normalised(part) == pytest.approx(normalised(whole), abs=1.0)


def test_one_strike_on_a_side_is_no_wing():
    nodes = [(x, 0.6) for x in (0.76, 0.48, 0.42, 0.36, 0.3, 0.24, 0.18, 0.12)]

    assert through(nodes).reason is Reason.WING_MISSING


def test_seven_strikes_are_too_few_and_eight_are_enough():
    eight = [(x, 0.6) for x in (0.8, 0.7, 0.6, 0.52, 0.48, 0.4, 0.3, 0.2)]

    assert isinstance(through(eight), Smile)
    assert through([node for node in eight if node[0] != 0.6]).reason is Reason.PARTIAL_CHAIN


@pytest.mark.parametrize("target", [0.75, 0.5, 0.25])
def test_a_hole_around_a_target_is_a_partial_chain(target):
    axis = [x / 100 for x in range(5, 100, 5)]
    kept = [(x, 0.6) for x in axis if abs(x - target) > 0.06]

    assert through(kept).reason is Reason.PARTIAL_CHAIN
    assert isinstance(through([(x, 0.6) for x in axis]), Smile)


def test_deltas_that_rise_with_the_strike_are_refused():
    vols = dict.fromkeys(STRIKES, 0.6)
    vols[78_000.0] = 1.6

    assert smile(FORWARD, YEARS, vols).reason is Reason.NON_MONOTONE_SMILE


def test_strikes_too_deep_to_tell_their_deltas_apart_are_cut():
    vols = dict.fromkeys(STRIKES, 0.6)
    deep = {100.0: 0.5, 200.0: 0.5, 5e6: 0.5, 6e6: 0.5}

    assert smile(FORWARD, YEARS, vols | deep) == smile(FORWARD, YEARS, vols)


def test_no_strikes_are_a_partial_chain():
    assert smile(FORWARD, YEARS, {}).reason is Reason.PARTIAL_CHAIN


@pytest.mark.parametrize("vol", [None, 0.0, 5.0, 9.0])
def test_vols_that_stand_for_no_quote_are_left_out(vol):
    read, _ = read_smile(quotes(60, vol=vol), YEARS)

    assert read.reason is Reason.PARTIAL_CHAIN


def test_the_out_of_the_money_side_speaks_for_a_strike_in_any_order():
    puts = quotes(60, vol=lambda strike: 0.7 if strike < FORWARD else 0.1, sides="P")
    calls = quotes(60, vol=lambda strike: 0.7 if strike >= FORWARD else 0.1, sides="C")
    expected = smile(FORWARD, YEARS, dict.fromkeys(STRIKES, 0.7))

    assert read_smile(puts + calls, YEARS) == (expected, False)
    assert read_smile(calls + puts, YEARS) == (expected, False)


def test_forward_is_the_median_of_an_expiry():
    rows = quotes(60, forward=70_000.0)[:2] + quotes(60, forward=70_100.0)[:1]

    assert forward_of(rows) == Forward(70_000.0)


def test_forwards_half_a_percent_apart_are_dispersed():
    rows = quotes(60, forward=70_000.0)[:2] + quotes(60, forward=70_360.0)[:1]

    assert forward_of(rows).reason is Reason.FORWARD_DISPERSED


def test_missing_forward_is_rebuilt_from_put_call_parity():
    # F = K / (1 - (c - p)) = 70,000 / (1 - (0.05 - 0.03)) = 71,428.57
    call = quotes(60, forward=None, strikes=[70_000.0], sides="C", price=0.05)
    put = quotes(60, forward=None, strikes=[70_000.0], sides="P", price=0.03)

    assert forward_of(call + put) == Forward(pytest.approx(71_428.5714), rebuilt=True)


def test_parity_uses_the_strikes_nearest_the_money():
    near = [quotes(60, forward=None, strikes=[k], price=0.04) for k in (69_000, 70_000, 71_000)]
    call = quotes(60, forward=None, strikes=[20_000.0], sides="C", price=0.9)
    put = quotes(60, forward=None, strikes=[20_000.0], sides="P", price=0.0)

    assert forward_of(sum(near, ()) + call + put).price == 70_000


def test_an_expiry_without_forward_or_prices_cannot_be_read():
    read, rebuilt = read_smile(quotes(60, forward=None), YEARS)

    assert read.reason is Reason.PARTIAL_CHAIN
    assert not rebuilt


def test_a_price_difference_of_a_whole_coin_implies_no_forward():
    call = quotes(60, forward=None, strikes=[70_000.0], sides="C", price=1.0)
    put = quotes(60, forward=None, strikes=[70_000.0], sides="P", price=0.0)

    assert isinstance(forward_of(call + put), Flaw)


def test_builder_strikes_fall_with_delta():
    strikes = [strike_at(x, 0.6, YEARS) for x in NODES]

    assert all(left < right for left, right in pairwise(strikes))
    assert quotes(60)[0].expiry > AT
    assert quotes(60)[0].side is OptionSide.CALL
    assert forward_delta(FORWARD, strikes[0], 0.6, YEARS) == pytest.approx(0.95)
    assert sqrt(YEARS) < 1
