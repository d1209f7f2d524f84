"""`/tz Lisbon`: by which clock this chat lives."""

from bot.card import Button, Card
from bot.commands.chosen import change, local, preferences
from bot.commands.spec import Ask, Command, Desk, Kind, Param, Reply
from bot.commands.zones import COMMON, city, zone_of
from bot.text.preferences import clock_card

TAPS = tuple(Button(city(zone), f"tz:{zone}") for zone in COMMON)


async def run(ask: Ask, desk: Desk) -> Card:
    if ask.text:
        chosen = await change(ask, desk, zone=zone_of(ask.text))
    else:
        chosen = await preferences(ask, desk)
    return clock_card(chosen, local(desk, chosen), TAPS)


async def tap(ask: Ask, desk: Desk, zone: str) -> Reply:
    """A city on a button."""
    chosen = await change(ask, desk, zone=zone_of(zone))
    return Reply(clock_card(chosen, local(desk, chosen), TAPS), toast=f"By the clock of {zone}.")


COMMAND = Command(
    "tz",
    "Whose clock I go by, such as Lisbon",
    run,
    params=(Param("zone", Kind.ZONE, "A city or a zone, such as Lisbon or Europe/Lisbon"),),
    example="/tz Lisbon",
    changes=True,
    shows=True,
    aliases=("timezone",),
)
