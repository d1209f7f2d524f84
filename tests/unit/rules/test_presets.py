"""Watch sets as data."""

import pytest

from alerts.domain.ids import Asset
from alerts.metrics import METRICS
from alerts.rules.presets import BY_KEY, PRESETS, offer
from alerts.rules.vocabulary import Vocabulary
from tests.builders import a_vocabulary

ASSETS = (Asset("BTC"), Asset("ETH"))
REAL = Vocabulary(METRICS, ASSETS)


@pytest.mark.parametrize("asset", ASSETS)
@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_line_of_every_preset_can_be_watched(preset, shares, asset):
    found = offer(preset, asset, REAL, shares=shares)

    assert found.missing == ()
    assert {leg.series.asset for draft in found.drafts for leg in draft.legs} == {asset}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_preset_has_its_percentile_twin(preset):
    drafts = offer(preset, Asset("BTC"), REAL, shares=True).drafts

    assert any(leg.series.derived.startswith("pctl") for draft in drafts for leg in draft.legs)


def test_a_line_whose_metric_is_missing_is_left_out_and_told():
    found = offer(BY_KEY["stress"], Asset("BTC"), a_vocabulary())

    assert [draft.legs[0].series.metric for draft in found.drafts] == [
        "skew25_norm",
        "basis",
        "price",
    ]
    assert found.missing == ("BTC liq_long_usd above 1b in 24h",)


def test_an_unconfirmed_bounce_needs_all_three():
    [draft] = offer(BY_KEY["bounce"], Asset("BTC"), REAL).drafts

    assert [str(leg.series) for leg in draft.legs] == [
        "rebound.7d:BTC",
        "skew25_norm.60d:BTC",
        "basis.60d:BTC",
    ]
    assert draft.join == "and"


def test_the_note_has_its_seven_levels():
    drafts = offer(BY_KEY["note"], Asset("BTC"), REAL).drafts

    assert [(str(one.legs[0].series), one.legs[0].level) for one in drafts] == [
        ("skew25_norm.60d:BTC", 15),
        ("basis.60d:BTC", 3),
        ("oi_coin:BTC|chg.7d", -10),
        ("liq_long_usd.5d:BTC", 1e9),
        ("price:BTC|chg.7d", -20),
        ("vs_gold.30d:BTC", -10),
        ("vs_tech.30d:BTC", -10),
    ]
