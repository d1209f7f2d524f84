"""What buttons carry fits, signature and all, whatever the asset and the metric are called."""

import pytest

from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.metrics import METRICS
from bot.card import Button
from tests.unit.commands.room import Room, acts

LONG = Asset("1000000MOG")
"""As long as assets of the venues are called."""


@pytest.fixture
def room():
    room = Room(assets=(LONG, Asset("BTC")), max_rules=99)
    for metric in METRICS:
        for window in metric.windows or ("",):
            room.reads(Series(metric.key, LONG, window), -123456.789)
    return room


@pytest.mark.parametrize("key", [metric.key for metric in METRICS])
@pytest.mark.parametrize("say", ["now", "explain"])
async def test_every_button_about_a_metric_fits(room, say, key):
    card = await room.runs(say, f"{LONG} {key}")

    assert "broke" not in card.title
    for label in acts(card):
        room.card = card
        assert "broke" not in (await room.presses(label)).toast


@pytest.mark.parametrize("key", [metric.key for metric in METRICS])
async def test_every_step_of_the_wizard_fits(room, key):
    levels = (await room.taps(f"pick:{LONG}:{key}")).card

    assert levels is not None
    for label in acts(levels):
        room.card = levels
        room.clock.advance(minutes=1)
        assert "broke" not in (await room.presses(label)).toast


@pytest.mark.parametrize("act", ["", "x" * 49, "ü" * 25])
def test_an_act_that_would_not_fit_is_refused_where_it_is_made(act):
    with pytest.raises(ValueError, match="button data"):
        Button("Ok", act)
