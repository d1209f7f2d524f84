"""The regime of a market in one line, with the numbers that make it."""

from collections.abc import Mapping

from alerts.domain.ids import Asset
from alerts.domain.reading import Reading, Series
from alerts.metrics.regime import GRADES, QUORUM, REGIME_KEY, Regime, Vote, assess, inputs
from bot.text import figures
from bot.text.rules import level_of, value_of

_SHOWN = 4


def regime_line(asset: Asset, readings: Mapping[Series, Reading]) -> str:
    """`Regime STRESS: skew 20.0% (> 15%), basis 2.0% (< 3%)`; why it cannot be told; or nothing.

    `readings` are those that may be called current.
    """
    read = inputs(asset)
    known = {one: readings[one].value for one in read if one in readings}
    if not read:
        return ""
    last = readings.get(Series(REGIME_KEY, asset))
    if len(known) < QUORUM:
        lacking = ", ".join(figures.short(one) for one in read if one not in known)
        return f"Regime: can't tell, no fresh {lacking}"
    found = assess(asset, known, None if last is None else round(last.value))
    return f"Regime {found.name.upper()}{_because(found)}{_without(found)}"


def _because(found: Regime) -> str:
    shown = [_vote(vote) for vote in found.votes][:_SHOWN]
    if shown:
        return f": {', '.join(shown)}"
    return f": fewer than two of its numbers are past {GRADES[1]}"


def _vote(vote: Vote) -> str:
    side = (">" if vote.rises else "<") if vote.past else "not yet back from"
    edge = level_of(vote.series, vote.edge)
    return f"{figures.short(vote.series)} {value_of(vote.series, vote.value)} ({side} {edge})"


def _without(found: Regime) -> str:
    if not found.missing:
        return ""
    return f"; without {', '.join(figures.short(one) for one in found.missing)}"
