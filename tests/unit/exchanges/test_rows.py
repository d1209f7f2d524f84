import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue
from alerts.exchanges.numbers import Numeric, price
from alerts.exchanges.rows import Rows, Table, check_share, observed, sifted
from alerts.exchanges.spec import Body

VENUE = Venue("nowhere")
AT = datetime(2026, 2, 6, 21, 30, tzinfo=UTC)


class Quote(msgspec.Struct):
    symbol: str
    mark: Numeric


TABLE = Table(VENUE, Quote, name="symbol")


def read(*rows):
    return TABLE.rows(json.dumps(rows).encode())


def quote(symbol="BTCUSDT", mark="60150"):
    return {"symbol": symbol, "mark": mark, "unknown": {"deep": []}}


def test_well_rows_are_read_at_once():
    assert read(quote(), quote("ETHUSDT", 1790.5)) == Rows(
        [Quote("BTCUSDT", "60150"), Quote("ETHUSDT", 1790.5)]
    )


def test_a_row_that_cannot_be_read_is_named():
    rows = read(quote(), quote(), quote("ETHUSDT", mark=True), {"mark": 1})

    assert len(rows.rows) == 2
    assert rows.rejected == ("ETHUSDT", "")


def test_an_asset_loses_its_own_rows_and_its_share_of_the_nameless():
    rows = Rows([quote()] * 10, ("ETHUSDT", "", "", "", ""))

    assert rows.lost(lambda name: name.startswith("BTC"), own=5) == 2
    assert rows.lost(lambda name: name.startswith("ETH"), own=0) == 1
    assert Rows([], ("",)).lost(lambda _: True, own=0) == 0


def test_more_than_half_of_rejected_rows_spoil_the_answer():
    assert len(read(quote(), {}).rows) == 1
    with pytest.raises(FetchError, match="2 of 3 rows"):
        read(quote(), {}, {})


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"null", b"<html>", b"[" * 100_000, b"[1,2]", b"\xff", b'[{"symbol":']
)
def test_what_is_no_list_of_rows_is_a_fetch_error(content):
    with pytest.raises(FetchError) as caught:
        TABLE.rows(content)

    assert len(caught.value.why) <= 200


def test_the_list_may_lie_within_an_answer():
    table = Table(VENUE, Quote, name="symbol", within="data")

    assert table.rows(json.dumps({"code": "0", "data": [quote()]}).encode()).rows[0].mark == "60150"
    for broken in (b"[]", b"{}", b'{"data":null}', b'{"data":{}}'):
        with pytest.raises(FetchError):
            table.rows(broken)


def test_the_same_body_is_read_once():
    content = json.dumps([quote()]).encode()

    assert TABLE.rows(content) is TABLE.rows(content)


def test_what_a_reader_refuses_is_counted():
    assert sifted(["1", "x", "2"], price) == ([1.0, 2.0], 1)


def test_half_may_be_lost_and_no_more():
    check_share(VENUE, 1, 1)
    with pytest.raises(FetchError, match="2 of 3"):
        check_share(VENUE, 1, 2)


def body(asked=None):
    return Body(b"", AT, asked_at=asked)


def test_the_newest_stamp_dates_an_answer():
    stamps = [AT - timedelta(seconds=90), None, AT - timedelta(seconds=2)]

    assert observed(VENUE, body(), stamps) == (AT - timedelta(seconds=2), timedelta(seconds=2))
    assert observed(VENUE, body(AT - timedelta(seconds=3)), stamps)[1] == timedelta(0)


def test_without_a_stamp_the_receipt_dates_it():
    assert observed(VENUE, body(), [None]) == (AT, timedelta(0))


def test_a_stamp_slightly_ahead_is_ours_and_one_far_ahead_is_refused():
    assert observed(VENUE, body(), [AT + timedelta(seconds=4)]) == (AT, timedelta(0))
    with pytest.raises(FetchError, match="60 s ahead"):
        observed(VENUE, body(), [AT + timedelta(seconds=60)])
