"""`/replay skew above 15`: what a rule would have done, without saving it."""

from alerts.domain.errors import UsageError
from alerts.domain.rule import Draft
from alerts.rules.grammar import parse_all
from alerts.rules.until import Today
from bot.card import Button, Card
from bot.commands.drafts import Kept, keep
from bot.commands.edits import find
from bot.commands.market import typed, vocabulary
from bot.commands.past import past
from bot.commands.sign import drafted
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number
from bot.text.outlook import outlook_line, rate
from bot.text.rules import gist, level_of, oneline, terms, told_in


async def run(ask: Ask, desk: Desk) -> Card:
    drafts = await _asked(ask, desk)
    shown = [await _lines(desk, draft) for draft in drafts]
    token = await keep(desk.notes, ask.chat, Kept(_line(ask, drafts)))
    return Card(
        title=f"Replay: {' / '.join(gist(drafted(draft, desk)) for draft in drafts)}",
        strong="Replay:",
        lines=tuple(line for lines in shown for line in lines),
        footer="History, never a forecast. Nothing was saved.",
        buttons=((Button("Save it", f"save:{token}"), Button("Cancel", f"cancel:{token}")),),
    )


async def _asked(ask: Ask, desk: Desk) -> tuple[Draft, ...]:
    """The rule typed, or a saved one by its number."""
    if not ask.text:
        raise UsageError(
            "Replay which alert? Write it, like: /replay skew above 15",
            fixes=("/replay skew above 15%", "/alerts"),
        )
    if ask.text.lstrip("#").isdecimal():
        return ((await find(ask, desk, rule_number(ask.text))).rule.draft,)
    return parse_all(
        ask.text,
        typed(desk) if ask.typed else vocabulary(desk),
        today=Today(desk.clock.now(), desk.chosen.place),
    )


def _line(ask: Ask, drafts: tuple[Draft, ...]) -> str:
    return oneline(drafts[0]) if len(drafts) == 1 else ask.text


async def _lines(desk: Desk, draft: Draft) -> tuple[str, ...]:
    found = await past(desk, draft)
    rarer = "; ".join(
        f"{level_of(leg.series, leg.level)}: {rate(seen)}"
        for one, seen in (found.rarer if found else ())
        for leg in drafted(one, desk).legs[:1]
    )
    line = outlook_line(found.seen if found else None, desk.clock.now())
    return (
        terms(told_in(drafted(draft, desk), desk.chosen.place)),
        line,
        *((f"At {rarer}.",) if rarer else ()),
    )


COMMAND = Command(
    "replay",
    "What an alert would have done, without saving it",
    run,
    params=(Param("rule", Kind.RULE_TEXT, "The alert in one line", required=True),),
    example="/replay skew above 15%",
)
