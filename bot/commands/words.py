"""A person's words to a command and its parameters, or a UsageError with a hint. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.metrics.spec import Metric
from alerts.rules.vocabulary import Vocabulary
from bot.commands.spec import Ask, Command

LONGEST = 500
SHOWN = 40
SUBJECT_WORDS = 3

_NUMBER = re.compile(r"#?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Which command, with which words."""

    command: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about; None where the person left it open."""

    metric: Metric | None = None
    asset: Asset | None = None
    window: str = ""


def clean(text: str) -> str:
    """One line of printable characters: no control, direction or half characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def spoken(line: str, commands: Sequence[Command], vocabulary: Vocabulary) -> Spoken:
    """What a free line asks for: a command, a metric alone, a rule's number, or a rule."""
    names = {name: one.name for one in commands for name in (one.name, *one.aliases)}
    first, _, rest = line.partition(" ")
    if first.startswith("/"):
        return _slashed(first, rest.strip(), names)
    if first.lower().rstrip("?!.,") in names:
        return Spoken(names[first.lower().rstrip("?!.,")], rest.strip())
    if match := _NUMBER.fullmatch(line):
        return Spoken("alerts", match[1])
    if is_subject(line, vocabulary):
        return Spoken("now", line)
    if near := _nearly_subject(line, vocabulary):
        raise UsageError(f"Did you mean {near}?", fixes=(near,))
    return Spoken("alert", line)


def said(ask: Ask, command: Command) -> str:
    """The words after a command, wherever the platform put them; for whom it is, is no word."""
    if ask.text or not ask.values:
        return ask.text
    names = [one.name for one in command.params if one.name != "where"]
    return " ".join(ask.values[name] for name in names if ask.values.get(name))


def rule_number(text: str, again: str = "") -> int:
    """The number in `3` or `#3`; UsageError for anything else.

    `again` is the command that a corrected text repeats.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is not None:
        return int(match[1])
    example, plain = f"like: {again} 3".replace("  ", " "), plain_digits(text.strip())
    if plain != text.strip() and _NUMBER.fullmatch(plain):
        fixed = f"{again} {plain}".strip()
        raise UsageError(f"I read: {fixed}.", fixes=(fixed,))
    what = f"{text[:SHOWN]!r} is not the number of an alert." if text else "Which alert?"
    everything = (f"{again} all",) if again in {"/pause", "/resume"} else ()
    raise UsageError(f"{what} Write its number, {example}", fixes=(*everything, "/alerts"))


def plain_digits(text: str) -> str:
    """Full-width digits, and those of other scripts, as ordinary ones."""
    digits = [unicodedata.decimal(char, None) for char in text]
    return "".join(
        char if digit is None else str(digit) for char, digit in zip(text, digits, strict=True)
    )


def subject(text: str, vocabulary: Vocabulary, again: str = "now") -> Subject:
    """The metric, asset and window named; `again` is the command a corrected text repeats."""
    found, tokens = Subject(), text.lower().split()
    while tokens:
        taken = _metric(tokens, vocabulary, found) or _single(tokens[0], vocabulary, found)
        if taken is None:
            raise _unknown(tokens[0], vocabulary, again)
        found, used = taken
        tokens = tokens[used:]
    return found


def is_subject(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a line only names something, and so asks how it stands."""
    try:
        return subject(text, vocabulary) != Subject()
    except UsageError:
        return False


def _nearly_subject(line: str, vocabulary: Vocabulary) -> str:
    """A short line that a slip of the finger keeps from naming something, put right."""
    tokens = line.lower().split()
    if len(tokens) > SUBJECT_WORDS:
        return ""
    known = sorted(vocabulary.words)
    near = [get_close_matches(token, known, n=1, cutoff=0.7) for token in tokens]
    fixed = " ".join(match[0] for match in near if match)
    return fixed if all(near) and is_subject(fixed, vocabulary) else ""


def _slashed(first: str, rest: str, names: Mapping[str, str]) -> Spoken:
    name = first[1:].partition("@")[0].lower()
    if name in names:
        return Spoken(names[name], rest)
    near = get_close_matches(name, names, n=2, cutoff=0.5)
    raise UsageError(
        f"I don't know the command /{name[:SHOWN]}. /help shows what I know.",
        fixes=tuple(f"/{one}" for one in near) or ("/help",),
    )


def _metric(
    tokens: Sequence[str], vocabulary: Vocabulary, found: Subject
) -> tuple[Subject, int] | None:
    for used in range(min(vocabulary.longest, len(tokens)), 0, -1):
        metric = vocabulary.metric(" ".join(tokens[:used]))
        if metric and found.metric is None:
            return replace(found, metric=metric), used
    return None


def _single(token: str, vocabulary: Vocabulary, found: Subject) -> tuple[Subject, int] | None:
    """An asset or a window, each named once."""
    asset = vocabulary.asset(token)
    if asset and found.asset is None:
        return replace(found, asset=asset), 1
    if not found.window and any(token in metric.windows for metric in vocabulary.metrics):
        return replace(found, window=token), 1
    return None


def _unknown(word: str, vocabulary: Vocabulary, again: str) -> UsageError:
    near = get_close_matches(word, sorted(vocabulary.words), n=2, cutoff=0.6)
    metrics = ", ".join(vocabulary.word_of(metric) for metric in vocabulary.metrics)
    return UsageError(
        f"{word[:SHOWN]!r} is no metric or asset I watch. "
        f"Metrics: {metrics}. Assets: {', '.join(vocabulary.assets)}.",
        fixes=tuple(f"{again} {one}" for one in near) or (f"/{again}",),
    )
