"""`/alert`: a rule in one line is saved at once; without words, a rule by buttons."""

from dataclasses import replace

from alerts.domain.errors import UsageError
from alerts.domain.rule import Draft
from alerts.engine.step import align
from alerts.ports import Held, New
from alerts.rules.grammar import parse
from alerts.rules.judge import look
from bot.card import Button, Card
from bot.commands import wizard
from bot.commands.drafts import Kept, keep
from bot.commands.market import check_rule, fresh, vocabulary
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.text.cards import saved
from bot.text.rules import gist, standing


async def run(ask: Ask, desk: Desk) -> Card:
    text = rule_text(ask)
    return await create(ask, desk, text) if text else wizard.metrics(desk)


def rule_text(ask: Ask) -> str:
    """The rule asked for: as typed, or put together from typed parameters."""
    if ask.text:
        return ask.text
    if ask.values.get("rule"):
        return ask.values["rule"]
    parts = [ask.values.get(name, "") for name in ("asset", "metric", "when", "level")]
    hold = ask.values.get("hold")
    return " ".join([*filter(None, parts), *([f"for {hold}"] if hold else [])])


async def create(
    ask: Ask, desk: Desk, text: str, *, sure: bool = False, again: bool = False
) -> Card:
    """Save the rule and say how it was understood; UsageError where it must be asked about.

    `sure`: the words were confirmed; `again`: though the chat has the same rule.
    """
    draft = parse(text, vocabulary(desk), sure=sure)
    check_rule(desk, draft)
    held = await desk.rules.of_chat(ask.chat)
    twin = next((one for one in held if _same(one.rule.draft, draft)), None)
    if twin and not again:
        return await _twin(ask, desk, twin, text)
    if len(held) >= desk.max_rules:
        raise UsageError(
            f"All {desk.max_rules} alerts of this chat are used, so this one was not saved. "
            "Delete one first: /delete 3, or tap one in /alerts.",
            fixes=("/alerts",),
        )
    readings = fresh(desk)
    state = align(draft, look(draft, readings))
    rule = await desk.rules.add(
        New(ask.chat, ask.user, draft, state), now=desk.clock.now(), limit=desk.max_rules
    )
    return saved(rule, state, readings)


async def _twin(ask: Ask, desk: Desk, twin: Held, text: str) -> Card:
    number = twin.rule.number
    token = await keep(desk.notes, ask.chat, Kept(text, again=True))
    return Card(
        title=f"You have that: #{number} {gist(twin.rule.draft)}",
        strong=f"You have that: #{number}",
        lines=(f"It is {standing(twin.rule, twin.state, desk.clock.now())}. Nothing was added.",),
        buttons=(
            (
                Button(f"Open #{number}", f"show:{number}"),
                Button("Add anyway", f"fix:{token}"),
                Button("Cancel", f"cancel:{token}"),
            ),
        ),
    )


def _same(one: Draft, other: Draft) -> bool:
    return replace(one, name="") == replace(other, name="")


COMMAND = Command(
    "alert",
    "Set an alert, like: skew above 15%",
    run,
    params=(
        Param("rule", Kind.RULE_TEXT, "The whole alert in one line: skew above 15%"),
        Param("metric", Kind.METRIC, "Or piece by piece: what to watch"),
        Param("when", Kind.CHOICE, "On which side of the level", choices=("above", "below")),
        Param("level", Kind.NUMBER, "The level, in the metric's unit"),
        Param("asset", Kind.ASSET, "Such as BTC"),
        Param("hold", Kind.TEXT, "How long it must hold, such as 10m"),
        Param("where", Kind.CHOICE, "For whom: you alone, or this channel", choices=("dm", "here")),
    ),
    example="/alert skew above 15%",
    changes=True,
    menu=True,
    aliases=("set",),
)
