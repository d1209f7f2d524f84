"""Contracts in USDC: one answer for all coins, prices in USDC of one coin, amounts in coin.

The rows are made by hand in the shape of the venue's; the names and units are those of
https://docs.deribit.com (naming; "for options and linear futures it is the underlying base
currency coin") and https://support.deribit.com/hc/en-us/articles/25944750999581.
"""

import json
from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from statistics import NormalDist

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Funding, OptionChain, OptionSide, PositionSide
from alerts.domain.reading import Gap, Quality, Reading
from alerts.exchanges.deribit import EXCHANGE, parse_futures, parse_index, parse_options
from alerts.exchanges.deribit_stream import hear
from alerts.exchanges.spec import Body
from alerts.metrics.measure import measure
from tests.unit.exchanges.bodies import AT, answer, body, future, millis, option

BTC, SOL, XRP = Asset("BTC"), Asset("SOL"), Asset("XRP")
YEAR = timedelta(days=365)
NEAR, FAR = (
    ("27MAR26", datetime(2026, 3, 27, 8, tzinfo=UTC)),
    (
        "24APR26",
        datetime(2026, 4, 24, 8, tzinfo=UTC),
    ),
)


def linear(name, **parts):
    known = {"base_currency": name.partition("_")[0], "quote_currency": "USDC"}
    return option(name, estimated_delivery_price=86.9, **known, **parts)


def options(*rows, asset=SOL):
    return parse_options([body(answer(list(rows)))], asset)


def futures(*rows, asset=SOL):
    return parse_futures([body(answer(list(rows)))], asset)


def test_one_answer_in_usdc_is_asked_for_by_every_coin_but_two():
    (feed,) = (feed for feed in EXCHANGE.feeds if feed.kind is OptionChain)
    asked = {asset: feed.requests(asset)[0].params["currency"] for asset in (BTC, SOL, XRP)}

    assert asked == {BTC: "BTC", SOL: "USDC", XRP: "USDC"}
    assert feed.requests(SOL)[0].key == feed.requests(XRP)[0].key


def test_a_linear_option_is_priced_in_usd_and_counted_in_coins():
    (quote,) = options(
        linear(
            "SOL_USDC-27MAR26-87d5-C",
            underlying_price=87.3,
            mark_price=6.42,
            mark_iv=88.5,
            open_interest=1_250.0,
            volume=40.0,
        )
    ).quotes

    assert (quote.expiry, quote.strike, quote.side) == (NEAR[1], 87.5, OptionSide.CALL)
    assert (quote.mark_iv, quote.forward) == (0.885, 87.3)
    assert (quote.mark_price, quote.mark_usd) == (None, 6.42)
    assert (quote.open_interest, quote.volume) == (1_250.0, 40.0)


def test_rows_of_other_coins_are_passed_over_and_their_faults_too():
    rows = [
        linear("SOL_USDC-27MAR26-90-C"),
        linear("XRP_USDC-27MAR26-1d5-P"),
        linear("XRP_USDC-27MAR26-1d6-P", mark_iv="x"),
        linear("BTC_USDC-27MAR26-60000-P"),
    ]

    assert (len(options(*rows).quotes), options(*rows).rejected) == (1, 0)
    assert (len(options(*rows, asset=XRP).quotes), options(*rows, asset=XRP).rejected) == (1, 1)
    assert options(*rows, asset=BTC).quotes == ()


def strike(forward, vol, left, delta):
    """The strike whose call has this forward delta: K = F exp(vol^2 T / 2 - d1 vol sqrt(T))."""
    years = left / YEAR
    d1 = NormalDist().inv_cdf(delta)
    return forward * exp(vol * vol * years / 2 - d1 * vol * sqrt(years))


def written(number):
    return f"{number:.8f}".replace(".", "d")


SMILE = {
    0.95: 1.00, 0.90: 0.97, 0.85: 0.94, 0.75: 0.90, 0.65: 0.86, 0.60: 0.84, 0.50: 0.80,
    0.40: 0.78, 0.32: 0.765, 0.25: 0.75, 0.15: 0.74, 0.10: 0.735, 0.05: 0.73,
}  # fmt: skip


def smile(forward=100.0, **parts):
    """Two expiries around 60 days, with 90 vols at the put, 80 at the money, 75 at the call."""
    return [
        linear(
            f"SOL_USDC-{date}-{written(strike(forward, vol, when - AT, delta))}-C",
            mark_iv=vol * 100,
            **{"underlying_price": forward, **parts},
        )
        for date, when in (NEAR, FAR)
        for delta, vol in SMILE.items()
    ]


def test_skew_of_a_linear_chain_is_the_same_formula_on_its_forward():
    found = {str(one.series): one for one in measure(options(*smile()))}

    read = {name: found[f"{name}.60d:SOL@deribit"].value for name in ("skew25_norm", "skew25_raw")}
    assert read["skew25_norm"] == pytest.approx((90 - 75) / 80 * 100, abs=1e-4)
    assert read["skew25_raw"] == pytest.approx(15, abs=1e-4)
    assert found["atm_iv.60d:SOL@deribit"].value == pytest.approx(80, abs=1e-4)
    assert found["butterfly25.60d:SOL@deribit"].value == pytest.approx(2.5, abs=1e-4)


def test_without_a_forward_the_prices_in_usd_imply_it():
    """C - P = F - K in USD: at 95 a call costs 5 more than the put, so the forward is 100."""
    pairs = [
        linear(f"SOL_USDC-{date}-95-{side}", mark_iv=82, mark_price=price, underlying_price=None)
        for date, _ in (NEAR, FAR)
        for side, price in (("C", 14.2), ("P", 9.2))
    ]
    found = {
        str(one.series): one for one in measure(options(*smile(underlying_price=None), *pairs))
    }

    skew = found["skew25_norm.60d:SOL@deribit"]
    assert isinstance(skew, Reading)
    assert skew.value == pytest.approx(18.75, abs=0.05)  # one strike more, a little off the line
    assert skew.quality is Quality.DEGRADED


def test_puts_over_calls_are_coins_whatever_a_contract_holds():
    rows = [
        linear("SOL_USDC-27MAR26-80-P", open_interest=500.0, volume=30.0),
        linear("SOL_USDC-27MAR26-80-C", open_interest=900.0, volume=10.0),
        linear("SOL_USDC-27MAR26-90-C", open_interest=100.0, volume=5.0),
    ]
    found = {
        str(one.series): one.value for one in measure(options(*rows)) if not isinstance(one, Gap)
    }

    assert found["pcr_oi:SOL@deribit"] == 0.5
    assert found["pcr_volume:SOL@deribit"] == 2.0


def test_open_interest_of_a_linear_future_is_in_coin():
    row = {"estimated_delivery_price": 73.96, "quote_currency": "USDC"}
    curve = futures(
        future(
            "SOL_USDC-PERPETUAL", mark_price=74.0, open_interest=200_000, funding_8h=-4e-5, **row
        ),
        future("SOL_USDC-27MAR26", mark_price=75.0, open_interest=1_000, **row),
        future("XRP_USDC-PERPETUAL", mark_price=1.4, open_interest=9e6, **row),
    )
    perpetual, dated = curve.futures

    assert (perpetual.open_interest_coin, perpetual.open_interest_usd) == (200_000, 14_800_000)
    assert (perpetual.expiry, perpetual.index) == (None, 73.96)
    assert perpetual.funding == Funding(-4e-5, timedelta(hours=8))
    assert (dated.expiry, dated.open_interest_usd) == (NEAR[1], 75_000)


def test_the_index_of_a_linear_coin_is_that_in_usdc():
    (feed,) = (feed for feed in EXCHANGE.feeds if feed.poll == "price")
    read = parse_index([body(answer({"index_price": 1.3987}))], XRP)

    assert dict(feed.requests(XRP)[0].params) == {"index_name": "xrp_usdc"}
    assert read.price == 1.3987


def trade(name, **parts):
    known = {"direction": "sell", "liquidation": "T", "price": 80.0, "timestamp": millis(AT)}
    return {"trade_id": "SOL_USDC-1", "instrument_name": name, "amount": 25.0, **known, **parts}


def test_a_linear_contracts_forced_close_is_told_in_coin():
    data = [trade("SOL_USDC-PERPETUAL"), trade("XRP_USDC-PERPETUAL", trade_id="XRP_USDC-1")]
    said = {
        "jsonrpc": "2.0",
        "method": "subscription",
        "params": {"channel": "trades.future.USDC.100ms", "data": data},
    }

    (heard,) = hear(Body(json.dumps(said).encode(), AT), (), (SOL, BTC))

    (event,) = heard.events
    assert (heard.asset, event.side, event.coin, event.price) == (SOL, PositionSide.LONG, 25, 80)


def test_each_book_is_listened_to_once():
    (text,) = EXCHANGE.streams[0].subscriptions((BTC, SOL, XRP))

    assert json.loads(text)["params"]["channels"] == [
        "trades.future.BTC.100ms",
        "trades.future.USDC.100ms",
    ]


def listed(*names, **parts):
    rows = [{"instrument_name": name, "is_active": True, **parts} for name in names]
    return EXCHANGE.listing.parse([body(answer(rows))])


def test_what_has_a_linear_perpetual_is_listed():
    assert listed("TRX_USDC-PERPETUAL", "SOL_USDC-27MAR26", "BTC-PERPETUAL") == {"TRX"}
    assert listed("TRX_USDC-PERPETUAL", is_active=False) == frozenset()


def test_most_rows_unreadable_is_an_error_and_a_coin_without_rows_is_an_empty_chain():
    with pytest.raises(FetchError, match="2 of 3 rows"):
        options(linear("SOL_USDC-27MAR26-80-P"), linear("SOL_USDC-x"), linear("SOL_USDC-y"))
    assert options(linear("XRP_USDC-27MAR26-1d5-P")).quotes == ()
