"""`/quiet 23:00-07:00`: hours in which nothing rings."""

from bot.card import Card
from bot.commands.chosen import OFF, change, local, preferences, read_quiet
from bot.commands.spec import Ask, Command, Desk, Kind, Param, Reply
from bot.text.preferences import quiet_card


async def run(ask: Ask, desk: Desk) -> Card:
    if not ask.text:
        chosen = await preferences(ask, desk)
    else:
        wanted = None if ask.text.lower() in OFF else read_quiet(ask.text)
        chosen = await change(ask, desk, quiet=wanted)
    return quiet_card(chosen, local(desk, chosen))


async def tap(ask: Ask, desk: Desk, hours: str) -> Reply:
    """Hours on a button; an alert that offered them stays as it is."""
    return Reply(await run(Ask(ask.chat, ask.user, hours), desk), new=True)


COMMAND = Command(
    "quiet",
    "Hours without a sound; critical alerts still ring",
    run,
    params=(
        Param("from", Kind.TEXT, "From when, such as 23:00, or off"),
        Param("to", Kind.TEXT, "To when, such as 07:00"),
    ),
    example="/quiet 23:00-07:00",
    changes=True,
    shows=True,
)
