"""A rule's words, taken apart and not yet understood; each piece knows its place in the text."""

import re
import unicodedata
from dataclasses import dataclass

from alerts.domain.errors import UsageError

LONGEST_TEXT = 700
LONGEST_NAME = 64

_REWRITES = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"'}
    | {"\u00bb": '"', "\u2019": "'", "\u00a0": " ", "\u202f": " "}
)
_MARKS_IN_A_ROW = 2
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands behind the level: `kind` is the grammar's name for it."""

    kind: str
    value: Piece | None = None
    unit: Piece | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """One condition, taken apart: `text` is the whole line, which the pieces' places refer to.

    `kind` is the grammar's name for its form; `level` is the operator itself where it is not
    followed by a number. `other` are the words behind it that name another metric.
    """

    text: str
    kind: str
    subject: tuple[Piece, ...]
    op: Piece
    level: Piece
    unit: Piece | None
    clauses: tuple[Clause, ...]
    other: tuple[Piece, ...] = ()

    def swap(self, *changes: tuple[Piece, str]) -> str:
        """The whole text with some pieces replaced."""
        return swap(self.text, *changes)

    def added(self, words: str) -> str:
        """The whole text with words put behind this condition's number."""
        end = (self.unit or self.level).end
        return self.swap((Piece("", end, end), f" {words}"))

    def clause(self, kind: str) -> Clause | None:
        """The first clause of a kind."""
        return next((clause for clause in self.clauses if clause.kind == kind), None)


def swap(text: str, *changes: tuple[Piece, str]) -> str:
    """A text with some of its pieces replaced."""
    for piece, new in sorted(changes, key=lambda change: change[0].start, reverse=True):
        text = text[: piece.start] + new + text[piece.end :]
    return " ".join(text.split())


def tidy(text: str) -> str:
    """A text with one kind of space, quote and minus, and nothing invisible in it."""
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"That is {len(text)} characters; a rule has at most {LONGEST_TEXT}, "
            "like: skew above 15"
        )
    return re.sub(r"(?<=[^\s.])[.!?]+$", "", _plain(text))


def clean_name(raw: str) -> str:
    """A name safe to show: no control or direction characters, no towers of accents."""
    return _thin(_plain(raw).replace('"', "'"))


def _plain(text: str) -> str:
    spaced = "".join(" " if char.isspace() else char for char in text)
    seen = "".join(char for char in spaced if unicodedata.category(char) not in _UNSEEN)
    return " ".join(unicodedata.normalize("NFC", seen).translate(_REWRITES).split())


def _thin(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)
