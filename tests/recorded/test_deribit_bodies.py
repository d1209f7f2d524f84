"""What Deribit really sent: names, tickers, an order book and trades, as our parsers read them.

A ticker holds the fields of a row of the book summary, so each is read as one.
"""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset
from alerts.exchanges.deribit import parse_futures, parse_options
from alerts.exchanges.deribit_names import expiry, option_name
from alerts.exchanges.deribit_stream import hear
from alerts.exchanges.spec import Body
from alerts.metrics.smile import YEAR, forward_delta
from tests.recorded.shared_data import ROOT, skip

FOLDER = "exchange-responses"
BTC, ETH = Asset("BTC"), Asset("ETH")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

pytestmark = skip(FOLDER, "golden")


def old_lines(name):
    """Messages, each after its time and perhaps its address."""
    text = gzip.decompress((ROOT / FOLDER / "cryptofeed" / name).read_bytes()).decode()
    return [json.loads(line[line.index(": {") + 2 :]) for line in text.splitlines() if line]


def recent(name):
    return json.loads((ROOT / FOLDER / "nautilus" / name).read_text())


def moment(millis):
    return EPOCH + timedelta(milliseconds=millis)


def body(rows, at):
    return [Body(json.dumps({"result": rows}).encode(), at)]


def says_the_same(row):
    """Whether a name says what the list of instruments says beside it."""
    when = moment(row["expiration_timestamp"])
    if row["kind"] == "future":
        term = row["instrument_name"].partition("-")[2]
        return term == "PERPETUAL" or expiry(term) == when
    option = option_name(row["instrument_name"])
    return option == (when, row["strike"], row["option_type"][0].upper())


def test_every_listed_name_says_its_expiry_strike_and_side():
    listed = [row for one in old_lines("deribit_get_instruments_BTC_20210722.txt.gz")
              for row in one["result"]]  # fmt: skip

    known = [row for row in listed if row["kind"] in {"future", "option"}]
    assert len(known) > 300
    assert [row["instrument_name"] for row in known if not says_the_same(row)] == []


def test_names_of_linear_options_say_what_the_golden_ticks_say():
    cases = json.loads((ROOT / "golden" / "g02_published_ticks.json").read_text())["cases"]
    inputs = [case["inputs"] for case in cases if "_USDC-" in case["inputs"]["instrument"]]

    assert len(inputs) == 3
    for one in inputs:
        named = option_name(one["instrument"])
        assert named == (moment(one["expiry_ms"]), one["strike"], one["type"])


def test_every_expiry_label_of_2026_is_a_date():
    labels = recent("deribit__http_get_expirations_btc_option.json")["result"]["btc"]["option"]

    assert all(expiry(label) is not None for label in labels)


def test_recorded_tickers_read_as_options_with_the_published_deltas():
    told = [one["params"]["data"] for one in old_lines("deribit_ws_ticker_20210722.txt.gz")
            if "params" in one]  # fmt: skip
    options = [row for row in told if row["instrument_name"].count("-") == 3]

    assert options
    for row in options:
        asset, at = Asset(row["instrument_name"][:3]), moment(row["timestamp"])
        (quote,) = parse_options(body([row | row["stats"]], at), asset).quotes
        years = (quote.expiry - at) / YEAR
        call = forward_delta(quote.forward, quote.strike, quote.mark_iv, years)
        own = call - (quote.side == "P")
        assert quote.mark_price == row["mark_price"]
        assert quote.open_interest == row["open_interest"]
        assert own == pytest.approx(row["greeks"]["delta"], abs=2e-3)


def test_the_recorded_perpetual_holds_usd():
    book = recent("deribit__http_get_order_book.json")["result"]
    (future,) = parse_futures(body([book], moment(1_766_332_000_000)), BTC).futures

    assert (future.expiry, future.mark, future.index) == (None, 87_006.21, 86_992.82)
    assert future.open_interest_usd == 1_139_551_440
    assert future.open_interest_coin == pytest.approx(13_097.3575)
    assert future.funding.rate == 6.55e-6


def test_usual_trades_are_no_forced_closes():
    trades = recent("deribit__http_get_last_trades.json")["result"]["trades"]
    said = {
        "jsonrpc": "2.0",
        "method": "subscription",
        "params": {"channel": "trades.future.ETH.100ms", "data": trades},
    }
    message = Body(json.dumps(said).encode(), moment(trades[-1]["timestamp"]))
    forced = {**trades[0], "liquidation": "T"}

    assert hear(message, (), (ETH,)) == ()
    said["params"]["data"] = [forced]
    (found,) = hear(Body(json.dumps(said).encode(), message.at), (), (ETH,))
    assert [event.side for event in found.events] == ["long"]  # its taker sold
