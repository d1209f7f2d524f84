"""What a rule would have done over the history there is, and which levels would be rarer."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.domain.errors import StoreError
from alerts.domain.reading import Reading, Sample, Series
from alerts.domain.rule import Draft, Rule
from alerts.engine.outlook import Outlook, farther, outlook, rarer
from alerts.engine.replay import play
from alerts.engine.tape import Tape, wind
from alerts.history.along import along, reach_of
from alerts.metrics import BY_KEY, metric_of
from alerts.metrics.regime import REGIME_KEY, inputs, regime_along
from bot.card import Button
from bot.commands.spec import Desk
from bot.text.outlook import rate
from bot.text.rules import level_of

log = logging.getLogger(__name__)

STORE_SECONDS = 3.0
COARSE = timedelta(hours=18)
"""How long a reading of the distant past counts: three of its usual spacings."""

YEAR = timedelta(days=365)
_FINE = timedelta(days=10)

TOGETHER = timedelta(hours=6)
"""How far apart the inputs of a regime may lie in the past: they are kept four times a day."""


@dataclass(frozen=True, slots=True)
class Past:
    """A rule's outlook, and that of the rule at rarer levels."""

    seen: Outlook
    rarer: tuple[tuple[Draft, Outlook], ...] = ()


def retunes(rule: Rule, found: Past | None, read: Draft | None = None) -> tuple[Button, ...]:
    """A button for each rarer level: `15% → 18% · about 1 a month`.

    `read` is the rule as its chat reads it, where that is with another sign.
    """
    leg, mark = rule.legs[0], f"{rule.number}:{rule.revision}"
    series = (read or rule.draft).legs[0].series
    turn = 1 if series == leg.series else -1
    return tuple(
        Button(
            f"{level_of(series, turn * leg.level)} → "
            f"{level_of(series, turn * one.legs[0].level)} · {rate(seen)}",
            f"tune:{mark}:{one.legs[0].level:.12g}",
        )
        for one, seen in (found.rarer if found else ())
    )


async def past(desk: Desk, draft: Draft) -> Past | None:
    """The rule's replay over up to a year; None when the history cannot be read now."""
    bare = replace(draft, until=None)
    tape = await _tape(desk, bare)
    return Past(outlook(play(bare, tape)), _rarer(bare, tape)) if tape else None


async def replayed(desk: Desk, draft: Draft) -> Outlook | None:
    """The rule's outlook alone."""
    bare = replace(draft, until=None)
    tape = await _tape(desk, bare)
    return outlook(play(bare, tape)) if tape else None


async def replays(desk: Desk, drafts: Sequence[Draft]) -> list[Outlook | None]:
    """The outlooks of several rules, as many as can be played in a few seconds."""
    found: list[Outlook | None] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STORE_SECONDS):
            for draft in drafts:
                found.append(await replayed(desk, draft))  # noqa: PERF401 -- what is done counts
    return [*found, *[None] * (len(drafts) - len(found))]


async def _tape(desk: Desk, bare: Draft) -> Tape | None:
    since = desk.clock.now() - YEAR
    try:
        async with asyncio.timeout(STORE_SECONDS):
            samples = [one for series in _watched(bare) for one in await read(desk, series, since)]
    except (StoreError, TimeoutError) as error:
        log.warning("no replay: history is away why=%s", error)
        return None
    return wind(bare, samples, max_age=_age(samples))


def _watched(draft: Draft) -> tuple[Series, ...]:
    return tuple(dict.fromkeys(leg.series for leg in draft.legs))


async def read(desk: Desk, series: Series, since: datetime) -> list[Reading]:
    """The readings of a series from then on, oldest first; those of a derived one are made."""
    metric, now = BY_KEY.get(series.metric), desk.clock.now()
    start = since - reach_of(series)
    if series.metric == REGIME_KEY and not series.derived:
        known = [one for part in inputs(series.asset) for one in await read(desk, part, since)]
        return regime_along(series.asset, known, TOGETHER)
    bases = [list(await desk.history.window(base, start, now)) for base in series.bases]
    return along(series, *bases, points=metric is None or metric.is_percent)


def _age(samples: Sequence[Sample]) -> timedelta | None:
    """Old history has four readings a day, so one of them counts for long."""
    times = [sample.at for sample in samples]
    return COARSE if times and max(times) - min(times) > _FINE else None


def _rarer(draft: Draft, tape: Tape) -> tuple[tuple[Draft, Outlook], ...]:
    if len(draft.legs) > 1:
        return ()
    [leg] = draft.legs
    metric = metric_of(leg.series)
    if metric is None or metric.names:
        return ()
    gap = abs(leg.level - leg.clear) or metric.defaults.clear_gap
    return rarer(draft, tape, farther(leg, gap=gap))
