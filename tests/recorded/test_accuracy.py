"""The bounds that docs/metrics.md states, held against what others recorded and computed."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FuturesCurve, IndexPrice, OptionChain
from alerts.domain.reading import Quality, Reading, Series
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.deribit_past import parse_vol_index
from alerts.exchanges.spec import Body
from alerts.history.windows import Trail
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.accuracy import ACCURACY
from alerts.metrics.measure import measure
from alerts.metrics.past import Records
from tests.recorded import chains
from tests.recorded.shared_data import ROOT, skip

PARSE = {feed.kind: feed.parse for feed in EXCHANGE.feeds}
DAY = timedelta(days=1)
BTC = Asset("BTC")
COLUMNS = {
    "skew25_norm.30d": "skew30_norm_pct",
    "skew25_norm.60d": "skew60_norm_pct",
    "skew25_raw.30d": "skew30_raw_vp",
    "skew25_raw.60d": "skew60_raw_vp",
    "atm_iv.30d": "atm30_pct",
    "atm_iv.60d": "atm60_pct",
    "basis.30d": "basis30_simple_pct",
    "basis.60d": "basis60_simple_pct",
    "basis.90d": "basis90_simple_pct",
    "price": "index_usd",
}


def bound(metric, against):
    (most,) = {one.most for one in ACCURACY[metric] if against in one.against}
    return most


def test_every_metric_states_its_accuracy():
    assert set(ACCURACY) == {metric.key for metric in METRICS}


@cache
def every_chain():
    """All readings of the recorded chains, each with its moment: read once."""
    found = []
    for line in chains.lines():
        asset = Asset("BTC" if "btc" in line["url"].lower() else "ETH")
        kind = IndexPrice
        if "kind=" in line["url"]:
            kind = OptionChain if line["url"].endswith("option") else FuturesCurve
        body = Body(json.dumps(line["body"]).encode(), datetime.fromisoformat(line["at"]))
        found += [(line["at"], one) for one in measure(PARSE[kind]([body], asset))]
    return found


@cache
def independent():
    with (ROOT / "deribit_skew_basis_history.csv").open() as file:
        return {(row["asset"], row["time"][:16]): row for row in csv.DictReader(file)}


@skip(chains.FOLDER)
@pytest.mark.parametrize("name", COLUMNS)
def test_recorded_chains_read_as_computed_independently(name):
    metric, _, window = name.partition(".")
    differences = [
        abs(one.value - float(there))
        for at, one in every_chain()
        if isinstance(one, Reading)
        and (one.series.metric, one.series.window) == (metric, window)
        and one.quality is Quality.OK
        and (there := independent()[one.series.asset, at[:16]][COLUMNS[name]])
    ]

    assert len(differences) >= 50
    assert max(differences) <= bound(metric, "56 recorded chains")


@skip(chains.FOLDER)
def test_a_risk_reversal_is_the_skew_with_the_other_sign():
    read = {(at, one.series): one for at, one in every_chain() if isinstance(one, Reading)}
    pairs = [
        (one.value, read[at, Series("skew25_raw", series.asset, series.window, series.venue)].value)
        for (at, series), one in read.items()
        if series.metric == "rr25"
    ]

    assert pairs
    assert all(reversal == -skew for reversal, skew in pairs)


@skip(chains.FOLDER)
@pytest.mark.parametrize(
    ("metric", "column"), [("pcr_oi", "open_interest"), ("pcr_volume", "volume")]
)
def test_puts_over_calls_are_the_sums_of_the_recorded_rows(metric, column):
    files = (ROOT / chains.FOLDER / "raw").glob("*.csv.gz")
    stamps = sorted(path.name.split("_")[-1].removesuffix(".csv.gz") for path in files)
    for stamp in stamps[::9]:
        for asset in chains.ASSETS:
            rows = chains.chain_rows(stamp, asset)
            puts, calls = (
                sum(Decimal(row[column] or "0") for row in rows if row["option_type"] == side)
                for side in ("put", "call")
            )
            (read,) = [
                one.value
                for at, one in every_chain()
                if one.series.metric == metric
                and one.series.asset == asset
                and at[:16].replace("-", "").replace(":", "") == stamp[:13]
            ]
            assert read == pytest.approx(float(puts / calls), abs=bound(metric, "sums"))


@skip("exchange-responses")
def test_the_vol_index_is_the_published_number():
    content = (
        ROOT / "exchange-responses/transcribed-2026/deribit_get_volatility_index_data_1D.json"
    ).read_bytes()
    body = Body(content, datetime(2026, 9, 30, tzinfo=UTC))
    published = [row[4] for row in json.loads(content)["result"]["data"]]

    read = [measure(one)[0].value for one in parse_vol_index([body], BTC, step=DAY)]

    assert read == published


def recorded_closes(name):
    """Daily closes by the time they are stamped with."""
    rows = json.loads(gzip.decompress((ROOT / "dvol-and-macro" / name).read_bytes()))
    return {
        datetime.fromtimestamp(row[0] / 1000, UTC): Decimal(str(close))
        for row in rows
        if (close := row[4 if len(row) > 2 else 1]) is not None
    }


CLOSES = {
    "BTC": "btc_price.json.gz",
    "GOLD": "gold_price.json.gz",
    "TECH": "spx_price_fmp.json.gz",  # stands in: no series of tech stocks is recorded
}
MOMENTS = [datetime(2025, 10, 1, tzinfo=UTC) + number * DAY for number in range(30)]


@cache
def closes(asset):
    return recorded_closes(CLOSES[asset])


def computed(metric, window, now):
    """What the metric reads of the closes up to a moment; None where it reads nothing."""
    trails, latest = {}, {}
    for asset in CLOSES:
        series, trail = Series("price", Asset(asset), venue=Venue("")), Trail()
        for at, close in sorted(closes(asset).items()):
            if now - 40 * DAY <= at <= now:
                trail.add(at, float(close))
                latest[series] = Reading(series, float(close), at, ())
        trails[series] = trail
    series = Series(metric, BTC, window)
    found = BY_KEY[metric].measure(Records(now, trails, latest), series)
    return found.value if isinstance(found, Reading) else None


def log_move(asset, start, end):
    of = closes(asset)
    return (of[end] / of[start]).ln() if start in of and end in of else None


@skip("dvol-and-macro")
@pytest.mark.parametrize(("metric", "proxy"), [("vs_gold", "GOLD"), ("vs_tech", "TECH")])
def test_performance_against_what_is_no_coin(metric, proxy):
    compared = 0
    for now in MOMENTS:
        own, its = (log_move(one, now - 7 * DAY, now) for one in ("BTC", proxy))
        if now.weekday() < 5 and own is not None and its is not None:
            compared += 1
            read = computed(metric, "7d", now)
            assert read == pytest.approx(float((own - its) * 100), abs=bound(metric, "closes"))
    assert compared >= 15


@skip("dvol-and-macro")
def test_realised_volatility_of_recorded_closes():
    for now in MOMENTS[::3]:
        days = [now - ago * DAY for ago in range(31, 0, -1)]
        squares = sum(log_move("BTC", before, after) ** 2 for before, after in pairwise(days))
        expected = (Decimal(365) / 30 * squares).sqrt() * 100

        read = computed("rv", "30d", now)

        assert read == pytest.approx(float(expected), abs=bound("rv", "closes"))


@skip("dvol-and-macro")
@pytest.mark.parametrize(("metric", "extreme"), [("drawdown", max), ("rebound", min)])
def test_falls_and_rises_of_recorded_closes(metric, extreme):
    for now in MOMENTS[::3]:
        window = [closes("BTC")[now - ago * DAY] for ago in range(31)]
        expected = (closes("BTC")[now] / extreme(window) - 1) * 100

        read = computed(metric, "30d", now)

        assert read == pytest.approx(float(expected), abs=bound(metric, "closes"))
