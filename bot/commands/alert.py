"""`/alert`: a rule in one line is saved at once; without words, a rule by buttons."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest

from alerts.domain.errors import UsageError
from alerts.domain.preferences import Budget
from alerts.domain.rule import Direction, Draft, Rule
from alerts.engine.outlook import Outlook
from alerts.engine.step import align
from alerts.ports import Held, New
from alerts.rules.grammar import parse_all
from alerts.rules.judge import look
from alerts.rules.until import Today
from alerts.rules.vocabulary import Vocabulary
from bot.card import Button, Card
from bot.commands import wizard
from bot.commands.around import with_context
from bot.commands.bundle import check_room, same, save_all
from bot.commands.drafts import Kept, keep
from bot.commands.expected import Expected, expected, is_counted, over_budget, remember, weekly
from bot.commands.market import check_rule, seen, typed, vocabulary
from bot.commands.past import Past, past, retunes
from bot.commands.reach import check_reach
from bot.commands.sign import as_read, drafted, in_sign
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.text.cards import saved
from bot.text.outlook import outlook_line, rate
from bot.text.preferences import limit
from bot.text.rules import gist, level_of, oneline, standing, told_in

BUDGET_A_WEEK = 5
_CALM = f"A calm chat has at most {BUDGET_A_WEEK} a week."
JUDGED_FROM = timedelta(days=7)


async def run(ask: Ask, desk: Desk) -> Card:
    text = rule_text(ask)
    return await create(ask, desk, text) if text else await wizard.begin(ask, desk)


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
    now = desk.clock.now()
    drafts = await _drafts(desk, text, sure=sure, theirs=ask.typed)
    for draft in drafts:
        check_rule(desk, draft)
    if len(drafts) > 1:
        return await save_all(ask, desk, drafts)
    [draft] = drafts
    text = oneline(draft) if desk.chosen.flipped_sign else text
    held = await desk.rules.of_chat(ask.chat)
    twin = next((one for one in held if same(one.rule.draft, draft)), None)
    if twin and not again:
        return await _twin(ask, desk, twin, text)
    check_room(held, 1, desk.max_rules, now)
    if not sure:
        await check_reach(desk, draft, text)
    found = await past(desk, draft)
    if found and not sure:
        _check_budget(draft, found, text, desk.chosen.budget)
    readings = seen(desk, draft)
    state = align(draft, look(draft, readings))
    rule = await desk.rules.add(
        New(ask.chat, ask.user, draft, state), now=now, limit=desk.max_rules
    )
    line = outlook_line(found.seen if found else None, now)
    rarer = retunes(rule, found, drafted(draft, desk))
    card = saved(as_read(rule, desk), state, in_sign(readings, desk), line, rarer)
    return await _with_budget(card, desk, rule, found, held)


async def _with_budget(
    card: Card, desk: Desk, rule: Rule, found: Past | None, others: Sequence[Held]
) -> Card:
    """The card of a saved rule, with a word where the chat's rules now come to too much."""
    if desk.chosen.budget is None or not is_counted(rule.draft):
        return card
    await remember(desk, rule, found.seen if found else None)
    before, seen = await expected(desk, others), found.seen if found else None
    known = seen is not None and seen.tells
    total = Expected(
        before.per_week + (seen.per_week if seen and known else 0.0), before.others + (not known)
    )
    line = over_budget(total, desk.chosen.budget)
    return replace(card, lines=(*card.lines, line)) if line else card


async def _drafts(desk: Desk, text: str, *, sure: bool, theirs: bool) -> tuple[Draft, ...]:
    """The rules a line means. What was confirmed, or a button says, is written in our way."""
    known = typed(desk) if theirs and not sure else vocabulary(desk)
    try:
        today = Today(desk.clock.now(), desk.chosen.place)
        drafts = parse_all(text, known, sure=sure, today=today)
        return tuple(told_in(draft, desk.chosen.place) for draft in drafts)
    except UsageError as error:
        told = await with_context(error, text, desk, known)
        told = told if told.fixes else told.saying(str(told), fixes=("/help",))
        raise (_in_our_sign(told, known) if known.other_sign else told) from None


def _in_our_sign(error: UsageError, known: Vocabulary) -> UsageError:
    """The question with its ways out as they will be read once they are confirmed."""
    fixes, labels = [], []
    for fix, label in zip_longest(error.fixes, error.labels[: len(error.fixes)], fillvalue=""):
        try:
            drafts = parse_all(fix, known, sure=True)
        except UsageError:
            drafts = ()
        if len(drafts) == 1 or fix.startswith("/"):
            fixes.append(oneline(drafts[0]) if drafts else fix)
            labels.append(label or fix)
    return UsageError(str(error), fixes=tuple(fixes), labels=tuple(labels), about=error.about)


def _check_budget(draft: Draft, found: Past, text: str, budget: Budget | None) -> None:
    """UsageError where a rule would fill the week's budget all by itself."""
    seen = found.seen
    most = weekly(budget) if budget else BUDGET_A_WEEK
    if seen.known < JUDGED_FROM or round(seen.per_week) <= most:
        return
    whose = f"Your budget is {limit(budget)}." if budget else _CALM
    raise UsageError(
        f"Replay: {seen.episodes} fires in {seen.known.days} days, {rate(seen)}: that is a lot. "
        f"{whose}",
        fixes=(*(oneline(replace(one, name=draft.name)) for one, _ in found.rarer), text),
        labels=(*(_rarer(one, other) for one, other in found.rarer), "Save anyway"),
    )


def _rarer(draft: Draft, seen: Outlook) -> str:
    """`Raise to 12% · about 1 a week`."""
    leg = draft.legs[0]
    word = "Raise" if leg.direction is Direction.ABOVE else "Lower"
    return f"{word} to {level_of(leg.series, leg.level, leg.direction)} · {rate(seen)}"


async def _twin(ask: Ask, desk: Desk, twin: Held, text: str) -> Card:
    number = twin.rule.number
    token = await keep(desk.notes, ask.chat, Kept(text, again=True))
    return Card(
        title=f"You have that: #{number} {gist(drafted(twin.rule.draft, desk))}",
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
