"""`/ack 7`: seen, so no reminders until it clears; `/ack` for all that are on."""

from bot.card import Card
from bot.commands import doings
from bot.commands.edits import find
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number


async def run(ask: Ask, desk: Desk) -> Card:
    if ask.text.lower() in {"", "all"}:
        reply = await doings.ack_all(ask, desk)
    else:
        held = await find(ask, desk, rule_number(ask.text, "/ack"))
        reply = await doings.ack(held, desk)
    return reply.card or Card(reply.toast)


COMMAND = Command(
    "ack",
    "Seen: no reminders of an alert until it clears",
    run,
    params=(
        Param("alert", Kind.RULE_NUMBER, "The number of the alert; without it, all that are on"),
    ),
    example="/ack 3",
    changes=True,
    aliases=("seen",),
)
