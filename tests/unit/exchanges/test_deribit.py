import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import (
    Funding,
    FuturesCurve,
    IndexPrice,
    OptionChain,
    OptionSide,
    VolIndex,
)
from alerts.exchanges.deribit import (
    EXCHANGE,
    classify,
    parse_futures,
    parse_index,
    parse_options,
    parse_vol_index,
)
from tests.unit.exchanges.bodies import AT, answer, body, future, micros, millis, option

BTC, ETH = Asset("BTC"), Asset("ETH")
MARCH = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)

PARSERS = [parse_index, parse_vol_index, parse_options, parse_futures]


def options(*rows, **parts):
    return parse_options([body(answer(list(rows), **parts))], BTC)


def futures(*rows):
    return parse_futures([body(answer(list(rows)))], BTC)


def index(price=70_302.95):
    return answer({"index_price": price, "estimated_delivery_price": price})


def test_the_volatility_index_is_in_percent():
    read = parse_vol_index([body(index(43.21), asked=timedelta(0))], BTC)

    assert (read.value, read.asset) == (43.21, BTC)


def test_funding_of_the_perpetual_is_of_eight_hours():
    read = futures(future("BTC-PERPETUAL", funding_8h=0.0000065), future("BTC-27MAR26"))
    perpetual, dated = read.futures

    assert perpetual.funding == Funding(0.0000065, timedelta(hours=8))
    assert dated.funding is None


def test_index_price():
    read = parse_index([body(index(), asked=timedelta(0))], BTC)

    assert (read.venue, read.asset, read.at) == ("deribit", "BTC", AT)
    assert (read.price, read.lag) == (70_302.95, timedelta(0))


def test_an_option_row():
    chain = options(option())
    (quote,) = chain.quotes

    assert (quote.expiry, quote.strike, quote.side) == (MARCH, 60_000.0, OptionSide.PUT)
    assert (quote.mark_iv, quote.forward, quote.mark_price) == (0.6125, 70_552.81, 0.0312)
    assert (quote.open_interest, quote.volume) == (812.4, 3.5)
    assert (chain.index, chain.at, chain.rejected) == (70_302.95, AT, 0)


def test_a_future_row_has_its_open_interest_in_usd_and_coin():
    (quote,) = futures(future()).futures

    assert (quote.name, quote.expiry, quote.synthetic) == ("BTC-27MAR26", MARCH, False)
    assert (quote.mark, quote.index) == (70_500.0, 70_302.95)
    assert (quote.open_interest_usd, quote.open_interest_coin) == (141_000_000, 2_000.0)


def test_the_perpetual_has_no_expiry():
    (quote,) = futures(future("BTC-PERPETUAL", open_interest=None)).futures

    assert (quote.expiry, quote.open_interest_usd, quote.open_interest_coin) == (None, None, None)


def test_a_day_has_no_leading_zero_and_a_strike_may_have_a_decimal_point():
    (quote,) = options(option("BTC-6FEB27-1d25-C")).quotes

    assert quote.expiry == datetime(2027, 2, 6, 8, 0, tzinfo=UTC)
    assert (quote.strike, quote.side) == (1.25, OptionSide.CALL)


def test_no_vol_and_a_vol_of_zero_are_no_quote():
    chain = options(option(mark_iv=None), option("BTC-27MAR26-62000-P", mark_iv=0))

    assert [quote.mark_iv for quote in chain.quotes] == [None, None]
    assert chain.rejected == 0


def test_prices_that_are_null_or_absent_stay_empty():
    row = option(underlying_price=None, mark_price=None, open_interest=None)
    del row["volume"], row["estimated_delivery_price"]
    chain = options(row)

    (quote,) = chain.quotes
    assert (quote.forward, quote.mark_price, quote.open_interest, quote.volume) == (None,) * 4
    assert chain.index is None


def test_rows_of_other_currencies_are_passed_over():
    chain = options(option(), option("ETH-27MAR26-2000-C"), option("BTC_USDC-27MAR26-60000-P"))
    curve = futures(future(), future("BTC_USDC-PERPETUAL"), future("ETH-PERPETUAL"))

    assert (len(chain.quotes), chain.rejected) == (1, 0)
    assert (len(curve.futures), curve.rejected) == (1, 0)


def test_unknown_keys_are_ignored():
    assert len(options(option(brand_new={"deep": [1, 2]}), brand_new=1).quotes) == 1


def test_an_empty_list_is_an_empty_snapshot():
    assert options().quotes == ()
    assert futures().futures == ()


BAD_NAMES = [
    "BTC-27MAR26-60000",
    "BTC-27MAR26-60000-X",
    "BTC-27MRZ26-60000-P",
    "BTC-31FEB26-60000-P",
    "BTC-27MAR26--P",
    "BTC-27MAR26-0-P",
    "BTC-27MAR26-1e5-P",
    "BTC-27MAR26-６００００-P",
    "BTC-２７MAR26-60000-P",
    "BTC-27MAR26-6000000000000-P",
    "BTC-027MAR26-60000-P",
    "BTC-MAR26-60000-P",
    "BTC--60000-P",
    "BTC-",
    "BTC-27MAR26-60000-P" + "x" * 100,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_an_option_with_an_unreadable_name_is_rejected(name):
    chain = options(option(), option(name))

    assert (len(chain.quotes), chain.rejected) == (1, 1)


@pytest.mark.parametrize("name", ["BTC-FS-27MAR26_PERP", "BTC-", "BTC-31FEB26", "BTC-perpetual"])
def test_a_future_with_an_unreadable_name_is_rejected(name):
    curve = futures(future(), future(name))

    assert (len(curve.futures), curve.rejected) == (1, 1)


def test_numbers_may_be_texts():
    chain = options(option(mark_iv="61.25", underlying_price="70552.81", open_interest="812.4"))
    curve = futures(future(mark_price="70500", open_interest="141000000"))

    (quote,) = chain.quotes
    assert (quote.mark_iv, quote.forward, quote.open_interest) == (0.6125, 70_552.81, 812.4)
    assert curve.futures[0].open_interest_coin == 2_000
    assert parse_index([body(index("70302.95"))], BTC).price == 70_302.95
    assert (chain.rejected, curve.rejected) == (0, 0)


UNREADABLE = [True, "x", "", "NaN", "-1", -1, 1e308, "1e308", [61], {"value": 61}]


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize("key", ["mark_iv", "underlying_price", "mark_price", "open_interest"])
def test_an_option_with_an_unreadable_number_is_rejected(key, value):
    chain = options(option(), option(**{key: value}))

    assert (len(chain.quotes), chain.rejected) == (1, 1)


@pytest.mark.parametrize("value", [*UNREADABLE, None, 0])
@pytest.mark.parametrize("key", ["mark_price", "estimated_delivery_price"])
def test_a_future_with_an_unreadable_price_is_rejected(key, value):
    curve = futures(future(), future(**{key: value}))

    assert (len(curve.futures), curve.rejected) == (1, 1)


@pytest.mark.parametrize("value", [*UNREADABLE, None, 0])
def test_an_unreadable_index_is_an_error(value):
    with pytest.raises(FetchError):
        parse_index([body(index(value))], BTC)


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity"])
def test_literals_that_are_no_json_spoil_the_answer(literal):
    content = json.dumps(answer([option()])).encode().replace(b"61.25", literal)

    with pytest.raises(FetchError, match="unreadable"):
        parse_options([body(content)], BTC)


def test_a_number_too_large_for_a_float_rejects_its_row():
    rows = [option(), option(mark_iv=77.0)]
    content = json.dumps(answer(rows)).encode().replace(b"77.0", b"1e999")
    chain = parse_options([body(content)], BTC)

    assert (len(chain.quotes), chain.rejected) == (1, 1)


@pytest.mark.parametrize("key", ["instrument_name", "mark_iv"])
def test_an_option_without_a_needed_key_is_rejected(key):
    row = option()
    del row[key]
    chain = options(option(), row, option("BTC-27MAR26-62000-P"))

    assert (len(chain.quotes), chain.rejected) == (2, 1)


def test_more_than_half_of_rejected_rows_spoil_the_answer():
    assert options(option(), option(mark_iv="x")).rejected == 1
    with pytest.raises(FetchError, match="2 of 3 rows") as caught:
        options(option(), option(mark_iv="x"), option("BTC-nonsense"))
    assert not caught.value.retry
    with pytest.raises(FetchError, match="1 of 1 rows"):
        futures(future(mark_price=None))


BROKEN = {
    "nothing": b"",
    "blank": b"  \n",
    "html": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "truncated": json.dumps(answer([option(), option()])).encode()[:-150],
    "not utf-8": b'{"jsonrpc":"2.0","result":[{"instrument_name":"\xff\xfe"}]}',
    "deep list": b'{"result":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep unknown key": b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b',"result":[]}',
    "deep row": b'{"result":[{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}]}",
    "a list": b"[]",
    "a number": b"42",
    "null": b"null",
    "a string": b'"ok"',
    "empty object": b"{}",
    "no result": b'{"jsonrpc":"2.0","usOut":1770413457500000}',
    "result is a number": b'{"result":42}',
    "result is a string": b'{"result":"ok"}',
    "rows are numbers": b'{"result":[1,2,3]}',
    "error is a string": b'{"error":"boom"}',
    "time is a string": b'{"result":[],"usOut":"now"}',
    "time is negative": b'{"result":[],"usOut":-5}',
    "time is huge": b'{"result":[],"usOut":999999999999999999999}',
    "two values": b'{"result":[]}{"result":[]}',
    "trailing garbage": b'{"result":[]}<html>',
    "byte order mark": b'\xef\xbb\xbf{"result":[]}',
}


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_fetch_error_and_nothing_else(name, parse):
    with pytest.raises(FetchError) as caught:
        parse([body(BROKEN[name])], BTC)

    assert not caught.value.retry
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    for parse in PARSERS:
        with pytest.raises(FetchError):
            parse([body(content)], BTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(option())), JSON)
def test_any_value_under_any_key_of_an_option_is_read_or_refused(key, value):
    content = json.dumps(answer([option(), option(**{key: value})])).encode()
    try:
        chain = parse_options([body(content)], BTC)
    except FetchError:
        return

    assert len(chain.quotes) + chain.rejected <= 2
    assert all(quote.mark_iv is None or 0 < quote.mark_iv < 1e5 for quote in chain.quotes)


@given(st.sampled_from(sorted(answer([]))), JSON)
def test_any_value_under_any_key_of_the_envelope_is_read_or_refused(key, value):
    content = json.dumps({**answer([future()]), key: value}).encode()
    try:
        curve = parse_futures([body(content)], BTC)
    except FetchError:
        return

    assert len(curve.futures) <= 1


def test_the_venues_clock_dates_the_snapshot():
    assert options(option()).at == AT
    assert options(option(), usOut=None).at == AT
    assert options(option(creation_timestamp=None), usOut=None).at == AT + timedelta(
        milliseconds=80
    )


def test_an_answer_slightly_ahead_of_our_clock_is_dated_by_ours():
    ahead = timedelta(seconds=-4)
    chain = parse_options([body(answer([option()]), after=ahead)], BTC)

    assert chain.at == AT + ahead


def test_an_answer_far_ahead_of_our_clock_is_refused():
    with pytest.raises(FetchError, match="3600 s ahead of ours"):
        parse_index([body(index(), after=timedelta(hours=-1))], BTC)


def test_lag_is_the_age_of_the_newest_marks_when_they_were_asked_for():
    frozen = [option(creation_timestamp=millis(AT) - 90_000), option(creation_timestamp=1)]
    asked = timedelta(seconds=-1)

    chain = parse_options([body(answer(frozen), asked=asked)], BTC)
    fresh = parse_options([body(answer([option()]), after=timedelta(minutes=5), asked=asked)], BTC)

    assert chain.lag == timedelta(seconds=89)
    assert fresh.lag == timedelta(0)


def test_an_answer_from_a_cache_shows_its_age():
    old = answer([future()], usOut=micros(AT - timedelta(minutes=3)))

    assert parse_futures([body(old)], BTC).lag == timedelta(minutes=3, milliseconds=80)


ERRORS = [
    (10028, "too_many_requests", True, None),
    (10066, "too_many_concurrent_requests", True, None),
    (13028, "temporarily_unavailable", True, None),
    (13888, "timed_out", True, None),
    (11051, "system_maintenance", True, 30.0),
    (-32602, "Invalid params", False, None),
    (11050, "bad_request", False, None),
]


@pytest.mark.parametrize(("code", "message", "retry", "after"), ERRORS)
@pytest.mark.parametrize("status", [200, 400, 429])
def test_errors_are_known_by_deribits_own_code(status, code, message, retry, after):
    content = json.dumps({"jsonrpc": "2.0", "error": {"code": code, "message": message}}).encode()
    error = classify(status, content)

    assert (error.retry, error.after_seconds) == (retry, after)
    assert str(code) in error.why
    assert message in error.why


@pytest.mark.parametrize("parse", PARSERS)
def test_an_error_in_place_of_a_result_is_that_error(parse):
    content = {"jsonrpc": "2.0", "error": {"code": 10028, "message": "too_many_requests"}}
    with pytest.raises(FetchError, match="10028") as caught:
        parse([body(content)], BTC)

    assert caught.value.retry


@pytest.mark.parametrize(
    ("status", "retry", "after"),
    [
        (302, False, None),
        (404, False, None),
        (403, False, 600.0),
        (418, False, 600.0),
        (429, True, None),
        (451, False, 21_600.0),
        (500, True, None),
        (503, True, None),
    ],
)
@pytest.mark.parametrize("content", [b"", b"<html>error</html>", b'{"error": 7', b'{"error":7}'])
def test_errors_without_a_code_are_known_by_their_status(status, retry, after, content):
    error = classify(status, content)

    assert (error.retry, error.after_seconds) == (retry, after)
    assert f"HTTP {status}" in error.why


def test_a_geo_block_names_the_remedy():
    assert "VENUES" in classify(451, b'{"error":{"code":1,"message":"restricted"}}').why


def test_a_usable_answer_is_no_error():
    assert classify(200, json.dumps(answer([option()])).encode()) is None
    assert classify(200, json.dumps(answer([option(note='"error"')])).encode()) is None
    assert classify(200, b'{"result":[],"error":null}') is None


def test_requests_name_currency_and_kind():
    asked = [(feed.poll, *feed.requests(ETH)) for feed in EXCHANGE.feeds]

    assert [(poll, one.path, dict(one.params)) for poll, one in asked] == [
        ("price", "/public/get_index_price", {"index_name": "eth_usd"}),
        ("options", "/public/get_index_price", {"index_name": "ethdvol_usdc"}),
        ("options", "/public/get_book_summary_by_currency", {"currency": "ETH", "kind": "option"}),
        ("futures", "/public/get_book_summary_by_currency", {"currency": "ETH", "kind": "future"}),
    ]


def test_a_row_listed_twice_counts_once():
    chain = options(option(open_interest=5.0), option(open_interest=7.0))

    assert [quote.open_interest for quote in chain.quotes] == [5.0]
    assert chain.rejected == 0


def of_kind(kind):
    (feed,) = (feed for feed in EXCHANGE.feeds if feed.kind is kind)
    return [asset for asset in ("BTC", "SOL", "XRP", "DOGE") if EXCHANGE.gives(feed, Asset(asset))]


def test_not_every_asset_has_options_and_two_have_a_volatility_index():
    assert of_kind(FuturesCurve) == of_kind(IndexPrice) == ["BTC", "SOL", "XRP", "DOGE"]
    assert of_kind(OptionChain) == ["BTC", "SOL", "XRP"]
    assert of_kind(VolIndex) == ["BTC"]
