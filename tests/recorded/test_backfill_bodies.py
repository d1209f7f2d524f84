"""What Deribit really answered when it was asked for its past."""

from datetime import UTC, date, datetime, timedelta

from alerts.domain.ids import Asset
from alerts.exchanges.deribit_past import parse_vol_index
from alerts.exchanges.spec import Body
from tests.recorded.shared_data import ROOT, skip

FOLDER = "exchange-responses/transcribed-2026"
pytestmark = skip(FOLDER)


def test_daily_candles_of_the_vol_index_are_closes_of_their_days():
    content = (ROOT / FOLDER / "deribit_get_volatility_index_data_1D.json").read_bytes()
    body = Body(content, datetime(2026, 9, 30, tzinfo=UTC))

    found = parse_vol_index([body], Asset("BTC"), step=timedelta(days=1))

    assert (found[0].at.date(), found[0].value) == (date(2026, 7, 2), 40.45)
    assert (found[1].at.date(), found[1].value) == (date(2026, 7, 3), 39.47)
    assert all(10 < one.value < 200 for one in found)
