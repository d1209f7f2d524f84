from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Funding, FutureQuote, FuturesCurve
from alerts.domain.reading import Gap, Quality, Reason
from alerts.metrics.funding import annual, annual_compounded, per_8h
from alerts.metrics.measure import aggregate, measure

AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def future(name, mark=50_000.0, coin=None, usd=None, rate=None, hours=8, **parts):
    funding = None if rate is None else Funding(rate, hours * HOUR)
    return FutureQuote(name, None, mark, mark, coin, usd, funding=funding, **parts)


def curve(*futures, venue="deribit", **parts):
    return FuturesCurve(Venue(venue), Asset("BTC"), AT, futures, **parts)


def read(made, metric):
    return {str(s.series.metric): s for s in measure(made)}.get(metric)


def test_open_interest_adds_contracts_each_at_its_own_mark():
    # 10 coins at 50,000 and 600,000 USD at 60,000: 10 + 10 coins, 500,000 + 600,000 USD.
    made = curve(future("a", coin=10.0), future("b", 60_000.0, usd=600_000.0))

    assert read(made, "oi_coin").value == pytest.approx(20.0)
    assert read(made, "oi_usd").value == pytest.approx(1_100_000.0)


def test_the_same_contract_listed_twice_counts_once():
    made = curve(future("a", coin=10.0), future("a", coin=10.0))

    assert read(made, "oi_coin").value == 10.0


def test_a_synthetic_forward_holds_nothing():
    made = curve(future("a", coin=10.0), future("b", coin=5.0, synthetic=True))

    assert read(made, "oi_coin").value == 10.0


def test_halved_open_interest_says_so():
    assert read(curve(future("a", coin=10.0, halved=True)), "oi_coin").method.endswith("halved")


def test_a_venue_that_tells_no_open_interest_has_no_such_series():
    assert read(curve(future("a")), "oi_coin") is None


def test_a_contract_of_unknown_open_interest_is_a_doubt():
    sample = read(curve(future("a", coin=10.0), future("b")), "oi_coin")

    assert (sample.value, sample.coverage, sample.quality) == (10.0, 0.5, Quality.DEGRADED)


def test_only_unknown_and_empty_contracts_are_a_gap():
    assert isinstance(read(curve(future("a", coin=0.0), future("b")), "oi_coin"), Gap)


def test_old_marks_are_neither_funding_nor_open_interest():
    made = curve(future("a", coin=1.0, rate=1e-4), lag=timedelta(minutes=2))

    assert {read(made, one).reason for one in ("oi_coin", "oi_usd", "funding_8h")} == {Reason.STALE}


def test_funding_of_a_venue_weighs_its_contracts_by_what_is_open():
    # (0.01 % x 300 + 0.02 % x 100) / 400 = 0.0125 %
    made = curve(
        future("a", 1.0, usd=300.0, rate=0.0001), future("b", 1.0, usd=100.0, rate=0.0001, hours=4)
    )

    assert read(made, "funding_8h").value == pytest.approx(0.0125)
    assert read(made, "funding_annual").value == pytest.approx(0.0125 * 3 * 365)
    assert read(made, "funding_8h").weight == 400.0


def test_funding_without_any_open_interest_is_the_plain_mean():
    made = curve(future("a", rate=0.0001), future("b", rate=0.0003))

    assert read(made, "funding_8h").value == pytest.approx(0.02)


def test_a_venue_without_perpetuals_has_no_funding():
    assert read(curve(future("a", coin=1.0)), "funding_8h") is None


@given(st.floats(-0.005, 0.005), st.sampled_from([1, 2, 4, 8]))
def test_funding_keeps_its_sign_and_compounding_never_earns_less(rate, hours):
    funding = Funding(rate, hours * HOUR)

    assert per_8h(funding) * rate >= 0
    assert annual(funding) == pytest.approx(per_8h(funding) * 3 * 365)
    assert annual_compounded(funding) >= annual(funding) - 1e-9


AMOUNTS = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=6)


@given(AMOUNTS, st.randoms(use_true_random=False))
def test_open_interest_is_additive_and_invariant_to_order_and_duplicates(amounts, chance):
    contracts = [future(f"c{n}", coin=coin) for n, coin in enumerate(amounts)]
    shuffled = [*contracts, *contracts]
    chance.shuffle(shuffled)
    venues = [curve(one, venue=f"v{n}") for n, one in enumerate(contracts)]
    (apart,) = (
        s
        for s in aggregate([s for one in venues for s in measure(one)])
        if s.series.metric == "oi_coin"
    )

    together = read(curve(*shuffled), "oi_coin").value

    assert together == pytest.approx(sum(amounts))
    assert apart.value == pytest.approx(sum(amounts))
    assert apart.weight == pytest.approx(sum(amounts) * 50_000.0)


def test_a_curve_that_lost_rows_is_covered_less():
    made = replace(curve(future("a", coin=1.0)), rejected=1)

    assert read(made, "oi_coin").coverage == 0.5
