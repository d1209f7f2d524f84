"""`/settings`: everything a chat can choose, on one card."""

from alerts.domain.errors import UsageError
from alerts.domain.preferences import Preferences
from bot.card import Card
from bot.commands.chosen import change, local, preferences, tally
from bot.commands.spec import Ask, Command, Desk, Reply
from bot.text.preferences import settings_card

NO_BUTTON = "This button no longer works. /settings shows what does."


WORDS = {
    "comma": {"decimal_comma": True},
    "point": {"decimal_comma": False},
    "call-put": {"flipped_sign": True},
    "put-call": {"flipped_sign": False},
}
"""What can be chosen by a word, such as the one behind a button that offers it."""


async def run(ask: Ask, desk: Desk) -> Card:
    word = ask.text.lower()
    if word and word not in WORDS:
        raise UsageError(f"I know no setting {ask.text[:40]!r}.", fixes=("/settings",))
    chosen = await (change(ask, desk, **WORDS[word]) if word else preferences(ask, desk))
    return await _card(ask, desk, chosen)


async def tap(ask: Ask, desk: Desk, name: str) -> Reply:
    """Turn one of those that are either so or so, in place."""
    chosen = await preferences(ask, desk)
    match name:
        case "comma":
            chosen = await change(ask, desk, decimal_comma=not chosen.decimal_comma)
        case "sign":
            chosen = await change(ask, desk, flipped_sign=not chosen.flipped_sign)
        case _:
            return Reply(toast=NO_BUTTON)
    return Reply(await _card(ask, desk, chosen))


async def wake(ask: Ask, desk: Desk, _: str) -> Reply:
    """The chat's snooze is over now."""
    chosen = await change(ask, desk, snoozed_until=None)
    return Reply(await _card(ask, desk, chosen), toast="Awake: alerts ring again.")


async def _card(ask: Ask, desk: Desk, chosen: Preferences) -> Card:
    return settings_card(chosen, await tally(ask, desk), local(desk, chosen))


COMMAND = Command(
    "settings",
    "Clock, quiet hours, budget and numbers",
    run,
    example="/settings",
    changes=True,
    shows=True,
    menu=True,
)
