"""Several rules saved with one line or one tap: a flip each way, two severities, a preset."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.domain.errors import ConflictError, UsageError
from alerts.domain.rule import Draft, Waiting
from alerts.engine.outlook import Outlook
from alerts.engine.step import align
from alerts.ports import Held, New
from alerts.rules.judge import look
from bot.card import Button, Card
from bot.commands import edits
from bot.commands.expected import expected, over_budget, remember
from bot.commands.market import fresh
from bot.commands.past import replays
from bot.commands.spec import Ask, Desk
from bot.text.outlook import in_short, together
from bot.text.rules import gist, line


def same(one: Draft, other: Draft) -> bool:
    """Whether two rules say the same, whatever they are called."""
    return replace(one, name="") == replace(other, name="")


def check_room(held: Sequence[Held], wanted: int, limit: int, now: datetime) -> None:
    """UsageError, naming the least useful rule, where the chat's places do not suffice."""
    if len(held) + wanted <= limit:
        return
    least = min(
        held,
        key=lambda one: (one.state.episodes, one.rule.created_at, one.rule.number),
        default=None,
    )
    if least is None:
        raise UsageError(f"This needs {wanted} alerts, and a chat has at most {limit}.")
    rule, days = least.rule, (now - least.rule.created_at).days
    fires = f"{least.state.episodes} fire{'s' * (least.state.episodes != 1)} in {days} d"
    raise UsageError(
        f"{len(held)} of {limit} alerts are used, so this was not saved. "
        f"Least useful: #{rule.number} {gist(rule.draft)} ({fires}).",
        fixes=(f"/delete {rule.number}", "/alerts"),
        labels=(f"Delete #{rule.number}", "Show list"),
    )


async def save_all(ask: Ask, desk: Desk, drafts: Sequence[Draft], what: str = "") -> Card:
    """Save those the chat does not have yet; all or none where the places do not suffice."""
    held, now = await desk.rules.of_chat(ask.chat), desk.clock.now()
    fresh_ones = [one for one in drafts if not any(same(one, h.rule.draft) for h in held)]
    if not fresh_ones:
        return Card(
            title="You have all of these already",
            lines=tuple(gist(draft) for draft in drafts),
            buttons=((Button("See list", "cmd:alerts"),),),
        )
    check_room(held, len(fresh_ones), desk.max_rules, now)
    readings, added = fresh(desk), []
    for draft in fresh_ones:
        state = align(draft, look(draft, readings))
        new = New(ask.chat, ask.user, draft, state)
        added.append(Held(await desk.rules.add(new, now=now, limit=desk.max_rules), state))
    seen = await replays(desk, fresh_ones)
    for one, told in zip(added, seen, strict=True):
        await remember(desk, one.rule, told)
    card = _done(added, seen, len(drafts) - len(fresh_ones), what, desk)
    return await _with_budget(card, desk, [*held, *added])


async def _with_budget(card: Card, desk: Desk, held: Sequence[Held]) -> Card:
    """The card, with a word where the chat's rules now come to more than its budget."""
    if desk.chosen.budget is None:
        return card
    line = over_budget(await expected(desk, held), desk.chosen.budget)
    return replace(card, lines=(*card.lines, line)) if line else card


def _done(
    added: Sequence[Held], seen: Sequence[Outlook | None], known: int, what: str, desk: Desk
) -> Card:
    now, readings = desk.clock.now(), fresh(desk)
    count = f"{len(added)} alert{'s' * (len(added) != 1)}"
    waiting = [one for one in added if isinstance(one.state.phase, Waiting)]
    notes = []
    if waiting:
        are = "is true" if len(waiting) == 1 else "are true"
        notes.append(
            f"{len(waiting)} {are} right now: I will not buzz for "
            f"{'it' if len(waiting) == 1 else 'those'} until it clears and comes back."
        )
    if known:
        notes.append(f"{known} you had already.")
    notes.append(together(seen))
    numbers = ".".join(str(one.rule.number) for one in added)
    now_anyway = (Button("Tell me now anyway", f"armall:{numbers}"),) if waiting else ()
    return Card(
        title=f"Done, {count} on" + (f": {what}" if what else ""),
        strong=f"Done, {count} on",
        lines=(
            *filter(None, notes),
            *(
                f"{line(one.rule, one.state, readings, now)} · {in_short(told)}"
                for one, told in zip(added, seen, strict=True)
            ),
        ),
        buttons=((Button("See list", "cmd:alerts"), *now_anyway),),
    )


async def arm_all(ask: Ask, desk: Desk, numbers: str) -> Card:
    """Let those that are true already be told at the next look."""
    armed = []
    for held in await _named(ask, desk, numbers):
        if isinstance(held.state.phase, Waiting):
            try:
                await edits.alert_now(held, desk)
            except ConflictError:
                continue
            armed.append(f"#{held.rule.number} {gist(held.rule.draft)}")
    return Card(
        title=f"{len(armed)} tell you at the next look",
        lines=tuple(armed),
        buttons=((Button("See list", "cmd:alerts"),),),
    )


async def _named(ask: Ask, desk: Desk, numbers: str) -> list[Held]:
    wanted = {int(one) for one in numbers.split(".") if one.isdecimal() and len(one) < 10}
    return [held for held in await desk.rules.of_chat(ask.chat) if held.rule.number in wanted]
