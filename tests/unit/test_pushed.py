"""Liquidations that a recording holds as websocket messages."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from alerts.domain.reading import Quality, Reading
from alerts.playback import samples
from alerts.recording import Line, Recorder, parsed, written
from bot.__main__ import main

T = datetime(2026, 2, 6, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def millis(at):
    return int(at.timestamp() * 1000)


def line(venue, url, at, value):
    return Line(at, venue, url, json.dumps(value).encode(), "WS")


def forced(at, side="SELL", coins="2", paid="70000"):
    order = {"s": "BTCUSDT", "S": side, "q": coins, "z": coins, "ap": paid, "T": millis(at)}
    url = "wss://fstream.binance.com/market/ws/!forceOrder@arr"
    return line("binance_usdm", url, at, {"e": "forceOrder", "E": millis(at), "o": order})


def inverse(at):
    order = {"s": "BTCUSD_PERP", "S": "BUY", "q": "7", "z": "7", "ap": "70000", "T": millis(at)}
    url = "wss://dstream.binance.com/ws/!forceOrder@arr"
    return line("binance_coinm", url, at, {"e": "forceOrder", "E": millis(at), "o": order})


def bybit(at):
    close = {"T": millis(at), "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "70000"}
    said = {"topic": "allLiquidation.BTCUSDT", "ts": millis(at), "data": [close]}
    return line("bybit", "wss://stream.bybit.com/v5/public/linear", at, said)


def deribit(at):
    trade = {
        "trade_id": str(millis(at)),
        "instrument_name": "BTC-PERPETUAL",
        "direction": "sell",
        "amount": 50_000,
        "price": 70_000,
        "timestamp": millis(at),
        "liquidation": "T",
    }
    params = {"channel": "trades.future.BTC.100ms", "data": [trade]}
    said = {"jsonrpc": "2.0", "method": "subscription", "params": params}
    return line("deribit", "wss://www.deribit.com/ws/api/v2", at, said)


def okx(at):
    times = {"ts": str(millis(at))}
    detail = {"side": "sell", "posSide": "long", "sz": "100", "bkPx": "70000", **times}
    row = {"instId": "BTC-USDT-SWAP", "details": [detail]}
    said = {"arg": {"channel": "liquidation-orders"}, "data": [row]}
    return line("okx", "wss://ws.okx.com:8443/ws/v5/public", at, said)


def mark(start, end, venue="binance_usdm"):
    return Line(end, venue, "wss://fstream.binance.com", b"", "WS", heard=(start, end))


def an_hour_of(message):
    """A message a minute: the first one lies a whole hour before the last."""
    return [message(T + number * MINUTE) for number in range(61)]


def last(lines):
    """The last sample of every series, as playback gives it."""
    found = {}
    for _, batch in samples(lines):
        found |= {str(sample.series): sample for sample in batch}
    return found


def test_messages_of_a_recording_are_counted_as_live_ones():
    found = last(an_hour_of(forced))

    one_hour = found["liq_long_usd.1h:BTC@binance_usdm"]
    assert one_hour.value == 140_000 * 60
    assert one_hour.coverage == 1.0
    assert found["liq_long_usd.1h:BTC"].sources == ("binance_usdm",)
    assert found["liq_short_usd.1h:BTC@binance_usdm"].value == 0


@pytest.mark.parametrize(("message", "usd"), [(bybit, 70_000), (deribit, 50_000)])
def test_every_venue_is_read_by_its_own_parser(message, usd):
    found = last(an_hour_of(message))

    assert found[f"liq_long_usd.1h:BTC@{message(T).venue}"].value == pytest.approx(60 * usd)


def test_sizes_of_contracts_come_from_what_was_answered():
    listed = {
        "symbol": "BTCUSD_PERP",
        "contractType": "PERPETUAL",
        "baseAsset": "BTC",
        "quoteAsset": "USD",
        "deliveryDate": 4_133_404_800_000,
        "contractSize": 100,
        "contractStatus": "TRADING",
    }
    url = "https://dapi.binance.com/dapi/v1/exchangeInfo"
    sizes = Line(T, "binance_coinm", url, json.dumps({"symbols": [listed]}).encode())

    found, without = last([sizes, *an_hour_of(inverse)]), last(an_hour_of(inverse))

    assert found["liq_short_usd.1h:BTC@binance_coinm"].value == pytest.approx(700 * 60)
    assert without["liq_short_usd.1h:BTC@binance_coinm"].value == 0


def test_a_message_that_cannot_be_read_costs_no_other():
    url = "wss://ws.okx.com:8443/ws/v5/public"
    broken = [line("okx", url, T, "<html>"), Line(T, "okx", url, b"[" * 5_000, "WS")]

    found = last([*broken, okx(T), *an_hour_of(forced)])

    assert found["liq_long_usd.1h:BTC@binance_usdm"].value > 0


def test_time_without_lines_was_not_heard():
    evening = timedelta(hours=6)
    lines = [*an_hour_of(forced), *an_hour_of(lambda at: forced(at + evening))]

    found = last(lines)

    assert found["liq_long_usd.1h:BTC@binance_usdm"].coverage == 1.0
    assert not isinstance(found["liq_long_usd.4h:BTC@binance_usdm"], Reading)


def test_marks_tell_which_time_was_heard():
    marks = [mark(T, T + 2 * MINUTE), mark(T + 20 * MINUTE, T + 60 * MINUTE)]

    found = last(sorted([*marks[:1], *an_hour_of(forced), *marks[1:]], key=lambda one: one.at))

    one_hour = found["liq_long_usd.1h:BTC@binance_usdm"]
    assert one_hour.coverage == pytest.approx(42 / 55, abs=0.05)
    assert one_hour.quality is Quality.DEGRADED


def test_a_mark_is_written_and_read_back():
    before = mark(T, T + MINUTE)

    text = written(before)

    assert json.loads(text)["heard"] == ["2026-02-06T12:00:00.000Z", "2026-02-06T12:01:00.000Z"]
    assert parsed(text) == before


def test_nothing_is_counted_for_who_asks_for_something_else():
    found = list(samples(an_hour_of(forced), wanted=lambda *_: False))

    assert [sample for _, batch in found for sample in batch] == []


@pytest.fixture
def recording(tmp_path):
    file = tmp_path / "pushed.jsonl.gz"
    with contextlib.closing(Recorder(file)) as recorder:
        for one in an_hour_of(forced):
            recorder.write(one)
    return str(file)


def test_compute_reads_them(recording):
    ran = CliRunner().invoke(main, ["compute", "liq_long_usd.1h:BTC", "--recording", recording])

    (answer,) = map(json.loads, ran.stdout.splitlines())
    assert answer["value"] == 140_000 * 60
    assert answer["sources"] == ["binance_usdm"]
    assert answer["method"].startswith("at-least")


def test_replay_fires_on_them(recording):
    rule = "btc liqs longs above 5m in 1h for 0m"

    ran = CliRunner().invoke(main, ["replay", rule, "--recording", recording])

    first, *_ = map(json.loads, ran.stdout.splitlines())
    assert (first["event"], first["level"]) == ("fired", 5e6)
    assert first["at"].startswith("2026-02-06T12:35")  # the 36th message makes it 5.04 million
