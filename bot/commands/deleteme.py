"""`/deleteme`: forget a chat, once the word was typed."""

from datetime import timedelta

from alerts.domain.errors import UsageError
from alerts.domain.ids import Chat
from bot.card import Button, Card, Tone
from bot.commands.mydata import WHERE
from bot.commands.spec import Ask, Command, Desk, Kind, Param

WORD = "DELETE"
PATIENCE = timedelta(minutes=5)


async def run(ask: Ask, desk: Desk) -> Card:
    if not ask.text:
        return await _ask_for_the_word(ask, desk)
    if ask.text != WORD:
        raise UsageError(f"To erase everything, type {WORD} in capitals.", fixes=("/deleteme",))
    if await desk.notes.pop(_note(ask.chat)) is None:
        return await _ask_for_the_word(ask, desk)
    await desk.records.erase(ask.chat, _person(ask))
    return Card(
        title="Erased. I no longer know this chat",
        lines=(
            "Alerts, what came of them and what you chose are gone for good.",
            "If you write to me again, we begin anew.",
        ),
    )


async def is_awaited(ask: Ask, desk: Desk) -> bool:
    """Whether these words are the one that `/deleteme` has just asked for here."""
    return ask.text == WORD and await desk.notes.read(_note(ask.chat)) is not None


async def _ask_for_the_word(ask: Ask, desk: Desk) -> Card:
    count = len(await desk.rules.of_chat(ask.chat))
    await desk.notes.put(_note(ask.chat), "asked", PATIENCE)
    minutes = PATIENCE // timedelta(minutes=1)
    return Card(
        title=f"This erases {count} alert{'s' * (count != 1)} and all else I keep of this chat",
        tone=Tone.WARNING,
        strong="This erases",
        lines=(f"Type {WORD} within {minutes} minutes to do it. It cannot be undone.",),
        buttons=((Button("Export first", "cmd:export"), Button("Keep everything", "cmd:alerts")),),
    )


def _note(chat: Chat) -> str:
    return f"erase:{chat}"


def _person(ask: Ask) -> str:
    """Whoever erases a chat of their own is forgotten elsewhere too; a group's admin is not."""
    return ask.user if ask.chat.id in {ask.user, f"u{ask.user}"} else ""


COMMAND = Command(
    "deleteme",
    "Erase all that I keep about you",
    run,
    params=(Param("word", Kind.TEXT, f"{WORD}, the second time"), WHERE),
    example="/deleteme",
    changes=True,
    final=True,
)
