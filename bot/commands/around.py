"""What surrounds a question about a rule: the value now, what is usual, and what was seen."""

from alerts.domain.errors import StoreError, UsageError
from alerts.domain.reading import Series
from alerts.rules.phrase import Piece
from alerts.rules.subject import find
from alerts.rules.vocabulary import Vocabulary
from bot.commands.market import fresh
from bot.commands.spec import Desk
from bot.text import figures

DAYS = 365
_WORDS_AT_MOST = 20


async def with_context(error: UsageError, text: str, desk: Desk, known: Vocabulary) -> UsageError:
    """The same question, with the numbers a person needs to answer it, where there are any."""
    series = _series(text, known)
    metric = known.of(series) if series else None
    if series is None or metric is None or not error.fixes:
        return error
    reading = fresh(desk).get(series)
    now = f"Now {figures.value(metric, reading.value)}" if reading else ""
    usual = figures.usual(metric, series.asset)
    parts = [part for part in (now, usual[:1].lower() + usual[1:] if now else usual) if part]
    sentences = [str(error), ", ".join(parts) and f"{', '.join(parts)}.", await _seen(series, desk)]
    return UsageError(" ".join(one for one in sentences if one), fixes=error.fixes)


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
