"""`/near`: which alert is nearest, in typical daily moves, so that skew and price compare."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from alerts.domain.errors import StoreError, UsageError
from alerts.domain.reading import Close, Reading, Series
from alerts.domain.rule import Direction, Join, Leg
from alerts.engine.move import episode_of
from alerts.history.moves import typical_move
from alerts.metrics import metric_of
from alerts.ports import Held
from bot.card import Button, Card
from bot.commands.past import STORE_SECONDS, read
from bot.commands.sign import as_read, fresh_in_sign
from bot.commands.spec import Ask, Command, Desk
from bot.text.cards import away
from bot.text.rules import distance, gist, value_of
from bot.text.told import footer

PAGE = 8
ROW = 4
DAYS = 90
FAR = 10
LEAST = 0.1

_PAGE = re.compile(r"page ([0-9]{1,4})")

Moves = Mapping[Series, float | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert stands: `days` in typical moves, None where that is not known."""

    held: Held
    days: float | None
    leg: Leg | None = None

    @property
    def is_on(self) -> bool:
        return episode_of(self.held.state.phase) is not None


async def run(ask: Ask, desk: Desk) -> Card:
    turned = _PAGE.fullmatch(ask.text)
    if ask.text and not turned:
        raise UsageError("It lists all your alerts: just /near.", fixes=("/near",))
    held = [one for one in await desk.rules.of_chat(ask.chat) if not one.rule.paused]
    if not held:
        return _none()
    readings = fresh_in_sign(desk)
    moves = await _moves(desk, {leg.series for one in held for leg in one.rule.legs})
    ordered = sorted(
        (_place(one, readings, moves) for one in held),
        key=lambda one: (
            *(not one.is_on, one.days is None, one.days or 0.0),
            *(distance(one.held.rule, readings), one.held.rule.number),
        ),
    )
    pages = -(-len(ordered) // PAGE)
    page = min(max(int(turned[1]) if turned else 1, 1), pages)
    shown = ordered[(page - 1) * PAGE : page * PAGE]
    return Card(
        title="Nearest first" + f", page {page} of {pages}" * (pages > 1),
        lines=tuple(_line(one, desk, readings) for one in shown),
        footer=footer(
            [f"1 day's move: the median change between daily closes of {DAYS} days"],
            simulated=desk.simulated,
        ),
        buttons=(*_opens(shown), *_turns(page, pages)),
    )


def _none() -> Card:
    return Card(
        title="No alerts are watching",
        lines=("Type one in a line, like: skew above 15%",),
        buttons=((Button("Set an alert", "cmd:alert"), Button("Your alerts", "cmd:alerts")),),
    )


async def _moves(desk: Desk, series: set[Series]) -> Moves:
    """The typical daily move of each; none where the history is away or too short."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return {one: _move(one, await _closes(desk, one)) for one in sorted(series)}
    except (StoreError, TimeoutError):
        return {}


async def _closes(desk: Desk, series: Series) -> Sequence[Close]:
    now = desk.clock.now()
    if not series.derived:
        return await desk.history.daily(series, DAYS, now)
    readings = await read(desk, series, now - timedelta(days=DAYS))
    closes = {one.at.astimezone(UTC).date(): one.value for one in readings}
    return [Close(day, value) for day, value in sorted(closes.items())]


def _move(series: Series, closes: Sequence[Close]) -> float | None:
    return typical_move(closes, relative=_is_relative(series))


def _is_relative(series: Series) -> bool:
    metric = metric_of(series)
    return metric is not None and not metric.is_percent


def _place(held: Held, readings: Mapping[Series, Reading], moves: Moves) -> Place:
    """The leg that is missing most, or where one suffices the one that is missing least."""
    legs = [(_days(leg, readings, moves), leg) for leg in held.rule.legs]
    known = [(days, leg) for days, leg in legs if days is not None]
    joined = held.rule.draft.join
    if not known or (joined is Join.ALL and len(known) < len(legs)):
        return Place(held, None, held.rule.legs[0])
    pick = max if joined is Join.ALL else min
    return Place(held, *pick(known, key=lambda one: one[0]))


def _days(leg: Leg, readings: Mapping[Series, Reading], moves: Moves) -> float | None:
    reading, move = readings.get(leg.series), moves.get(leg.series)
    if reading is None or not move:
        return None
    gap = leg.level - reading.value
    gap = max(0.0, gap if leg.direction is Direction.ABOVE else -gap)
    if _is_relative(leg.series):
        return gap / abs(reading.value) / move if reading.value else None
    return gap / move


def _line(place: Place, desk: Desk, readings: Mapping[Series, Reading]) -> str:
    """`#8 BTC basis below 3% · now 3.8%, 0.8 pts away · about 1 day's move`."""
    rule, leg = as_read(place.held.rule, desk), place.leg
    if leg:
        leg = rule.legs[place.held.rule.legs.index(leg)]
    reading = readings.get(leg.series) if leg else None
    parts = [f"#{rule.number} {gist(rule.draft)}"]
    if leg and reading and place.is_on:
        parts.append(f"now {value_of(leg.series, reading.value)}")
    elif leg and reading:
        stands = away(leg, reading)
        parts.append(stands[:1].lower() + stands[1:])
    elif not place.is_on:
        return " · ".join([*parts, "no fresh reading"])
    return " · ".join([*parts, _far(place)])


def _far(place: Place) -> str:
    if place.is_on:
        return "on"
    days = place.days
    if days is None:
        return "too little history for a typical move"
    if days == 0:
        return "at its level"
    if days >= FAR:
        return f"more than {FAR} days' moves"
    if days < LEAST:
        return f"under {LEAST} of a day's move"
    shown = f"{days:.1f}".removesuffix(".0")
    return "about 1 day's move" if shown == "1" else f"about {shown} days' moves"


def _opens(shown: Sequence[Place]) -> list[tuple[Button, ...]]:
    numbers = [one.held.rule.number for one in shown]
    buttons = [Button(f"#{number}", f"show:{number}") for number in numbers]
    return [tuple(buttons[start : start + ROW]) for start in range(0, len(buttons), ROW)]


def _turns(page: int, pages: int) -> list[tuple[Button, ...]]:
    back = [Button("◀ Back", f"cmd:near:page {page - 1}")] if page > 1 else []
    more = [Button("More ▶", f"cmd:near:page {page + 1}")] if page < pages else []
    return [tuple(back + more)] if back or more else []


COMMAND = Command("near", "Which alert is nearest, in typical daily moves", run, example="/near")
