"""What every kind of past keeps to."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges import EXCHANGES
from alerts.exchanges.backfills import BACKFILLS
from alerts.exchanges.spec import Body
from alerts.metrics import BY_KEY
from alerts.simulator import SCENARIOS
from alerts.simulator.wires import WIRES
from tests.recorded.mutation import mutations
from tests.unit.exchanges.broken import BROKEN

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
START = NOW - timedelta(hours=3)
FEB = SCENARIOS["feb-2026"]


@pytest.fixture(params=BACKFILLS, ids=lambda one: one.name)
def backfill(request):
    return request.param


def asset_of(backfill):
    return next(one for one in map(Asset, ("BTC", "GOLD", "SOL")) if backfill.covers(one))


def answers(backfill, asset):
    """A whole, true piece of three hours."""
    wire = WIRES[backfill.venue]

    def answer(request):
        return Body(wire.answer(FEB, NOW, request).content, NOW)

    bodies = [answer(one) for one in backfill.requests(asset, START, NOW)]
    if backfill.follow is not None:
        bodies += [answer(one) for one in backfill.follow(bodies, asset, START, NOW)]
    return bodies


def read(backfill, bodies, asset):
    """What is read, or the error a parser may raise; any other one fails the test."""
    try:
        if backfill.follow is not None:
            backfill.follow(bodies[:1], asset, START, NOW)
        return backfill.parse(bodies, asset)
    except FetchError as error:
        return error


def test_it_is_declared_with_what_is_needed(backfill):
    assert backfill.venue in {exchange.venue for exchange in EXCHANGES}
    assert set(backfill.metrics) <= set(BY_KEY)
    assert timedelta(0) < backfill.piece <= backfill.reach <= timedelta(days=730)
    assert not backfill.covers(Asset("NONSENSE"))


def test_a_true_piece_is_read(backfill):
    asset = asset_of(backfill)

    found = backfill.parse(answers(backfill, asset), asset)

    assert {one.asset for one in found} == {asset}
    assert {one.venue for one in found} == {backfill.venue}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_gives_nothing_or_a_fetch_error(backfill, content):
    asset = asset_of(backfill)
    bodies = answers(backfill, asset)

    for place in range(len(bodies)):
        broken = [*bodies[:place], Body(content, NOW), *bodies[place + 1 :]]
        found = read(backfill, broken, asset)
        assert isinstance(found, FetchError) or len(found) <= len(backfill.parse(bodies, asset))


def test_a_truncated_answer_is_a_fetch_error(backfill):
    asset = asset_of(backfill)
    *others, last = answers(backfill, asset)

    found = read(backfill, [*others, Body(last.content[: len(last.content) // 2], NOW)], asset)

    assert isinstance(found, FetchError)


def test_whatever_one_key_holds_nothing_raises_past_the_venue(backfill):
    asset = asset_of(backfill)
    *others, last = answers(backfill, asset)

    for _, content in mutations(shortened(last.content)):
        found = read(backfill, [*others, Body(content, NOW)], asset)
        assert isinstance(found, FetchError | list)


def shortened(content):
    """The answer as a value, with at most two rows of its list."""

    def cut(value):
        if isinstance(value, list):
            return [cut(one) for one in value[:2]] if _is_rows(value) else value
        if isinstance(value, dict):
            return {key: cut(inner) for key, inner in value.items()}
        return value

    return cut(json.loads(content))


def _is_rows(value):
    return bool(value) and isinstance(value[0], dict | list)
