"""How many alerts a chat's rules come to: what each would have rung over its history, together."""

import asyncio
import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.domain.errors import StoreError
from alerts.domain.preferences import Budget, Period
from alerts.domain.rule import Draft, Rule, Severity, Voice
from alerts.engine.outlook import Outlook
from alerts.ports import Held
from bot.commands.past import replayed
from bot.commands.spec import Desk
from bot.text.preferences import limit

KEPT = timedelta(days=30)
REPLAYED_AT_ONCE = 4
SECONDS = 2.0
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Expected:
    """So many a week, of the rules of which it is known; `others` are those where it is not."""

    per_week: float = 0.0
    others: int = 0


def weekly(budget: Budget) -> float:
    """What a budget allows in a week."""
    return budget.most * (7.0 if budget.per is Period.DAY else 1.0)


def is_counted(draft: Draft) -> bool:
    """Whether a rule's alerts use a budget up: critical, loud and silent ones do not."""
    return draft.severity is Severity.WARN and draft.voice is Voice.USUAL


async def remember(desk: Desk, rule: Rule, seen: Outlook | None) -> None:
    """Keep what a rule's replay told, so that it need not be played again for each new rule."""
    told = _UNKNOWN if seen is None or not seen.tells else f"{seen.per_week:.6g}"
    with contextlib.suppress(StoreError):
        await desk.notes.put(_name(rule), told, KEPT)


async def expected(desk: Desk, held: Sequence[Held]) -> Expected:
    """What a chat's rules come to in a week; a few that are not known yet are replayed now."""
    rules = [one.rule for one in held if not one.rule.paused and is_counted(one.rule.draft)]
    try:
        known = dict(zip(rules, await _read(desk, rules), strict=True))
    except StoreError:
        return Expected(others=len(rules))
    missing = [rule for rule, rate in known.items() if rate is None][:REPLAYED_AT_ONCE]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            for rule in missing:
                seen = await replayed(desk, rule.draft)
                await remember(desk, rule, seen)
                known[rule] = seen.per_week if seen and seen.tells else math.nan
    rates = [rate for rate in known.values() if rate is not None and not math.isnan(rate)]
    return Expected(sum(rates), len(rules) - len(rates))


def over_budget(total: Expected, budget: Budget | None) -> str:
    """What to say where rules come to more than their budget; empty where they do not."""
    if budget is None or round(total.per_week) <= weekly(budget):
        return ""
    return f"{in_all(total)}, over your budget of {limit(budget)}: the rest waits for the summary."


def in_all(total: Expected) -> str:
    """`Your alerts come to about 7 a week`."""
    least = "at least" if total.others else "about"
    count = f"{total.per_week:.0f}" if total.per_week >= 1 else "one"
    return f"Your alerts come to {least} {count} a week"


async def _read(desk: Desk, rules: Sequence[Rule]) -> list[float | None]:
    """The rates kept: None where there is none, not a number where none can be told."""
    found = await desk.notes.read_many([_name(rule) for rule in rules]) if rules else []
    return [None if text is None else _rate(text) for text in found]


def _rate(text: str) -> float:
    try:
        return math.nan if text == _UNKNOWN else float(text)
    except ValueError:
        return math.nan


def _name(rule: Rule) -> str:
    return f"rate:{rule.id}:{rule.revision}"
