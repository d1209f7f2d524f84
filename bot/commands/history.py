"""`/history`: what fired in this chat, newest first, each with its proof."""

import re
from collections.abc import Callable, Sequence

from alerts.domain.episode import Episode
from alerts.domain.errors import UsageError
from alerts.domain.rule import Draft
from bot.card import Button, Card
from bot.commands.market import vocabulary
from bot.commands.sign import episode_as_read
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.commands.words import Subject, subject
from bot.text import figures
from bot.text.history import episode_line, proofs
from bot.text.told import footer

PAGE = 8

_PAGE = re.compile(r"page ([0-9]{1,4})(?: (.*))?")
_NUMBER = re.compile(r"#?([0-9]{1,9})")

Wanted = Callable[[Episode], bool]


async def run(ask: Ask, desk: Desk) -> Card:
    turned = _PAGE.fullmatch(ask.text)
    page, text = (int(turned[1]), turned[2] or "") if turned else (1, ask.text)
    wanted, named = _wanted(text, desk)
    found = [one for one in await desk.episodes.of_chat(ask.chat) if wanted(one)]
    if not found:
        return _none(named)
    pages = -(-len(found) // PAGE)
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    held = await desk.rules.load(list({one.rule.id for one in shown}))
    states, now = {one.rule.id: one.state for one in held}, desk.clock.now()
    strong = f"{len(found)} alert{'s' * (len(found) != 1)} fired"
    return Card(
        title=strong + named + f", page {page} of {pages}" * (pages > 1),
        strong=strong,
        lines=tuple(episode_line(episode_as_read(one, desk), states, now) for one in shown),
        footer=footer(["newest first", figures.clock(now, now)], simulated=desk.simulated),
        buttons=(*proofs(shown), *_turns(page, pages, text)),
    )


def _wanted(text: str, desk: Desk) -> tuple[Wanted, str]:
    """Which episodes are asked for, and how that is called."""
    if not text:
        return lambda _: True, ""
    if match := _NUMBER.fullmatch(text):
        number = int(match[1])
        return lambda episode: episode.rule.number == number, f" for #{number}"
    asked = subject(text, vocabulary(desk), again="history")
    return lambda episode: is_about(episode.rule.draft, asked), about(asked)


def is_about(draft: Draft, asked: Subject) -> bool:
    """Whether any condition of a rule is on what was named."""
    return any(
        (asked.metric is None or leg.series.metric == asked.metric.key)
        and (asked.asset is None or leg.series.asset == asked.asset)
        and (not asked.window or leg.series.window == asked.window)
        for leg in draft.legs
    )


def about(asked: Subject) -> str:
    """` on BTC skew`: what was named, in words; empty where nothing was."""
    metric = figures.word(asked.metric.key) if asked.metric else ""
    named = " ".join(part for part in (asked.asset, asked.window, metric) if part)
    return f" on {named}" if named else ""


def _none(named: str) -> Card:
    return Card(
        title=f"Nothing has fired yet{named}",
        lines=("What fires here is kept for about a year, with what decided it.",),
        buttons=((Button("Your alerts", "cmd:alerts"),),),
    )


def _turns(page: int, pages: int, text: str) -> Sequence[tuple[Button, ...]]:
    kept = f" {text}" * bool(text)
    back = [Button("◀ Newer", f"cmd:history:page {page - 1}{kept}")] if page > 1 else []
    more = [Button("Older ▶", f"cmd:history:page {page + 1}{kept}")] if page < pages else []
    return [tuple(back + more)] if back or more else []


async def named(ask: Ask, desk: Desk, name: str) -> Episode:
    """The episode a person means by `7.3`, by `7` the latest of that alert, by nothing the latest.

    UsageError when there is none of that name.
    """
    episodes = await desk.episodes.of_chat(ask.chat)
    number, _, nth = name.strip().removeprefix("#").replace(",", ".").partition(".")
    for one in episodes:
        if number in {"", str(one.rule.number)} and nth in {"", str(one.fired.episode)}:
            return one
    what = f"There is no #{name.strip().removeprefix('#')[:20]} among what fired here."
    raise UsageError(what if episodes else "Nothing has fired here yet.", fixes=("/history",))


COMMAND = Command(
    "history",
    "What fired, when and for how long",
    run,
    params=(Param("about", Kind.ABOUT, "The number of an alert, or a metric such as skew"),),
    example="/history skew",
    menu=True,
)
