"""`/settings`: everything a chat can choose, on one card."""

from bot.card import Card
from bot.commands.chosen import change, local, preferences, tally
from bot.commands.spec import Ask, Command, Desk, Reply
from bot.text.preferences import settings_card


async def run(ask: Ask, desk: Desk) -> Card:
    chosen = await preferences(ask, desk)
    return settings_card(chosen, await tally(ask, desk), local(desk, chosen))


async def wake(ask: Ask, desk: Desk, _: str) -> Reply:
    """The chat's snooze is over now."""
    chosen = await change(ask, desk, snoozed_until=None)
    card = settings_card(chosen, await tally(ask, desk), local(desk, chosen))
    return Reply(card, toast="Awake: alerts ring again.")


COMMAND = Command(
    "settings",
    "Clock, quiet hours and budget",
    run,
    example="/settings",
    menu=True,
)
