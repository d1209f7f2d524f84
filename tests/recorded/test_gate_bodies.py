"""Gate's parsers over true answers: a contract of 9 September 2026, all contracts of May 2023."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.gate import classify, parse_futures
from alerts.exchanges.spec import Body
from tests.recorded.mutation import mutations
from tests.recorded.shared_data import ROOT, skip

pytestmark = skip("exchange-responses")

FOLDER = ROOT / "exchange-responses"
AT = datetime(2026, 9, 9, 20, 0, tzinfo=UTC)
BTC = Asset("BTC")


def content():
    return (FOLDER / "transcribed-2026" / "gate_futures_usdt_contract_BTC_USDT.json").read_bytes()


def curve(contract, asset=BTC):
    return parse_futures([Body(contract, AT)], asset)


def contracts_of_2023():
    path = FOLDER / "cryptofeed" / "gate_futures_usdt_contracts_20230524.txt.gz"
    _, _, listed = gzip.decompress(path.read_bytes()).partition(b": ")
    return {row["name"]: row for row in json.loads(listed)}


def test_open_interest_is_the_long_side():
    (quote,) = curve(content()).futures

    # 319,968,666 contracts of 0.0001 BTC
    assert quote.open_interest_coin == pytest.approx(31_996.8666)
    assert quote.open_interest_usd == pytest.approx(31_996.8666 * 78_081.6)
    assert not quote.halved


def test_the_tickers_of_the_same_minute_count_exactly_twice_as_much():
    path = FOLDER / "transcribed-2026" / "gate_futures_usdt_tickers_BTC_USDT.json"
    (ticker,) = json.loads(path.read_bytes())
    (quote,) = curve(content()).futures

    assert int(ticker["total_size"]) == 639_937_332
    assert quote.open_interest_coin == pytest.approx(
        int(ticker["total_size"]) / 2 * float(ticker["quanto_multiplier"])
    )


def test_prices_and_funding():
    (quote,) = curve(content()).futures

    assert (quote.mark, quote.index, quote.expiry) == (78_081.6, 78_097.73, None)
    assert (quote.funding.rate, quote.funding.interval) == (0.000037, timedelta(hours=8))


def test_the_answer_is_no_error():
    assert classify(200, content()) is None


def test_every_contract_of_2023_can_be_read():
    listed = contracts_of_2023()
    unread = []
    for name, row in listed.items():
        asset = Asset(name.removesuffix("_USDT"))
        try:
            (quote,) = curve(json.dumps(row).encode(), asset).futures
        except FetchError:
            unread.append(name)
            continue
        assert quote.open_interest_coin == pytest.approx(
            row["position_size"] * float(row["quanto_multiplier"])
        )

    assert len(listed) > 100
    assert unread == []


def test_whatever_key_is_broken_the_answer_is_read_or_refused():
    read = refused = 0
    for _, mutant in mutations(json.loads(content())):
        try:
            (quote,) = curve(mutant).futures
        except FetchError:
            refused += 1
            continue
        read += 1
        assert 0 < quote.mark <= 1e9
        assert 0 <= (quote.open_interest_coin or 0) <= 1e15

    assert read > 500
    assert refused > 50
