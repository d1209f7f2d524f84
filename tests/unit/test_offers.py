"""What assets have, by what venues cover and publish."""

from dataclasses import replace

import pytest

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FuturesCurve, IndexPrice, LiquidationTotals, OptionChain
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Exchange, Feed, Stream
from alerts.metrics import BY_KEY, METRICS
from alerts.offers import Offers
from tests.unit.commands.room import Room

BTC, DOGE, GOLD = Asset("BTC"), Asset("DOGE"), Asset("GOLD")


def venue(title, *kinds, covers=(BTC,), streams=()):
    feeds = tuple(Feed(kind, "price", lambda _: (), lambda *_: None) for kind in kinds)
    return Exchange(
        Venue(title.lower()), title, "", feeds, lambda *_: None, set(covers).__contains__, streams
    )


OPTIONS = venue("Options", OptionChain, IndexPrice)
PERPETUALS = venue("Perps", FuturesCurve, IndexPrice, covers=(BTC, DOGE))


@pytest.fixture
def offers():
    return Offers([OPTIONS, PERPETUALS], METRICS)


def keys(metrics):
    return {str(metric.key) for metric in metrics}


def test_an_asset_has_what_a_venue_that_covers_it_publishes(offers):
    assert {"skew25_norm", "basis", "oi_coin"} <= keys(offers.of(BTC))
    assert "skew25_norm" not in keys(offers.of(DOGE))
    assert {"funding_annual", "oi_coin", "price", "rv", "drawdown"} <= keys(offers.of(DOGE))
    assert offers.of(Asset("NOPE")) == ()


def test_each_venue_is_asked_by_itself(offers):
    assert offers.venues_of(BY_KEY["skew25_norm"], BTC) == ("options",)
    assert offers.venues_of(BY_KEY["price"], BTC) == ("options", "perps")
    assert offers.venues_of(BY_KEY["price"], DOGE) == ("perps",)
    assert not offers.only("nowhere").has(BY_KEY["price"], BTC)


def test_what_is_made_of_several_series_needs_all_of_them(offers):
    assert not offers.has(BY_KEY["vs_gold"], BTC)
    assert offers.lacks(BY_KEY["vs_gold"], BTC) == "a price"
    with_gold = Offers([OPTIONS, PERPETUALS, venue("Metals", IndexPrice, covers=(GOLD,))], METRICS)
    assert with_gold.has(BY_KEY["vs_gold"], BTC)
    assert not offers.has(BY_KEY["vrp"], DOGE)


def test_a_premium_needs_no_volatility_index_where_there_are_options():
    """SOL has options and no DVOL, which only stands in for their volatility."""
    usual = Offers(EXCHANGES, METRICS)

    assert usual.has(BY_KEY["vrp"], Asset("SOL"))
    assert keys(METRICS) - keys(usual.of(Asset("SOL"))) == {"dvol"}
    assert usual.lacks(BY_KEY["dvol"], Asset("SOL")) == "a volatility index"
    assert usual.lacks(BY_KEY["skew25_norm"], DOGE) == "options"


def test_forced_closes_come_from_streams_or_from_sums():
    stream = Stream("/", lambda _: (), lambda *_: ())

    assert not Offers([OPTIONS], METRICS).has(BY_KEY["liq_long_usd"], BTC)
    for one in (venue("A", streams=(stream,)), venue("B", LiquidationTotals)):
        assert Offers([one], METRICS).has(BY_KEY["liq_long_usd"], BTC)


def test_the_venues_of_a_metric_are_named(offers):
    assert offers.venues(BY_KEY["atm_iv"], BTC) == ("Options",)
    assert offers.venues(BY_KEY["rv"], BTC) == ("Options", "Perps")


async def asked(offers, text):
    room = Room(offers=offers, assets=(BTC, DOGE))
    return await room.says(text)


@pytest.mark.parametrize("text", ["doge skew", "/now doge skew", "doge skew above 15"])
async def test_a_metric_that_an_asset_has_not_says_so_and_offers_what_it_has(offers, text):
    card = await asked(offers, text)
    said = " ".join([card.title, *card.lines])

    assert "No venue here has options for DOGE, so no skew" in said
    assert "I have skew for BTC" in said
    assert "DOGE has basis, funding" in said
    labels = [button.label for row in card.buttons for button in row]
    assert any("BTC skew" in label for label in labels)
    assert any("DOGE" in label for label in labels)


def test_a_venue_of_perpetuals_alone_has_no_basis():
    perpetuals = replace(PERPETUALS.feeds[0], dated=False)
    offers = Offers([replace(PERPETUALS, feeds=(perpetuals,))], METRICS)

    assert not offers.has(BY_KEY["basis"], BTC)
    assert offers.has(BY_KEY["funding_8h"], BTC)
    assert "Hyperliquid" not in Offers(EXCHANGES, METRICS).venues(BY_KEY["basis"], BTC)
