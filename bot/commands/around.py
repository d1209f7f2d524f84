"""What surrounds a question about a rule: the value now, what is usual, and what was seen."""

import re
from collections.abc import Iterator

from alerts.domain.errors import StoreError, UsageError
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Verdict
from alerts.metrics import BY_KEY
from alerts.metrics.spec import Unit
from alerts.rules.grammar import parse
from alerts.rules.judge import look
from alerts.rules.phrase import Piece
from alerts.rules.spelling import LEVEL
from alerts.rules.subject import find
from alerts.rules.vocabulary import Vocabulary
from bot.commands.accent import OTHER_SIGN
from bot.commands.market import fresh, presets
from bot.commands.spec import Desk
from bot.text import figures

DAYS = 365
_WORDS_AT_MOST = 20
_SIDE = re.compile(r"(?:(below|under|<|down)|above|over|>|up)(?:\s+through)?$", re.IGNORECASE)


async def with_context(error: UsageError, text: str, desk: Desk, known: Vocabulary) -> UsageError:
    """The same question, with the numbers a person needs to answer it, where there are any."""
    series = _series(text, known)
    if error.about == LEVEL and not error.fixes and series:
        error = error.saying(str(error), fixes=tuple(_near(text, series, desk)))
    metric = known.of(series) if series else None
    if series is None or metric is None or not error.fixes or str(error).startswith("I have no "):
        return error
    usual = figures.usual(metric, series.asset)
    now = _now(desk, series, known, error)
    parts = [part for part in (now, usual[:1].lower() + usual[1:] if now else usual) if part]
    said = str(error) if str(error).endswith((".", "?", "!", ":")) else f"{error}."
    sentences = [said, ", ".join(parts) and f"{', '.join(parts)}.", await _seen(series, desk)]
    more = (OTHER_SIGN,) if error.about == "sign" else ()
    told = error.saying(" ".join(one for one in sentences if one), fixes=more)
    told.labels = tuple(_labels(error, desk, known))
    return told


def _near(text: str, series: Series, desk: Desk) -> Iterator[str]:
    """The line with round levels about the value now, where its metric has none of its own."""
    reading, metric = fresh(desk).get(series), BY_KEY[series.metric]
    said = _SIDE.search(text)
    asked = said and ("below" if said[1] else "above")
    for side, level in presets(metric, series.asset, reading.value if reading else None):
        if not said:
            yield f"{text} {side} {level:.12g}"
        elif side == asked:
            yield f"{text} {level:.12g}"


def _now(desk: Desk, series: Series, known: Vocabulary, error: UsageError) -> str:
    """The value now; of what can be meant in two ways, both."""
    readings, shown = fresh(desk), []
    metric = known.metric(series.metric)
    twin = known.twin(metric) if metric and error.about in {"period", "coins"} else None
    for one in (twin, metric):
        reading = readings.get(Series(one.key, series.asset, one.default_window)) if one else None
        if one and reading:
            shown.append(_said(one.unit, series, reading, both=twin is not None))
    return f"Now {' or '.join(shown)}" if shown else ""


def _said(unit: Unit, series: Series, reading: Reading, *, both: bool) -> str:
    metric = figures.meant(Series(reading.series.metric, series.asset, reading.series.window))
    if both and unit in {Unit.PERCENT, Unit.PERCENT_YEAR}:
        per = " a year" if unit is Unit.PERCENT_YEAR else " per 8 h"
        return f"{figures.level(metric, float(f'{reading.value:.3g}'))}{per}"
    return figures.value(metric, reading.value)


def _labels(error: UsageError, desk: Desk, known: Vocabulary) -> Iterator[str]:
    """The question's own labels; where a unit is asked about, with what is true already."""
    for label, fix in zip(error.labels, error.fixes, strict=False):
        yield f"{label} – true now" if error.about == "coins" and _met(fix, desk, known) else label


def _met(fix: str, desk: Desk, known: Vocabulary) -> bool:
    try:
        draft = parse(fix, known, sure=True)
    except UsageError:
        return False
    return look(draft, fresh(desk)).verdict is Verdict.MET


def _series(text: str, known: Vocabulary) -> Series | None:
    """The one series that a text names before its operator, if it names one."""
    words = tuple(Piece(word, 0, 0) for word in text.split()[:_WORDS_AT_MOST])
    found = find(words, known)
    if len(found.metrics) != 1 or found.series or found.kinds:
        return None
    metric, _ = found.metrics[0]
    asset = found.assets[0][0] if found.assets else known.default_asset
    return Series(metric.key, asset, metric.default_window)


async def _seen(series: Series, desk: Desk) -> str:
    try:
        closes = await desk.history.daily(series, DAYS, desk.clock.now())
    except StoreError:
        return ""
    metric = figures.meant(series)
    if len(closes) < 2 or metric is None:
        return ""
    values = [close.value for close in closes]
    low, high = (figures.value(metric, value) for value in (min(values), max(values)))
    return f"Its daily values were {low} to {high} in {len(closes)} days."
