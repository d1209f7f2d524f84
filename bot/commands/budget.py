"""`/budget 5/week`: how many alerts may ring before the rest waits for a summary."""

from bot.card import Card
from bot.commands.chosen import OFF, allow, change, local, preferences, read_budget, tally
from bot.commands.expected import expected, in_all, over_budget
from bot.commands.spec import Ask, Command, Desk, Kind, Param, Reply
from bot.text.preferences import MORE, budget_card, this


async def run(ask: Ask, desk: Desk) -> Card:
    if not ask.text:
        chosen = await preferences(ask, desk)
    else:
        wanted = None if ask.text.lower() in OFF else read_budget(ask.text)
        chosen = await change(ask, desk, budget=wanted)
    total = await expected(desk, await desk.rules.of_chat(ask.chat))
    line = over_budget(total, chosen.budget) or (f"{in_all(total)}." if total.per_week else "")
    return budget_card(chosen, await tally(ask, desk), local(desk, chosen), line)


async def tap(ask: Ask, desk: Desk, budget: str) -> Reply:
    """A budget on a button."""
    return Reply(await run(Ask(ask.chat, ask.user, budget), desk))


async def tap_more(ask: Ask, desk: Desk, _: str) -> Reply:
    """A few more in this period, from the alert that used the budget up."""
    chosen = await allow(ask, desk, MORE)
    if chosen.budget is None:
        return Reply(toast="There is no budget here: every alert rings.")
    return Reply(toast=f"{MORE} more {this(chosen.budget.per)}.")


COMMAND = Command(
    "budget",
    "How many alerts may ring, such as 5/week",
    run,
    params=(Param("limit", Kind.TEXT, "How many, such as 5/week, 3/day or off"),),
    example="/budget 5/week",
    changes=True,
    shows=True,
)
