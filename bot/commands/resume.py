"""`/resume 3` or `/resume all`: watch again."""

from bot.card import Card
from bot.commands import edits
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number


async def run(ask: Ask, desk: Desk) -> Card:
    if ask.text.lower() == "all":
        return await edits.every(ask, desk, paused=False)
    return await edits.resume(await edits.find(ask, desk, rule_number(ask.text, "/resume")), desk)


COMMAND = Command(
    "resume",
    "Let a paused alert watch again; or all of them",
    run,
    params=(Param("alert", Kind.RULE_NUMBER, "The number of the alert, or all", required=True),),
    example="/resume 3",
    changes=True,
)
