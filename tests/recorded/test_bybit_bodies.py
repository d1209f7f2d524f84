"""Bybit's parsers over a true answer of 8 September 2026."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.bybit import parse_futures
from alerts.exchanges.bybit_errors import classify
from alerts.exchanges.spec import Body
from tests.recorded.mutation import mutations
from tests.recorded.shared_data import ROOT, skip

pytestmark = skip("exchange-responses")

FOLDER = ROOT / "exchange-responses" / "transcribed-2026"
AT = datetime(2026, 9, 8, 23, 14, 33, 627_000, tzinfo=UTC)
NO_INVERSE = b'{"retCode":0,"result":{"category":"inverse","list":[]}}'
BTC = Asset("BTC")


def content():
    return (FOLDER / "bybit_v5_tickers_linear.json").read_bytes()


def curve(linear):
    at = AT + timedelta(milliseconds=100)
    return parse_futures([Body(linear, at), Body(NO_INVERSE, at)], BTC)


def test_open_interest_is_one_sided():
    (quote,) = curve(content()).futures

    # published: 56,399.823 of both sides, 28,199.912 of one
    assert quote.open_interest_coin == 28_199.912
    assert quote.open_interest_usd == pytest.approx(28_199.912 * 78_472.44)
    assert not quote.halved


def test_without_the_one_sided_field_half_of_the_other_is_the_same():
    answer = json.loads(content())
    del answer["result"]["list"][0]["singleOpenInterest"]
    (quote,) = curve(json.dumps(answer).encode()).futures

    assert quote.open_interest_coin == pytest.approx(28_199.912, abs=0.001)
    assert quote.halved


def test_prices_funding_and_time():
    read = curve(content())
    (quote,) = read.futures

    assert (quote.mark, quote.index, quote.expiry) == (78_472.44, 78_505.77, None)
    assert (quote.funding.rate, quote.funding.interval) == (0.0000523, timedelta(hours=8))
    assert read.at == AT


def test_the_answer_is_no_error():
    assert classify(200, content()) is None


def test_whatever_key_is_broken_the_answer_is_read_or_refused():
    read = refused = 0
    for _, mutant in mutations(json.loads(content())):
        try:
            found = curve(mutant)
        except FetchError:
            refused += 1
            continue
        read += 1
        assert all(0 < quote.mark <= 1e9 and 0 < quote.index <= 1e9 for quote in found.futures)
        assert all(0 <= (quote.open_interest_coin or 0) <= 1e15 for quote in found.futures)

    assert read > 300
    assert refused > 50
