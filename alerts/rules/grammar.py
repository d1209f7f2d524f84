"""Lines of text to rules: `skew above 15%`, `eth basis below 3 for 10m clear 4 once`.

Anything else is a UsageError that names the word and shows the correct form; where it is a
question, its `fixes` are the complete answers. A level is taken at its word, without a question,
after the word `sure`, on a series spelled out in full, or when parsed with `sure=True`.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from alerts.domain.errors import UsageError
from alerts.domain.rule import Draft, Join, Severity, Voice
from alerts.rules.against import read_against
from alerts.rules.conditions import Condition, Meaning, read_condition
from alerts.rules.conflicts import check_legs
from alerts.rules.describe import describe
from alerts.rules.grades import is_graded, read_grade
from alerts.rules.phrase import LONGEST_NAME, Clause, Phrase, Piece, clean_name, tidy
from alerts.rules.signs import in_ours
from alerts.rules.spelling import (
    Check,
    Trouble,
    explain,
    is_ours,
    nonsense,
    plain_digits,
    respelled,
    unknown_asset,
)
from alerts.rules.subject import Found, find
from alerts.rules.timing import by_kind, read_timing
from alerts.rules.until import Today, read_until
from alerts.rules.vocabulary import Vocabulary

LEGS_AT_MOST = 5
APART = "apart"
"""Said of a line with "or": each side of it is an alert of its own."""

_APART = re.compile(r"\s(?:and|or)\s+(?![+-]?\$?[0-9.])", re.IGNORECASE)
_MOST_CORRECTIONS = 8
_OF_A_CONDITION = frozenset({"also", "within", "clear"})
_PARTS = frozenset({"level", "other", "by"})


def parse(
    text: str, vocabulary: Vocabulary, *, sure: bool = False, today: Today | None = None
) -> Draft:
    """The one rule a line of text means; UsageError, and nothing else, when it is not clearly one.

    `today` is what "until friday" is counted from; without it only a full date can be said.
    """
    drafts = parse_all(text, vocabulary, sure=sure, today=today)
    if len(drafts) > 1:
        lines = tuple(describe(draft, vocabulary) for draft in drafts)
        raise UsageError(f"That makes {len(drafts)} alerts: {'; '.join(lines)}.", fixes=lines)
    return drafts[0]


def parse_all(
    text: str, vocabulary: Vocabulary, *, sure: bool = False, today: Today | None = None
) -> tuple[Draft, ...]:
    """The rules a line means: nearly always one; a flip each way or two severities make two."""
    return _parse(text, vocabulary, sure=sure, today=today, corrections=_MOST_CORRECTIONS)


def _parse(
    text: str, vocabulary: Vocabulary, *, sure: bool, today: Today | None, corrections: int
) -> tuple[Draft, ...]:
    def check(corrected: str) -> tuple[Draft, ...]:
        if not corrections:
            raise nonsense(vocabulary)
        return _parse(corrected, vocabulary, sure=False, today=today, corrections=corrections - 1)

    shown = tidy(text)
    plain_digits(shown, check)
    try:
        tree = _parser().parse(shown)
    except UnexpectedInput as error:
        raise explain(_trouble(shown, error), vocabulary, check) from None
    phrases = [_phrase(shown, branch) for branch in tree.children if isinstance(branch, Tree)]
    said = by_kind(tuple(one for phrase in phrases for one in phrase.clauses if _is_shared(one)))
    conditions = []
    for phrase in phrases:
        found = find(phrase.subject, vocabulary)
        if found.unknown or not (found.metrics or found.series):
            raise _unknown(phrase, found, vocabulary, check)
        certain = sure or "sure" in said or bool(found.series)
        condition = Condition(phrase, found, vocabulary, certain)
        conditions.append((condition, _other(phrase, vocabulary, check)))
    joins = [_piece(one) for one in tree.children if isinstance(one, Token)]
    join = _join(shown, joins, apart=APART in said)
    meanings = [_meaning(condition, other) for condition, other in conditions]
    rest = _Rest(phrases[0], said, vocabulary, today)
    if join is not None:
        return _drafts(*_together(shown, meanings, join), rest)
    groups = _sides(meanings, joins)
    made = [_drafts(*_together(shown, own, Join.ALL), rest) for own in groups]
    return tuple(draft for drafts in made for draft in drafts)


def _sides(meanings: Sequence[Meaning], joins: Sequence[Piece]) -> list[list[Meaning]]:
    """The conditions of each side of every "or"."""
    sides = [[meanings[0]]]
    for word, meaning in zip(joins, meanings[1:], strict=True):
        if Join(word.text.lower()) is Join.ANY:
            sides.append([])
        sides[-1].append(meaning)
    return sides


def _is_shared(clause: Clause) -> bool:
    return clause.kind not in _OF_A_CONDITION


def _other(phrase: Phrase, vocabulary: Vocabulary, check: Check) -> Found | None:
    """What the words behind the operator are, where they are no number."""
    if phrase.kind != "against":
        return None
    found = find(phrase.other, vocabulary)
    metrics = find(phrase.subject, vocabulary).metrics
    if metrics and is_graded(metrics[0][0]):
        return found
    if found.unknown and (answer := respelled(phrase.text, found.unknown, vocabulary, check)):
        raise answer
    return found


def _meaning(condition: Condition, other: Found | None) -> Meaning:
    local = tuple(one for one in condition.phrase.clauses if not _is_shared(one))
    by_kind(tuple(one for one in local if one.kind != "also"))
    meaning = _read(condition, other)
    return in_ours(meaning, condition.found) if condition.vocabulary.other_sign else meaning


def _read(condition: Condition, other: Found | None) -> Meaning:
    if other is None:
        return read_condition(condition)
    metric = condition.vocabulary.of(condition.series())
    if metric is not None and is_graded(metric) and not (other.metrics or other.series):
        return read_grade(condition, metric)
    return read_against(condition, other)


def _join(text: str, words: Sequence[Piece], *, apart: bool) -> Join | None:
    """How the conditions belong together; None where each side of an "or" is its own alert.

    UsageError where that would need brackets.
    """
    if len(words) >= LEGS_AT_MOST:
        raise UsageError(
            f"An alert has at most {LEGS_AT_MOST} conditions; I read {len(words) + 1}.",
            fixes=(text[: words[LEGS_AT_MOST - 1].start].rstrip(),),
        )
    joins = [Join(word.text.lower()) for word in words]
    if apart and Join.ANY in joins:
        return None
    if len(set(joins)) <= 1:
        return joins[0] if joins else Join.ALL
    cuts = [word for word, join in zip(words, joins, strict=True) if join is Join.ANY]
    ends = [(0, cuts[0].start), *((a.end, b.start) for a, b in pairwise(cuts))]
    parts = [text[a:b].strip() for a, b in (*ends, (cuts[-1].end, len(text)))]
    counted = "; ".join(f"({place}) {part}" for place, part in enumerate(parts, 1))
    raise UsageError(
        f"One alert has 'and' or 'or', not both. As {len(parts)} alerts: {counted}.",
        fixes=(f"{text} {APART}", *parts),
    )


def _together(
    text: str, meanings: Sequence[Meaning], join: Join
) -> tuple[tuple[Meaning, ...], Join]:
    """The conditions as one rule, or as the rules that one condition alone stands for."""
    if len(meanings) == 1:
        return (meanings[0],), meanings[0].join or Join.ALL
    for one in meanings:
        if len(one.sets) > 1:
            raise UsageError(
                "Two severities, or a flip of a sign, make two alerts, so they cannot be joined "
                "with another condition. Say which side you mean, like: funding above 0"
            )
        if one.join not in {None, join}:
            raise _not_joined(one, join, text)
    legs = tuple(leg for one in meanings for leg in one.sets[0])
    if len(legs) > LEGS_AT_MOST:
        raise UsageError(f"An alert has at most {LEGS_AT_MOST} levels; these are {len(legs)}.")
    return (Meaning((legs,)),), join


def _not_joined(ranged: Meaning, join: Join, text: str) -> UsageError:
    """The answer to a range beside another condition, joined otherwise than its own two sides."""
    outside = ranged.join is Join.ANY
    word, sides = ("outside", "below and above") if outside else ("between", "above and below")
    return UsageError(
        f"'{word}' is two levels, {sides}, and cannot be joined by '{join}' with more. "
        "Name one side, or make two alerts.",
        fixes=tuple(part.strip() for part in _APART.split(text)),
    )


class _Rest:
    """What is said once for the whole rule."""

    def __init__(
        self,
        phrase: Phrase,
        said: dict[str, Clause],
        vocabulary: Vocabulary,
        today: Today | None,
    ) -> None:
        self.phrase, self.said, self.vocabulary, self.today = phrase, said, vocabulary, today


def _drafts(sets: tuple[Meaning, ...], join: Join, rest: _Rest) -> tuple[Draft, ...]:
    [meaning], said = sets, rest.said
    metric = rest.vocabulary.of(meaning.sets[0][0].series)
    if metric is None:
        raise UsageError(f"I have no metric {meaning.sets[0][0].series.metric}.")
    until = said["until"].value if "until" in said else None
    end = read_until(rest.phrase, until, rest.today) if until else None
    name, timing = _name(rest.phrase, said.get("name")), read_timing(said, metric, rest.phrase)
    grave = Severity.CRITICAL if "critical" in said else Severity.WARN
    voice = Voice.LOUD if "loud" in said else Voice.SILENT if "silent" in said else Voice.USUAL
    severities = meaning.severities or (grave,) * len(meaning.sets)
    for legs in meaning.sets:
        check_legs(legs, join, rest.vocabulary)
    return tuple(
        Draft(legs, timing, join if len(legs) > 1 else Join.ALL, name, end, severity, voice)
        for legs, severity in zip(meaning.sets, severities, strict=True)
    )


def _name(phrase: Phrase, clause: Clause | None) -> str:
    if clause is None or clause.value is None:
        return ""
    name = clean_name(clause.value.text.strip('"'))
    if len(name) > LONGEST_NAME:
        short = name[:LONGEST_NAME].rstrip()
        raise UsageError(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.",
            fixes=(phrase.swap((clause.value, f'"{short}"')),),
        )
    return name


def _unknown(phrase: Phrase, found: Found, vocabulary: Vocabulary, check: Check) -> UsageError:
    alone = len(found.unknown) == 1 and not is_ours(found.unknown[0].text)
    if alone and len(found.metrics) == 1 and not (found.assets or found.fillers):
        metric, _ = found.metrics[0]
        return unknown_asset(phrase.text, found.unknown[0], metric, vocabulary, check)
    return explain(Trouble(phrase.text, [*found.unknown, phrase.op][0]), vocabulary, check)


def _trouble(text: str, error: UnexpectedInput) -> Trouble:
    wants = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    start = len(text) if ended else error.pos_in_stream or 0
    word = text[start:].split(" ", 1)[0]
    return Trouble(text, Piece(word, start, start + len(word)), frozenset(wants))


@cache
def _parser() -> Lark:
    grammar = files("alerts.rules").joinpath("rule.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False)


def _phrase(text: str, tree: Tree[Token]) -> Phrase:
    """One condition with the clauses behind it."""
    subject, *rest = tree.children
    tokens = [_piece(one) for one in rest if isinstance(one, Token)]
    branches = [one for one in rest if isinstance(one, Tree)]
    kind, clauses = str(tree.data), [one for one in branches if one.data not in _PARTS]
    level, unit = tokens[0], _at(tuple(tokens), 1)
    other = next((_pieces(one) for one in branches if one.data == "other"), ())
    if kind == "levelled":
        number = _pieces(branches[0])
        level, unit = number[0], _at(number, 1)
    by = next((_pieces(one) for one in branches if one.data == "by"), ())
    if by:
        level, unit = by[1], _at(by, 2)
    span = [Clause("within", unit)] if kind == "record" and unit else []
    return Phrase(
        text,
        kind,
        subject=_pieces(subject),
        op=tokens[0],
        level=level,
        unit=None if kind == "record" else unit,
        clauses=(*span, *map(_clause, clauses)),
        other=other,
    )


def _clause(branch: Tree[Token]) -> Clause:
    pieces = _pieces(branch)
    if branch.data == "until":
        return Clause("until", _spread(pieces[1:]))
    return Clause(str(branch.data), _at(pieces, 1), _at(pieces, 2))


def _spread(pieces: tuple[Piece, ...]) -> Piece:
    """Several words as one piece."""
    return Piece(" ".join(one.text for one in pieces), pieces[0].start, pieces[-1].end)


def _pieces(branch: Token | Tree[Token]) -> tuple[Piece, ...]:
    tokens = branch.children if isinstance(branch, Tree) else [branch]
    return tuple(_piece(token) for token in tokens if isinstance(token, Token))


def _at(pieces: tuple[Piece, ...], place: int) -> Piece | None:
    return pieces[place] if len(pieces) > place else None


def _piece(token: Token) -> Piece:
    start = token.start_pos or 0
    return Piece(str(token), start, start + len(token))
