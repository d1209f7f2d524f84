import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.hyperliquid import (
    EXCHANGE,
    GOLD,
    TECH,
    classify,
    covers,
    parse_futures,
    parse_index,
)
from alerts.exchanges.spec import Body
from tests.unit.exchanges.broken import BROKEN, UNREADABLE_NUMBERS, VALUES, is_json

BTC, ETH = Asset("BTC"), Asset("ETH")
AT = datetime(2026, 2, 6, 21, 30, tzinfo=UTC)
JSON_VALUES = VALUES.filter(is_json)
STOCKS = ("NVDA", "AAPL", "MSFT", "GOOGL", "AMZN")


def coin(name="BTC", **parts):
    return {"szDecimals": 5, "name": name, "maxLeverage": 40, "marginTableId": 56, **parts}


def context(**parts):
    return {
        "funding": "-0.0000015186",
        "openInterest": "20000.5",
        "prevDayPx": "65000.0",
        "dayNtlVlm": "1516669192.19",
        "premium": "-0.0005927453",
        "oraclePx": "70500.0",
        "markPx": "70000.0",
        "midPx": "70001.5",
        "impactPxs": ["70001.0", "70002.0"],
        "dayBaseVlm": "19707.77",
        **parts,
    }


def answer(*listed):
    return [
        {"universe": [one for one, _ in listed], "marginTables": [], "collateralToken": 0},
        [one for _, one in listed],
    ]


def body(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Body(content, AT)


def curve(*listed, asset=BTC):
    return parse_futures([body(answer(*listed))], asset)


def index(*listed, asset=BTC):
    return parse_index([body(answer(*listed))], asset).price


def test_a_perpetual():
    read = curve((coin(), context()))
    (quote,) = read.futures

    assert (quote.name, quote.expiry, quote.mark, quote.index) == ("BTC", None, 70_000, 70_500)
    assert quote.open_interest_coin == 20_000.5
    assert quote.open_interest_usd == 1_400_035_000
    assert (read.venue, read.asset, read.at, quote.halved) == ("hyperliquid", "BTC", AT, False)


def test_funding_is_by_the_hour():
    (quote,) = curve((coin(), context())).futures

    assert quote.funding.rate == -0.0000015186
    assert quote.funding.interval == timedelta(hours=1)
    assert quote.funding.predicted


def test_contexts_belong_to_the_coins_of_the_same_place():
    listed = [(coin("ETH"), context(oraclePx="2000")), (coin("BTC"), context(oraclePx="70500"))]

    assert index(*listed) == 70_500
    assert index(*listed, asset=ETH) == 2_000


@pytest.mark.parametrize("unread", [7, None, {"szDecimals": 2}, {"name": 5}, ["BTC"]])
def test_a_coin_that_cannot_be_read_does_not_shift_the_others(unread):
    assert index((unread, context(oraclePx="1")), (coin(), context()), (coin("X"), context())) == (
        70_500
    )


def test_a_context_that_cannot_be_read_does_not_stop_another_coin():
    assert index((coin("ETH"), 7), (coin("X"), {"oraclePx": []}), (coin(), context())) == 70_500


def test_most_coins_unread_spoil_the_answer():
    with pytest.raises(FetchError, match="2 of 3 rows"):
        curve((7, context()), (None, context()), (coin(), context()))


def test_coins_and_contexts_of_different_number_are_refused():
    meta, contexts = answer((coin(), context()), (coin("ETH"), context()))
    with pytest.raises(FetchError, match="2 coins with 1 contexts"):
        parse_index([body([meta, contexts[1:]])], BTC)


def test_further_parts_and_unknown_keys_are_ignored():
    value = [*answer((coin(new={"a": []}), context(new=[1]))), {"new": 1}]

    assert parse_index([body(value)], BTC).price == 70_500


def test_a_delisted_coin_is_said_to_be_so_and_stops_no_other():
    gone = coin("ETH", isDelisted=True)
    with pytest.raises(FetchError, match="has delisted ETH"):
        curve((gone, context()), (coin(), context()), asset=ETH)

    assert index((gone, context()), (coin(), context())) == 70_500


def test_a_coin_that_is_not_listed_is_said_to_be_so():
    with pytest.raises(FetchError, match="does not list BTC") as caught:
        curve((coin("ETH"), context()))

    assert not caught.value.retry


def test_the_first_of_two_coins_of_one_name_counts():
    assert index((coin(), context(oraclePx="1")), (coin(), context())) == 1


def test_a_coin_that_was_listed_anew_is_the_living_one():
    gone = (coin(isDelisted=True), context(oraclePx="1"))

    assert index(gone, (coin(), context())) == index((coin(), context()), gone) == 70_500


def test_open_interest_and_funding_may_be_missing():
    (quote,) = curve((coin(), context(openInterest=None, funding=None))).futures

    assert (quote.open_interest_coin, quote.open_interest_usd, quote.funding) == (None, None, None)


@pytest.mark.parametrize("value", [*UNREADABLE_NUMBERS, None, "0"])
@pytest.mark.parametrize("key", ["markPx", "oraclePx"])
def test_an_unreadable_price_is_an_error(key, value):
    with pytest.raises(FetchError):
        curve((coin(), context(**{key: value})))


@pytest.mark.parametrize("value", [one for one in UNREADABLE_NUMBERS if one != ""])
def test_unreadable_open_interest_is_an_error(value):
    with pytest.raises(FetchError):
        curve((coin(), context(openInterest=value)))


def test_gold_is_a_contract_of_the_builders_book():
    listed = (coin("xyz:GOLD"), context(oraclePx="4950.5", markPx="4951"))

    assert index(listed, asset=GOLD) == 4_950.5
    assert [quote.mark for quote in curve(listed, asset=GOLD).futures] == [4_951]


def stocks(*prices):
    return [
        (coin(f"xyz:{name}"), context(oraclePx=str(price)))
        for name, price in zip(STOCKS, prices, strict=True)
    ]


def test_tech_is_the_builders_index_where_it_is_listed():
    listed = [(coin("xyz:XYZ100"), context(oraclePx="25000")), *stocks(1, 1, 1, 1, 1)]

    assert index(*listed, asset=TECH) == 25_000
    assert len(curve(*listed, asset=TECH).futures) == 1


def test_tech_without_an_index_is_five_stocks_of_equal_weight():
    # fifth root of 100 * 200 * 400 * 800 * 1600 = 400
    assert index(*stocks(100, 200, 400, 800, 1_600), asset=TECH) == pytest.approx(400)
    # every one up 10 %: so is the basket
    assert index(*stocks(110, 220, 440, 880, 1_760), asset=TECH) == pytest.approx(440)


def test_a_basket_has_no_curve():
    assert curve(*stocks(1, 1, 1, 1, 1), asset=TECH).futures == ()


def test_a_basket_that_is_not_whole_is_no_basket():
    with pytest.raises(FetchError, match="does not list xyz:NVDA"):
        index(*stocks(1, 1, 1, 1, 1)[1:], asset=TECH)


def test_a_delisted_index_is_not_quietly_replaced_by_stocks():
    listed = [(coin("xyz:XYZ100", isDelisted=True), context()), *stocks(1, 1, 1, 1, 1)]
    with pytest.raises(FetchError, match="has delisted xyz:XYZ100"):
        index(*listed, asset=TECH)


@pytest.mark.parametrize("parse", [parse_futures, parse_index])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_fetch_error_and_nothing_else(name, parse):
    with pytest.raises(FetchError) as caught:
        parse([body(BROKEN[name])], BTC)

    assert not caught.value.retry
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [[{}, []], [[], []], [{"universe": 7}, []], [1, 2], [[], {}]])
def test_an_answer_of_another_shape_is_a_fetch_error(value):
    with pytest.raises(FetchError):
        parse_index([body(value)], BTC)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    with pytest.raises(FetchError):
        parse_index([body(content)], BTC)


@given(st.sampled_from(sorted(context())), VALUES)
def test_any_value_under_any_key_of_a_context_is_read_or_refused(key, value):
    try:
        (quote,) = curve((coin(), context(**{key: value}))).futures
    except FetchError:
        return

    assert 0 < quote.mark <= 1e9
    assert 0 < quote.index <= 1e9
    assert 0 <= (quote.open_interest_usd or 0) <= 1e15


@given(st.sampled_from([*coin(), "isDelisted"]), JSON_VALUES)
def test_any_value_under_any_key_of_a_coin_stops_no_other(key, value):
    listed = [(coin("ETH") | {key: value}, context(oraclePx="2")), (coin(), context())]

    assert index(*listed) == (2 if key == "name" and value == "BTC" else 70_500)


@given(VALUES, st.integers(0, 1))
def test_any_value_as_a_part_is_read_or_refused(value, place):
    parts = answer((coin(), context()))
    parts[place] = value
    with pytest.raises(FetchError):
        parse_index([body(parts)], BTC)


@pytest.mark.parametrize(
    ("status", "content", "retry", "after"),
    [
        (422, b"Failed to deserialize the JSON body into the target type", False, None),
        (429, b"null", True, None),
        (500, b"null", True, None),
        (503, b"", True, None),
        (403, b"<html>", False, 21_600.0),
        (451, b"", False, 21_600.0),
        (418, b"", False, 600.0),
        (404, b"", False, None),
    ],
)
def test_errors_are_known_by_their_status(status, content, retry, after):
    error = classify(status, content)

    assert (error.retry, error.after_seconds) == (retry, after)


def test_a_bad_request_is_told_in_the_venues_words():
    said = b"Failed to deserialize the JSON body into the target type"

    assert "Failed to deserialize" in classify(422, said).why
    assert len(classify(422, b"x" * 5_000).why) < 200


def test_null_is_the_answer_to_an_unknown_book():
    error = classify(200, b"null")

    assert "null" in error.why
    assert not error.retry


def test_a_usable_answer_is_no_error():
    assert classify(200, json.dumps(answer((coin(), context()))).encode()) is None


@pytest.mark.parametrize("feed", EXCHANGE.feeds, ids=lambda feed: feed.poll)
def test_all_coins_share_one_request_and_proxies_another(feed):
    (asked,), (proxy,) = feed.requests(BTC), feed.requests(GOLD)

    assert (asked.method, asked.path) == ("POST", "/info")
    assert asked.sent == '{"type":"metaAndAssetCtxs"}'
    assert proxy.sent == '{"type":"metaAndAssetCtxs","dex":"xyz"}'
    assert feed.requests(ETH) == (asked,)
    assert feed.requests(TECH) == (proxy,)


def test_covers():
    assert all(map(covers, (BTC, ETH, GOLD, TECH, Asset("HYPE"))))
    assert not covers(Asset("XYZ100"))
