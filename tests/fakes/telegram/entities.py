"""Telegram's HTML mode: tags to entities, strict where the real server is strict."""

import re
from html import unescape
from typing import Any

from tests.fakes.telegram.refusal import bad_request

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}
_TOKEN = re.compile(r"<[^>]*>?|&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);|[^<&]+|&")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^>]*)?)>")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parse_html(html: str) -> tuple[str, list[dict[str, Any]]]:
    """The visible text, trimmed, and its entities; a Refusal for broken markup."""
    text, entities, open_tags = "", [], []
    for token in _TOKEN.findall(html):
        if not token.startswith("<"):
            text += unescape(token) if len(token) > 1 else token
        elif entity := _step(token, units(text), open_tags):
            entities.append(entity)
    if open_tags:
        raise _broken(f'can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return _trimmed(text, entities)


def _step(token: str, at: int, open_tags: list[tuple[str, int, str]]) -> dict[str, Any] | None:
    tag = _TAG.fullmatch(token)
    if tag is None:
        raise _broken(f"unclosed or empty start tag at byte offset {at}")
    closing, name, attributes = tag[1], tag[2].lower(), tag[3]
    if not closing:
        if name not in {*_TAGS, "a"}:
            raise _broken(f'unsupported start tag "{name}" at byte offset {at}')
        open_tags.append((name, at, attributes))
        return None
    if not open_tags or open_tags[-1][0] != name:
        raise _broken(f'unexpected end tag at byte offset {at}, found "</{name}>"')
    return _entity(*open_tags.pop(), end=at)


def _entity(name: str, start: int, attributes: str, *, end: int) -> dict[str, Any] | None:
    if end == start:
        return None
    entity: dict[str, Any] = {"type": _TAGS.get(name, ""), "offset": start, "length": end - start}
    if name == "a":
        url = re.search(r'href="([^"]*)"', attributes)
        entity |= {"type": "text_link", "url": unescape(url[1]) if url else ""}
    if name == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def _trimmed(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    shift = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    kept = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        start = max(0, entity["offset"] - shift)
        stop = min(end, entity["offset"] + entity["length"] - shift)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return text, kept[:100]


def _broken(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")
