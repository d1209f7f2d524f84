"""Hyperliquid's parsers over the true contexts of nine books, spring 2026.

The contexts were pushed without their names, so made-up names stand before the true contexts; only
of the first two of the main book is it known that they are BTC and ETH.
"""

import gzip
import json
from datetime import UTC, datetime

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.hyperliquid import TECH, parse_futures, parse_index
from alerts.exchanges.spec import Body
from tests.recorded.mutation import mutations
from tests.recorded.shared_data import ROOT, skip

pytestmark = skip("exchange-responses")

FOLDER = ROOT / "exchange-responses" / "nautilus"
AT = datetime(2026, 5, 1, tzinfo=UTC)


def books():
    path = FOLDER / "hyperliquid__ws_all_dexs_asset_ctxs.json.gz"
    return dict(json.loads(gzip.decompress(path.read_bytes()))["data"]["ctxs"])


def answer(contexts, first=()):
    names = [*first, *(f"C{place}" for place in range(len(first), len(contexts)))]
    return [{"universe": [{"name": name} for name in names]}, contexts]


def curve(value, asset):
    return parse_futures([Body(json.dumps(value).encode(), AT)], Asset(asset))


def test_bitcoin_and_ether_of_the_main_book():
    main = answer(books()[""], ["BTC", "ETH"])
    (btc,), (eth,) = curve(main, "BTC").futures, curve(main, "ETH").futures

    assert (btc.mark, btc.index, btc.open_interest_coin) == (77_562, 77_605, 27_353.17682)
    assert btc.funding.rate == -0.0000015186
    assert (eth.mark, eth.index) == (2_123.7, 2_124.6)


@pytest.mark.parametrize("book", ["", "abcd", "cash", "flx", "hyna", "km", "para", "vntl", "xyz"])
def test_every_context_of_every_book_is_read(book):
    contexts = books()[book]
    whole = answer(contexts)
    for place, context in enumerate(contexts):
        (quote,) = curve(whole, f"C{place}").futures

        assert quote.mark == float(context["markPx"])
        assert quote.open_interest_coin == float(context["openInterest"])


def test_the_first_contract_of_the_builders_book_reads_as_its_index():
    body = Body(json.dumps(answer(books()["xyz"], ["xyz:XYZ100"])).encode(), AT)

    assert parse_index([body], TECH).price == 29_858


def test_the_coins_of_a_true_meta_are_found():
    meta = json.loads((FOLDER / "hyperliquid__http_meta_perp_sample.json").read_bytes())
    whole = [meta, books()[""][: len(meta["universe"])]]

    assert [curve(whole, name).futures[0].index for name in ("BTC", "ETH")] == [77_605, 2_124.6]


def test_whatever_key_is_broken_the_answer_is_read_or_refused():
    whole = answer(books()[""][:3], ["BTC", "ETH"])
    read = refused = 0
    for place, mutant in mutations(whole):
        try:
            (quote,) = parse_futures([Body(mutant, AT)], Asset("BTC")).futures
        except FetchError:
            refused += 1
            continue
        read += 1
        assert 0 < quote.mark <= 1e9
        assert place[:2] == (1, 0) or quote.mark == 77_562

    assert read > 300
    assert refused > 30
