"""`/pause 3` or `/pause all`: silence, with the alert kept."""

from bot.card import Card
from bot.commands import edits
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number


async def run(ask: Ask, desk: Desk) -> Card:
    if ask.text.lower() == "all":
        return await edits.every(ask, desk, paused=True)
    return await edits.pause(await edits.find(ask, desk, rule_number(ask.text, "/pause")), desk)


COMMAND = Command(
    "pause",
    "Silence an alert and keep it; or all of them",
    run,
    params=(Param("alert", Kind.RULE_NUMBER, "The number of the alert, or all", required=True),),
    example="/pause 3",
    changes=True,
    aliases=("stop",),
)
