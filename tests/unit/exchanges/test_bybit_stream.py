import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import PositionSide
from alerts.exchanges.bybit import EXCHANGE
from alerts.exchanges.bybit_stream import hear
from alerts.exchanges.spec import Body, SubscriptionRefusedError
from tests.unit.exchanges.broken import BROKEN, VALUES

BTC, ETH, DOGE = Asset("BTC"), Asset("ETH"), Asset("DOGE")
AT = datetime(2026, 2, 5, 15, 30, 0, 500_000, tzinfo=UTC)
CLOSED = AT - timedelta(milliseconds=374)


def millis(at):
    return int(at.timestamp() * 1000)


def close(symbol="BTCUSDT", **parts):
    return {"T": millis(CLOSED), "s": symbol, "S": "Buy", "v": "0.5", "p": "64000", **parts}


def message(*closes, topic="allLiquidation.BTCUSDT", **parts):
    return {"topic": topic, "type": "snapshot", "ts": millis(AT), "data": list(closes), **parts}


def heard(value, assets=(BTC, ETH)):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return hear(Body(content, AT + timedelta(milliseconds=60)), (), assets)


def events(*closes):
    (found,) = heard(message(*closes))
    return found.events


# "S": the side of the position; "Buy" means that a long position was liquidated. The sample shown:
# https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
DOCUMENTED = {
    "topic": "allLiquidation.ROSEUSDT",
    "type": "snapshot",
    "ts": 1739502303204,
    "data": [{"T": 1739502302929, "s": "ROSEUSDT", "S": "Sell", "v": "20000", "p": "0.04499"}],
}


def test_the_documented_message_closed_a_short():
    (found,) = heard(DOCUMENTED, (Asset("ROSE"),))

    (event,) = found.events
    assert (event.side, event.coin, event.price) == (PositionSide.SHORT, 20_000, 0.04499)


def test_buy_is_the_position_that_was_closed_a_long():
    (event,) = events(close(S="Buy"))

    assert event.side is PositionSide.LONG


def test_sell_is_a_short_that_was_closed():
    (event,) = events(close(S="Sell"))

    assert event.side is PositionSide.SHORT


def test_a_linear_contract_is_sized_in_coins():
    (event,) = events(close(v="0.5", p="64000"))

    assert (event.coin, event.price, event.at) == (0.5, 64_000, CLOSED)


@pytest.mark.parametrize("symbol", ["BTCUSD", "BTCUSDH26"])
def test_an_inverse_contract_is_sized_in_usd(symbol):
    (event,) = events(close(symbol, v="32000", p="64000"))

    assert event.coin == 0.5


def test_the_message_of_the_documentation():
    documented = {
        "topic": "allLiquidation.ROSEUSDT",
        "type": "snapshot",
        "ts": 1739502303204,
        "data": [
            {"T": 1739502302929, "s": "ROSEUSDT", "S": "Sell", "v": "20000", "p": "0.04499"},
        ],
    }
    at = datetime(2025, 2, 14, 3, 5, 4, tzinfo=UTC)
    (found,) = hear(Body(json.dumps(documented).encode(), at), (), [Asset("ROSE")])
    (event,) = found.events

    assert (event.side, event.coin, event.price) == (PositionSide.SHORT, 20_000, 0.04499)
    assert event.at == datetime(2025, 2, 14, 3, 5, 2, 929_000, tzinfo=UTC)


def test_a_message_is_dated_by_the_venue():
    (found,) = heard(message(close()))

    assert (found.venue, found.asset, found.at, found.rejected) == ("bybit", "BTC", AT, 0)


def test_every_asset_gets_its_own_and_strangers_are_passed_over():
    found = heard(message(close(), close("ETHUSDT"), close("DOGEUSDT"), close()))

    assert [(one.asset, len(one.events)) for one in found] == [("BTC", 2), ("ETH", 1)]


def test_the_same_event_twice_has_the_same_id():
    assert events(close())[0].id == events(close())[0].id


def test_equal_events_of_one_batch_are_two():
    first, second = events(close(), close())

    assert first.id != second.id


def test_different_events_have_different_ids():
    parts = [{}, {"T": 1}, {"S": "Sell"}, {"v": "1"}, {"p": "1"}, {"s": "BTCPERP"}]

    assert len({event.id for event in events(*(close(**part) for part in parts))}) == len(parts)


@pytest.mark.parametrize(
    "part", [{"S": "buy"}, {"v": "0"}, {"v": "x"}, {"p": "0"}, {"p": None}, {"T": "now"}]
)
def test_an_unreadable_event_is_rejected_and_the_others_stay(part):
    (found,) = heard(message(close(), close(**part)))

    assert (len(found.events), found.rejected) == (1, 1)


@pytest.mark.parametrize(
    "value",
    [
        {"success": True, "ret_msg": "pong", "conn_id": "1", "op": "ping"},
        {"success": True, "ret_msg": "", "conn_id": "1", "op": "subscribe"},
        message(close(), topic="tickers.BTCUSDT"),
        message(),
        {},
    ],
)
def test_messages_of_other_kinds_hold_nothing(value):
    assert heard(value) == ()


def test_a_refused_subscription_is_an_error_that_names_it():
    refused = {
        "success": False,
        "ret_msg": "error:handler not found,topic:allLiquidation.NOUSDT",
        "op": "subscribe",
    }
    with pytest.raises(FetchError, match=r"allLiquidation\.NOUSDT"):
        heard(refused)


def test_without_its_usual_contract_an_asset_is_not_heard():
    refused = {"success": False, "ret_msg": "error:handler not found", "op": "subscribe"}

    with pytest.raises(SubscriptionRefusedError) as caught:
        heard({**refused, "req_id": "ETHUSDT"})
    assert caught.value.asset == ETH
    with pytest.raises(FetchError) as other:  # one of several contracts
        heard({**refused, "req_id": "ETHPERP"})
    assert not isinstance(other.value, SubscriptionRefusedError)


OF_ANOTHER_KIND = {"an empty object", "not utf-8"}  # as far as can be told


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - OF_ANOTHER_KIND))
def test_a_broken_message_is_a_fetch_error(name):
    with pytest.raises(FetchError):
        heard(BROKEN[name])


@given(st.sampled_from(sorted(close())), VALUES)
def test_any_value_under_any_key_of_an_event_is_read_or_refused(key, value):
    try:
        found = heard(message(close(), close(**{key: value})))
    except FetchError:
        return

    for event in (event for one in found for event in one.events):
        assert event.coin > 0
        assert 0 < event.price <= 1e9


@given(st.sampled_from(sorted(message())), VALUES)
def test_any_value_under_any_key_of_a_message_is_read_or_refused(key, value):
    try:
        found = heard({**message(close()), key: value})
    except FetchError:
        return

    assert sum(len(one.events) for one in found) <= 1


def test_each_contract_is_subscribed_to_by_itself():
    linear, inverse = EXCHANGE.streams

    assert [json.loads(text)["args"] for text in linear.subscriptions([BTC, DOGE])] == [
        ["allLiquidation.BTCUSDT"],
        ["allLiquidation.BTCPERP"],
        ["allLiquidation.DOGEUSDT"],
    ]
    assert [json.loads(text)["args"] for text in inverse.subscriptions([BTC, DOGE])] == [
        ["allLiquidation.BTCUSD"]
    ]


def test_the_connections_are_kept_alive_by_a_ping():
    assert {(one.path, json.loads(one.beat)["op"]) for one in EXCHANGE.streams} == {
        ("/v5/public/linear", "ping"),
        ("/v5/public/inverse", "ping"),
    }
    assert EXCHANGE.stream_url.startswith("wss://")
