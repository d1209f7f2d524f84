"""Cards for data that stopped and came back: silent, grouped, never "recovered"."""

from collections.abc import Sequence
from datetime import datetime

from bot.card import Card, Tone
from bot.text import figures
from bot.text.rules import value_of
from bot.text.told import Told, footer, opens

NUMBERS_AT_MOST = 20


def dark(told: Sequence[Told], now: datetime, *, simulated: bool) -> Card:
    """Data stopped: the last value, whose alerts wait, and why."""
    by_series = list({one.event.series: one for one in told}.values())
    strong = _named(by_series, "data stopped")
    single = f" – {_last(by_series[0], now)}" if len(by_series) == 1 else ""
    each = [f"{figures.name(one.event.series)}: {_last(one, now)}" for one in by_series]
    reasons = dict.fromkeys(one.event.reason for one in told if one.event.reason)
    causes = "; ".join(figures.cause(reason) for reason in reasons)
    return _still(
        told,
        title=strong + single,
        strong=strong,
        lines=(
            *(each if len(by_series) > 1 else ()),
            f"{_yours(told)} on hold, not cleared.",
            *([f"Cause: {causes}."] if causes else []),
        ),
        source=footer([figures.clock(told[0].event.at, now)], simulated=simulated),
    )


def back(told: Sequence[Told], now: datetime, *, simulated: bool) -> Card:
    """Data is back: the value, and how long we were blind."""
    by_series = list({one.event.series: one for one in told}.values())
    strong = _named(by_series, "data is back")
    values = " · ".join(_current(one, alone=len(by_series) == 1) for one in by_series)
    since = min(one.event.since for one in told)
    at = told[0].event.at
    blind = f"Blind {figures.stretch(since, at, now)}"
    return _still(
        told,
        title=f"{strong} – {values}" if values else strong,
        strong=strong,
        lines=(f"{blind} ({figures.span(at - since)}).", f"{_yours(told)} watching again."),
        source=footer([figures.clock(at, now)], simulated=simulated),
    )


def _still(
    told: Sequence[Told], *, title: str, strong: str, lines: tuple[str, ...], source: str
) -> Card:
    return Card(
        title=title,
        strong=strong,
        tone=Tone.QUIET,
        lines=lines,
        footer=source,
        buttons=opens(told),
        silent=True,
        events=tuple(one.event for one in told),
    )


def _named(told: Sequence[Told], what: str) -> str:
    names = [figures.name(one.event.series) for one in told]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{shown} {what}" if len(names) == 1 else f"{shown}: {what}"


def _last(told: Told, now: datetime) -> str:
    reading = told.reading
    if reading is None:
        return f"no value since {figures.clock(told.event.since, now)}"
    shown, ago = value_of(reading.series, reading.value), figures.age(told.event.at - reading.at)
    return f"last value {shown} at {figures.clock(reading.at, now)} ({ago} ago)"


def _current(told: Told, *, alone: bool) -> str:
    if told.event.value is None:
        return ""
    shown = value_of(told.event.series, told.event.value)
    return shown if alone else f"{figures.short(told.event.series)} {shown}"


def _yours(told: Sequence[Told]) -> str:
    numbers = sorted({one.event.number for one in told})
    if len(numbers) == 1:
        return f"Your alert #{numbers[0]} is"
    kinds = {figures.short(one.event.series) for one in told}
    kind = f"{kinds.pop()} " if len(kinds) == 1 else ""
    listed = ", ".join(f"#{number}" for number in numbers[:NUMBERS_AT_MOST])
    return f"Your {len(numbers)} {kind}alerts ({listed}) are"
