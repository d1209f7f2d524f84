"""Completions while somebody types: from memory, with the values as they are."""

import asyncio
from collections.abc import Iterable, Sequence

from alerts.domain.errors import StoreError
from alerts.domain.preferences import zone_named
from alerts.domain.reading import Reading, Series
from alerts.metrics import METRICS
from alerts.rules.guide import CONDITIONS
from bot.commands.market import fresh, presets
from bot.commands.sign import drafted
from bot.commands.spec import Ask, Choice, Desk, Kind, Param
from bot.commands.zones import matching
from bot.text import figures
from bot.text.board import headline_series
from bot.text.rules import gist

AT_MOST = 25
LONGEST = 100
STORE_SECONDS = 1.0
EPISODES_OFFERED = 100


async def suggest(param: Param | None, typed: str, ask: Ask, desk: Desk) -> Sequence[Choice]:
    """At most 25 completions of what is typed; what is typed is always one of them."""
    offered: Iterable[Choice]
    match param.kind if param else None:
        case Kind.RULE_TEXT:
            offered = _rule_texts(desk)
        case Kind.METRIC:
            offered = _metrics(desk)
        case Kind.ASSET:
            offered = [Choice(asset, asset) for asset in desk.assets]
        case Kind.EPISODE:
            offered = await _episodes(ask, desk)
        case Kind.ABOUT:
            offered = [*await _numbers(ask, desk), *_metrics(desk)]
        case Kind.RULE_NUMBER:
            offered = await _numbers(ask, desk)
        case Kind.ZONE:
            return _zones(typed, desk)
        case _:
            offered = [Choice(one, one) for one in param.choices] if param else []
    return _matching(offered, typed)


def _rule_texts(desk: Desk) -> Iterable[Choice]:
    readings = fresh(desk)
    for asset in desk.assets:
        for series in headline_series(asset):
            yield from _presets(series, readings.get(series))
    yield from (Choice(f"{form.example} – {form.says}", form.example) for form in CONDITIONS[1:])


def _presets(series: Series, reading: Reading | None) -> Iterable[Choice]:
    metric = figures.meant(series)
    current = f" (now {figures.value(metric, reading.value)})" if reading else ""
    for when, level in presets(metric, series.asset, reading.value if reading else None):
        word = figures.word(series.metric).lower()
        name = f"{series.asset} {word} {when} {figures.level(metric, level, above=when == 'above')}"
        yield Choice(name + current, f"{series.asset} {word} {when} {level:.12g}")


def _metrics(desk: Desk) -> Iterable[Choice]:
    readings = fresh(desk)
    first = desk.assets[0]
    for metric in METRICS:
        reading = readings.get(Series(metric.key, first, metric.default_window))
        current = f" – {first} {figures.value(metric, reading.value)}" if reading else ""
        word = figures.word(metric.key)
        yield Choice(f"{word}{current}", word.lower())


async def _numbers(ask: Ask, desk: Desk) -> list[Choice]:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            held = await desk.rules.of_chat(ask.chat)
    except (StoreError, TimeoutError):
        return []
    return [
        Choice(f"#{one.rule.number} {gist(drafted(one.rule.draft, desk))}", str(one.rule.number))
        for one in held
    ]


def _zones(typed: str, desk: Desk) -> list[Choice]:
    """Zones with the time it is there."""
    now = desk.clock.now()
    found = [
        Choice(f"{zone} – {now.astimezone(place):%H:%M} now", zone)
        for zone in matching(typed)[:AT_MOST]
        if (place := zone_named(zone))
    ]
    return found or [Choice(typed, typed)]


async def _episodes(ask: Ask, desk: Desk) -> list[Choice]:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            found = await desk.episodes.of_chat(ask.chat)
    except (StoreError, TimeoutError):
        return []
    now = desk.clock.now()
    return [
        Choice(
            f"#{one.name} {gist(drafted(one.rule.draft, desk))} · "
            f"{figures.clock(one.fired_at, now)}",
            one.name,
        )
        for one in found[:EPISODES_OFFERED]
    ]


def _matching(offered: Iterable[Choice], typed: str) -> list[Choice]:
    """Those with every typed word in them, then what is typed itself."""
    words = typed.lower().split()
    found = [one for one in offered if all(word in one.label.lower() for word in words)]
    if typed.strip() and all(one.value != typed for one in found):
        found = [*found[: AT_MOST - 1], Choice(typed, typed)]
    return [
        Choice(one.label[:LONGEST], one.value)
        for one in found[:AT_MOST]
        if len(one.value) <= LONGEST
    ]
