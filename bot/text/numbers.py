"""Numbers with a decimal comma, both ways: cards are written with points, and typed rules read so.

`15.5` and `527,850` are shown as `15,5` and `527.850`. What is read back: `15,5`, `1.000.000` and
`1.000` as such a chat means them; a point with other than three digits behind it stays a point.
The number of an episode, `#7.3`, is no such number.
"""

import re
from dataclasses import replace

from bot.card import Button, Card, Field

_SHOWN = re.compile(
    r"(?<![\w.,/#])([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+\.[0-9]+)(?![\w]*[.,][0-9])"
)
_QUOTED = re.compile(r'"[^"]*"')
_WRITTEN = re.compile(r"(?<![\w.,])[0-9][0-9.,]*[0-9](?![0-9])")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_SWAP = str.maketrans(".,", ",.")


def comma_card(card: Card) -> Card:
    """A card with every number of it written with a decimal comma; what machines read stays."""
    return replace(
        card,
        title=commas(card.title),
        strong=commas(card.strong),
        lines=tuple(map(commas, card.lines)),
        fields=tuple(Field(one.name, commas(one.value)) for one in card.fields),
        pre=commas(card.pre),
        footer=commas(card.footer),
        buttons=tuple(
            tuple(Button(commas(one.label), one.act) for one in row) for row in card.buttons
        ),
    )


def commas(text: str) -> str:
    """A text for people, with its numbers written with a decimal comma."""
    return _SHOWN.sub(lambda match: match[0].translate(_SWAP), text)


def points(text: str) -> str:
    """What somebody typed who writes 15,5, with decimal points; quoted names are left alone."""
    parts, at = [], 0
    for quoted in _QUOTED.finditer(text):
        parts += [_WRITTEN.sub(_point, text[at : quoted.start()]), quoted[0]]
        at = quoted.end()
    return "".join([*parts, _WRITTEN.sub(_point, text[at:])])


def _point(match: re.Match[str]) -> str:
    number = match[0]
    whole, comma, decimals = number.partition(",")
    if comma and "," not in decimals and "." not in decimals:
        return f"{whole.replace('.', '')}.{decimals}"
    return number.replace(".", "") if _THOUSANDS.fullmatch(number) else number
