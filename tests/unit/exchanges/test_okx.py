import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Funding
from alerts.domain.reading import Reading
from alerts.exchanges.okx import EXCHANGE, parse_futures, parse_index
from alerts.metrics.measure import measure
from tests.unit.exchanges.okx_bodies import (
    AT,
    MARCH,
    answer,
    body,
    curve_bodies,
    funding,
    future,
    held,
    index,
    inverse,
    mark,
    millis,
    swap,
)

BTC, ETH = Asset("BTC"), Asset("ETH")
CURVE = next(feed for feed in EXCHANGE.feeds if feed.poll == "futures")


def curve(**lists):
    return parse_futures(curve_bodies(**lists), BTC)


def one(**lists):
    usual = {"swaps": [swap()], "marks": [mark()], "indices": [index()], "open_interest": [held()]}
    (read,) = curve(**usual | lists).futures
    return read


def names(found):
    return [read.name for read in found.futures]


def test_a_perpetual_has_its_own_index_and_what_is_published_of_open_interest():
    read = one(rates=[funding()])

    assert (read.name, read.expiry, read.halved) == ("BTC-USDT-SWAP", None, False)
    assert (read.mark, read.index) == (70_500.0, 70_302.95)
    assert (read.open_interest_coin, read.open_interest_usd) == (24_500.0, 1_727_250_000.5)
    assert read.funding == Funding(0.0000418, timedelta(hours=8))


def test_open_interest_follows_from_contracts_where_coin_and_usd_are_missing():
    bare = {"oiCcy": "", "oiUsd": ""}
    linear = one(open_interest=[held(**bare)])
    counted = one(
        swaps=[inverse()],
        marks=[mark("BTC-USD-SWAP")],
        indices=[index("BTC-USD")],
        open_interest=[held("BTC-USD-SWAP", **bare, oi="7050000")],
    )

    assert linear.open_interest_coin == 24_500  # 2,450,000 contracts of 0.01 BTC
    assert linear.open_interest_usd == 1_727_250_000  # x 70,500
    assert counted.open_interest_coin == 10_000  # 7,050,000 contracts of 100 USD / 70,500
    assert counted.open_interest_usd == 705_000_000


def test_a_future_expires_when_the_list_says():
    read = one(
        swaps=[],
        futures=[future()],
        marks=[mark("BTC-USD-260327", markPx="71000")],
        indices=[index("BTC-USD")],
        open_interest=[held("BTC-USD-260327")],
    )

    assert (read.name, read.expiry, read.funding) == ("BTC-USD-260327", MARCH, None)


ROWS = [
    swap(),
    swap("BTC-USDC-SWAP"),
    inverse(),
    swap("ETH-USDT-SWAP"),
    swap("BTC-USDT-220211", state="suspend"),
    swap("XAU-USDT-SWAP"),
    swap("BTC-USD_UM-SWAP"),
]
DATED = [
    future(),
    future("BTC-USD_UM-260327", ctType="linear"),
    future("BTC-USD_UM_XPERP-310404", ctType="linear"),
]


def test_twins_count_and_so_do_contracts_settled_in_usd_stablecoins():
    found = curve(
        swaps=ROWS,
        futures=DATED,
        marks=[mark(row["instId"]) for row in [*ROWS, *DATED]],
        indices=[index(f"BTC-{quote}") for quote in ("USDT", "USD", "USDC")],
        open_interest=[held(row["instId"]) for row in [*ROWS, *DATED]],
    )

    own = ["BTC-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD-SWAP", "BTC-USD_UM-SWAP", "BTC-USD-260327"]
    apart = ["BTC-USD_UM-260327", "BTC-USD_UM_XPERP-310404"]
    assert (names(found), found.rejected) == ([*own, *apart], 0)
    assert [one.name for one in found.futures if one.apart] == apart
    assert {one.index for one in found.futures if "_UM" in one.name} == {70_302.95}


def test_contracts_apart_count_in_open_interest_and_in_no_basis():
    june = millis(MARCH + timedelta(days=91))
    april = millis(MARCH + timedelta(days=14))  # nearer to 60 days than both
    apart = future("BTC-USD_UM-260410", ctType="linear", expTime=april)
    rows = [future(), future("BTC-USD-260626", expTime=june), apart, DATED[2]]
    dear = {"BTC-USD_UM-260410": "75000"}
    lists = {
        "futures": rows,
        "marks": [mark(one, markPx=dear.get(one, "71000")) for one in (r["instId"] for r in rows)],
        "indices": [index("BTC-USD")],
        "open_interest": [held(row["instId"]) for row in rows],
    }

    def values(**parts):
        return {
            (one.series.metric, one.series.window): one.value
            for one in measure(curve(**lists | parts))
            if isinstance(one, Reading)
        }

    without = values(futures=rows[:2])
    assert values()["basis", "60d"] == without["basis", "60d"]
    assert without["oi_coin", ""] == 49_000
    assert values()["oi_coin", ""] == 98_000


def test_each_twin_stands_beside_its_own_index():
    found = curve(
        swaps=[swap(), inverse()],
        marks=[mark(), mark("BTC-USD-SWAP")],
        indices=[index(), index("BTC-USD", idxPx="70280.5")],
    )

    assert [read.index for read in found.futures] == [70_302.95, 70_280.5]


@pytest.mark.parametrize("lost", ["marks", "indices"])
def test_a_contract_without_mark_or_index_is_rejected(lost):
    lists = {
        "swaps": [swap(), swap("BTC-USDC-SWAP")],
        "marks": [mark(), mark("BTC-USDC-SWAP")],
        "indices": [index(), index("BTC-USDC")],
        "open_interest": [held(), held("BTC-USDC-SWAP")],
    }
    found = curve(**lists | {lost: lists[lost][:1]})

    assert (names(found), found.rejected) == (["BTC-USDT-SWAP"], 1)


def test_a_mark_that_stands_still_is_rejected():
    frozen = mark("BTC-USDC-SWAP", ts=millis(AT - timedelta(seconds=90)))
    found = curve(
        swaps=[swap(), swap("BTC-USDC-SWAP")],
        marks=[mark(), frozen],
        indices=[index(), index("BTC-USDC")],
    )

    assert names(found) == ["BTC-USDT-SWAP"]


def test_a_snapshot_is_as_old_as_the_older_of_mark_and_index():
    late = index(ts=millis(AT - timedelta(seconds=20)))
    bodies = curve_bodies(swaps=[swap()], marks=[mark()], indices=[late])

    found = parse_futures(bodies, BTC)

    assert found.at == AT - timedelta(seconds=20)
    assert found.lag == timedelta(seconds=20, milliseconds=80)


@pytest.mark.parametrize(
    ("parts", "interval"),
    [
        ({}, timedelta(hours=8)),
        ({"nextFundingTime": millis(AT + timedelta(hours=3))}, timedelta(hours=1)),
    ],
)
def test_the_funding_interval_is_read(parts, interval):
    assert one(rates=[funding(**parts)]).funding.interval == interval


@pytest.mark.parametrize(
    "parts",
    [
        {"nextFundingTime": ""},
        {"nextFundingTime": millis(AT)},
        {"nextFundingTime": millis(AT + timedelta(days=9))},
        {"fundingRate": ""},
        {"fundingRate": "7"},
    ],
)
def test_funding_that_cannot_be_placed_is_left_out(parts):
    assert one(rates=[funding(**parts)]).funding is None


@pytest.mark.parametrize(
    "parts",
    [
        {"oiCcy": "-1"},
        {"oiCcy": True},
        {"oiUsd": "NaN"},
        {"oiCcy": "", "oi": None},
        {"ts": millis(AT - timedelta(minutes=6))},
    ],
)
def test_open_interest_that_cannot_be_read_is_unknown_and_told(parts):
    found = curve(
        swaps=[swap()],
        marks=[mark()],
        indices=[index()],
        open_interest=[held(**parts), held("A-B-C"), held("D-E-F")],
    )

    assert found.futures[0].open_interest_coin is None
    assert found.rejected == 1


UNREADABLE = [True, "", None, "x", "-1", "0", 0, 1e308, "1e308", "NaN", [1], {"value": 1}]


@pytest.mark.parametrize("value", UNREADABLE)
def test_a_contract_with_an_unreadable_mark_is_rejected(value):
    found = curve(
        swaps=[swap(), swap("BTC-USDC-SWAP")],
        marks=[mark(), mark("BTC-USDC-SWAP", markPx=value)],
        indices=[index(), index("BTC-USDC")],
        open_interest=[held(), held("BTC-USDC-SWAP")],
    )

    assert (names(found), found.rejected) == (["BTC-USDT-SWAP"], 1)


@pytest.mark.parametrize("parts", [{"ctVal": "0"}, {"ctType": "option"}, {"ctVal": None}])
def test_a_contract_without_kind_or_size_is_rejected(parts):
    found = curve(
        swaps=[swap(), swap("BTC-USDC-SWAP", **parts)],
        marks=[mark()],
        indices=[index()],
        open_interest=[held()],
    )

    assert (names(found), found.rejected) == (["BTC-USDT-SWAP"], 1)


def test_requests_are_the_same_for_every_asset_and_lists_are_kept():
    asked = CURVE.requests(BTC)

    assert asked == CURVE.requests(ETH)
    assert [bool(one.keep) for one in asked] == [True, True] + [False] * 8
    assert len({one.key for one in asked}) == 10


def test_the_index_in_usd():
    read = parse_index([body(answer([index("BTC-USD")]))], BTC)

    assert (read.venue, read.price, read.at) == ("okx", 70_302.95, AT)


@pytest.mark.parametrize(
    "said", [answer([]), answer([index()]), answer([index("BTC-USD", idxPx="")]), {}, [], b"", b"x"]
)
def test_an_answer_without_the_index_is_an_error(said):
    with pytest.raises(FetchError):
        parse_index([body(said)], BTC)


def test_an_error_in_place_of_rows_is_that_error():
    bodies = curve_bodies(swaps=[swap()], marks=[mark()], indices=[index()])
    bodies[4] = body({"data": [], "msg": "Systems are busy.", "code": "50013"})

    with pytest.raises(FetchError, match="50013") as caught:
        parse_futures(bodies, BTC)
    assert caught.value.retry


PARTS = {0: swap(), 1: future(), 2: mark(), 4: index(), 7: held(), 9: funding()}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.sampled_from([(part, key) for part, row in PARTS.items() for key in row]),
    JSON | st.sampled_from(["1e999", "-0", "9" * 400, "99999999999999"]),
)
def test_any_value_under_any_key_is_read_or_refused(place, value):
    part, key = place
    bodies = [body(answer([PARTS[number]] if number in PARTS else [])) for number in range(10)]
    bodies[part] = body(answer([PARTS[part], {**PARTS[part], key: value}]))
    try:
        found = parse_futures(bodies, BTC)
    except FetchError:
        return

    assert all(0 < read.mark < 1e9 for read in found.futures)


@given(st.integers(0, 9), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(part, content):
    bodies = curve_bodies(swaps=[swap()], marks=[mark()], indices=[index()])
    bodies[part] = body(content)
    with pytest.raises(FetchError):
        parse_futures(bodies, BTC)


ERRORS = [
    (200, "50011", True, None),
    (429, "50011", True, None),
    (429, "50013", True, None),
    (503, "50001", True, 30.0),
    (200, "50001", True, 30.0),
    (500, "50026", True, None),
    (400, "50004", True, None),
    (200, "50121", False, 21_600.0),
    (200, "50051", False, 21_600.0),
    (200, "51001", False, None),
    (400, "51000", False, None),
    (200, "51008_1000", False, None),
    (403, "50026", False, 600.0),
]


@pytest.mark.parametrize(("status", "code", "retry", "after"), ERRORS)
@pytest.mark.parametrize("late", [False, True])
def test_failures_are_told_apart_by_the_code_in_the_body(status, code, retry, after, late):
    said = {"code": code, "msg": "told", "data": []}
    said = dict(reversed(said.items())) if late else said
    error = EXCHANGE.classify(status, json.dumps(said).encode())

    assert (error.venue, error.retry, error.after_seconds) == ("okx", retry, after)


def test_a_firewalls_page_is_a_ban_and_a_geo_block_names_the_remedy():
    assert EXCHANGE.classify(403, b"<html>").after_seconds == 600
    assert "VENUES" in EXCHANGE.classify(451, b"").why


def test_a_usable_answer_is_no_error():
    for said in (answer([]), {"data": [], "code": "0"}, {"code": "0", "data": [{"code": "1"}]}):
        assert EXCHANGE.classify(200, json.dumps(said, separators=(",", ":")).encode()) is None
