"""What a rule watches: metric, asset and window words, in any order, to one series."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.metrics.spec import Metric
from alerts.rules.amounts import read_span
from alerts.rules.phrase import Piece, swap
from alerts.rules.vocabulary import Vocabulary

_FILLERS = frozenset({"the", "of", "when", "if", "alert", "me"})


@dataclass(slots=True)
class Found:
    """What the words before the operator are, each with its place."""

    metrics: list[tuple[Metric, Piece]] = field(default_factory=list)
    assets: list[tuple[Asset, Piece]] = field(default_factory=list)
    windows: list[Piece] = field(default_factory=list)
    series: list[Piece] = field(default_factory=list)
    fillers: list[Piece] = field(default_factory=list)
    unknown: list[Piece] = field(default_factory=list)


def find(words: tuple[Piece, ...], vocabulary: Vocabulary) -> Found:
    """Sort words into metrics, assets, windows, whole series, and what is none of these."""
    found = Found()
    place = 0
    while place < len(words):
        place += _take(words[place:], vocabulary, found)
    return found


def _take(words: tuple[Piece, ...], vocabulary: Vocabulary, found: Found) -> int:
    """Sort the first word, or the first few that belong together; how many were taken."""
    for count in range(min(vocabulary.longest, len(words)), 0, -1):
        phrase = _join(words[:count])
        metric = vocabulary.metric(phrase.text)
        if metric is not None:
            found.metrics.append((metric, phrase))
            return count
    _sort(words[0], vocabulary, found)
    return 1


def _join(words: tuple[Piece, ...]) -> Piece:
    return Piece(" ".join(word.text for word in words), words[0].start, words[-1].end)


def _sort(word: Piece, vocabulary: Vocabulary, found: Found) -> None:
    asset = vocabulary.asset(word.text)
    head, dot, window = word.text.partition(".")
    metric = vocabulary.metric(head) if dot else None
    if asset is not None:
        found.assets.append((asset, word))
    elif ":" in word.text:
        found.series.append(word)
    elif metric is not None:
        found.metrics.append((metric, word))
        found.windows.append(Piece(window, word.end - len(window), word.end))
    elif read_span(word.text) is not None:
        found.windows.append(word)
    elif word.text.lower() in _FILLERS:
        found.fillers.append(word)
    else:
        found.unknown.append(word)


def resolve(text: str, found: Found, vocabulary: Vocabulary) -> tuple[Metric, Series]:
    """The one series meant; UsageError when there are several, or it is not on offer."""
    if found.series:
        return _spelled_out(text, found, vocabulary)
    _only_one(text, "metric", [piece for _, piece in found.metrics])
    _only_one(text, "asset", [piece for _, piece in found.assets])
    _only_one(text, "window", found.windows)
    metric, _ = found.metrics[0]
    asset = found.assets[0][0] if found.assets else vocabulary.default_asset
    if not found.windows:
        return metric, Series(metric.key, asset, metric.default_window)
    return metric, Series(metric.key, asset, _window(text, metric, found.windows[0]))


def _only_one(text: str, what: str, pieces: list[Piece]) -> None:
    if len(pieces) > 1:
        named = ", ".join(piece.text for piece in pieces)
        raise UsageError(
            f"One {what} per alert, please; I read {named}.", fixes=tuple(_each(text, pieces))
        )


def _each(text: str, pieces: list[Piece]) -> Iterator[str]:
    for kept in pieces:
        yield swap(text, *((piece, "") for piece in pieces if piece is not kept))


def _window(text: str, metric: Metric, piece: Piece) -> str:
    asked = read_span(piece.text)
    for window in metric.windows:
        if read_span(window) == asked and asked is not None:
            return window
    word = metric.words[0]
    if not metric.windows:
        raise UsageError(
            f"{word} has no window such as {piece.text}; leave it out.",
            fixes=(swap(text[: piece.start].rstrip(".") + text[piece.end :]),),
        )
    raise UsageError(
        f"{word} is measured at {', '.join(metric.windows)}, not {piece.text}.",
        fixes=tuple(swap(text, (piece, window)) for window in metric.windows),
    )


def _spelled_out(text: str, found: Found, vocabulary: Vocabulary) -> tuple[Metric, Series]:
    rest = [piece for _, piece in (*found.metrics, *found.assets)] + found.windows
    _only_one(text, "series", found.series + rest)
    piece = found.series[0]
    series = Series.parse(_cased(piece.text))
    metric = vocabulary.metric(series.metric)
    if metric is None:
        known = ", ".join(str(metric.key) for metric in vocabulary.metrics)
        raise UsageError(f"I have no metric {series.metric}. I have: {known}.")
    _check_offer(text, piece, series, vocabulary)
    if not series.window:
        window = metric.default_window
    else:
        window = _window(text, metric, _within(piece, series.window))
    return metric, Series(metric.key, series.asset, window, series.venue)


def _cased(text: str) -> str:
    """A series in its usual case: the asset in capitals, the rest small."""
    head, _, tail = text.partition(":")
    end = min((place for mark in "@|" if (place := tail.find(mark)) >= 0), default=len(tail))
    return f"{head.lower()}:{tail[:end].upper()}{tail[end:].lower()}"


def _within(piece: Piece, part: str) -> Piece:
    start = piece.start + piece.text.lower().index(f".{part}:") + 1
    return Piece(part, start, start + len(part))


def _check_offer(text: str, piece: Piece, series: Series, vocabulary: Vocabulary) -> None:
    if series.derived:
        raise UsageError(
            f"|{series.derived} is not something I can watch yet.",
            fixes=(swap(text, (piece, piece.text.partition("|")[0])),),
        )
    if series.asset not in vocabulary.assets:
        raise UsageError(
            f"I do not follow {series.asset}. I have: {', '.join(vocabulary.assets)}.",
            fixes=tuple(
                swap(text, (piece, _cased(piece.text).replace(f":{series.asset}", f":{asset}")))
                for asset in vocabulary.assets
            ),
        )
    if vocabulary.venues and series.venue and series.venue not in vocabulary.venues:
        raise UsageError(
            f"I do not read {series.venue}. I have: {', '.join(vocabulary.venues)}.",
            fixes=(swap(text, (piece, piece.text.partition("@")[0])),),
        )
