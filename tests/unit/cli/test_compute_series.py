"""Every series of the interface can be computed from a recording of all venues."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset
from alerts.domain.market import IndexPrice, LiquidationTotals
from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import full_url
from alerts.exchanges.spec import Body
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.spec import Past
from alerts.recording import Line, Recorder
from alerts.simulator import SCENARIOS
from alerts.simulator.wires import WIRES
from bot.cli.compute import command

FEB = SCENARIOS["feb-2026"]
END = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
BTC = Asset("BTC")
BESIDE = (BTC, Asset("GOLD"), Asset("TECH"))
HOUR = timedelta(hours=1)
SERIES = [
    f"{metric.key}{f'.{window}' if window else ''}:BTC"
    for metric in METRICS
    for window in metric.windows or ("",)
]
# What SOL has of the present: its past is not in the recording, and it has no DVOL and no regime.
OF_SOL = [
    f"{series.rpartition(':')[0]}:SOL"
    for series in SERIES
    if not isinstance(BY_KEY[series.partition(".")[0].partition(":")[0]].needs, Past)
    and not series.startswith(("dvol", "liq"))
]


def asked(exchange, at, assets, kinds):
    wire = WIRES[exchange.venue]
    for asset in assets:
        for feed in (one for one in exchange.feeds if exchange.gives(one, asset)):
            if kinds and feed.kind not in kinds:
                continue
            is_brief = wire.sketch and feed.kind is not LiquidationTotals
            answer = wire.sketch if is_brief else wire.answer
            first = feed.requests(asset)
            bodies = [Body(answer(FEB, at, one).content, at) for one in first]
            then = feed.follow(bodies, asset) if feed.follow else ()
            for request in (*first, *then):
                content = answer(FEB, at, request).content
                url = full_url(exchange.url, request)
                yield Line(at, exchange.venue, url, content, request.method, 200, request.sent)


def prices(ago, *venues):
    for exchange in (one for one in EXCHANGES if one.venue in venues):
        yield from asked(exchange, END - ago, BESIDE, {IndexPrice})


def lines():
    """A year of prices, a month of them six hours apart, and everything at the end."""
    for day in range(366, 32, -1):
        yield from prices(day * 24 * HOUR, "deribit")
    for quarter in range(32 * 4, 0, -1):
        yield from prices(quarter * 6 * HOUR, "deribit", "hyperliquid")
    for hour in range(5, 0, -1):
        for exchange in EXCHANGES:
            yield from asked(exchange, END - hour * HOUR, BESIDE, {LiquidationTotals})
    for exchange in EXCHANGES:
        yield from asked(exchange, END, (*BESIDE, Asset("SOL")), None)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    file = tmp_path_factory.mktemp("recordings") / "all.jsonl.gz"
    with contextlib.closing(Recorder(file)) as recorder:
        for line in lines():
            recorder.write(line)
    return file


@pytest.fixture(scope="module")
def computed(recording):
    """What compute says of every series as of the recording's end."""
    from click.testing import CliRunner  # noqa: PLC0415 -- only this fixture outlives a test

    wanted = [*SERIES, *OF_SOL, "dvol:SOL"]
    result = CliRunner().invoke(command, [*wanted, "--recording", str(recording)])
    import json  # noqa: PLC0415

    assert result.exit_code == 0, result.stderr
    return {line["series"]: line for line in map(json.loads, result.stdout.splitlines())}


@pytest.mark.parametrize("series", [*SERIES, *OF_SOL])
def test_a_series_has_a_value_with_all_that_belongs_to_it(computed, series):
    line = computed[series]

    assert "value" in line, line
    assert line["unit"]
    assert line["sources"]
    assert 0 < line["coverage"] <= 1
    assert line["method"]


def test_what_nobody_publishes_says_so(computed):
    assert computed["dvol:SOL"]["unavailable"] == "no_data"


def test_the_figures_of_the_note_are_read(computed):
    assert computed["oi_coin:BTC"]["value"] == pytest.approx(527_850, rel=0.01)
    assert computed["skew25_norm.60d:BTC"]["value"] == pytest.approx(20.0, abs=0.3)
    assert computed["basis.60d:BTC"]["value"] == pytest.approx(2.0, abs=0.2)
    assert len(computed["oi_coin:BTC"]["sources"]) == 7
    assert computed["vs_gold.30d:BTC"]["value"] < -10
    assert computed["vs_tech.30d:BTC"]["value"] < -5
