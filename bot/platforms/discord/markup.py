"""Pure: a card as Discord's markup, escaped and within Discord's limits."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from bot.card import Button, Card, Field, Tone

TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
FIELDS_LIMIT = 25
FIELD_NAME_LIMIT = 256
FIELD_VALUE_LIMIT = 1024
FOOTER_LIMIT = 2048
EMBED_LIMIT = 6000
CONTENT_LIMIT = 2000
LABEL_LIMIT = 80
ROWS_LIMIT = 5
ROW_LIMIT = 5

BLANK = "\u200b"
COLOURS = {
    Tone.ALARM: 13840175,
    Tone.WARNING: 16098851,
    Tone.NOTICE: 16635957,
    Tone.CALM: 4431943,
    Tone.QUIET: 10395294,
}
EMOJI = {
    Tone.ALARM: "🔴 ",
    Tone.WARNING: "🟠 ",
    Tone.NOTICE: "🟡 ",
    Tone.CALM: "🟢 ",
    Tone.QUIET: "",
}

_INLINE_WIDTH = 40
_MARKS_IN_A_ROW = 3
# Direction marks and overrides, invisible joiners, annotations: they hide or reorder text. U+200D
# stays, it joins emoji.
_INVISIBLE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_FENCE = "```"
_SPECIAL = re.compile(
    r"[\\*_`\[\]]"  # emphasis, code, masked links
    r"|~~|\|\|"  # strike-through, spoilers
    r"|<(?=[@#:/a-zA-Z])"  # mentions, emoji, timestamps, links
    r"|^[ ]*(?:#{1,3}|-\#|>{1,3}|-|[0-9]+\.)(?=\s)",  # headings, small print, quotes, lists
    re.MULTILINE,
)
_MENTION = re.compile(r"@(?=everyone|here|[!&]?[0-9])")


@dataclass(frozen=True, slots=True)
class Markup:
    """What one message consists of; `content` is what a lock screen shows."""

    content: str
    embed: dict[str, Any]
    rows: tuple[tuple[Button, ...], ...]
    silent: bool


def message(card: Card) -> Markup:
    """The card as content, one embed and rows of buttons."""
    return Markup(headline(card), embed(card), rows(card), card.silent)


def headline(card: Card) -> str:
    """The title alone, for lock screens."""
    return shorten(_title(card), CONTENT_LIMIT) or BLANK


def plain(card: Card) -> str:
    """The whole card as one content without an embed: the fallback when an embed is refused."""
    fields = [f"{field.name}: {field.value}" for field in card.fields]
    text = "\n".join(filter(None, [*card.lines, *fields, card.pre, card.footer]))
    body = escape(text)
    return shorten(f"{headline(card)}\n{body}" if body else headline(card), CONTENT_LIMIT)


def embed(card: Card) -> dict[str, Any]:
    """The card as one embed of at most 6000 characters; what does not fit is cut from its end."""
    title = shorten(_title(card), TITLE_LIMIT)
    footer = shorten(clean(card.footer), FOOTER_LIMIT)
    left = EMBED_LIMIT - width(title) - width(footer)
    description = _description(card, min(DESCRIPTION_LIMIT, left))
    found: dict[str, Any] = {"type": "rich", "title": title, "color": COLOURS[card.tone]}
    if description:
        found["description"] = description
    if fields := _fields(card.fields, left - width(description)):
        found["fields"] = fields
    if footer:
        found["footer"] = {"text": footer}
    if card.events:
        found["timestamp"] = _stamp(card.events[0].at)
    return found


def rows(card: Card) -> tuple[tuple[Button, ...], ...]:
    """At most 5 rows of at most 5 buttons, each act once, as Discord demands."""
    seen: set[str] = set()
    found: list[tuple[Button, ...]] = []
    for row in card.buttons:
        fresh = tuple({one.act: one for one in row if one.act not in seen}.values())
        seen.update(one.act for one in fresh)
        found += [fresh[at : at + ROW_LIMIT] for at in range(0, len(fresh), ROW_LIMIT)]
    return tuple(found[:ROWS_LIMIT])


def label(button: Button) -> str:
    """What is written on the button; Discord renders no markup there."""
    return shorten(clean(button.label).replace("\n", " ").strip(), LABEL_LIMIT) or BLANK


def escape(text: str) -> str:
    """Text that Discord shows as it was typed: no markup, no mention, no hidden character."""
    escaped = _SPECIAL.sub(_backslashed, clean(text))
    return _MENTION.sub(f"@{BLANK}", escaped)


def clean(text: str) -> str:
    """The text without control and direction characters and piles of marks; line breaks stay."""
    kept = [char for char in text.replace("\t", " ") if char == "\n" or not _hidden(char)]
    return "".join(_without_piles(kept)).strip("\n")


def shorten(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, ending in an ellipsis when cut."""
    if width(text) <= limit:
        return text
    if limit <= 0:
        return ""
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    trailing = len(kept) - len(kept.rstrip("\\"))
    return kept[: len(kept) - trailing % 2] + "…"


def width(text: str) -> int:
    """Length in UTF-16 units: never less than what Discord counts."""
    return len(text.encode("utf-16-le")) // 2


def _title(card: Card) -> str:
    return escape(EMOJI[card.tone] + card.title).strip()


def _description(card: Card, limit: int) -> str:
    text = shorten("\n".join(escape(line) for line in card.lines), limit)
    if not card.pre:
        return text
    gap = "\n" if text else ""
    block = _block(card.pre, limit - width(text) - len(gap))
    return text + gap + block if block else text


def _block(pre: str, limit: int) -> str:
    """An aligned block; whole lines are cut so that it stays aligned and closed."""
    lines = clean(pre).replace("`", f"`{BLANK}" if _FENCE in pre else "`").split("\n")
    room = limit - 2 * len(_FENCE) - 2
    if room < width(lines[0]):
        return ""
    while width("\n".join(lines)) > room:
        lines = [*lines[:-2], "…"] if len(lines) > 2 else lines[:1]
    return "\n".join([_FENCE, *lines, _FENCE])


def _fields(fields: tuple[Field, ...], left: int) -> list[dict[str, Any]]:
    found = []
    for field in islice(fields, FIELDS_LIMIT):
        name = shorten(escape(field.name).strip(), FIELD_NAME_LIMIT) or BLANK
        value = shorten(escape(field.value).strip(), FIELD_VALUE_LIMIT) or BLANK
        left -= width(name) + width(value)
        if left < 0:
            break
        inline = all(len(line) <= _INLINE_WIDTH for line in field.value.split("\n"))
        found.append({"name": name, "value": value, "inline": inline})
    return found


def _backslashed(match: re.Match[str]) -> str:
    """A backslash before each punctuation mark of the match, or before the dot of `1.`."""
    return re.sub(r"[^\w\s]|_", r"\\\g<0>", match[0])


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} or bool(_INVISIBLE.match(char))


def _without_piles(text: Iterable[str]) -> Iterator[str]:
    run = 0
    for char in text:
        run = run + 1 if _is_mark(char) else 0
        if run <= _MARKS_IN_A_ROW:
            yield char


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _is_mark(char: str) -> bool:
    """Whether a character is drawn over the one before it; enclosing marks have no class."""
    return bool(unicodedata.combining(char)) or unicodedata.category(char) == "Me"
