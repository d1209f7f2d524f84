"""`/snooze 7 4h`: nothing of one alert for a while; `/snooze 2h`: nothing of the whole chat."""

import re
from datetime import datetime, timedelta

from alerts.domain.errors import UsageError
from alerts.rules.amounts import read_span
from alerts.rules.phrase import Phrase, Piece
from alerts.rules.until import Today, read_until
from bot.card import Card
from bot.commands import doings
from bot.commands.chosen import OFF, change, local, preferences, today
from bot.commands.edits import find
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number
from bot.text.preferences import snooze_card

_NUMBER = re.compile(r"#?[0-9]{1,9}")

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)


async def run(ask: Ask, desk: Desk) -> Card:
    number, _, length = ask.text.partition(" ")
    if not _NUMBER.fullmatch(number):
        return await _whole(ask, desk)
    held = await find(ask, desk, rule_number(number, "/snooze"))
    until = _until(desk, held.rule.number, length.strip())
    reply = await doings.snooze(held, desk, until)
    return reply.card or Card(reply.toast)


async def _whole(ask: Ask, desk: Desk) -> Card:
    """The chat itself: without words only how it stands."""
    chosen = await preferences(ask, desk)
    if ask.text.lower() in OFF:
        chosen = await change(ask, desk, snoozed_until=None)
    elif ask.text:
        until = end_of(ask.text, today(desk, chosen), "/snooze")
        chosen = await change(ask, desk, snoozed_until=until)
    return snooze_card(chosen, local(desk, chosen))


def _until(desk: Desk, number: int, said: str) -> datetime:
    now = desk.clock.now()
    if not said:
        return now + doings.USUAL
    return end_of(said, Today(now, desk.chosen.place), f"/snooze {number}")


def end_of(said: str, today: Today, again: str) -> datetime:
    """When a snooze ends: `4h`, `for 2 days`, `until 8:00`, by the clock of who says it.

    UsageError for anything else; `again` is the command that a corrected text repeats.
    """
    words = said.removeprefix("for ").strip()
    span = read_span(words)
    if span is None:
        words = words.removeprefix("until ").strip()
        start = len(again) + len(" until ")
        piece = Piece(words, start, start + len(words))
        phrase = Phrase(f"{again} until {words}", "", (), piece, piece, None, ())
        span = read_until(phrase, piece, today) - today.now
    if not SHORTEST <= span <= LONGEST:
        raise UsageError(
            f"I snooze for 1 minute to 30 days, such as {again} 4h.", fixes=(f"{again} 4h",)
        )
    return today.now + span


COMMAND = Command(
    "snooze",
    "Nothing of an alert, or of this chat, for a while",
    run,
    params=(
        Param("alert", Kind.RULE_NUMBER, "The number of the alert; none for the whole chat"),
        Param("length", Kind.TEXT, "How long, such as 4h or until 8:00"),
    ),
    example="/snooze 2h",
    changes=True,
    shows=True,
)
