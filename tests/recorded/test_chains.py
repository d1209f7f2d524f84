"""The sell-off of 5-6 February 2026, from the bodies Deribit answered to the figures of those days.

The reference figures were computed elsewhere from the same chains, without the quality gates.
"""

import gzip
import json
from datetime import datetime
from statistics import median

import pytest

from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, OptionChain
from alerts.domain.reading import Quality, Reading, Series
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.spec import Body
from alerts.metrics.measure import aggregate, measure
from alerts.metrics.smile import YEAR, forward_delta
from tests.recorded import chains
from tests.recorded.shared_data import skip

pytestmark = skip(chains.FOLDER)

PARSE = {feed.kind: feed.parse for feed in EXCHANGE.feeds}

# stamp, index, raw 30d, raw 60d, norm 30d, norm 60d, norm 90d, basis 60d
REFERENCE = [
    ("20260205T155132Z", 67_985, 11.7, 9.7, 18.8, 17.1, 15.2, 2.7),
    ("20260205T212937Z", 63_858, None, 14.3, None, 21.4, 19.4, 1.7),
    ("20260206T043012Z", 64_774, 12.6, 10.1, 20.3, 17.6, 13.4, 3.1),
    ("20260206T093516Z", 65_891, 14.2, 11.9, 23.6, 21.7, 17.5, 2.4),
    ("20260206T155121Z", 68_705, 12.9, 10.4, 23.0, 19.9, 16.3, 3.5),
    ("20260206T213057Z", 70_303, 10.9, 9.5, 21.4, 19.6, 16.6, 2.9),
]


def snapshots(stamp, asset="BTC"):
    found = {}
    for line in chains.lines(stamp, stamp, [asset]):
        body = Body(json.dumps(line["body"]).encode(), datetime.fromisoformat(line["at"]))
        kind = IndexPrice
        if "kind=" in line["url"]:
            kind = OptionChain if line["url"].endswith("option") else FuturesCurve
        found[kind] = PARSE[kind]([body], Asset(asset))
    return found


def readings(stamp, asset="BTC"):
    per_venue = [sample for shot in snapshots(stamp, asset).values() for sample in measure(shot)]
    return {str(sample.series): sample for sample in aggregate(per_venue)}


def test_the_60_day_skew_after_the_rebound_is_the_published_20_percent():
    skew = readings("20260206T213057Z")["skew25_norm.60d:BTC"]

    assert skew.value == pytest.approx(19.6, abs=0.3)
    assert skew.quality is Quality.OK
    assert skew.sources == ("deribit",)


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row[0])
def test_skews_of_the_sell_off(row):
    stamp, _, raw30, raw60, norm30, norm60, norm90, _ = row
    read = readings(stamp)

    expected = {
        "skew25_raw.30d:BTC": raw30,
        "skew25_raw.60d:BTC": raw60,
        "skew25_norm.30d:BTC": norm30,
        "skew25_norm.60d:BTC": norm60,
        "skew25_norm.90d:BTC": norm90,
    }
    for series, value in expected.items():
        if value is not None:
            assert read[series].value == pytest.approx(value, abs=0.06), series


def test_an_expiry_with_a_hole_at_its_put_is_left_out_and_the_reading_says_so():
    # At 5 Feb 21:29 the strikes of 27 Feb around the 25-delta put are 0.20 delta apart, 0.15 being
    # allowed: 30 days are read between 20 Feb and 27 Mar, 23.9 where the ungated figure is 26.8.
    skew = readings("20260205T212937Z")["skew25_norm.30d:BTC"]

    assert skew.quality is Quality.DEGRADED
    assert skew.coverage == pytest.approx((74 + 122) / (74 + 84 + 122))
    assert 18 < skew.value < 26.8


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row[0])
def test_index_of_the_sell_off(row):
    assert readings(row[0])["price:BTC"].value == pytest.approx(row[1], abs=1)


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row[0])
def test_60_day_basis_of_the_sell_off(row):
    # 0.4: the reference brackets 60 days with the synthetic 24 Apr forward, ours only with
    # futures that can be traded (27 Mar and 26 Jun); and the chains' index drifted by up to 0.3 %
    # while they were collected, which is 0.3 points at this tenor in the row of 6 Feb 15:51.
    assert readings(row[0])["basis.60d:BTC"].value == pytest.approx(row[7], abs=0.4)


def test_skew_was_calm_three_weeks_before():
    assert readings("20260114T212207Z")["skew25_norm.60d:BTC"].value < 10


@pytest.mark.parametrize("stamp", ["20260114T092233Z", "20260206T213057Z"])
@pytest.mark.parametrize("asset", chains.ASSETS)
def test_own_deltas_are_the_ones_the_exchange_publishes(stamp, asset):
    errors = []
    for row in chains.chain_rows(stamp, asset):
        at, expiry = map(datetime.fromisoformat, (row["timestamp"], row["expiry_datetime"]))
        vol = float(row["implied_volatility"])
        if not row["delta"] or vol <= 0 or expiry <= at:
            continue
        years = (expiry - at) / YEAR
        call = forward_delta(float(row["underlying"]), float(row["strike"]), vol, years)
        own = call if row["option_type"] == "call" else call - 1
        errors.append(abs(own - float(row["delta"])))

    assert len(errors) > 500
    assert median(errors) < 0.001


def test_every_recorded_chain_can_be_read_at_30_60_and_90_days():
    missing = []
    for line in chains.lines():
        if not line["url"].endswith("option"):
            continue
        asset = Asset(line["url"].partition("currency=")[2][:3])
        body = Body(json.dumps(line["body"]).encode(), datetime.fromisoformat(line["at"]))
        chain = PARSE[OptionChain]([body], asset)
        assert chain.rejected == 0
        by_series = {sample.series: sample for sample in measure(chain)}
        for tenor in ("30d", "60d", "90d"):
            sample = by_series[Series("skew25_norm", asset, tenor, "deribit")]
            if not isinstance(sample, Reading):
                missing.append((line["at"], asset, tenor))

    assert missing == []


def test_a_written_recording_has_one_line_for_each_answer(tmp_path):
    path = tmp_path / "chains.jsonl.gz"
    chains.write(path, "20260206T21", "20260206T22")

    with gzip.open(path, "rt") as file:
        lines = [json.loads(line) for line in file]
    assert [line["url"].rpartition("/")[2] for line in lines] == [
        f"get_{call}"
        for asset in ("btc", "eth")
        for call in (
            f"index_price?index_name={asset}_usd",
            f"book_summary_by_currency?currency={asset.upper()}&kind=option",
            f"book_summary_by_currency?currency={asset.upper()}&kind=future",
        )
    ]
