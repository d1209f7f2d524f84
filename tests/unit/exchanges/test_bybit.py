import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.bybit import EXCHANGE, covers, parse_futures, parse_index
from alerts.exchanges.bybit_errors import classify
from alerts.exchanges.spec import Body
from tests.unit.exchanges.broken import BROKEN, UNREADABLE_NUMBERS, VALUES

BTC, ETH = Asset("BTC"), Asset("ETH")
AT = datetime(2026, 2, 6, 21, 30, tzinfo=UTC)
MARCH = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)


def millis(at):
    return str(int(at.timestamp() * 1000))


def perpetual(symbol="BTCUSDT", **parts):
    return {
        "symbol": symbol,
        "lastPrice": "70490.10",
        "indexPrice": "70500.00",
        "markPrice": "70000.00",
        "openInterest": "4000",
        "openInterestValue": "280000000",
        "singleOpenInterest": "2000",
        "singleOpenInterestValue": "140000000",
        "fundingRate": "-0.0000412",
        "nextFundingTime": millis(AT + timedelta(hours=2)),
        "fundingIntervalHour": "8",
        "fundingCap": "0.005",
        "deliveryTime": "0",
        "basisRate": "",
        **parts,
    }


def dated(symbol="BTC-27MAR26", **parts):
    nothing = {"fundingRate": "", "nextFundingTime": "0", "fundingIntervalHour": ""}
    return perpetual(symbol, **{**nothing, "deliveryTime": millis(MARCH), **parts})


def inverse(symbol="BTCUSD", **parts):
    held = {"openInterest": "280000000", "singleOpenInterest": "140000000"}
    return perpetual(symbol, **{**held, **parts})


def tickers(*rows, category="linear", **parts):
    return {
        "retCode": 0,
        "retMsg": "OK",
        "result": {"category": category, "list": list(rows)},
        "retExtInfo": {},
        "time": int(AT.timestamp() * 1000),
        **parts,
    }


def body(value, *, after=timedelta(milliseconds=80), asked=None):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Body(content, AT + after, asked_at=None if asked is None else AT + asked)


def curve(*linear, on_inverse=(), asset=BTC):
    answers = [tickers(*linear), tickers(*on_inverse, category="inverse")]
    return parse_futures([body(answer) for answer in answers], asset)


def test_a_linear_perpetual_holds_coins():
    read = curve(perpetual())
    (quote,) = read.futures

    assert (quote.name, quote.expiry, quote.mark, quote.index) == ("BTCUSDT", None, 70_000, 70_500)
    assert (quote.open_interest_coin, quote.open_interest_usd) == (2_000, 140_000_000)
    assert not quote.halved
    assert (read.venue, read.asset, read.at, read.rejected) == ("bybit", "BTC", AT, 0)


def test_an_inverse_perpetual_holds_usd():
    (quote,) = curve(on_inverse=[inverse()]).futures

    assert (quote.open_interest_coin, quote.open_interest_usd) == (2_000, 140_000_000)


def test_open_interest_of_both_sides_is_halved_and_marked():
    row = perpetual()
    del row["singleOpenInterest"]
    (quote,) = curve(row).futures

    assert (quote.open_interest_coin, quote.halved) == (2_000, True)


def test_open_interest_that_is_not_given_stays_empty():
    (quote,) = curve(perpetual(singleOpenInterest="", openInterest="")).futures

    assert (quote.open_interest_coin, quote.open_interest_usd) == (None, None)


def test_funding_has_the_interval_of_its_own_contract():
    (quote,) = curve(perpetual(fundingIntervalHour="4")).futures

    assert quote.funding.rate == -0.0000412
    assert quote.funding.interval == timedelta(hours=4)
    assert quote.funding.predicted


@pytest.mark.parametrize("missing", ["fundingRate", "fundingIntervalHour"])
def test_funding_without_its_interval_or_rate_is_none(missing):
    (quote,) = curve(perpetual(**{missing: ""})).futures

    assert quote.funding is None


def test_a_dated_contract_expires_at_its_delivery_time():
    (quote,) = curve(dated()).futures

    assert (quote.name, quote.expiry, quote.funding) == ("BTC-27MAR26", MARCH, None)


def test_a_perpetual_that_is_being_delisted_has_no_expiry():
    (quote,) = curve(perpetual(deliveryTime=millis(MARCH))).futures

    assert quote.expiry is None


def test_a_contract_that_has_settled_is_left_out():
    read = curve(perpetual(), dated("BTC-6FEB26", deliveryTime=millis(AT - timedelta(hours=1))))

    assert [quote.name for quote in read.futures] == ["BTCUSDT"]
    assert read.rejected == 0


OWN = ["BTCUSDT", "BTCPERP", "BTCUSD"]
OWN_DATED = ["BTCUSDT-27MAR26", "BTC-27MAR26", "BTCUSDH26", "BTC-6FEB27"]
NOT_OWN = ["ETHUSDT", "BTCDOMUSDT", "1000BTTUSDT", "BTCUSDTX", "BTCUSD26", "BTC-27MAR26-60000-C"]


@pytest.mark.parametrize("symbol", OWN + OWN_DATED)
def test_contracts_of_an_asset_are_known_by_their_names(symbol):
    row = perpetual(symbol) if symbol in OWN else dated(symbol)

    assert [quote.name for quote in curve(row).futures] == [symbol]
    assert [quote.expiry for quote in curve(row).futures] == [None if symbol in OWN else MARCH]


@pytest.mark.parametrize("symbol", NOT_OWN)
def test_contracts_of_other_assets_are_passed_over_however_broken(symbol):
    read = curve(perpetual(), perpetual(symbol, markPrice=["broken"]))

    assert [quote.name for quote in read.futures] == ["BTCUSDT"]
    assert read.rejected == 0


@pytest.mark.parametrize("value", UNREADABLE_NUMBERS)
@pytest.mark.parametrize("key", ["markPrice", "indexPrice"])
def test_a_row_with_an_unreadable_price_is_rejected(key, value):
    read = curve(perpetual(), perpetual("BTCPERP", **{key: value}))

    assert ([quote.name for quote in read.futures], read.rejected) == (["BTCUSDT"], 1)


@pytest.mark.parametrize("value", [one for one in UNREADABLE_NUMBERS if one not in ("", False)])
@pytest.mark.parametrize("key", ["singleOpenInterest", "fundingIntervalHour"])
def test_a_row_with_an_unreadable_amount_is_rejected(key, value):
    read = curve(perpetual(), perpetual("BTCPERP", **{key: value}))

    assert (len(read.futures), read.rejected) == (1, 1)


@pytest.mark.parametrize("value", ["0", "", None, "soon"])
def test_a_dated_contract_without_a_delivery_time_is_rejected(value):
    read = curve(perpetual(), dated(deliveryTime=value))

    assert (len(read.futures), read.rejected) == (1, 1)


def test_numbers_may_be_numbers():
    (quote,) = curve(perpetual(markPrice=70_000, singleOpenInterest=2_000.0)).futures

    assert quote.open_interest_usd == 140_000_000


def test_a_price_so_small_that_coins_overflow_rejects_the_row():
    read = curve(perpetual(), on_inverse=[inverse(markPrice="1e-300")])

    assert (len(read.futures), read.rejected) == (1, 1)


def test_more_than_half_of_rejected_rows_spoil_the_answer():
    bad = [perpetual(symbol, markPrice="x") for symbol in ("BTCPERP", "BTCUSDT-27MAR26")]
    with pytest.raises(FetchError, match="2 of 3 rows") as caught:
        curve(perpetual(), *bad)

    assert not caught.value.retry


def test_one_of_twelve_rejected_rows_is_told():
    rows = [dated(f"BTC-{day}MAR26") for day in range(10, 20)]
    read = curve(perpetual(), *rows, dated("BTC-27MAR26", markPrice=None))

    assert (len(read.futures), read.rejected) == (11, 1)


def test_an_asset_without_contracts_has_an_empty_curve():
    assert curve(perpetual(), asset=Asset("LTC")).futures == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_fetch_error_and_nothing_else(name):
    for bodies, parse in [
        ([body(BROKEN[name]), body(tickers())], parse_futures),
        ([body(tickers()), body(BROKEN[name])], parse_futures),
        ([body(BROKEN[name])], parse_index),
    ]:
        with pytest.raises(FetchError) as caught:
            parse(bodies, BTC)
        assert not caught.value.retry
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize("cut", [1, 40, 200, 500])
def test_a_truncated_answer_is_a_fetch_error(cut):
    with pytest.raises(FetchError):
        parse_index([body(json.dumps(tickers(inverse())).encode()[:-cut])], BTC)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    with pytest.raises(FetchError):
        parse_index([body(content)], BTC)
    with pytest.raises(FetchError):
        parse_futures([body(content), body(content)], BTC)


@given(st.sampled_from(sorted(perpetual())), VALUES)
def test_any_value_under_any_key_of_a_row_is_read_or_refused(key, value):
    try:
        read = curve(perpetual(), dated(**{key: value}), on_inverse=[inverse(**{key: value})])
    except FetchError:
        return

    assert len(read.futures) + read.rejected <= 3
    for quote in read.futures:
        assert 0 < quote.mark <= 1e9
        assert 0 < quote.index <= 1e9
        assert 0 <= (quote.open_interest_usd or 0) <= 1e15
        assert 0 <= (quote.open_interest_coin or 0) <= 1e15


@given(st.sampled_from(sorted(tickers())), VALUES)
def test_any_value_under_any_key_of_the_envelope_is_read_or_refused(key, value):
    try:
        read = parse_futures([body({**tickers(perpetual()), key: value}), body(tickers())], BTC)
    except FetchError:
        return

    assert len(read.futures) == 1


def test_the_index_is_the_inverse_contracts_where_there_is_one():
    read = parse_index([body(tickers(inverse(indexPrice="70501.5")), asked=timedelta(0))], BTC)

    assert (read.price, read.at, read.lag) == (70_501.5, AT, timedelta(0))


def test_the_index_of_another_coin_is_its_usdt_contracts():
    row = perpetual("DOGEUSDT", indexPrice="0.1021")

    assert parse_index([body(tickers(row))], Asset("DOGE")).price == 0.1021


@pytest.mark.parametrize("rows", [[], [inverse("ETHUSD")]])
def test_an_index_of_another_contract_is_refused(rows):
    with pytest.raises(FetchError, match="lists no BTCUSD"):
        parse_index([body(tickers(*rows))], BTC)


@pytest.mark.parametrize("value", [*UNREADABLE_NUMBERS, None, "0"])
def test_an_unreadable_index_is_an_error(value):
    with pytest.raises(FetchError):
        parse_index([body(tickers(inverse(indexPrice=value)))], BTC)


def test_an_answer_from_a_cache_shows_its_age():
    old = int((AT - timedelta(minutes=3)).timestamp() * 1000)
    linear, other = tickers(perpetual(), time=old), tickers(category="inverse")
    read = parse_futures([body(linear), body(other)], BTC)

    assert read.at == AT - timedelta(minutes=3)
    assert read.lag == timedelta(minutes=3, milliseconds=80)


def test_an_answer_far_ahead_of_our_clock_is_refused():
    with pytest.raises(FetchError, match="3600 s ahead of ours"):
        parse_index([body(tickers(inverse()), after=timedelta(hours=-1))], BTC)


def refusal(code, message):
    answer = {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": 1}
    return json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("code", "retry", "after"),
    [
        (10006, True, None),  # too many visits
        (10016, True, None),  # server error
        (10000, True, None),  # server timeout
        (10001, False, None),  # a parameter it does not know
        (10009, False, 600.0),  # this address is banned
        (10018, False, 600.0),  # this address asks too often
    ],
)
def test_errors_inside_a_success_are_known_by_their_code(code, retry, after):
    error = classify(200, refusal(code, "Too many visits!"))

    assert (error.retry, error.after_seconds) == (retry, after)
    assert f"{code} Too many visits!" in error.why


def test_a_parser_that_meets_an_error_raises_it():
    with pytest.raises(FetchError, match="10006") as caught:
        parse_index([body(refusal(10006, "Too many visits!"))], BTC)

    assert caught.value.retry


def test_a_403_that_says_too_frequent_is_a_ban_of_ten_minutes():
    error = classify(403, b"403, access too frequent. Please try again later")

    assert (error.retry, error.after_seconds) == (False, 600.0)
    assert "too frequent" in error.why


def test_a_403_without_a_word_is_tried_again_in_ten_minutes():
    assert classify(403, b"").after_seconds == 600.0


CLOUDFRONT = (
    b"<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>"
    b"<H1>403 ERROR</H1>The Amazon CloudFront distribution is configured to block access "
    b"from your country.</BODY></HTML>"
)


@pytest.mark.parametrize("content", [CLOUDFRONT, b"U.S. IP", refusal(10024, "compliance")])
def test_any_other_403_is_a_country_it_does_not_serve(content):
    error = classify(403, content)

    assert (error.retry, error.after_seconds) == (False, 21_600.0)
    assert "VENUES" in error.why


@pytest.mark.parametrize(
    ("status", "retry", "after"),
    [(404, False, None), (429, True, None), (451, False, 21_600.0), (503, True, None)],
)
@pytest.mark.parametrize("content", [b"", b"<html>", refusal(10001, "x"), b'{"retCode":"x"}'])
def test_other_statuses_speak_for_themselves(status, retry, after, content):
    error = classify(status, content)

    assert (error.retry, error.after_seconds) == (retry, after)


def test_a_usable_answer_is_no_error():
    assert classify(200, json.dumps(tickers(perpetual())).encode()) is None
    assert classify(200, b'{"time":1,"retCode":0}') is None


def test_requests_ask_once_for_all_assets():
    asked = {feed.poll: feed.requests for feed in EXCHANGE.feeds}

    assert asked["futures"](BTC) == asked["futures"](ETH)
    assert [one.params["category"] for one in asked["futures"](BTC)] == ["linear", "inverse"]
    assert [dict(one.params) for one in asked["price"](Asset("DOGE"))] == [
        {"category": "linear", "symbol": "DOGEUSDT"}
    ]


def test_covers():
    assert covers(BTC)
    assert covers(Asset("SOL"))
    assert not covers(Asset("GOLD"))
