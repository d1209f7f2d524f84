"""Cards on a terminal, in colour, or as one JSON object a line."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TextIO

from rich.box import ROUNDED
from rich.console import Console as Terminal
from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from alerts.domain.event import Event
from bot.card import Button, Card, Tone

WIDEST = 80
FRAME = 4

_COLOURS = {
    Tone.ALARM: "red",
    Tone.WARNING: "dark_orange",
    Tone.NOTICE: "yellow",
    Tone.CALM: "green",
    Tone.QUIET: "bright_black",
}
_EMOJI = {Tone.ALARM: "🔴", Tone.WARNING: "🟠", Tone.NOTICE: "🟡", Tone.CALM: "🟢"}


class CardPage:
    """Draws cards as panels in the colour of their tone."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._terminal = Terminal(file=out, highlight=False)

    def head(self, title: str, hint: str) -> None:
        """What this run is, and what to type."""
        if title:
            self._terminal.print(Text(f" {title} ", style="bold black on yellow"))
        if hint:
            self._terminal.print(Text(f"Type an alert, for example: {hint}", style="dim"))

    def tail(self, farewell: str) -> None:
        """What is said last."""
        self._terminal.print(Text(farewell, style="dim"))

    def echo(self, line: str) -> None:
        """What was said, where no prompt shows it."""
        self._terminal.print(Text(f"› {line}", style="bold"))

    def show(self, card: Card, kind: str, at: datetime, first: int = 1) -> None:  # noqa: ARG002 -- a footer says the time
        """Draw a card; its buttons are numbered from `first`."""
        width = min(WIDEST, self._terminal.width)
        if card.document:
            self._terminal.print(Text(card.document.text.rstrip("\n")), soft_wrap=True)
        self._terminal.print(
            Panel(
                Group(*_parts(card, width - FRAME, first)),
                box=ROUNDED,
                border_style=_COLOURS[card.tone],
                width=width,
                padding=(0, 1),
            )
        )


class JsonPage:
    """Writes cards as JSON lines; each is complete when it is written."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def head(self, title: str, hint: str) -> None:
        """Nothing: every line is a card."""

    def tail(self, farewell: str) -> None:
        """Nothing: every line is a card."""

    def echo(self, line: str) -> None:
        """Nothing: every line is a card."""

    def show(self, card: Card, kind: str, at: datetime, first: int = 1) -> None:  # noqa: ARG002 -- labels only
        out = self._out or sys.stdout
        out.write(json.dumps(card_json(card, kind, at), ensure_ascii=False) + "\n")
        out.flush()


def card_json(card: Card, kind: str, at: datetime) -> dict[str, Any]:
    """A card for a script; of several events the first is at the top, and all are in `events`."""
    events = [_event_json(event) for event in card.events]
    return {
        "at": _stamp(at),
        "kind": kind,
        **(events[0] if events else {}),
        "title": card.title,
        "text": text(card),
        "buttons": [button.label for row in card.buttons for button in row],
        **({"events": events} if len(events) > 1 else {}),
        **({"document": card.document.text} if card.document else {}),
    }


def text(card: Card) -> str:
    """All of a card below its title, as plain text."""
    fields = (f"{field.name}: {field.value}" for field in card.fields)
    return "\n".join(part for part in (*card.lines, *fields, card.pre, card.footer) if part)


def _event_json(event: Event) -> dict[str, Any]:
    return {
        "event": str(event.kind),
        "rule": event.number,
        "series": str(event.series),
        "value": event.value,
    }


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parts(card: Card, width: int, first: int) -> Iterator[Text]:
    yield _title(card)
    yield from (Text(line) for line in card.lines)
    if card.pre:
        yield Text(f"\n{card.pre}", no_wrap=True, overflow="ellipsis")
    if card.fields:
        yield Text()
    for field in card.fields:
        yield Text.assemble((f"{field.name}  ", "bold"), field.value.replace("\n", "\n  "))
    if card.footer:
        yield Text(f"\n{card.footer}", style="dim italic")
    if card.buttons:
        yield Text()
        yield from _rows(card.buttons, width, first)


def _title(card: Card) -> Text:
    emoji = _EMOJI.get(card.tone, "⚪" if card.events else "")
    strong = card.strong if card.title.startswith(card.strong) and card.strong else card.title
    return Text.assemble(
        f"{emoji} " if emoji else "", (strong, "bold"), card.title.removeprefix(strong)
    )


def _rows(buttons: Sequence[Sequence[Button]], width: int, first: int) -> Iterator[Text]:
    """`[1] Save  [2] Cancel`: a number is enough to press one; a label is never torn apart."""
    place = first - 1
    for row in buttons:
        line = Text()
        for button in row:
            place += 1
            shown = Text(f"[{place}] {button.label}", style="cyan")
            if line and len(line) + 2 + len(shown) > width:
                yield line
                line = Text()
            line.append("  " if line else "").append_text(shown)
        yield line
