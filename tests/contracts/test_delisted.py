"""Instruments that trade no more: wherever a venue still lists one, it counts for nothing.

And it costs no other one its reading.
"""

from datetime import timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges import binance_coinm, binance_usdm, deribit, gate, hyperliquid, okx
from tests.unit.exchanges import binance_bodies as binance
from tests.unit.exchanges import bodies as of_deribit
from tests.unit.exchanges import okx_bodies as of_okx
from tests.unit.exchanges import test_bybit as of_bybit
from tests.unit.exchanges import test_gate as of_gate
from tests.unit.exchanges import test_hyperliquid as of_hyperliquid

BTC, ETH, SOL = Asset("BTC"), Asset("ETH"), Asset("SOL")


def deribit_futures():
    """The one of this morning: it settled at 08:00, and the answer is of 21:30."""
    rows = [of_deribit.future("BTC-PERPETUAL"), of_deribit.future("BTC-6FEB26")]
    return deribit.parse_futures([of_deribit.body(of_deribit.answer(rows))], BTC).futures


def linear_futures():
    rows = [of_deribit.future(f"SOL_USDC-{term}") for term in ("PERPETUAL", "6FEB26")]
    return deribit.parse_futures([of_deribit.body(of_deribit.answer(rows))], SOL).futures


def deribit_options():
    rows = [of_deribit.option(f"BTC-{day}-60000-P") for day in ("27MAR26", "6FEB26")]
    return deribit.parse_options([of_deribit.body(of_deribit.answer(rows))], BTC).quotes


def usdm():
    names = ("BTCUSDT", "BTCUSDC")
    listed = [binance.listed(names[0]), binance.listed(names[1], status="SETTLING")]
    marks = map(binance.mark, names)
    return binance_usdm.MARKET.curve(binance.curve_bodies(listed, marks), BTC).futures


def coinm():
    names = ("BTCUSD_PERP", "BTCUSD_260206")
    listed = [binance.inverse(names[0]), binance.inverse(names[1], contractStatus="DELIVERING")]
    marks = map(binance.mark, names)
    return binance_coinm.MARKET.curve(binance.curve_bodies(listed, marks), BTC).futures


def okx_swaps():
    names = ("BTC-USDT-SWAP", "BTC-USDC-SWAP")
    bodies = of_okx.curve_bodies(
        swaps=[of_okx.swap(names[0]), of_okx.swap(names[1], state="suspend")],
        marks=map(of_okx.mark, names),
        indices=[of_okx.index("BTC-USDT"), of_okx.index("BTC-USDC")],
    )
    return okx.parse_futures(bodies, BTC).futures


def bybit():
    past = of_bybit.millis(of_bybit.AT - timedelta(hours=13))
    gone = of_bybit.dated("BTC-6FEB26", deliveryTime=past)
    return of_bybit.curve(of_bybit.perpetual(), gone).futures


def gate_futures():
    past = int((of_gate.AT - timedelta(hours=13)).timestamp())
    rows = [of_gate.contract(), [of_gate.dated("BTC_USDT_20260206", expire_time=past)]]
    return gate.parse_futures([of_gate.body(row) for row in rows], BTC).futures


def of_book(asset):
    listed = [(of_hyperliquid.coin("BTC"), of_hyperliquid.context())]
    listed.append((of_hyperliquid.coin("ETH", isDelisted=True), of_hyperliquid.context()))
    body = of_hyperliquid.body(of_hyperliquid.answer(*listed))
    return hyperliquid.parse_futures([body], asset).futures


def hyperliquid_coins():
    with pytest.raises(FetchError, match="has delisted ETH"):
        of_book(ETH)
    return of_book(BTC)


@pytest.mark.parametrize(
    "still_traded",
    [
        deribit_futures,
        linear_futures,
        deribit_options,
        usdm,
        coinm,
        okx_swaps,
        bybit,
        gate_futures,
        hyperliquid_coins,
    ],
)
def test_what_trades_no_more_is_left_out_and_the_rest_stands(still_traded):
    assert len(still_traded()) == 1
