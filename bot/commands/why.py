"""`/why 8`, `why basis`: why an alert did or did not come, from what was seen in 24 hours."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from alerts.domain.errors import StoreError, UsageError
from alerts.domain.reading import Reading
from alerts.domain.rule import Draft, Rule
from alerts.engine.tape import Tape, wind
from alerts.engine.trace import nudge, trace
from alerts.metrics import metric_of
from alerts.ports import Held
from bot.card import Button, Card
from bot.commands.chosen import tally
from bot.commands.edits import find
from bot.commands.history import about, is_about
from bot.commands.market import fresh, vocabulary
from bot.commands.past import STORE_SECONDS, read
from bot.commands.sign import as_read, drafted, fresh_in_sign
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import Subject, rule_number, subject
from bot.text import figures
from bot.text.mirror import mirrored_trace
from bot.text.rules import distance, gist, line
from bot.text.told import footer
from bot.text.why import Case, answer, change, fields, reasons

log = logging.getLogger(__name__)

LOOKED_BACK = timedelta(hours=24)
OFFERED_AT_MOST = 8
ROW = 4
_NONE = timedelta(0)

_FILLERS = frozenset(
    {
        "why",
        "did",
        "didn't",
        "didnt",
        "does",
        "doesn't",
        "doesnt",
        "do",
        "don't",
        "dont",
        "not",
        "no",
        "it",
        "its",
        "it's",
        "is",
        "isn't",
        "isnt",
        "was",
        "wasn't",
        "wasnt",
        "has",
        "hasn't",
        "hasnt",
        "have",
        "i",
        "me",
        "my",
        "the",
        "a",
        "an",
        "alert",
        "alerts",
        "fire",
        "fired",
        "firing",
        "silent",
        "quiet",
        "come",
        "came",
        "get",
        "got",
        "told",
        "tell",
        "so",
        "still",
        "there",
        "any",
        "on",
        "for",
        "about",
    }
)
"""Words of the question that name nothing."""


async def run(ask: Ask, desk: Desk) -> Card:
    words = [one for one in ask.text.rstrip(" ?!.").split() if one.lower() not in _FILLERS]
    if len(words) == 1 and words[0].removeprefix("#").isdecimal():
        return await explain(ask, desk, await find(ask, desk, rule_number(words[0])))
    asked = subject(" ".join(words), vocabulary(desk), again="why") if words else Subject()
    held = await desk.rules.of_chat(ask.chat)
    matching = [one for one in held if is_about(one.rule.draft, asked)]
    if not matching:
        return _nothing(asked, desk)
    if len(matching) > 1 and not words:
        return _which(matching, desk)
    readings = fresh(desk)
    nearest, *others = sorted(matching, key=lambda one: distance(one.rule, readings))
    return await explain(ask, desk, nearest, others)


async def explain(ask: Ask, desk: Desk, held: Held, others: Sequence[Held] = ()) -> Card:
    """Why one alert is as it is; buttons for the others that were meant too."""
    rule, now = held.rule, desk.clock.now()
    tape = await _tape(desk, rule.draft)
    seen = trace(rule.draft, tape, now - LOOKED_BACK, now)
    told = mirrored_trace(seen) if desk.chosen.flipped_sign else seen
    fired = [one for one in await desk.episodes.of_chat(ask.chat) if one.rule.id == rule.id]
    recent = [one for one in fired if now - one.fired_at <= LOOKED_BACK]
    case = Case(
        *(as_read(rule, desk), held.state, held.overlay, told, recent),
        *(fresh_in_sign(desk), desk.chosen),
        tally=await tally(ask, desk),
        now=now,
    )
    idle = not rule.paused and not recent
    buttons = [
        *(_change(rule, nudge(seen, tape, gap=_gap(rule.draft)), desk) if idle else ()),
        Button(f"Open #{rule.number}", f"show:{rule.number}"),
        *(Button(f"Proof #{one.name}", f"cmd:proof:{one.name}") for one in fired[:1]),
    ]
    strong = f"Why #{rule.number} {gist(drafted(rule.draft, desk))}"
    return Card(
        title=f"{strong} – {answer(case)}",
        strong=strong,
        lines=tuple(reasons(case)),
        fields=tuple(fields(case)),
        footer=footer(
            [f"What was kept of 24 h, to {figures.clock(now, now)}"], simulated=desk.simulated
        ),
        buttons=(tuple(buttons), *_choices(others)),
    )


def _change(rule: Rule, found: Draft | None, desk: Desk) -> tuple[Button, ...]:
    """The button with the change that would have made it fire, its label for this chat to read."""
    told = change(as_read(rule, desk), found and drafted(found, desk))
    meant = change(rule, found)
    return tuple(Button(one.label, two.act) for one, two in zip(told, meant, strict=True))


def _gap(draft: Draft) -> float:
    leg = draft.legs[0]
    metric = metric_of(leg.series)
    usual = metric.defaults.clear_gap if metric and not metric.names else 0.0
    return abs(leg.level - leg.clear) or usual


async def _tape(desk: Desk, draft: Draft) -> Tape:
    """What the rule's series read in the last day.

    Each reading counts as long as live, or longer where the past is kept more coarsely than that.
    """
    series = tuple(dict.fromkeys(leg.series for leg in draft.legs))
    ages = {one: desk.stale_after(one) for one in series}
    since = desk.clock.now() - LOOKED_BACK - max(ages.values())
    samples: list[Reading] = []
    try:
        async with asyncio.timeout(STORE_SECONDS):
            for one in series:
                samples += await read(desk, one, since)
    except (StoreError, TimeoutError) as error:
        log.warning("no trace: history is away why=%s", error)
        raise UsageError(
            "The history cannot be read right now, so I cannot tell. Try again in a minute."
        ) from error
    newest = [reading for one in series if (reading := fresh(desk).get(one))]
    tape = wind(draft, [*samples, *newest])
    return tape.aged({one: max(ages[one], tape.ages.get(one, _NONE)) for one in series})


def _nothing(asked: Subject, desk: Desk) -> Card:
    """No alert that is meant: the value as it stands is a way on."""
    named = about(asked)
    if asked.metric is None:
        return Card(
            title=f"You have no alerts{named} yet, so none could come",
            lines=("Type one in a line, like: skew above 15%",),
            buttons=((Button("Set an alert", "cmd:alert"),),),
        )
    asset = asked.asset or desk.assets[0]
    return Card(
        title=f"You have no alert{named}",
        lines=("So there was none to come.",),
        buttons=(
            (
                Button("How does it stand?", f"now:{asset} {asked.metric.key}"),
                Button("Set one", f"pick:{asset}:{asked.metric.key}"),
                Button("Your alerts", "cmd:alerts"),
            ),
        ),
    )


def _which(held: Sequence[Held], desk: Desk) -> Card:
    readings, now = fresh_in_sign(desk), desk.clock.now()
    nearest = sorted(held, key=lambda one: distance(one.rule, readings))[:OFFERED_AT_MOST]
    return Card(
        title="Why did which alert not come?",
        lines=tuple(line(as_read(one.rule, desk), one.state, readings, now) for one in nearest),
        buttons=_choices(nearest),
    )


def _choices(held: Sequence[Held]) -> tuple[tuple[Button, ...], ...]:
    buttons = [
        Button(f"Why #{one.rule.number}", f"cmd:why:{one.rule.number}")
        for one in held[:OFFERED_AT_MOST]
    ]
    return tuple(tuple(buttons[start : start + ROW]) for start in range(0, len(buttons), ROW))


COMMAND = Command(
    "why",
    "Why an alert did or did not come",
    run,
    params=(Param("alert", Kind.ABOUT, "The number of the alert, or a metric"),),
    example="/why basis",
)
