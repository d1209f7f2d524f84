from datetime import timedelta

import pytest

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FuturesCurve, IndexPrice, OptionChain
from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.measure import gaps, measure
from tests.unit.metrics.quotes import AT, chain, quotes

DERIBIT, BTC = Venue("deribit"), Asset("BTC")


def names(samples):
    return {str(sample.series) for sample in samples}


def test_a_chain_feeds_every_tenor_of_every_option_metric():
    fed = names(measure(chain(quotes(30), quotes(90))))

    assert fed == {
        f"{metric}.{tenor}:BTC@deribit"
        for metric in ("skew25_norm", "skew25_raw", "rr25", "butterfly25", "atm_iv")
        for tenor in ("7d", "30d", "60d", "90d", "180d")
    } | {"term_slope:BTC@deribit"}


def test_an_index_is_the_price():
    assert measure(IndexPrice(DERIBIT, BTC, AT, 60_150.0)) == [
        Reading(Series.parse("price:BTC@deribit"), 60_150.0, AT, (DERIBIT,), method="index/1")
    ]


def test_a_stale_index_is_no_price():
    (sample,) = measure(IndexPrice(DERIBIT, BTC, AT, 60_150.0, timedelta(minutes=2)))

    assert sample.reason is Reason.STALE


def test_a_skew_beyond_100_percent_is_implausible_and_the_others_stay():
    # 2.0 at the puts and 0.4 at the calls: (2.0 - 0.4) / about 0.6 is far above 100 %.
    steep = [quotes(days, vol=lambda k: 2.0 if k < 69_000 else 0.4) for days in (30, 90)]
    samples = {str(sample.series): sample for sample in measure(chain(*steep))}

    assert samples["skew25_norm.60d:BTC@deribit"].reason is Reason.IMPLAUSIBLE
    assert isinstance(samples["atm_iv.60d:BTC@deribit"], Reading)


@pytest.mark.parametrize("kind", [OptionChain, FuturesCurve, IndexPrice])
def test_gaps_name_the_same_series_as_readings_would(kind):
    missing = gaps(kind, DERIBIT, BTC, Reason.NO_DATA, "HTTP 503", AT)

    fed = {m.key for m in METRICS if m.needs is kind}
    assert {gap.series.metric for gap in missing} == fed
    assert set(missing) == {Gap(gap.series, Reason.NO_DATA, "HTTP 503", AT) for gap in missing}
    assert len(missing) == sum(len(BY_KEY[key].windows) or 1 for key in fed)


def test_gaps_of_a_chain_are_the_series_of_a_chain():
    missing = gaps(OptionChain, DERIBIT, BTC, Reason.NO_DATA, "", AT)

    flow = {"pcr_oi:BTC@deribit", "pcr_volume:BTC@deribit"}
    assert names(missing) == names(measure(chain())) | flow


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_metric_describes_itself(metric):
    assert metric.default_window in (metric.windows or ("",))
    assert metric.title
    assert metric.words
    assert metric.formula
    assert metric.sign
    assert metric.high != metric.low
    assert metric.plausible[0] < metric.plausible[1]
    assert metric.defaults.clear_gap > 0 or metric.names  # grades have their own ease
    assert BY_KEY[metric.key] is metric


def test_no_word_means_two_metrics():
    words = [word for metric in METRICS for word in {*metric.words, metric.key}]

    assert len(words) == len(set(words))


def test_the_latest_band_is_the_one_in_use():
    skew, basis = BY_KEY["skew25_norm"], BY_KEY["basis"]

    assert (skew.band(BTC).low, skew.band(BTC).high) == (-6, 6)
    assert (basis.band(Asset("ETH")).low, basis.band(Asset("ETH")).high) == (5, 10)
    assert {band.dated.year for _, band in skew.bands} == {2021, 2026}
    assert BY_KEY["price"].band(BTC) is None
