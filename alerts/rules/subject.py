"""What a condition watches: metric, asset, window and kind words, in any order, to one series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.reading import LESS, Series
from alerts.metrics.spec import (
    CHANGES,
    DERIVATIONS,
    RECORD_DAYS,
    SPANS,
    Metric,
    Unit,
    is_derivation,
)
from alerts.rules.amounts import read_span
from alerts.rules.phrase import Piece, swap
from alerts.rules.vocabulary import Vocabulary

_FILLERS = frozenset({"the", "of", "when", "if", "alert", "me", "its", "own"})
_KINDS = {"change": "chg", "chg": "chg", "percentile": "pctl", "pctl": "pctl"}
_KINDS |= dict.fromkeys(("z", "zscore", "z-score"), "z")
_USUAL_SPAN = {"pctl": "365d", "z": "365d"}
_SAID_AS = {"chg": "changes", "pctl": "percentiles", "z": "z-scores"}
_STRETCHES = frozenset({"drawdown", "rebound"})
RECORD = "record"
"""The kind of a percentile that is the highest or lowest of its days, whatever their number."""

DAY = timedelta(days=1)
KIND_WORDS = frozenset(_KINDS)


@dataclass(slots=True)
class Found:
    """What the words before the operator are, each with its place."""

    metrics: list[tuple[Metric, Piece]] = field(default_factory=list)
    assets: list[tuple[Asset, Piece]] = field(default_factory=list)
    windows: list[Piece] = field(default_factory=list)
    kinds: list[tuple[str, Piece]] = field(default_factory=list)
    series: list[Piece] = field(default_factory=list)
    fillers: list[Piece] = field(default_factory=list)
    unknown: list[Piece] = field(default_factory=list)


def find(words: tuple[Piece, ...], vocabulary: Vocabulary) -> Found:
    """Sort words into metrics, assets, windows, kinds of change, whole series, and the rest."""
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
    elif word.text.lower() in _KINDS:
        found.kinds.append((_KINDS[word.text.lower()], word))
    elif word.text.lower() in _FILLERS:
        found.fillers.append(word)
    else:
        found.unknown.append(word)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a condition wants its series: derived in some way, over a span named behind it."""

    text: str
    found: Found
    kind: str = ""
    within: Piece | None = None

    @property
    def derived(self) -> str:
        """The kind of derivation asked for, "" for none."""
        return self.kind or next((kind for kind, _ in self.found.kinds), "")


def is_stretch(metric: Metric) -> bool:
    """Whether a window of the metric is a time it looks back over, as in "1.8b in 5d"."""
    over_time = metric.unit in {Unit.POINTS, Unit.USD} or metric.key in _STRETCHES
    return over_time and bool(metric.windows)


def is_change(metric: Metric) -> bool:
    """Whether "-10% in 30d" is a level of the metric itself, which is a change over a window."""
    return is_stretch(metric) and metric.unit is not Unit.USD


def resolve(asked: Asked, vocabulary: Vocabulary) -> Series:
    """The one series meant; UsageError when there are several, or it is not on offer."""
    text, found = asked.text, asked.found
    if found.series:
        return _spelled_out(asked, vocabulary)
    _only_one(text, "metric", [piece for _, piece in found.metrics])
    _only_one(text, "asset", [piece for _, piece in found.assets])
    metric, _ = found.metrics[0]
    own, span = _shared_out(asked, metric)
    _only_one(text, "window", own)
    asset = found.assets[0][0] if found.assets else vocabulary.default_asset
    window = _window(text, metric, own[0]) if own else metric.default_window
    return Series(metric.key, asset, window, derived=_derived(asked, metric, span))


def _shared_out(asked: Asked, metric: Metric) -> tuple[list[Piece], Piece | None]:
    """The windows named, as those of the metric and the one of what is derived from it."""
    windows = list(asked.found.windows)
    if not asked.derived:
        return windows + ([asked.within] if asked.within else []), None
    if asked.within:
        return windows, asked.within
    mark = min((piece.start for _, piece in asked.found.kinds), default=len(asked.text))
    behind = [piece for piece in windows if piece.start > mark]
    alone = windows if asked.found.kinds and not behind and not metric.windows else []
    span = next(iter(behind or alone), None)
    return [piece for piece in windows if piece is not span], span


def _derived(asked: Asked, metric: Metric, span: Piece | None) -> str:
    """The derivation with its span, "" for none; UsageError for a span that is not kept."""
    kind = asked.derived
    if not kind:
        return ""
    if span is None:
        kind = "pctl" if kind == RECORD else kind
        return f"{kind}.{_USUAL_SPAN[kind]}" if kind in _USUAL_SPAN else _over_what(asked, metric)
    if kind == RECORD:
        return f"pctl.{_record_days(asked, span)}d"
    spans, wanted = CHANGES if kind == "chg" else SPANS, read_span(span.text)
    for one in spans:
        if read_span(one) == wanted:
            return f"{kind}.{one}"
    raise UsageError(
        f"I keep {_SAID_AS[kind]} over {', '.join(spans)}, not over {span.text}.",
        fixes=tuple(swap(asked.text, (span, one)) for one in _nearest_first(spans, wanted)),
    )


def _nearest_first(spans: Sequence[str], wanted: timedelta | None) -> list[str]:
    """Spans on offer, those most like the one asked for first."""
    lengths = {one: read_span(one) or timedelta(0) for one in spans}
    return sorted(spans, key=lambda one: abs(lengths[one] - wanted) if wanted else timedelta(0))


def _record_days(asked: Asked, span: Piece) -> int:
    """The whole days of a record's span."""
    length = read_span(span.text)
    days = length // DAY if length and not length % DAY else 0
    if days in RECORD_DAYS:
        return days
    first, last = RECORD_DAYS[0], RECORD_DAYS[-1]
    raise UsageError(
        f"I know records over whole days, from {first}d to {last}d, not over {span.text}.",
        fixes=tuple(swap(asked.text, (span, one)) for one in ("30d", *SPANS)),
    )


def _over_what(asked: Asked, metric: Metric) -> str:
    mark = max((piece.end for _, piece in asked.found.kinds), default=0)
    raise UsageError(
        f"Over what time shall {metric.words[0] if metric.words else metric.key} change?",
        fixes=tuple(
            " ".join((asked.text[:mark] + f" {span}" + asked.text[mark:]).split())
            for span in CHANGES
            if mark and span in {"24h", "7d", "30d"}
        ),
    )


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
        fixes=tuple(swap(text, (piece, one)) for one in _nearest_first(metric.windows, asked)),
    )


def _spelled_out(asked: Asked, vocabulary: Vocabulary) -> Series:
    text, found = asked.text, asked.found
    rest = [piece for _, piece in (*found.metrics, *found.assets, *found.kinds)] + found.windows
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
    return Series(metric.key, series.asset, window, series.venue, _named_other(series, vocabulary))


def _named_other(series: Series, vocabulary: Vocabulary) -> str:
    """The derivation, with the usual window of what a spread is over."""
    other = series.other
    metric = vocabulary.metric(other.metric) if other else None
    if other is None or metric is None:
        return series.derived
    if other.window not in {"", *metric.windows}:
        raise UsageError(f"{metric.words[0]} has {', '.join(metric.windows) or 'no window'}.")
    window = other.window or metric.default_window
    return f"{LESS}{replace(other, metric=metric.key, window=window)}"


def _cased(text: str) -> str:
    """A series in its usual case: the asset in capitals, the rest small."""
    head, _, tail = text.partition(":")
    end = min((place for mark in "@|" if (place := tail.find(mark)) >= 0), default=len(tail))
    rest = tail[end:].lower()
    start, is_spread, _ = rest.partition(f"|{LESS}")
    if is_spread:
        rest = f"{start}{is_spread}{_cased(tail[end + len(start) + len(is_spread) :])}"
    return f"{head.lower()}:{tail[:end].upper()}{rest}"


def _within(piece: Piece, part: str) -> Piece:
    start = piece.start + piece.text.lower().index(f".{part}:") + 1
    return Piece(part, start, start + len(part))


def _check_offer(text: str, piece: Piece, series: Series, vocabulary: Vocabulary) -> None:
    if series.other is not None:
        other = Piece(str(series.other), piece.end - len(str(series.other)), piece.end)
        _check_offer(text, other, series.other, vocabulary)
    elif series.derived and not is_derivation(series.derived):
        raise UsageError(
            f"|{series.derived} is not something I can watch. I have: {', '.join(DERIVATIONS)}.",
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
    if vocabulary.metric(series.metric) is None:
        raise UsageError(f"I have no metric {series.metric}.")
    if vocabulary.venues and series.venue and series.venue not in vocabulary.venues:
        raise UsageError(
            f"I do not read {series.venue}. I have: {', '.join(vocabulary.venues)}.",
            fixes=(swap(text, (piece, piece.text.partition("@")[0])),),
        )
