"""`/delete 3`: an alert away for good."""

from bot.card import Card
from bot.commands import edits
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number


async def run(ask: Ask, desk: Desk) -> Card:
    return await edits.delete(await edits.find(ask, desk, rule_number(ask.text, "/delete")), desk)


COMMAND = Command(
    "delete",
    "Delete an alert",
    run,
    params=(Param("alert", Kind.RULE_NUMBER, "The number of the alert", required=True),),
    example="/delete 3",
    changes=True,
    aliases=("remove",),
)
