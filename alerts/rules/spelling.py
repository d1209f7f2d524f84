"""What to answer when a line is not a rule: the word that is wrong, and the correct form.

Nothing is guessed into a rule: the likely meaning is offered as a fix.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from alerts.domain.errors import UsageError
from alerts.metrics.spec import Metric
from alerts.rules.amounts import read_span, write_level
from alerts.rules.phrase import Piece, swap
from alerts.rules.subject import KIND_WORDS, Found, find
from alerts.rules.until import MONTHS, WEEKDAYS
from alerts.rules.vocabulary import Vocabulary

_CORRECTABLE = (
    "above over below under crosses between outside flips top bottom record highest lowest "
    "change percentile for clear clears after once each every quiet remind never until "
    "critical warn loud silent sure apart named"
)
_KNOWN = frozenset(
    f"{_CORRECTABLE} cross is goes rises drops falls gains loses leaves moves up down through by "
    "more than at least time called and or to in within during last past percent pct usd "
    "dollars points pts vol coins coin the of when if alert me its own a sign flip changes high "
    "becomes turns reaches calm cautious stress panic "
    f"low warning loudly silently today tonight tomorrow {' '.join(WEEKDAYS)} "
    f"{' '.join(MONTHS)} {' '.join(day[:3] for day in WEEKDAYS)} {' '.join(KIND_WORDS)}".split()
)
_CRASH = frozenset(
    {"crash", "crashes", "crashing", "dump", "dumps", "panic", "plunges", "collapse"}
)
_WORD = re.compile(r'"[^"]*"?|[^\s"<>,;]+')
_NUMBER = re.compile(r"[+-]?\$?[0-9.][0-9.,]*(?:k|mn?|mm|bn?)?%?", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_UNQUOTED = re.compile(r'^(.*\b(?:named|called))\s+([^\s"]+\s[^"]+)$', re.IGNORECASE)
_VERSUS = re.compile(r"\b(?:vs|versus|against)\s+[a-z]+", re.IGNORECASE)
_LEVELLED = re.compile(r"(?:above|below|over|under|[<>])\s*[+-]?\$?[0-9]", re.IGNORECASE)
_WINDOW = re.compile(r"\s+(?:in|over)\s+([0-9]+\s?[a-z]+)$", re.IGNORECASE)
_MOVE = "10%"
_ALIKE = 0.75
_LONGEST_QUOTE = 40

LEVEL = "level"
"""What a question is about that only wants a level."""

Check = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where a line stopped being a rule: the word there ("" at the end), and what could follow."""

    text: str
    word: Piece
    wants: frozenset[str] = frozenset()


def plain_digits(text: str, check: Check) -> None:
    """UsageError offering ordinary digits for full-width ones and those of other scripts."""
    parts = text.split('"')
    parts[::2] = ["".join(map(_plain, outside_quotes)) for outside_quotes in parts[::2]]
    plain = '"'.join(parts)
    if plain != text:
        raise _offer(plain, check)


def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def explain(trouble: Trouble, vocabulary: Vocabulary, check: Check) -> UsageError:
    """The most helpful answer; `check` parses a corrected text and may raise its own question."""
    words = tuple(_words(trouble.text))
    if answer := _known_slip(trouble.text, words, vocabulary, check):
        return answer
    strange = tuple(word for word in words if _is_strange(word.text, vocabulary))
    if strange and (answer := respelled(trouble.text, strange, vocabulary, check)):
        return answer
    found = find(words, vocabulary)
    metric = found.metrics[-1][0] if found.metrics else None
    if metric is None and not found.series:
        return _no_metric(trouble.text, strange, vocabulary)
    if metric and len(strange) == 1 and _has_no_more(words, strange[0], found):
        return _unknown_asset(trouble.text, strange[0], metric, vocabulary)
    if strange:
        return _dropped(trouble.text, (*strange, *found.fillers), check)
    return _unfinished(trouble, metric, vocabulary, check)


def _known_slip(
    text: str, words: tuple[Piece, ...], vocabulary: Vocabulary, check: Check
) -> UsageError | None:
    if _TAG.search(text):
        return _offer(_TAG.sub(" ", text), check)
    if unquoted := _UNQUOTED.search(text):
        return _offer(f'{unquoted[1]} "{unquoted[2]}"', check)
    if any(word.text.lower() in _CRASH for word in words):
        return _closest(vocabulary)
    return None


def unknown_asset(
    text: str, word: Piece, metric: Metric, vocabulary: Vocabulary, check: Check
) -> UsageError:
    """The answer to a word before the operator that is no metric and no asset of ours."""
    corrected = _corrected(text, (word,), vocabulary)
    if corrected is not None:
        return _offer(corrected, check)
    return _unknown_asset(text, word, metric, vocabulary)


def _has_no_more(words: tuple[Piece, ...], strange: Piece, found: Found) -> bool:
    """Whether a line is a metric and one word more, which then is meant to be an asset."""
    named = {word.text for _, piece in found.metrics for word in words if _inside(word, piece)}
    return {word.text for word in words} == {*named, strange.text}


def _inside(word: Piece, piece: Piece) -> bool:
    return piece.start <= word.start and word.end <= piece.end


def _unknown_asset(text: str, word: Piece, metric: Metric, vocabulary: Vocabulary) -> UsageError:
    name = vocabulary.word_of(metric)
    return UsageError(
        f"I have no {name} for {_quoted(word.text.upper())}. "
        f"I have it for {', '.join(vocabulary.assets)}.",
        fixes=tuple(swap(text, (word, str(asset))) for asset in vocabulary.assets),
    )


def _words(text: str) -> Iterator[Piece]:
    for match in _WORD.finditer(text):
        if not match[0].startswith('"'):
            yield Piece(match[0], match.start(), match.end())


def is_ours(word: str) -> bool:
    """Whether the grammar itself has a use for a word, if elsewhere."""
    return word.lower() in _KNOWN


def _is_strange(word: str, vocabulary: Vocabulary) -> bool:
    if not word[0].isalpha() or ":" in word:
        return False
    head = word.lower().partition(".")[0]
    return head not in vocabulary.words and head not in _KNOWN and read_span(f"1{head}") is None


def _offer(corrected: str, check: Check) -> UsageError:
    text = " ".join(corrected.split())
    check(text)
    return UsageError(f"I read: {text}.", fixes=(text,))


def _corrected(text: str, strange: Sequence[Piece], vocabulary: Vocabulary) -> str | None:
    """The text with every strange word replaced by the closest known one; None if one has none."""
    candidates = [*vocabulary.words, *_CORRECTABLE.split()]
    changes = []
    for word in strange:
        close = word.text.isalpha() and get_close_matches(
            word.text.lower(), candidates, n=1, cutoff=_ALIKE
        )
        if not close or close[0] == word.text.lower():
            return None
        changes.append((word, close[0]))
    return swap(text, *changes)


def respelled(
    text: str, strange: Sequence[Piece], vocabulary: Vocabulary, check: Check
) -> UsageError | None:
    """The question whether close known words are meant; None where some word has none."""
    corrected = _corrected(text, strange, vocabulary)
    return None if corrected is None else _offer(corrected, check)


def _no_metric(text: str, strange: tuple[Piece, ...], vocabulary: Vocabulary) -> UsageError:
    """The answer to a line that names no metric: which word was in its place."""
    if _VERSUS.search(text) and vocabulary.metric("vs gold"):
        ways = tuple(_VERSUS.sub(f"vs {one}", text) for one in ("gold", "tech"))
        return UsageError(
            "I compare returns with gold and with tech stocks; two assets by their level, "
            "like: btc skew above eth skew",
            fixes=ways,
        )
    if len(strange) == 1 and _LEVELLED.search(text):
        examples = vocabulary.examples()
        return UsageError(
            f"{_quoted(strange[0].text)} is nothing I watch. "
            f"I need a metric and a level, for example: {' · '.join(examples)}",
            fixes=examples,
        )
    return nonsense(vocabulary)


def nonsense(vocabulary: Vocabulary) -> UsageError:
    """The answer to words that cannot be made a rule of."""
    examples = vocabulary.examples()
    shown = " · ".join(examples) or "METRIC above LEVEL"
    return UsageError(
        f"I don't guess: I need a metric and a level, for example: {shown}", fixes=examples
    )


def _closest(vocabulary: Vocabulary) -> UsageError:
    """The nearest thing to a wish to hear of a crash."""
    fall = f"{vocabulary.default_asset} price -10% in 24h"
    known = (fall,) if vocabulary.metric("price") else ()
    return UsageError(
        "I don't guess what a crash is. The closest I have:",
        fixes=(*known, "/presets stress"),
        labels=(*known, "Stress watch"),
    )


def _dropped(text: str, unused: tuple[Piece, ...], check: Check) -> UsageError:
    rest = swap(text, *((word, "") for word in unused))
    check(rest)
    words = ", ".join(_quoted(word.text) for word in unused)
    return UsageError(f"I have no use for {words}. Without it I read: {rest}.", fixes=(rest,))


def _unfinished(
    trouble: Trouble, metric: Metric | None, vocabulary: Vocabulary, check: Check
) -> UsageError:
    """Only known words, in an order that is no rule."""
    head, _, last = trouble.text.rpartition(" ")
    if last.lower() in {"and", "or"} and not trouble.word.text:
        check(head)
        return UsageError(f"{last.capitalize()} what? Without it I read: {head}.", fixes=(head,))
    if "OP" in trouble.wants:
        return _no_operator(trouble, metric, check)
    if "RAW" in trouble.wants:
        return _no_level(trouble, metric)
    if trouble.wants and trouble.wants <= {"SPAN", "NEVER"}:
        return _no_span(trouble)
    return _misplaced(trouble, vocabulary)


def _presets(metric: Metric | None) -> tuple[str, ...]:
    levels = metric.defaults.levels if metric else ()
    if metric is None:
        return ()
    above = metric.defaults.direction == "above"
    return tuple(
        metric.name_of(level, above=above) or write_level(level, metric.unit)
        for level in levels[:4]
    )


def _no_operator(trouble: Trouble, metric: Metric | None, check: Check) -> UsageError:
    text, word = trouble.text, trouble.word
    if _NUMBER.fullmatch(word.text):
        fixes = tuple(swap(text, (word, f"{op} {word.text}")) for op in ("above", "below"))
        if not any(_passes(fix, check) for fix in fixes):
            check(fixes[0])
        return UsageError(f"Above or below {word.text}?", fixes=fixes)
    if word.text or metric is None:
        return UsageError(
            f"After {text[: word.start].strip()} I need above or below and a level, "
            f"not {_quoted(word.text or 'the end')}."
        )
    fixes = tuple(f"{text} {metric.defaults.direction} {level}" for level in _presets(metric))
    if window := _WINDOW.search(text):
        head, span = text[: window.start()], window[1]
        fixes = fixes or tuple(f"{head} {sign}{_MOVE} in {span}" for sign in "-+")
    return UsageError(f"{text} above or below which level?", fixes=fixes, about=LEVEL)


def _no_level(trouble: Trouble, metric: Metric | None) -> UsageError:
    before = trouble.text[: trouble.word.start].rstrip()
    last = before.split()[-1]
    if last.lower() in {"named", "called"}:
        return UsageError('Named what? Write: named "my alert"')
    if "clear" in before.lower():
        return UsageError("Clear at which level? Write one number.")
    fixes = tuple(f"{before} {level}" for level in _presets(metric))
    return UsageError(f"{last.capitalize()} what? Write one number.", fixes=fixes, about=LEVEL)


def _no_span(trouble: Trouble) -> UsageError:
    before, word = trouble.text[: trouble.word.start].rstrip(), trouble.word
    message = f"{before.split()[-1]} needs a time such as 90s, 10m, 4h or 2d."
    if not word.text:
        return UsageError(message, fixes=(f"{before} 10m",))
    if word.text.isdigit():
        units = ("m", "h")
        return UsageError(
            message, fixes=tuple(swap(trouble.text, (word, word.text + unit)) for unit in units)
        )
    return UsageError(f"{message} I read {_quoted(word.text)}.")


def _passes(text: str, check: Check) -> bool:
    try:
        check(text)
    except UsageError:
        return False
    return True


def _misplaced(trouble: Trouble, vocabulary: Vocabulary) -> UsageError:
    examples = vocabulary.examples()
    word = _quoted(trouble.word.text) if trouble.word.text else "the end"
    return UsageError(
        f"I do not understand {word} there. Write for example: {' · '.join(examples)}",
        fixes=examples,
    )


def _quoted(word: str) -> str:
    shown = word if len(word) <= _LONGEST_QUOTE else f"{word[:_LONGEST_QUOTE]}…"
    return f"'{shown}'"
