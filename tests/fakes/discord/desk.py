"""A small front desk: enough commands to drive a chat platform, and a book of who asked what."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from bot.card import Button, Card, Field, Tone
from bot.commands.spec import Ask, Choice, Command, Kind, Param, Reply


async def _never(_ask, _desk):
    raise NotImplementedError("the platform asks the front desk, not the command")


COMMANDS = (
    Command(
        "alert",
        "Make an alert from one line",
        _never,
        (Param("rule", Kind.RULE_TEXT, "Like: skew above 15%", required=True),),
    ),
    Command("alerts", "Your alerts, nearest first", _never),
    Command(
        "now",
        "What the metrics say now",
        _never,
        (
            Param("metric", Kind.METRIC, "Which metric"),
            Param("asset", Kind.ASSET, "Which coin"),
        ),
    ),
    Command(
        "delete",
        "Delete one alert",
        _never,
        (Param("alert", Kind.RULE_NUMBER, "Which one", required=True),),
        changes=True,
    ),
    Command(
        "snooze",
        "Be quiet for a while",
        _never,
        (
            Param("for", Kind.CHOICE, "How long", required=True, choices=("1h", "4h", "1d")),
            Param("level", Kind.NUMBER, "Unless it is beyond this"),
            Param("where", Kind.CHOICE, "For whom", choices=("dm", "here")),
        ),
    ),
)

SAVED = "save:abc"


@dataclass
class FakeDesk:
    """Answers every command with a card that names it; `asked` is the book.

    `gate` holds answers back until it is set; `card` and `reply` replace the answers.
    """

    commands: tuple[Command, ...] = COMMANDS
    asked: list[tuple[str, Ask]] = field(default_factory=list)
    card: Card | None = None
    reply: Reply | None = None
    gate: asyncio.Event | None = None
    breaks: bool = False

    async def command(self, name: str, ask: Ask) -> Card:
        self.asked.append((name, ask))
        if self.gate is not None:
            await self.gate.wait()
        if self.breaks:
            raise RuntimeError("the desk broke")
        given = ", ".join(f"{key} {value}" for key, value in ask.values.items())
        return self.card or Card(f"Answer to {name}: {given}", buttons=_buttons())

    async def words(self, ask: Ask) -> Card:
        self.asked.append(("words", ask))
        return Card(f"You said: {ask.text}", fields=(Field("Who", ask.user),))

    async def tap(self, ask: Ask, act: str) -> Reply:
        self.asked.append((act, ask))
        saved = Reply(card=Card("Saved as #7", Tone.CALM))
        return self.reply or (saved if act == SAVED else Reply(toast=f"Done: {act}"))

    async def suggest(self, command: str, param: str, typed: str, ask: Ask):
        self.asked.append((f"{command} {param}", ask))
        if self.breaks:
            raise RuntimeError("the desk broke")
        return [
            Choice(f"{typed}ove {level}% (now 20.0)", f"{typed}ove {level}%") for level in (15, 20)
        ]

    async def reached(self, chat) -> None:
        raise NotImplementedError("Discord says nothing when a chat comes back")

    async def once(self, name, work) -> None:
        raise NotImplementedError("Discord asks once")

    async def moved(self, old, new) -> None:
        raise NotImplementedError("Discord never moves a chat")


@contextlib.asynccontextmanager
async def running(platform, desk):
    """A platform that listens for the length of a block; yields its task."""
    task = asyncio.create_task(platform.run(desk))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _buttons():
    return ((Button("Save", SAVED), Button("Cancel", "cancel:abc")),)
