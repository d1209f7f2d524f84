"""The same commands and cards in a terminal: for a person or, as JSON lines, for a script."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TextIO

from prompt_toolkit.patch_stdout import patch_stdout

from alerts.domain.ids import Chat
from alerts.domain.ids import Platform as PlatformName
from alerts.ports import Clock
from bot.card import Button, Card
from bot.commands.spec import SILENCE, Ask, FrontDesk, Reply
from bot.outcome import Outcome, Sent
from bot.platforms.console.lines import prompted, read_lines
from bot.platforms.console.page import CardPage, JsonPage

NAME = PlatformName("console")
CHAT = Chat(NAME, "local")
USER = "local"
WAYS_ON = (Button("Your alerts", "cmd:alerts"), Button("Help", "cmd:help"))
ASK = Ask(CHAT, USER, one_by_one=True)


@dataclass
class Console:
    """Implements Platform for the one person at this terminal.

    `title` heads the run (a simulated market says so there), `hint` is an example of what to
    type. `source` gives the lines to answer; left out, they are read from standard input, with
    a prompt where that is a terminal. With `ends`, `run` returns at the end of input, else it
    goes on until cancelled, so that alerts are still shown; unless said, a terminal ends the run
    (Ctrl-D) and a pipe does not. `farewell` is said at the end, after the number of alerts told.
    """

    name = NAME

    clock: Clock
    _: KW_ONLY
    json_lines: bool = False
    out: TextIO | None = None
    source: AsyncGenerator[str] | None = None
    title: str = ""
    hint: str = ""
    farewell: str = ""
    ends: bool | None = None
    _page: CardPage | JsonPage = field(init=False)
    _prompts: bool = field(init=False)
    _ends: bool = field(init=False)
    _buttons: list[Button] = field(init=False, default_factory=list)
    _latest: Card = field(init=False, default=SILENCE)
    _alerts: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._page = JsonPage(self.out) if self.json_lines else CardPage(self.out)
        typed = self.source is None and sys.stdin is not None and sys.stdin.isatty()
        self._prompts = typed and not self.json_lines
        self._ends = typed or self.source is not None if self.ends is None else self.ends

    async def run(self, desk: FrontDesk) -> None:
        """Answer lines until there are no more of them."""
        with patch_stdout(raw=True) if self._prompts else contextlib.nullcontext():
            self._page.head(self.title, self.hint)
            async with contextlib.aclosing(self._lines()) as lines:
                async for line in lines:
                    if line.strip():
                        await self._answer(desk, line.strip())
            if not self._ends:
                await asyncio.Event().wait()

    async def send(self, chat: Chat, card: Card, key: str) -> Outcome:  # noqa: ARG002 -- one chat, no wait
        """Show an alert."""
        self._show(card, "alert")
        self._alerts += 1
        return Sent(key)

    async def close(self) -> None:
        """Say farewell; there is nothing to let go of."""
        if self.farewell:
            self._page.tail(
                f"{self._alerts} alert{'s' * (self._alerts != 1)} told. {self.farewell}"
            )

    def health(self) -> str:
        return "ok"

    def _lines(self) -> AsyncGenerator[str]:
        if self.source is not None:
            return self.source
        return prompted(self.hint) if self._prompts else read_lines(sys.stdin.fileno())

    async def _answer(self, desk: FrontDesk, line: str) -> None:
        if not self._prompts:
            self._page.echo(line)
        button = self._pressed(line)
        if button is not None:
            self._show(_card(await desk.tap(ASK, button.act)), "reply")
        elif self._buttons and line.isdigit():
            self._show(_older(self._latest), "reply")
        else:
            self._show(await desk.words(replace(ASK, text=line)), "reply")

    def _pressed(self, line: str) -> Button | None:
        """The button that a line names: by its number, or by its label on the latest card."""
        if line.isascii() and line.isdigit() and 1 <= int(line[:9]) <= len(self._buttons):
            return self._buttons[int(line[:9]) - 1]
        wanted = _plain(line)
        latest_first = reversed(self._buttons)
        return next((one for one in latest_first if _plain(one.label) == wanted), None)

    def _show(self, card: Card, kind: str) -> None:
        """Number an answer's buttons from 1, an alert's onward.

        So an alert that comes in between does not change what a number means that is being typed.
        """
        if not card.title:
            return
        if kind == "reply":
            self._buttons = []
        if card.buttons:
            self._latest = card
        first = len(self._buttons) + 1
        self._buttons += [button for row in card.buttons for button in row]
        self._page.show(card, kind, self.clock.now(), first)


def _plain(label: str) -> str:
    """A label as a keyboard has it: the true minus is not on one."""
    return label.casefold().replace("\N{MINUS SIGN}", "-")


def _older(latest: Card) -> Card:
    """The answer to a number no button has: it is never taken for an alert's own number."""
    return Card(
        "That button belongs to an older card",
        lines=(f"The latest one is: {latest.title}. An alert is opened with #, like: #5",),
        buttons=latest.buttons,
    )


def _card(reply: Reply) -> Card:
    """A toast is a line of its own here."""
    if reply.card is None:
        return Card(reply.toast, buttons=(WAYS_ON,)) if reply.toast else SILENCE
    lines = (reply.toast, *reply.card.lines) if reply.toast else reply.card.lines
    return replace(reply.card, lines=lines)
