"""One line of text to a rule: `skew above 15%`, `eth basis below 3 for 10m clear 4 once`.

Anything else is a UsageError that names the word and shows the correct form; where it is a
question, its `fixes` are the complete answers. A level is taken at its word, without a question,
after the word `sure`, on a series spelled out in full, or when parsed with `sure=True`.
"""

import re
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from alerts.domain.errors import UsageError
from alerts.domain.rule import Direction, Draft, Leg
from alerts.rules.doubts import Claim
from alerts.rules.levels import read_clear, read_level
from alerts.rules.phrase import LONGEST_NAME, Clause, Phrase, Piece, clean_name, tidy
from alerts.rules.spelling import Check, Trouble, explain, nonsense, plain_digits, unknown_asset
from alerts.rules.subject import Found, find, resolve
from alerts.rules.timing import by_kind, read_timing
from alerts.rules.vocabulary import Vocabulary

_MOST_CORRECTIONS = 8
_UP = re.compile(r"(?:above|over|>=?|≥)$", re.IGNORECASE)


def parse(text: str, vocabulary: Vocabulary, *, sure: bool = False) -> Draft:
    """The rule a line of text means; UsageError, and nothing else, when it is not clearly one."""
    return _parse(text, vocabulary, sure=sure, corrections=_MOST_CORRECTIONS)


def _parse(text: str, vocabulary: Vocabulary, *, sure: bool, corrections: int) -> Draft:
    def check(corrected: str) -> Draft:
        if not corrections:
            raise nonsense(vocabulary)
        return _parse(corrected, vocabulary, sure=False, corrections=corrections - 1)

    shown = tidy(text)
    plain_digits(shown, check)
    try:
        tree = _parser().parse(shown)
    except UnexpectedInput as error:
        raise explain(_trouble(shown, error), vocabulary, check) from None
    phrase = _phrase(shown, tree)
    found = find(phrase.subject, vocabulary)
    if found.unknown or not (found.metrics or found.series):
        raise _unknown(phrase, found, vocabulary, check)
    return _draft(phrase, found, vocabulary, sure=sure)


def _draft(phrase: Phrase, found: Found, vocabulary: Vocabulary, *, sure: bool) -> Draft:
    metric, series = resolve(phrase.text, found, vocabulary)
    direction = Direction.ABOVE if _UP.search(phrase.op.text) else Direction.BELOW
    claim = Claim(phrase, vocabulary.word_of(metric), metric, direction)
    said = by_kind(phrase.clauses)
    level = read_level(claim, sure=sure or "sure" in said or bool(found.series))
    leg = Leg(series, direction, level, read_clear(claim, level, said.get("clear")))
    return Draft((leg,), read_timing(said, metric), name=_name(phrase, said.get("name")))


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
    if len(found.unknown) == 1 and len(found.metrics) == 1 and not (found.assets or found.fillers):
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
    subject, op, level, *rest = (_pieces(branch) for branch in tree.children)
    return Phrase(
        text,
        subject=subject,
        op=op[0],
        level=level[0],
        unit=_at(level, 1),
        clauses=tuple(
            Clause(str(branch.data), _at(pieces, 1), _at(pieces, 2))
            for branch, pieces in zip(tree.children[3:], rest, strict=True)
            if isinstance(branch, Tree)
        ),
    )


def _pieces(branch: Token | Tree[Token]) -> tuple[Piece, ...]:
    tokens = branch.children if isinstance(branch, Tree) else [branch]
    return tuple(_piece(token) for token in tokens if isinstance(token, Token))


def _at(pieces: tuple[Piece, ...], place: int) -> Piece | None:
    return pieces[place] if len(pieces) > place else None


def _piece(token: Token) -> Piece:
    start = token.start_pos or 0
    return Piece(str(token), start, start + len(token))
