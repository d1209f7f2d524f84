"""`/proof 7.3`: the samples, the formula and the venues behind an alert that fired."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.domain.episode import Episode
from alerts.domain.errors import StoreError
from alerts.domain.reading import Reading
from alerts.domain.rule import Leg
from bot.card import Button, Card
from bot.commands.history import named
from bot.commands.past import STORE_SECONDS, read
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.text.mirror import mirrored_episode, mirrored_reading
from bot.text.proof import fields, outcome, table, verdict
from bot.text.rules import gist
from bot.text.told import footer

log = logging.getLogger(__name__)

_FEW = 2
_BEFORE = timedelta(minutes=5)
_LONG_BEFORE = timedelta(hours=6)
_EARLIER = 2
_KEPT = timedelta(days=8)
_NOT_KEPT = "The samples around it are not there any more: minutes are kept for 8 days."
_TOO_FEW = "Too few samples were kept around it to be shown."


async def run(ask: Ask, desk: Desk) -> Card:
    episode, now = await named(ask, desk, ask.text), desk.clock.now()
    readings = await _around(desk, episode, _decided(episode))
    about = _about(_decided(episode))
    if desk.chosen.flipped_sign:
        episode = mirrored_episode(episode)
        readings = tuple(map(mirrored_reading, readings))
    leg = _decided(episode)
    strong = f"Proof of #{episode.name}"
    kept = len(readings) >= _FEW
    lines = (verdict(episode, now), outcome(episode, now), "" if kept else _lack(episode, now))
    return Card(
        title=f"{strong} – {gist(episode.rule.draft)}",
        strong=strong,
        lines=tuple(line for line in lines if line),
        fields=tuple(fields(episode, now)),
        pre=table(leg, readings, episode, now) if kept else "",
        footer=footer(["Computed here from what the venues said"], simulated=desk.simulated),
        buttons=((*await _opens(ask, desk, episode), about, *_more(episode)),),
    )


def _about(leg: Leg) -> Button:
    return Button("What is this?", f"cmd:explain:{leg.series.asset} {leg.series.metric}")


def _more(episode: Episode) -> Sequence[Button]:
    return (Button("History", f"cmd:history:#{episode.rule.number}"),)


async def _opens(ask: Ask, desk: Desk, episode: Episode) -> Sequence[Button]:
    held = await desk.rules.get(ask.chat, episode.rule.number)
    number = episode.rule.number
    return (Button(f"Open #{number}", f"show:{number}"),) if held else ()


COMMAND = Command(
    "proof",
    "The samples, formula and venues behind an alert that fired",
    run,
    params=(Param("alert", Kind.EPISODE, "Which one, such as 7.3"),),
    example="/proof 7.3",
)


def _lack(episode: Episode, now: datetime) -> str:
    return _NOT_KEPT if now - episode.fired.since > _KEPT else _TOO_FEW


def _decided(episode: Episode) -> Leg:
    """The condition that the news was about."""
    fired, legs = episode.fired, episode.rule.legs
    exact = [leg for leg in legs if (leg.series, leg.level) == (fired.series, fired.level)]
    return (exact or [leg for leg in legs if leg.series == fired.series] or legs)[0]


async def _around(desk: Desk, episode: Episode, leg: Leg) -> Sequence[Reading]:
    """The readings from before the condition began to hold until it fired.

    A few more before them show what it came from, as long as minutes are kept.
    """
    since, end = episode.fired.since, episode.fired.at
    if desk.clock.now() - since > _KEPT:
        return ()
    start = since - max(episode.rule.timing.hold, _BEFORE)
    try:
        async with asyncio.timeout(STORE_SECONDS):
            found = await read(desk, leg.series, start - _LONG_BEFORE)
    except (StoreError, TimeoutError) as error:
        log.warning("no samples for a proof: history is away why=%s", error)
        return ()
    before = [one for one in found if one.at < start]
    return [*before[-_EARLIER:], *(one for one in found if start <= one.at <= end)]
