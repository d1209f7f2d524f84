"""`/alerts`: this chat's alerts, those that are on and those nearest to their level first."""

from collections.abc import Mapping, Sequence

from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Firing, Recovering
from alerts.ports import Held
from bot.card import Button, Card
from bot.commands.edits import find
from bot.commands.sign import as_read, fresh_in_sign, standing
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import rule_number
from bot.text.rules import distance, line

PAGE = 8
ROW = 4


async def run(ask: Ask, desk: Desk) -> Card:
    if ask.text and not ask.text.startswith("page "):
        return await one(ask, desk, rule_number(ask.text, "/alerts"))
    held = await desk.rules.of_chat(ask.chat)
    if not held:
        return _none()
    pages = -(-len(held) // PAGE)
    page = min(_page(ask.text), pages)
    readings = fresh_in_sign(desk)
    shown = _nearest_first(held, readings)[(page - 1) * PAGE : page * PAGE]
    now = desk.clock.now()
    return Card(
        title=f"{len(held)} of {desk.max_rules} alerts"
        + (f", page {page} of {pages}" * (pages > 1)),
        lines=tuple(
            line(as_read(each.rule, desk), each.state, readings, now, each.overlay)
            for each in shown
        ),
        footer="Tap one to pause or delete it.",
        buttons=(*_opens(shown), *_turns(page, pages)),
    )


async def one(ask: Ask, desk: Desk, number: int) -> Card:
    """The card of one alert."""
    held = await find(ask, desk, number)
    return standing(held, desk)


def _none() -> Card:
    return Card(
        title="No alerts yet",
        lines=("Type one in a line, like: skew above 15%",),
        buttons=((Button("Set an alert", "cmd:alert"),),),
    )


def _nearest_first(held: Sequence[Held], readings: Mapping[Series, Reading]) -> list[Held]:
    def order(each: Held) -> tuple[bool, bool, float, int]:
        is_on = isinstance(each.state.phase, Firing | Recovering)
        return each.rule.paused, not is_on, distance(each.rule, readings), each.rule.number

    return sorted(held, key=order)


def _page(text: str) -> int:
    return max(1, rule_number(text.removeprefix("page "))) if text else 1


def _opens(shown: Sequence[Held]) -> list[tuple[Button, ...]]:
    buttons = [Button(f"#{each.rule.number}", f"show:{each.rule.number}") for each in shown]
    return [tuple(buttons[start : start + ROW]) for start in range(0, len(buttons), ROW)]


def _turns(page: int, pages: int) -> list[tuple[Button, ...]]:
    back = [Button("◀ Back", f"cmd:alerts:page {page - 1}")] if page > 1 else []
    more = [Button("More ▶", f"cmd:alerts:page {page + 1}")] if page < pages else []
    return [tuple(back + more)] if back or more else []


COMMAND = Command(
    "alerts",
    "Your alerts, nearest to their level first",
    run,
    params=(Param("alert", Kind.RULE_NUMBER, "The number of one alert"),),
    example="/alerts",
    menu=True,
    aliases=("list",),
)
