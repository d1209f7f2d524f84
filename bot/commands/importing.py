"""`/import`: alerts out of a file of `/export`; what it would do is shown before anything is saved.

The text comes from outside: of it only the lines of rules are used, and each is read like one that
was typed. Chats, numbers and people that it names are not looked at.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.domain.errors import UsageError
from alerts.domain.rule import Draft
from alerts.rules.grammar import parse
from alerts.rules.until import Today
from bot.card import Button, Card
from bot.commands.bundle import check_room, same, save_all
from bot.commands.drafts import Kept, keep
from bot.commands.market import check_rule, vocabulary
from bot.commands.mydata import WHERE
from bot.commands.smalltalk import WAYS_ON
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import LONGEST as LINE_LONGEST
from bot.text.rules import gist

LONGEST = 30_000
RULES_AT_MOST = 200
SHOWN_AT_MOST = 20
REASON_LONGEST = 120

UNREADABLE = "I cannot read that as alerts. Send the text of a file that /export made."


@dataclass(frozen=True, slots=True)
class Diff:
    """What a file would change: rules it adds, those the chat has, lines that are no rules."""

    new: tuple[Draft, ...]
    known: int
    lines: tuple[str, ...]
    wrong: tuple[str, ...]


async def run(ask: Ask, desk: Desk) -> Card:
    diff = await _diff(ask, desk, lines_of(ask.text))
    if not diff.new:
        return Card(
            title="Nothing to import" + (": you have all of these" if diff.known else ""),
            strong="Nothing to import",
            lines=tuple(_troubles(diff)),
            buttons=WAYS_ON,
        )
    held = await desk.rules.of_chat(ask.chat)
    check_room(held, len(diff.new), desk.max_rules, desk.clock.now())
    token = await keep(desk.notes, ask.chat, Kept(json.dumps(diff.lines)))
    count = f"{len(diff.new)} alert{'s' * (len(diff.new) != 1)}"
    return Card(
        title=f"Import {count}?",
        lines=(*_added(diff), *_troubles(diff)),
        footer="Nothing is saved yet. Alerts you have stay as they are.",
        buttons=((Button("Save", f"import:{token}"), Button("Cancel", f"cancel:{token}")),),
    )


async def save(ask: Ask, desk: Desk, kept: str) -> Card:
    """Save what was shown, as far as the chat does not have it by now."""
    diff = await _diff(ask, desk, json.loads(kept))
    if not diff.new:
        return Card("You have all of these already", buttons=WAYS_ON)
    return await save_all(ask, desk, diff.new, "imported")


def lines_of(text: str) -> list[str]:
    """The lines of the rules in a file's text; UsageError for anything else."""
    try:
        body = json.loads(text)
        rows = body["alerts"]
        found = [row if isinstance(row, str) else row["rule"] for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(UNREADABLE, fixes=("/export",)) from None
    if not isinstance(rows, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(UNREADABLE, fixes=("/export",))
    if len(found) > RULES_AT_MOST:
        raise UsageError(
            f"That is too much: a file may hold {RULES_AT_MOST} alerts.", fixes=("/alerts",)
        )
    return found


async def _diff(ask: Ask, desk: Desk, lines: Sequence[str]) -> Diff:
    held = [one.rule.draft for one in await desk.rules.of_chat(ask.chat)]
    new: dict[str, Draft] = {}
    known, wrong = 0, []
    for line in lines:
        await asyncio.sleep(0)  # nobody else waits while a long file is read
        try:
            draft = _draft(desk, line)
        except UsageError as error:
            wrong.append(_short(f"{line[:40]}: {error}"))
            continue
        if any(same(draft, one) for one in (*held, *new.values())):
            known += 1
        else:
            new[line] = draft
    return Diff(tuple(new.values()), known, tuple(new), tuple(wrong))


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_LONGEST else f"{reason[: REASON_LONGEST - 1].rstrip()}…"


def _draft(desk: Desk, line: str) -> Draft:
    if len(line) > LINE_LONGEST:
        raise UsageError("too long for an alert")
    today = Today(desk.clock.now(), desk.chosen.place)
    draft = parse(line, vocabulary(desk), sure=True, today=today)
    check_rule(desk, draft)
    return draft


def _added(diff: Diff) -> Iterator[str]:
    for draft in diff.new[:SHOWN_AT_MOST]:
        yield f"+ {gist(draft)}"
    if (left := len(diff.new) - SHOWN_AT_MOST) > 0:
        yield f"… and {left} more"


def _troubles(diff: Diff) -> Iterator[str]:
    if diff.known:
        yield f"= {diff.known} you have already"
    for reason in diff.wrong[:SHOWN_AT_MOST]:
        yield f"✗ {reason}"


COMMAND = Command(
    "import",
    "Set the alerts of a file of /export",
    run,
    params=(
        Param("file", Kind.FILE, "A file of /export"),
        Param("alerts", Kind.TEXT, "Or its text"),
        WHERE,
    ),
    longest=LONGEST,
    changes=True,
)
