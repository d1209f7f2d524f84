import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice
from alerts.exchanges.deribit_past import BACKFILLS, parse_hours, parse_vol_index
from alerts.exchanges.spec import Body

BTC = Asset("BTC")
AT = datetime(2026, 2, 5, tzinfo=UTC)
MILLIS = int(AT.timestamp() * 1000)
HOUR_ROW = {"timestamp": MILLIS, "index_price": 71_500.5, "interest_8h": -0.00012}


def body(result):
    content = result if isinstance(result, bytes) else json.dumps({"result": result}).encode()
    return [Body(content, AT)]


def test_a_candle_is_its_close_just_before_its_end():
    (found,) = parse_vol_index(body({"data": [[MILLIS, 42.9, 43.1, 40.2, 40.45]]}), BTC)

    assert (found.value, found.venue, found.asset) == (40.45, "deribit", "BTC")
    assert found.at == AT + timedelta(hours=1, milliseconds=-1)


def test_an_hour_is_the_index_and_the_funding_of_eight_hours():
    index, curve = parse_hours(body([HOUR_ROW]), BTC)

    assert isinstance(index, IndexPrice)
    assert isinstance(curve, FuturesCurve)
    assert index.price == 71_500.5
    assert index.at == curve.at == AT - timedelta(milliseconds=1)
    (perpetual,) = curve.futures
    assert (perpetual.name, perpetual.expiry) == ("BTC-PERPETUAL", None)
    assert (perpetual.funding.rate, perpetual.funding.interval) == (-0.00012, timedelta(hours=8))
    assert perpetual.open_interest_usd is None


def test_a_row_that_cannot_be_read_is_left_out():
    rows = [HOUR_ROW, {**HOUR_ROW, "index_price": None}, {**HOUR_ROW, "index_price": 70_000}]

    assert [one.price for one in parse_hours(body(rows), BTC)[::2]] == [71_500.5, 70_000]


def test_an_empty_past_is_no_error():
    assert parse_hours(body([]), BTC) == []
    assert parse_vol_index(body({"data": []}), BTC) == []


@pytest.mark.parametrize(
    "result",
    [
        b"<html>busy</html>",
        b"",
        b'{"result": [',
        b'{"error": {"code": 10028, "message": "too_many_requests"}}',
        b"{}",
        b"[" * 5000,
        [{**HOUR_ROW, "index_price": value} for value in (0, -1, 1e308, "NaN", True)],
        [{**HOUR_ROW, "timestamp": value} for value in (0, -5, 1e20, "soon", None)],
        {"data": "none"},
        {"data": [[MILLIS, 1, 2, 3]]},
        {"data": [[MILLIS, 1, 2, 3, -4]]},
        7,
    ],
)
@pytest.mark.parametrize("parse", [parse_hours, parse_vol_index])
def test_what_is_no_past_is_a_fetch_error(parse, result):
    with pytest.raises(FetchError):
        parse(body(result), BTC)


@pytest.mark.parametrize("backfill", BACKFILLS, ids=lambda one: one.name)
def test_a_request_names_its_span_and_fits_into_one_answer(backfill):
    end = AT + backfill.piece

    (request,) = backfill.requests(BTC, AT, end)

    assert request.params["start_timestamp"] == str(MILLIS)
    assert int(request.params["end_timestamp"]) - MILLIS == backfill.piece.total_seconds() * 1000
    assert "BTC" in "".join(request.params.values())
    assert backfill.piece <= timedelta(hours=744)
