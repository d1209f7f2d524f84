"""Which side was closed: every venue says it in another way, shown by the venues' own samples."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import PositionSide
from alerts.exchanges import binance_coinm, binance_usdm, deribit, okx
from alerts.exchanges.spec import Body
from tests.unit.exchanges import binance_bodies, okx_bodies
from tests.unit.exchanges.binance_bodies import AT, millis

BTC, ETH = Asset("BTC"), Asset("ETH")
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
(USDM,), (COINM,), (OKX,), (DERIBIT,) = (
    module.EXCHANGE.streams for module in (binance_usdm, binance_coinm, okx, deribit)
)


def message(value):
    return Body(value if isinstance(value, bytes) else json.dumps(value).encode(), AT)


def heard(stream, value, answers=(), assets=(BTC,)):
    return stream.hear(message(value), answers, assets)


# Binance's documentation shows this message for a SELL order, which closes a long:
# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Liquidation-Order-Streams
FORCED = {
    "e": "forceOrder",
    "E": 1568014460893,
    "o": {
        "s": "BTCUSDT",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "0.014",
        "p": "9910",
        "ap": "9910",
        "X": "FILLED",
        "l": "0.014",
        "z": "0.014",
        "T": 1568014460893,
    },
}
# And this one of the coin-margined market:
# https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams/Liquidation-Order-Streams
FORCED_INVERSE = {
    "e": "forceOrder",
    "E": 1591154240950,
    "o": {
        "s": "BTCUSD_200925",
        "ps": "BTCUSD",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "1",
        "p": "9425.5",
        "ap": "9496.5",
        "X": "FILLED",
        "l": "1",
        "z": "1",
        "T": 1591154240949,
    },
}
SIZES = [
    binance_bodies.body(
        {"symbols": [binance_bodies.inverse(), binance_bodies.inverse("BTCUSD_200925")]}
    )
]


def forced(**parts):
    return FORCED | {"o": FORCED["o"] | parts}


def test_binances_sell_order_closed_a_long():
    (found,) = heard(USDM, FORCED)
    (event,) = found.events

    assert (found.venue, found.asset, event.side) == ("binance_usdm", "BTC", LONG)
    assert (event.coin, event.price) == (0.014, 9910)
    assert int(event.at.timestamp() * 1000) == 1568014460893


def test_binances_buy_order_closed_a_short():
    assert heard(USDM, forced(S="BUY"))[0].events[0].side is SHORT


def test_it_is_worth_the_average_price_times_what_was_filled():
    (event,) = heard(USDM, forced(q="5", z="2", p="9000", ap="9500"))[0].events

    assert event.coin * event.price == 19_000


def test_a_coin_margined_close_is_in_contracts_of_100_usd():
    (event,) = heard(COINM, FORCED_INVERSE, SIZES)[0].events

    assert (event.side, event.price) == (LONG, 9496.5)
    assert event.coin * event.price == pytest.approx(100)


def test_without_the_list_of_contracts_a_coin_margined_close_is_rejected():
    listing = [binance_bodies.body({"symbols": []})]
    (found,) = heard(COINM, forced(s="BTCUSD_PERP"), listing)

    assert (found.events, found.rejected) == ((), 1)


@pytest.mark.parametrize("wrap", [lambda one: {"stream": "x", "data": one}, lambda one: [one]])
def test_events_may_come_in_an_envelope_or_in_a_list(wrap):
    assert len(heard(USDM, wrap(FORCED))[0].events) == 1


def test_other_assets_and_other_kinds_of_messages_are_passed_over():
    assert heard(USDM, forced(s="ETHUSDT")) == ()
    assert heard(USDM, forced(s="BTCDOMUSDT")) == ()
    assert heard(USDM, {"result": None, "id": 1}) == ()
    assert len(heard(USDM, forced(s="ETHUSDT"), assets=(BTC, ETH))) == 1


def test_the_same_message_twice_has_the_same_id():
    first, again = (heard(USDM, FORCED)[0].events[0] for _ in range(2))
    other = heard(USDM, forced(z="0.015"))[0].events[0]

    assert first.id == again.id != other.id


@pytest.mark.parametrize("parts", [{"S": "BOTH"}, {"z": "0"}, {"ap": "0"}, {"T": "x"}, {"z": True}])
def test_a_binance_close_that_cannot_be_read_is_never_counted(parts):
    try:
        (found,) = heard(USDM, forced(**parts))
    except FetchError:
        return
    assert (found.events, found.rejected) == ((), 1)


# OKX's documentation shows this one, of another coin: a buy that closed a short.
# https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel
CLOSED = {
    "arg": {"channel": "liquidation-orders", "instType": "SWAP"},
    "data": [
        {
            "details": [
                {
                    "bkLoss": "0",
                    "bkPx": "70500",
                    "ccy": "",
                    "posSide": "short",
                    "side": "buy",
                    "sz": "13",
                    "ts": "1692266434010",
                }
            ],
            "instFamily": "BTC-USDT",
            "instId": "BTC-USDT-SWAP",
            "instType": "SWAP",
            "uly": "BTC-USDT",
        }
    ],
}
LISTED = [
    okx_bodies.body(okx_bodies.answer([okx_bodies.swap(), okx_bodies.inverse()])),
    okx_bodies.body(okx_bodies.answer([])),
]


def closed(name="BTC-USDT-SWAP", **parts):
    details = [CLOSED["data"][0]["details"][0] | parts]
    return CLOSED | {"data": [CLOSED["data"][0] | {"instId": name, "details": details}]}


def test_okx_names_the_position_that_was_closed():
    (found,) = heard(OKX, CLOSED, LISTED)
    (event,) = found.events

    assert (event.side, event.price) == (SHORT, 70_500)
    assert event.coin == pytest.approx(0.13)  # 13 contracts of 0.01 BTC


@pytest.mark.parametrize(
    ("position", "order", "side"),
    [("long", "sell", LONG), ("short", "buy", SHORT), ("net", "sell", LONG), ("net", "buy", SHORT)],
)
def test_in_okxs_net_mode_the_order_tells_the_side(position, order, side):
    (found,) = heard(OKX, closed(posSide=position, side=order), LISTED)

    assert found.events[0].side is side


def test_an_inverse_contract_of_okx_is_of_100_usd():
    (found,) = heard(OKX, closed("BTC-USD-SWAP", sz="7"), LISTED)

    assert found.events[0].coin * found.events[0].price == pytest.approx(700)


@pytest.mark.parametrize(
    "parts", [{"posSide": "both"}, {"posSide": "net", "side": ""}, {"sz": "0"}, {"bkPx": ""}]
)
def test_an_okx_close_that_cannot_be_read_is_rejected(parts):
    (found,) = heard(OKX, closed(**parts), LISTED)

    assert (found.events, found.rejected) == ((), 1)


def test_a_contract_of_unknown_size_is_rejected():
    (found,) = heard(OKX, closed("BTC-USDC-SWAP"), LISTED)

    assert (found.events, found.rejected) == ((), 1)


def test_okx_acknowledges_and_answers_pings():
    for said in (
        b"pong",
        {"event": "subscribe", "arg": CLOSED["arg"], "connId": "a4d3ae55"},
        {"event": "notice", "code": "64008", "msg": "The connection will soon be closed"},
        {"arg": {"channel": "tickers"}, "data": [{}]},
    ):
        assert heard(OKX, said, LISTED) == ()


def test_a_refused_subscription_is_an_error():
    refused = {"event": "error", "code": "60012", "msg": "Invalid request"}

    with pytest.raises(FetchError, match="60012"):
        heard(OKX, refused, LISTED)


# The shape of Deribit's documented notification; `liquidation` stands only in forced trades:
# M when the maker's side was liquidated, T the taker's, MT both; `direction` is the taker's.
# https://docs.deribit.com/subscriptions/trades/tradeskindcurrencyinterval
TRADE = {
    "trade_seq": 30289442,
    "trade_id": "48079269",
    "timestamp": 1590484512188,
    "tick_direction": 2,
    "price": 8950,
    "mark_price": 8948.9,
    "instrument_name": "BTC-PERPETUAL",
    "index_price": 8955.88,
    "direction": "sell",
    "amount": 895,
}


def traded(*trades, channel="trades.future.BTC.100ms"):
    params = {"channel": channel, "data": list(trades)}
    return {"jsonrpc": "2.0", "method": "subscription", "params": params}


def of(liquidation, direction, **parts):
    return TRADE | {"liquidation": liquidation, "direction": direction} | parts


@pytest.mark.parametrize(
    ("liquidation", "direction", "side"),
    [
        ("T", "sell", LONG),
        ("T", "buy", SHORT),
        ("M", "buy", LONG),
        ("M", "sell", SHORT),
        ("MT", "buy", PositionSide.BOTH),
        ("MT", "sell", PositionSide.BOTH),
    ],
)
def test_deribit_tells_who_was_liquidated_and_what_the_taker_did(liquidation, direction, side):
    (found,) = heard(DERIBIT, traded(of(liquidation, direction)))
    (event,) = found.events

    assert (event.id, event.side, event.price) == ("48079269", side, 8950)
    assert event.coin == pytest.approx(0.1)  # 895 USD


def test_deribits_usual_trades_and_other_assets_are_passed_over():
    other = of("T", "sell", instrument_name="ETH-PERPETUAL")
    linear = of("T", "sell", instrument_name="BTC_USDC-PERPETUAL")

    assert heard(DERIBIT, traded(TRADE, other, linear)) == ()
    assert heard(DERIBIT, {"jsonrpc": "2.0", "id": 1, "result": ["trades.future.BTC.100ms"]}) == ()
    assert heard(DERIBIT, traded(of("T", "sell"), channel="ticker.BTC-PERPETUAL.100ms")) == ()


def test_a_refused_subscription_of_deribit_is_an_error():
    with pytest.raises(FetchError, match="11050"):
        heard(DERIBIT, {"jsonrpc": "2.0", "error": {"code": 11050, "message": "bad_request"}})


@given(st.sampled_from(sorted(of("T", "sell"))), st.deferred(lambda: JSON))
def test_any_value_in_a_deribit_trade_is_read_or_refused(key, value):
    try:
        found = heard(DERIBIT, traded(of("T", "sell") | {key: value}))
    except FetchError:
        return
    assert all(event.coin > 0 for one in found for event in one.events)


ANSWERS = [(USDM, []), (COINM, SIZES), (OKX, LISTED), (DERIBIT, [])]


@pytest.mark.parametrize("case", range(len(ANSWERS)))
@given(content=st.binary(max_size=200))
def test_any_bytes_are_heard_or_refused(case, content):
    stream, answers = ANSWERS[case]
    with pytest.raises(FetchError):
        heard(stream, b"\xff" + content, answers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(FORCED["o"])), JSON)
def test_any_value_in_a_binance_close_is_read_or_refused(key, value):
    try:
        found = heard(USDM, forced(**{key: value}))
    except FetchError:
        return
    assert all(event.coin > 0 for one in found for event in one.events)


@given(st.sampled_from(["posSide", "side", "sz", "bkPx", "ts"]), JSON)
def test_any_value_in_an_okx_close_is_read_or_refused(key, value):
    try:
        found = heard(OKX, closed(**{key: value}), LISTED)
    except FetchError:
        return
    assert all(event.coin > 0 for one in found for event in one.events)


def test_binance_needs_no_subscription_and_okx_one_for_both_kinds():
    assert USDM.subscriptions([BTC]) == COINM.subscriptions([BTC]) == ()
    (text,) = OKX.subscriptions([BTC])

    assert [one["instType"] for one in json.loads(text)["args"]] == ["SWAP", "FUTURES"]
    assert millis(AT)
