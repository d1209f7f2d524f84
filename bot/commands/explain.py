"""`/explain skew`: what a metric is here, in four lines."""

from alerts.domain.ids import Asset
from alerts.metrics import METRICS
from alerts.metrics.regime import EDGES, GRADES, REGIME_KEY, Edge
from alerts.metrics.spec import Metric
from bot.card import Button, Card, Field
from bot.commands.market import fresh, series_of, vocabulary
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import subject
from bot.text import figures
from bot.text.rules import capital, level_of
from bot.text.told import footer

ROW = 3


async def run(ask: Ask, desk: Desk) -> Card:
    wanted = subject(ask.text, vocabulary(desk), again="explain")
    if wanted.metric is None:
        return _contents(wanted.asset)
    asset = wanted.asset or desk.assets[0]
    return Card(
        title=f"{capital(figures.word(wanted.metric.key))}, as it is measured here",
        lines=(
            f"What: {wanted.metric.title}. {capital(wanted.metric.sign)}.",
            _method(desk, wanted.metric, asset, wanted.window),
            _usual(wanted.metric, asset),
            _now(desk, wanted.metric, asset, wanted.window),
        ),
        fields=_edges(wanted.metric, asset),
        footer=footer(["Definitions and history, never advice"], simulated=desk.simulated),
        buttons=((Button("Set an alert", f"pick:{asset}:{wanted.metric.key}"),),),
    )


def _method(desk: Desk, metric: Metric, asset: Asset, window: str) -> str:
    series = series_of(metric, asset, window)
    tenor = f", at {series.window} constant maturity" if series.window else ""
    reading = desk.readings.get(series)
    place = f", from {figures.venues(reading.sources)}" if reading else ""
    return f"How: {metric.formula}{tenor}{place}."


def _usual(metric: Metric, asset: Asset) -> str:
    if metric.names:
        return "Usual: the grades begin where dated edges say, which move with the years."
    band = metric.band(asset)
    usual = figures.usual(metric, asset)
    if band is None or not usual:
        return "Usual: no dated band for it; watch your own level."
    return f"{usual}: {band.source}. What is usual moves with the years."


def _edges(metric: Metric, asset: Asset) -> tuple[Field, ...]:
    """Where each grade of a regime begins, and whose edges those are."""
    if metric.key != REGIME_KEY:
        return ()
    return tuple(
        Field(
            capital(figures.short(edge.series(asset))),
            f"{_three(edge, asset)} ({edge.source}; {edge.dated:%b %Y})",
        )
        for edge in EDGES.get(asset, ())
    )


def _three(edge: Edge, asset: Asset) -> str:
    side = "above" if edge.rises else "below"
    shown = ", ".join(level_of(edge.series(asset), one) for one in edge.edges)
    return f"{', '.join(GRADES[1:])} {side} {shown}"


def _now(desk: Desk, metric: Metric, asset: Asset, window: str) -> str:
    series = series_of(metric, asset, window)
    reading, now = fresh(desk).get(series), desk.clock.now()
    if reading is None:
        return f"Now: no fresh reading for {asset}."
    shown, old = figures.value(figures.meant(series), reading.value), figures.age(now - reading.at)
    return f"Now: {asset} {shown} ({figures.clock(reading.at, now)}, {old} old)."


def _contents(asset: Asset | None) -> Card:
    """What there is to explain; an asset alone is none of it, but says which one is meant."""
    of = f"{asset} " if asset else ""
    buttons = [Button(figures.word(one.key), f"cmd:explain:{of}{one.key}") for one in METRICS]
    return Card(
        title=f"What shall I explain of {asset}?" if asset else "What I can explain",
        lines=tuple(f"{figures.word(one.key)} – {one.title}" for one in METRICS),
        buttons=tuple(tuple(buttons[start : start + ROW]) for start in range(0, len(buttons), ROW)),
    )


COMMAND = Command(
    "explain",
    "What a metric means and how it is computed",
    run,
    params=(
        Param("metric", Kind.METRIC, "Such as skew, basis or price"),
        Param("asset", Kind.ASSET, "Such as BTC"),
    ),
    example="/explain basis",
)
