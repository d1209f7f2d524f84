"""OKX's parsers on the lists of instruments the venue gave on 13 May 2022."""

import gzip
from datetime import UTC, datetime

from alerts.domain.ids import Asset
from alerts.exchanges.okx_listing import listed
from alerts.exchanges.spec import Body
from tests.recorded.shared_data import ROOT, skip

FOLDER = "exchange-responses"
pytestmark = skip(FOLDER)

BTC, ETH = Asset("BTC"), Asset("ETH")


def instruments(kind):
    path = ROOT / FOLDER / "cryptofeed" / f"okx_public_instruments_{kind}_20220513.txt.gz"
    with gzip.open(path, "rt") as stream:
        content = stream.read().split(": ", 1)[1]
    return Body(content.encode(), datetime(2022, 5, 13, 16, tzinfo=UTC))


def contracts(asset):
    found, rejected = listed([instruments("SWAP"), instruments("FUTURES")], asset)
    assert rejected == 0
    return {one.name: one for one in found}


def test_a_linear_contract_is_of_0_01_btc_and_an_inverse_one_of_100_usd():
    found = contracts(BTC)

    assert (found["BTC-USDT-SWAP"].size, found["BTC-USDT-SWAP"].inverse) == (0.01, False)
    assert (found["BTC-USD-SWAP"].size, found["BTC-USD-SWAP"].inverse) == (100, True)
    assert contracts(ETH)["ETH-USD-SWAP"].size == 10


def test_futures_expire_at_eight_on_the_day_in_their_name():
    dated = [one for one in contracts(BTC).values() if one.expiry is not None]

    assert len(dated) == 8  # this and next week, two quarters; in USD and in USDT
    assert all(one.name.endswith(f"-{one.expiry:%y%m%d}") for one in dated)
    assert {one.expiry.hour for one in dated} == {8}
    assert {one.index for one in dated} == {"BTC-USD", "BTC-USDT"}
