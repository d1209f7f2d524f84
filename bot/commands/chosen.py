"""Changing what a chat prefers, the same for a typed command and a tapped button."""

import re
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from alerts.domain.calendar import period_name
from alerts.domain.errors import UsageError
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.queue import Tally
from alerts.rules.until import Today
from bot.commands.spec import Ask, Desk

MOST = 200
OFF = frozenset({"off", "none", "no", "stop", "never", "0"})

_CLOCK = r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?\s*(am|pm)?"
_STRETCH = re.compile(rf"(?:from\s+)?{_CLOCK}\s*(?:-|–|to|until|\s)\s*{_CLOCK}", re.IGNORECASE)
_BUDGET = re.compile(
    r"([0-9]{1,6})(?:\s*(?:/|a|an|per|each|every)?\s*(day|daily|d|week|weekly|w))?", re.IGNORECASE
)


async def preferences(ask: Ask, desk: Desk) -> Preferences:
    """What the asking chat prefers, as the store has it now; StoreError when it is away."""
    [chosen] = await desk.chats.read([ask.chat])
    return chosen


async def tally(ask: Ask, desk: Desk) -> Tally:
    """What waits and rang in the asking chat."""
    [found] = await desk.outbox.tally([ask.chat])
    return found


async def change(ask: Ask, desk: Desk, **changes: Any) -> Preferences:
    """The chat's preferences after a change; what waited is looked at anew."""
    chosen = replace(await preferences(ask, desk), **changes)
    await desk.chats.write(ask.chat, chosen)
    await desk.outbox.recall(ask.chat)
    return chosen


async def allow(ask: Ask, desk: Desk, more: int) -> Preferences:
    """So many more alerts in this period; without a budget nothing is to be allowed."""
    chosen = await preferences(ask, desk)
    if chosen.budget is None:
        return chosen
    period = period_name(chosen.budget.per, chosen.place, desk.clock.now())
    before = chosen.budget.more if chosen.budget.more_in == period else 0
    allowed = replace(chosen.budget, more=min(before + more, MOST), more_in=period)
    return await change(ask, desk, budget=allowed)


def read_quiet(said: str) -> Quiet:
    """`23:00-07:00`, `23-7`, `11pm to 7am`; UsageError for anything else."""
    match = _STRETCH.fullmatch(said.strip())
    start, end = (_time(*match.groups()[at : at + 3]) for at in (0, 3)) if match else (None, None)
    if start is None or end is None:
        raise UsageError(
            f"{said[:40]!r} is no stretch of hours. Write it like: /quiet 23:00-07:00",
            fixes=("/quiet 23:00-07:00", "/quiet off"),
        )
    if start == end:
        raise UsageError(
            "That would be quiet all day. To hear nothing for a while, snooze the chat.",
            fixes=("/snooze 12h", "/quiet 23:00-07:00"),
        )
    return Quiet(start, end)


def read_budget(said: str) -> Budget:
    """`5/week`, `3 a day`, `5` (a week); UsageError for anything else."""
    match = _BUDGET.fullmatch(said.strip())
    most = int(match[1]) if match else 0
    if match is None or not 1 <= most <= MOST:
        raise UsageError(
            f"{said[:40]!r} is no budget. Write how many alerts a week or a day, like: "
            f"/budget 5/week (at most {MOST})",
            fixes=("/budget 5/week", "/budget 3/day", "/budget off"),
        )
    return Budget(most, Period.DAY if (match[2] or "").lower().startswith("d") else Period.WEEK)


def local(desk: Desk, chosen: Preferences) -> datetime:
    """Now, by the clock that a chat has chosen just now."""
    return desk.for_chat(chosen).clock.now()


def today(desk: Desk, chosen: Preferences) -> Today:
    return Today(desk.clock.now(), chosen.place)


def _time(hour: str, minute: str | None, half: str | None) -> time | None:
    hours, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    if hours == 24 and minutes == 0:
        hours = 0
    return time(hours, minutes) if hours < 24 and minutes < 60 else None
