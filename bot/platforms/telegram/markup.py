"""Pure: a card as Telegram HTML and as plain text, in as few messages as its limits allow."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape as _escape_html
from itertools import groupby
from typing import NamedTuple

from bot.card import Button, Card, Tone

Keyboard = dict[str, list[list[dict[str, str]]]]
"""An InlineKeyboardMarkup as it is sent: https://core.telegram.org/bots/api#inlinekeyboardmarkup."""

MESSAGE_UNITS = 4096  # UTF-16 code units after entity parsing
MAX_PARTS = 3
TOAST_UNITS = 200

_LINE_UNITS = 2000
_TAIL_UNITS = 32  # room for "… and 1234567 more lines"
_MARKS_IN_A_ROW = 3
_ROWS = 12
_KEPT = 1024  # what a tick's cards have in common is laid out once, not once a chat
_BUTTONS_IN_A_ROW = 8
_EMOJI = {Tone.ALARM: "🔴", Tone.WARNING: "🟠", Tone.NOTICE: "🟡", Tone.CALM: "🟢"}
# Controls, bidi marks and overrides, lone surrogates, non-characters: they can hide or reorder
# text, or make Telegram refuse the message. U+200D stays, it joins emoji.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff]"
)
# Nearly all text is made of these alone and needs no cleaning.
_ORDINARY = re.compile(
    "[\n -~\xa0-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205f\u2070-\u20cf\u2100-\u2bff\ufe0f"
    "\U0001f000-\U0001faff]*"
)
_LINE_BREAK = re.compile("\r\n|[\r\u0085\u2028\u2029\x0b\x0c]")


@dataclass(frozen=True, slots=True)
class Part:
    """One message: the same text marked up and plain."""

    html: str
    plain: str


class _Line(NamedTuple):  # there are a dozen in a card, and this is made in half the time
    plain: str
    html: str
    pre: bool = False


def escape(text: str) -> str:
    """Text for HTML mode."""
    return _escaped(clean(text))


def _escaped(cleaned: str) -> str:
    """The only place where anything is escaped."""
    return _escape_html(cleaned, quote=False)


def clean(text: str) -> str:
    """Text without control, bidi and broken characters, and without piles of combining marks."""
    if _ORDINARY.fullmatch(text):
        return text
    return "".join(
        _without_piles(_UNWANTED.sub("", _LINE_BREAK.sub("\n", text).replace("\t", " ")))
    )


def units(text: str) -> int:
    """Length as Telegram counts it: in UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int) -> str:
    """At most `limit` units of the text, whole characters, with an ellipsis where it was cut."""
    if units(text) <= limit:
        return text
    return next(_chunks(text, limit - 1)) + "…"


def render(card: Card, max_parts: int = MAX_PARTS) -> tuple[Part, ...]:
    """The card as one to `max_parts` messages; what does not fit is counted, not cut silently."""
    parts: list[list[_Line]] = []
    lines = list(_lines(card))
    while lines and len(parts) < max_parts:
        room = MESSAGE_UNITS - (_TAIL_UNITS if len(parts) == max_parts - 1 else 0)
        fitting = _fitting(lines, room)
        parts.append(lines[:fitting])
        lines = lines[fitting:]
    left = sum(1 for line in lines if line.plain.strip())
    if left:
        parts[-1].append(_line(f"… and {left} more line{'s' if left > 1 else ''}"))
    joined = tuple(_joined(part) for part in parts)
    return tuple(part for part in joined if part.plain.strip()) or (Part("…", "…"),)


def plain(card: Card) -> str:
    """The card as plain text, for when its markup is refused."""
    return "\n".join(part.plain for part in render(card))


def keyboard(card: Card, sealed: Callable[[str], str]) -> Keyboard | None:
    """The card's buttons, each carrying its act as `sealed` signs it; None where it has none."""
    rows = [_button_row(row, sealed) for row in card.buttons[:_ROWS] if row]
    return {"inline_keyboard": rows} if rows else None


def _button_row(row: Sequence[Button], sealed: Callable[[str], str]) -> list[dict[str, str]]:
    return [
        {"text": _flat(button.label) or "·", "callback_data": sealed(button.act)}
        for button in row[:_BUTTONS_IN_A_ROW]
    ]


def _lines(card: Card) -> Iterator[_Line]:
    yield from _title(card)
    for text in card.lines:
        yield from _text_lines(text)
    if card.fields:
        yield _line("")
    for field in card.fields:
        yield from _labelled(field.name, field.value)
    yield from (_Line(text, _escaped(text), pre=True) for text in _short(clean(card.pre)))
    if card.footer:
        yield from (_Line(text, f"<i>{_escaped(text)}</i>") for text in _short(clean(card.footer)))


def _title(card: Card) -> Iterator[_Line]:
    title, strong = _flat(card.title), _flat(card.strong)
    if not title.startswith(strong) or not strong:
        strong = title
    emoji = _EMOJI.get(card.tone, "⚪" if card.events else "")
    lead = f"{emoji} " if emoji else ""
    yield from _led(strong, "", title[len(strong) :], lead=lead)


def _led(bold: str, gap: str, rest: str, lead: str = "") -> Iterator[_Line]:
    """A line of clean text that begins bold; overlong pieces go on in plain lines of their own."""
    head, *overflow = _short(bold) or [""]
    first, *more = _short(rest) or [""]
    if overflow:
        first, more = "", [*overflow, *_short(rest)]
    bolded = f"<b>{_escaped(head)}</b>" if head.strip() else ""
    yield _Line(f"{lead}{head}{gap}{first}", f"{lead}{bolded}{gap}{_escaped(first)}")
    yield from map(_line, more)


@lru_cache(_KEPT)
def _labelled(name: str, value: str) -> tuple[_Line, ...]:
    return tuple(_led(_flat(name), " ", clean(value)))


@lru_cache(_KEPT)
def _text_lines(text: str) -> tuple[_Line, ...]:
    return tuple(map(_line, _short(clean(text)) or [""]))


def _line(cleaned: str) -> _Line:
    return _Line(cleaned, _escaped(cleaned))


@lru_cache(_KEPT)
def _flat(text: str) -> str:
    return " ".join(clean(text).split("\n")).strip()


def _short(cleaned: str) -> list[str]:
    """The lines of clean text, none longer than a line may be; empty for empty text."""
    if not cleaned:
        return []
    return [piece for line in cleaned.split("\n") for piece in _pieces(line)]


def _pieces(line: str) -> Iterable[str]:
    return [line] if units(line) <= _LINE_UNITS else _chunks(line, _LINE_UNITS)


def _chunks(text: str, limit: int) -> Iterator[str]:
    start = length = 0
    for index, char in enumerate(text):
        size = 2 if ord(char) > 0xFFFF else 1
        if length + size > limit:
            yield text[start:index]
            start, length = index, 0
        length += size
    yield text[start:]


def _fitting(lines: Sequence[_Line], room: int) -> int:
    """How many lines from the start fit into `room` units (always one: lines are short)."""
    if sum(len(line.plain) + 1 for line in lines) * 2 <= room:
        return len(lines)
    used = units(lines[0].plain)
    for count, line in enumerate(lines[1:], start=1):
        used += 1 + units(line.plain)
        if used > room:
            return count
    return len(lines)


def _joined(lines: Sequence[_Line]) -> Part:
    if not any(line.pre for line in lines):
        return Part("\n".join(line.html for line in lines), "\n".join(line.plain for line in lines))
    blocks = []
    for pre, group in groupby(lines, key=lambda line: line.pre):
        html = "\n".join(line.html for line in group)
        blocks.append(f"<pre>{html}</pre>" if pre else html)
    return Part("\n".join(blocks), "\n".join(line.plain for line in lines))


def _without_piles(text: str) -> Iterator[str]:
    run = 0
    for char in text:
        run = run + 1 if _is_mark(char) else 0
        if run <= _MARKS_IN_A_ROW:
            yield char


def _is_mark(char: str) -> bool:
    """Whether a character is drawn over the one before it; enclosing marks have no class."""
    return bool(unicodedata.combining(char)) or unicodedata.category(char) == "Me"
