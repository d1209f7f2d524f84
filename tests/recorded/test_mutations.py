"""Recorded bodies, broken key by key: parsers mark or refuse them, and raise nothing else.

Those of Bybit, Gate and Hyperliquid stand beside their other recorded bodies.
"""

import contextlib
import json
import math
from datetime import datetime

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, OptionChain
from alerts.domain.reading import Reading
from alerts.exchanges import binance_coinm, binance_usdm
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.okx_listing import listed
from alerts.exchanges.spec import Body
from alerts.metrics.measure import measure
from tests.recorded import chains
from tests.recorded.mutation import mutations
from tests.recorded.shared_data import skip
from tests.recorded.test_binance_answers import NOW, answers, full_listing
from tests.recorded.test_okx_answers import instruments

BTC = Asset("BTC")
ROWS = 3


def shortened(value):
    """The rows of bitcoin alone, and few of them."""
    if isinstance(value, list):
        own = [one for one in value if not isinstance(one, dict) or "BTC" in json.dumps(one)]
        return [shortened(one) for one in own[:ROWS]]
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    return value


@skip(chains.FOLDER)
@pytest.mark.parametrize("kind", [IndexPrice, OptionChain, FuturesCurve])
def test_deribits_bodies(kind):
    parse = next(feed.parse for feed in DERIBIT.feeds if feed.kind is kind)
    part = {IndexPrice: "index_price", OptionChain: "kind=option", FuturesCurve: "kind=future"}
    lines = chains.lines("20260206T2130", "20260206T2131", ["BTC"])
    line = next(line for line in lines if part[kind] in line["url"])
    at = datetime.fromisoformat(line["at"])

    for _, content in mutations(shortened(line["body"])):
        with contextlib.suppress(FetchError):
            samples = measure(parse([Body(content, at)], BTC))
            assert all(math.isfinite(one.value) for one in samples if isinstance(one, Reading))


@skip("exchange-responses")
@pytest.mark.parametrize(
    ("market", "name"), [(binance_usdm.MARKET, "fapi"), (binance_coinm.MARKET, "dapi")]
)
def test_binances_bodies(market, name):
    listing = shortened(json.loads(full_listing(name).content))
    marks = shortened(next(iter(answers(f"/{name}/v1/premiumIndex").values())))
    bodies = [marks if isinstance(marks, list) else [marks], listing, []]

    for place, value in enumerate(bodies):
        for _, content in mutations(value):
            broken = [Body(json.dumps(one).encode(), NOW) for one in bodies]
            broken[place] = Body(content, NOW)
            with contextlib.suppress(FetchError):
                market.follow(broken, BTC)
                measure(market.curve(broken, BTC))


@skip("exchange-responses")
@pytest.mark.parametrize("kind", ["SWAP", "FUTURES"])
def test_okxs_bodies(kind):
    body = instruments(kind)
    whole = shortened(json.loads(body.content))

    assert listed([Body(json.dumps(whole).encode(), body.at)], BTC)[0]
    for _, content in mutations(whole):
        with contextlib.suppress(FetchError):
            contracts, _ = listed([Body(content, body.at)], BTC)
            assert all(one.size > 0 for one in contracts)
