"""Every series of the interface can be computed from a recording of all venues."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset
from alerts.domain.market import IndexPrice, LiquidationTotals
from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import full_url
from alerts.exchanges.spec import Body
from alerts.metrics import METRICS
from alerts.recording import Line, Recorder
from alerts.simulator import SCENARIOS
from alerts.simulator.wires import WIRES
from bot.cli.compute import command

FEB = SCENARIOS["feb-2026"]
END = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
BTC = Asset("BTC")
HOUR = timedelta(hours=1)
SERIES = [
    f"{metric.key}{f'.{window}' if window else ''}:BTC"
    for metric in METRICS
    for window in metric.windows or ("",)
]
# Gate's hourly sums reach back as far as its polls do, and a year of prices is not recorded.
BEYOND = {"liq_long_usd.24h:BTC", "liq_long_usd.5d:BTC", "liq_short_usd.24h:BTC"}
BEYOND |= {"liq_short_usd.5d:BTC", "drawdown.365d:BTC", "rebound.365d:BTC"}


def asked(exchange, at, assets, kinds):
    for asset in filter(exchange.covers, assets):
        for feed in exchange.feeds:
            if kinds and feed.kind not in kinds:
                continue
            wire = WIRES[exchange.venue]
            first = feed.requests(asset)
            bodies = [Body((wire.sketch or wire.answer)(FEB, at, one).content, at) for one in first]
            then = feed.follow(bodies, asset) if feed.follow else ()
            for request in (*first, *then):
                content = (wire.sketch or wire.answer)(FEB, at, request).content
                url = full_url(exchange.url, request)
                yield Line(at, exchange.venue, url, content, request.method, 200, request.sent)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A month of prices six hours apart, of forced closes every hour, and everything at the end."""
    file = tmp_path_factory.mktemp("recordings") / "all.jsonl.gz"
    proxies = (BTC, Asset("GOLD"), Asset("TECH"))
    with contextlib.closing(Recorder(file)) as recorder:
        for ago in range(32 * 4, 0, -1):
            at = END - ago * 6 * HOUR
            for exchange in EXCHANGES:
                if exchange.venue in {"deribit", "hyperliquid"}:
                    for line in asked(exchange, at, proxies, {IndexPrice}):
                        recorder.write(line)
        for ago in range(5, -1, -1):
            for exchange in EXCHANGES:
                kinds = {LiquidationTotals} if ago else None
                for line in asked(exchange, END - ago * HOUR, proxies, kinds):
                    recorder.write(line)
    return file


@pytest.fixture(scope="module")
def computed(recording):
    """What compute says of every series as of the recording's end."""
    from click.testing import CliRunner  # noqa: PLC0415 -- only this fixture outlives a test

    result = CliRunner().invoke(command, [*SERIES, "--recording", str(recording)])
    import json  # noqa: PLC0415

    assert result.exit_code == 0, result.stderr
    return {line["series"]: line for line in map(json.loads, result.stdout.splitlines())}


@pytest.mark.parametrize("series", sorted(set(SERIES) - BEYOND))
def test_a_series_has_a_value_with_all_that_belongs_to_it(computed, series):
    line = computed[series]

    assert "value" in line, line
    assert line["unit"]
    assert line["sources"]
    assert 0 < line["coverage"] <= 1
    assert line["method"]


@pytest.mark.parametrize("series", sorted(BEYOND))
def test_what_the_recording_does_not_reach_back_for_says_so(computed, series):
    assert computed[series]["unavailable"] in {"no_data", "venue_below_quorum"}


def test_the_figures_of_the_note_are_read(computed):
    assert computed["oi_coin:BTC"]["value"] == pytest.approx(527_850, rel=0.01)
    assert computed["skew25_norm.60d:BTC"]["value"] == pytest.approx(20.0, abs=0.3)
    assert computed["basis.60d:BTC"]["value"] == pytest.approx(2.0, abs=0.2)
    assert len(computed["oi_coin:BTC"]["sources"]) == 7
    assert computed["vs_gold.30d:BTC"]["value"] < -10
    assert computed["vs_tech.30d:BTC"]["value"] < -5
