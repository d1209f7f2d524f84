import json
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, LiquidationTotals
from alerts.exchanges.gate import (
    EXCHANGE,
    classify,
    covers,
    parse_futures,
    parse_index,
    parse_liquidations,
)
from alerts.exchanges.spec import Body
from tests.unit.exchanges.broken import BROKEN, UNREADABLE_NUMBERS, VALUES

BTC = Asset("BTC")
AT = datetime(2026, 2, 6, 21, 30, tzinfo=UTC)
MARCH = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def contract(name="BTC_USDT", **parts):
    return {
        "name": name,
        "type": "direct",
        "quanto_multiplier": "0.0001",
        "mark_price": "70000",
        "index_price": "70500.5",
        "last_price": "70001.2",
        "funding_rate": "-0.000033",
        "funding_rate_indicative": "-0.00003",
        "funding_interval": 28800,
        "funding_next_apply": 1770422400,
        "position_size": 20_000_000,
        "trade_size": 653635883599,
        "in_delisting": False,
        **parts,
    }


def dated(name="BTC_USDT_20260327", **parts):
    row = contract(name) | {"expire_time": int(MARCH.timestamp()), "cycle": "QUARTERLY"}
    del row["funding_rate"], row["funding_interval"]
    return row | parts


def hour(begin, **parts):
    return {
        "time": int(begin.timestamp()),
        "lsr_taker": 1.02,
        "lsr_account": 1.8,
        "long_liq_size": "200",
        "long_liq_amount": 0.02,
        "long_liq_usd": 1_399.0,
        "long_liq_usd_new": 1_400.5,
        "short_liq_size": 10,
        "short_liq_amount": 0.001,
        "short_liq_usd": 69.0,
        "short_liq_usd_new": 70.25,
        "open_interest": 640_000_000,
        "open_interest_usd": 4_480_000_000.0,
        "mark_price": 70_000,
        **parts,
    }


def body(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Body(content, AT)


def curve(row, *lists):
    return parse_futures([body(row), *map(body, lists)], BTC)


def totals(*rows):
    return parse_liquidations([body(list(rows))], BTC)


def test_open_interest_is_the_long_side_times_the_size_of_a_contract():
    read = curve(contract())
    (quote,) = read.futures

    assert (quote.name, quote.expiry, quote.mark, quote.index) == (
        "BTC_USDT",
        None,
        70_000,
        70_500.5,
    )
    assert (quote.open_interest_coin, quote.open_interest_usd) == (2_000, 140_000_000)
    assert not quote.halved
    assert (read.venue, read.asset, read.at, read.rejected) == ("gate", "BTC", AT, 0)


def test_numbers_may_be_texts_or_numbers():
    row = contract(
        mark_price=70_000,
        position_size="20000000",
        quanto_multiplier=0.0001,
        funding_interval="28800",
    )

    assert astuple(*curve(row).futures) == astuple(*curve(contract()).futures)


def test_funding_has_the_interval_of_its_own_contract():
    (quote,) = curve(contract(funding_interval=14_400)).futures

    assert (quote.funding.rate, quote.funding.interval) == (-0.000033, timedelta(hours=4))


@pytest.mark.parametrize("missing", ["funding_rate", "funding_interval"])
def test_funding_without_its_interval_or_rate_is_none(missing):
    row = contract()
    del row[missing]

    assert curve(row).futures[0].funding is None


def test_dated_contracts_come_from_their_own_list():
    read = curve(contract(), [dated(), dated("ETH_USDT_20260327")])
    _, future = read.futures

    assert (future.name, future.expiry, future.funding) == ("BTC_USDT_20260327", MARCH, None)
    assert (future.open_interest_coin, read.rejected) == (2_000, 0)


def test_a_contract_that_has_settled_is_left_out():
    gone = dated("BTC_USDT_20260206", expire_time=int((AT - HOUR).timestamp()))

    assert [one.name for one in curve(contract(), [gone, dated()]).futures] == [
        "BTC_USDT",
        "BTC_USDT_20260327",
    ]


@pytest.mark.parametrize("content", [b"", [], [dated("ETH_USDT_20260327")]])
def test_without_dated_contracts_the_perpetual_stays(content):
    read = curve(contract(), content)

    assert (len(read.futures), read.rejected) == (1, 0)


@pytest.mark.parametrize("content", [b"<html>", b"null", {"label": "X"}, [1, 2, 3]])
def test_a_list_that_is_none_costs_one_row(content):
    read = curve(contract(), content)

    assert (len(read.futures), read.rejected) == (1, 1)


@pytest.mark.parametrize("part", [{"mark_price": "x"}, {"expire_time": 0}, {"index_price": [1]}])
def test_an_unreadable_dated_contract_is_rejected(part):
    read = curve(
        contract(), [dated(), dated("BTC_USDT_20260626"), dated("BTC_USDT_20260925", **part)]
    )

    assert (len(read.futures), read.rejected) == (3, 1)


@pytest.mark.parametrize("value", [*UNREADABLE_NUMBERS, None, "0"])
@pytest.mark.parametrize("key", ["mark_price", "index_price", "quanto_multiplier"])
def test_an_unreadable_number_of_the_perpetual_is_an_error(key, value):
    with pytest.raises(FetchError):
        curve(contract(**{key: value}))


@pytest.mark.parametrize("value", [None, ""])
def test_open_interest_that_is_not_given_stays_empty(value):
    (quote,) = curve(contract(position_size=value)).futures

    assert (quote.open_interest_coin, quote.open_interest_usd) == (None, None)


def test_a_contract_that_was_not_asked_for_is_refused():
    with pytest.raises(FetchError, match="told of 'ETH_USDT'"):
        curve(contract("ETH_USDT"))


def test_the_index_is_the_contracts():
    read = parse_index([body(contract())], BTC)

    assert (read.price, read.at) == (70_500.5, AT)


@pytest.mark.parametrize("value", [*UNREADABLE_NUMBERS, None, 0])
def test_an_unreadable_index_is_an_error(value):
    with pytest.raises(FetchError):
        parse_index([body(contract(index_price=value))], BTC)


BEGIN = AT.replace(minute=0)


def test_liquidations_are_those_of_the_last_whole_hour():
    read = totals(
        hour(BEGIN - 2 * HOUR, long_liq_usd_new=9),
        hour(BEGIN - HOUR),
        hour(BEGIN, long_liq_usd_new=8),
    )

    assert (read.until, read.span) == (BEGIN, HOUR)
    assert (read.long_usd, read.short_usd) == (1_400.5, 70.25)
    assert (read.venue, read.asset, read.at) == ("gate", "BTC", AT)


def test_the_hours_before_are_told_too_oldest_first():
    read = totals(
        hour(BEGIN - HOUR),
        hour(BEGIN - 3 * HOUR, long_liq_usd_new=3),
        hour(BEGIN),
        hour(BEGIN - 2 * HOUR, long_liq_usd_new=2),
    )

    assert [(one.until, one.long_usd) for one in read.before] == [
        (BEGIN - 2 * HOUR, 3),
        (BEGIN - HOUR, 2),
    ]


def test_hours_may_come_in_any_order():
    assert totals(hour(BEGIN), hour(BEGIN - HOUR), hour(BEGIN - 3 * HOUR)).until == BEGIN


def test_an_hour_that_ends_this_very_moment_is_whole():
    row = hour(AT - HOUR)

    assert totals(row).until == AT


def test_older_answers_have_the_older_sums():
    row = hour(BEGIN - HOUR)
    del row["long_liq_usd_new"], row["short_liq_usd_new"]

    assert (totals(row).long_usd, totals(row).short_usd) == (1_399, 69)


def test_an_hour_without_forced_closes_is_zero_and_no_gap():
    row = hour(BEGIN - HOUR, long_liq_usd_new=0, short_liq_usd_new="0")

    assert (totals(row).long_usd, totals(row).short_usd) == (0, 0)


@pytest.mark.parametrize("rows", [[], [hour(BEGIN)], [hour(BEGIN + 5 * HOUR)]])
def test_without_a_whole_hour_there_is_nothing_to_tell(rows):
    with pytest.raises(FetchError, match="no whole hour of BTC"):
        totals(*rows)


def test_an_unreadable_hour_is_passed_over():
    read = totals(
        hour(BEGIN - 2 * HOUR), hour(BEGIN - 3 * HOUR), hour(BEGIN - HOUR, long_liq_usd_new="x")
    )

    assert read.until == BEGIN - HOUR


def test_mostly_unreadable_hours_are_refused():
    with pytest.raises(FetchError, match="2 of 3 rows"):
        totals(hour(BEGIN), hour(BEGIN, time="x"), hour(BEGIN, short_liq_usd_new=-1))


@pytest.mark.parametrize("parse", [parse_futures, parse_index, parse_liquidations])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_a_fetch_error_and_nothing_else(name, parse):
    with pytest.raises(FetchError) as caught:
        parse([body(BROKEN[name])], BTC)

    assert not caught.value.retry
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    for parse in (parse_futures, parse_index, parse_liquidations):
        with pytest.raises(FetchError):
            parse([body(content)], BTC)


@given(st.sampled_from(sorted(contract())), VALUES)
def test_any_value_under_any_key_of_a_contract_is_read_or_refused(key, value):
    try:
        read = curve(contract() | {key: value})
    except FetchError:
        return

    (quote,) = read.futures
    assert 0 < quote.mark <= 1e9
    assert 0 <= (quote.open_interest_usd or 0) <= 1e15


@given(st.sampled_from(sorted(dated())), VALUES)
def test_any_value_under_any_key_of_a_dated_contract_never_costs_the_perpetual(key, value):
    read = curve(contract(), [dated(), dated("BTC_USDT_20260626") | {key: value}])

    assert read.futures[0].name == "BTC_USDT"
    assert len(read.futures) + read.rejected <= 3


@given(st.sampled_from(sorted(hour(AT))), VALUES)
def test_any_value_under_any_key_of_an_hour_is_read_or_refused(key, value):
    try:
        read = totals(hour(BEGIN - 2 * HOUR), hour(BEGIN - HOUR) | {key: value})
    except FetchError:
        return

    assert read.long_usd >= 0
    assert read.short_usd >= 0


def refusal(label, message="said why"):
    return json.dumps({"label": label, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "content", "retry", "after"),
    [
        (400, refusal("CONTRACT_NOT_FOUND"), False, None),
        (400, refusal("INVALID_PARAM_VALUE"), False, None),
        (404, refusal("CONTRACT_NOT_FOUND"), False, None),
        (429, refusal("TOO_MANY_REQUESTS"), True, None),
        (429, b"", True, None),
        (503, refusal("MAINTENANCE"), True, 30.0),
        (500, refusal("INTERNAL"), True, None),
        (502, b"<html>", True, None),
        (403, refusal("FORBIDDEN"), False, 600.0),
        (451, b"", False, 21_600.0),
    ],
)
def test_errors_are_known_by_their_label_or_status(status, content, retry, after):
    error = classify(status, content)

    assert (error.retry, error.after_seconds) == (retry, after)


def test_an_error_is_told_in_the_venues_words():
    assert (
        "CONTRACT_NOT_FOUND no such" in classify(404, refusal("CONTRACT_NOT_FOUND", "no such")).why
    )


def test_an_error_inside_a_success_is_an_error():
    assert classify(200, refusal("TOO_MANY_REQUESTS")).retry


def test_a_usable_answer_is_no_error():
    assert classify(200, json.dumps(contract()).encode()) is None
    assert classify(200, b"[]") is None


def test_requests_name_the_one_contract():
    asked = {feed.kind: feed.requests(BTC) for feed in EXCHANGE.feeds}

    assert [(kind, one.path, dict(one.params)) for kind, (one,) in asked.items()] == [
        (IndexPrice, "/futures/usdt/contracts/BTC_USDT", {}),
        (FuturesCurve, "/futures/usdt/contracts/BTC_USDT", {}),
        (
            LiquidationTotals,
            "/futures/usdt/contract_stats",
            {"contract": "BTC_USDT", "interval": "1h", "limit": "122"},
        ),
    ]


def test_sums_of_an_hour_are_not_asked_for_at_every_poll():
    (request,) = EXCHANGE.feeds[2].requests(BTC)

    assert request.keep == timedelta(minutes=5)


def test_the_list_of_dated_contracts_can_be_spared():
    (curve_feed,) = (feed for feed in EXCHANGE.feeds if feed.kind is FuturesCurve)
    asked = curve_feed.follow([body(contract())], BTC)

    assert [(one.path, one.spare) for one in asked] == [
        ("/delivery/usdt/contracts", True),
        ("/futures/btc/contracts/BTC_USD", True),
    ]
    assert len(curve_feed.follow([body(contract())], Asset("ETH"))) == 1


def inverse(**parts):
    own = {"type": "inverse", "quanto_multiplier": "0", "position_size": 35_000_000}
    return contract("BTC_USD", **own | parts)


def test_an_inverse_contract_is_one_usd():
    perpetual, other = curve(contract(), [], inverse()).futures

    assert perpetual.name == "BTC_USDT"
    assert (other.name, other.expiry) == ("BTC_USD", None)
    assert (other.open_interest_usd, other.open_interest_coin) == (35_000_000, 500)
    assert other.funding.rate == -0.000033


@pytest.mark.parametrize(
    "broken", [b"<html>", inverse(mark_price="0"), inverse(position_size="-1"), [], None]
)
def test_an_inverse_contract_that_cannot_be_read_costs_only_itself(broken):
    read = curve(contract(), [], broken)

    assert ([one.name for one in read.futures], read.rejected) == (["BTC_USDT"], 1)


def test_without_the_inverse_contract_the_rest_stands():
    gone = Body(b"", AT, status=0)

    read = parse_futures([body(contract()), body([]), gone], BTC)

    assert ([one.name for one in read.futures], read.rejected) == (["BTC_USDT"], 0)


def test_covers():
    assert covers(BTC)
    assert not covers(Asset("GOLD"))
