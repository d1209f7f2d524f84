"""How many of an asset's rows may be unreadable: a tenth without a doubt, and half at all.

A hundred contracts (or options) of one asset at every venue, of which so many are broken.
"""

from datetime import date, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.reading import Quality
from alerts.exchanges import binance_coinm, binance_usdm, deribit, gate, hyperliquid, okx
from alerts.metrics.measure import measure
from tests.unit.exchanges import binance_bodies as binance
from tests.unit.exchanges import bodies as of_deribit
from tests.unit.exchanges import okx_bodies as of_okx
from tests.unit.exchanges import test_bybit as of_bybit
from tests.unit.exchanges import test_gate as of_gate
from tests.unit.exchanges import test_hyperliquid as of_hyperliquid

BTC, SOL = Asset("BTC"), Asset("SOL")
DAYS = [date(2026, 4, 1) + timedelta(days=number) for number in range(100)]


def spoiled(rows, bad, field):
    """The rows, of which the first `bad` hold under a field what nobody can read."""
    return [row | {field: "x"} if number < bad else row for number, row in enumerate(rows)]


def written(day):
    return f"{day.day}{day:%b%y}".upper()


def options(bad, asset=BTC, prefix="BTC-"):
    rows = [of_deribit.option(f"{prefix}25JUN27-{100 + number}-C") for number in range(50)]
    rows += [of_deribit.option(f"{prefix}25JUN27-{100 + number}-P") for number in range(50)]
    mixed = [row for pair in zip(rows[:50], rows[50:], strict=True) for row in pair]
    body = of_deribit.body(of_deribit.answer(spoiled(mixed, bad, "mark_iv")))
    return deribit.parse_options([body], asset)


def linear_options(bad):
    return options(bad, SOL, "SOL_USDC-")


def deribit_futures(bad):
    rows = [of_deribit.future(f"BTC-{written(day)}") for day in DAYS]
    body = of_deribit.body(of_deribit.answer(spoiled(rows, bad, "mark_price")))
    return deribit.parse_futures([body], BTC)


def usdm(bad):
    names = [f"BTCUSDT_{day:%y%m%d}" for day in DAYS]
    marks = spoiled([binance.dated_mark(name) for name in names], bad, "markPrice")
    held = [binance.held(name) for name in names]
    bodies = binance.curve_bodies(map(binance.dated, names), marks, (), *held)
    return binance_usdm.MARKET.curve(bodies, BTC)


def coinm(bad):
    names = [f"BTCUSD_{day:%y%m%d}" for day in DAYS]
    kind = {"contractType": "CURRENT_QUARTER", "deliveryDate": binance.millis(binance.MARCH)}
    marks = spoiled([binance.dated_mark(name) for name in names], bad, "markPrice")
    held = [binance.held(name) for name in names]
    listed = [binance.inverse(name, **kind) for name in names]
    return binance_coinm.MARKET.curve(binance.curve_bodies(listed, marks, (), *held), BTC)


def okx_futures(bad):
    names = [f"BTC-USD-{day:%y%m%d}" for day in DAYS]
    return okx.parse_futures(
        of_okx.curve_bodies(
            futures=map(of_okx.future, names),
            marks=spoiled([of_okx.mark(name) for name in names], bad, "markPx"),
            indices=[of_okx.index("BTC-USD")],
            open_interest=map(of_okx.held, names),
        ),
        BTC,
    )


def bybit_futures(bad):
    rows = [of_bybit.dated(f"BTC-{written(day)}") for day in DAYS]
    return of_bybit.curve(*spoiled(rows, bad, "markPrice"))


def gate_futures(bad):
    """The perpetual comes by itself, the others in a list."""
    rows = [of_gate.dated(f"BTC_USDT_{day:%Y%m%d}") for day in DAYS[1:]]
    bodies = [of_gate.contract(), spoiled(rows, bad, "mark_price")]
    return gate.parse_futures([of_gate.body(one) for one in bodies], BTC)


def hyperliquid_perpetual(bad):
    """A row tells of one coin: those whose name is lost may be anyone's."""
    coins = [of_hyperliquid.coin(f"COIN{number}") for number in range(99)]
    coins = [coin | {"name": 7} if number < bad else coin for number, coin in enumerate(coins)]
    book = [(coin, of_hyperliquid.context()) for coin in (*coins, of_hyperliquid.coin("BTC"))]
    body = of_hyperliquid.body(of_hyperliquid.answer(*book))
    return hyperliquid.parse_futures([body], BTC)


SNAPSHOTS = [
    options,
    linear_options,
    deribit_futures,
    usdm,
    coinm,
    okx_futures,
    bybit_futures,
    gate_futures,
    hyperliquid_perpetual,
]


def read(snapshot):
    wanted = {"pcr_oi", "oi_coin"}
    (found,) = (one for one in measure(snapshot) if one.series.metric in wanted)
    return found


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
@pytest.mark.parametrize(
    ("bad", "quality"),
    [(0, Quality.OK), (9, Quality.OK), (11, Quality.DEGRADED), (49, Quality.DEGRADED)],
)
def test_more_than_a_tenth_unreadable_is_a_doubt(snapshot, bad, quality):
    found = read(snapshot(bad))

    assert found.quality is quality
    assert found.coverage == pytest.approx(1 - bad / 100)


@pytest.mark.parametrize("snapshot", SNAPSHOTS)
def test_more_than_half_unreadable_is_no_snapshot(snapshot):
    with pytest.raises(FetchError, match="51 of 100 rows cannot be read") as caught:
        snapshot(51)

    assert not caught.value.retry
