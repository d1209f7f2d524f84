"""`/now`: every headline metric at a glance, or one of them in detail."""

import logging
from collections.abc import Iterator, Mapping, Sequence

from alerts.domain.errors import StoreError
from alerts.domain.ids import Asset
from alerts.domain.reading import Reading, Series
from alerts.metrics.regime import REGIME_KEY
from alerts.metrics.spec import Metric
from bot.card import Button, Card, Field
from bot.commands.market import check_offer, fresh, presets, series_of, vocabulary
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import Subject, subject
from bot.rarity import Asked, rarity
from bot.text import figures
from bot.text.board import board, headline_series, missing, place, source
from bot.text.rarity import deviations, fields
from bot.text.regime import regime_line
from bot.text.rules import convention

log = logging.getLogger(__name__)

PRESETS_AT_MOST = 2

_PLACES = {"high": "above usual", "low": "below usual"}


async def run(ask: Ask, desk: Desk) -> Card:
    wanted = subject(ask.text, vocabulary(desk))
    if wanted.metric is None:
        return snapshot(desk, (wanted.asset,) if wanted.asset else desk.assets)
    return await detail(desk, wanted.metric, wanted)


def snapshot(desk: Desk, assets: tuple[Asset, ...], title: str = "Now") -> Card:
    """Every headline metric, with what is usual for it and how old it is."""
    readings, now = fresh(desk), desk.clock.now()
    shown = [series for asset in assets for series in headline_series(asset)]
    return Card(
        title=title,
        lines=(*missing(shown, readings, desk.readings.all(), now), *_regimes(assets, readings)),
        pre=board(assets, readings),
        footer=source(
            [readings[one] for one in shown if one in readings], now, simulated=desk.simulated
        ),
        buttons=(
            (Button("Set an alert", "cmd:alert"), Button("What do these mean?", "cmd:explain")),
        ),
    )


def _regimes(assets: Sequence[Asset], readings: Mapping[Series, Reading]) -> Iterator[str]:
    for asset in assets:
        if line := regime_line(asset, readings):
            yield f"{asset}: {line[:1].lower()}{line[1:]}."


async def detail(desk: Desk, metric: Metric, wanted: Subject) -> Card:
    """One metric: value, usual band, what it measures, how rare it is, two ready-made alerts."""
    asset = wanted.asset or desk.assets[0]
    check_offer(desk, metric, asset)
    series = series_of(metric, asset, wanted.window)
    readings, now = fresh(desk), desk.clock.now()
    reading = readings.get(series)
    about = Button("What is this?", f"cmd:explain:{asset} {metric.key}")
    usual = figures.usual(metric, asset)
    lines = [_meaning(metric, reading), f"{usual}." if usual else "", convention(series)]
    if metric.key == REGIME_KEY and (why := regime_line(asset, readings)):
        lines.insert(0, f"{why}.")
    lines += missing([series], readings, desk.readings.all(), now)
    return Card(
        title=_title(series, metric, reading),
        strong=_title(series, metric, reading).partition(" – ")[0],
        lines=tuple(line for line in lines if line),
        fields=await _past(desk, reading),
        footer=source([reading] if reading else [], now, simulated=desk.simulated),
        buttons=tuple(row for row in (_offers(series, reading), (about,)) if row),
    )


async def _past(desk: Desk, reading: Reading | None) -> tuple[Field, ...]:
    """How rare the value is; nothing where the store is away, for the value itself is known."""
    if reading is None:
        return ()
    try:
        found = await rarity(desk.history, reading.series, Asked(reading.value), desk.clock.now())
    except StoreError as error:
        log.warning("how rare a value is cannot be told: %s", error)
        return ()
    if found is None:
        return ()
    away = deviations(found.context)
    spread = (Field("Spread", away),) if away else ()
    return (*fields(reading.series, found), *spread)


def _title(series: Series, metric: Metric, reading: Reading | None) -> str:
    if reading is None:
        return f"{figures.name(series)} – no fresh reading"
    word = place(metric, reading)
    stand = f" – {_PLACES[word]}" if word else ""
    return f"{figures.heading(series, figures.value(figures.meant(series), reading.value))}{stand}"


def _meaning(metric: Metric, reading: Reading | None) -> str:
    if reading is None:
        return ""
    words = {"high": metric.high, "low": metric.low}.get(place(metric, reading), "")
    return f"{words}." if words else ""


def _offers(series: Series, reading: Reading | None) -> tuple[Button, ...]:
    """Two alerts a tap away: the presets nearest to the value."""
    metric = figures.meant(series)
    value = reading.value if reading else None
    levels = presets(metric, series.asset, value)
    if value is not None:
        levels = sorted(levels, key=lambda one: abs(one[1] - value))
    window = "" if series.window == metric.default_window else f"{series.window} "
    return tuple(
        Button(
            f"Alert {when} {figures.level(metric, level, above=when == 'above')}",
            f"cmd:set:{series.asset} {window}{metric.key} {when} {level:.12g}",
        )
        for when, level in levels[:PRESETS_AT_MOST]
    )


COMMAND = Command(
    "now",
    "How the market stands, or one metric of it",
    run,
    params=(
        Param("metric", Kind.METRIC, "Such as skew, basis or price"),
        Param("asset", Kind.ASSET, "Such as BTC"),
    ),
    example="/now skew",
    menu=True,
)
