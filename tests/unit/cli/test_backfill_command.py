"""`derivwatch backfill` against a venue on loopback."""

import pytest
from click.testing import CliRunner

from alerts.collect import Source
from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.http import Limits, VenueHttp, open_session
from alerts.simulator.loopback import listening
from alerts.storage.memory import MemoryStore
from bot.__main__ import main
from bot.cli.backfill import filled, wanted
from tests.fakes.clock import ManualClock
from tests.fakes.deribit_past import NOW, respond

ASSETS = (Asset("BTC"), Asset("ETH"), Asset("SOL"))
CLOCK = ManualClock(NOW)


def jobs(*series, http=None, days=95):
    return wanted([Source(EXCHANGE, http)], ASSETS, series, days, CLOCK)


def names(found):
    return [job.name for job in found]


def test_all_is_wanted_where_nothing_is_named():
    assert len(jobs()) == 5  # two kinds of past for BTC and ETH, one for SOL


@pytest.mark.parametrize("text", ["price", "price:BTC", "price:BTC@deribit", "price@deribit"])
def test_a_series_names_what_fills_it(text):
    found = jobs(text)

    assert all("price" in job.backfill.metrics for job in found)
    assert len(found) == (1 if "BTC" in text else 3)


def test_a_series_named_twice_is_filled_once():
    assert len(jobs("price:ETH", "funding_8h:ETH")) == 1


@pytest.mark.parametrize("text", ["skew25_norm", "dvol:SOL", "price:BTC@okx", "", "nonsense"])
def test_what_nobody_publishes_is_said_with_what_there_is(text):
    with pytest.raises(UsageError, match="dvol:BTC"):
        jobs(text)


def test_an_unknown_series_is_wrong_usage_before_any_store_is_opened(monkeypatch, tmp_path):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "store"))

    ran = CliRunner().invoke(main, ["backfill", "skew"])

    assert ran.exit_code == 2
    assert "no venue publishes" in ran.stderr
    assert not (tmp_path / "store").exists()


async def test_the_past_comes_over_http_into_the_store():
    store = MemoryStore()
    async with listening(respond) as url, open_session() as session:
        quick = Limits(spacing_seconds=0.0)
        http = VenueHttp(EXCHANGE, session, base_url=url, now=CLOCK.now, limits=quick)
        found = jobs(http=http)
        await filled(found, store, again=False)

    assert all(not job.trouble and job.kept for job in found)
    for series in ("price:BTC", "dvol:ETH", "funding_annual:ETH@deribit"):
        closes = await store.history.daily(Series.parse(series), 365, NOW)
        assert len(closes) >= 95
