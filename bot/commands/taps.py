"""What buttons do. An act comes back from outside, so nothing in it is trusted."""

import contextlib
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from alerts.domain.errors import ConflictError, StoreError
from alerts.ports import Held
from bot.card import Card
from bot.commands import (
    budget,
    bundle,
    doings,
    edits,
    importing,
    now,
    presets,
    quiet,
    settings,
    smalltalk,
    tz,
    undo,
    wizard,
)
from bot.commands.alert import create
from bot.commands.alerts import one
from bot.commands.dialogue import leave
from bot.commands.drafts import give_back, take
from bot.commands.sign import standing
from bot.commands.spec import Ask, Desk, Reply
from bot.commands.words import rule_number

OUT_OF_DATE = "This card is out of date."
USED = "This button was used already, or is too old."

Tap = Callable[[Ask, Desk, str], Awaitable[Reply]]
Levelled = Callable[[Held, Desk, float], Awaitable[Card]]

_NUMBER = re.compile(r"[0-9]{1,9}")
_SECONDS = re.compile(r"[0-9]{1,6}")
_MARK = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Verb:
    """One kind of button. `changes`: needs the right to edit in a group; `final`: no undo."""

    tap: Tap
    changes: bool = False
    final: bool = False


async def _save(ask: Ask, desk: Desk, token: str) -> Reply:
    kept = await take(desk.notes, ask.chat, token)
    if kept is None:
        return Reply(toast=USED)
    try:
        card = await create(ask, desk, kept.text, sure=True, again=kept.again)
    except StoreError:
        await give_back(desk.notes, ask.chat, token, kept)
        raise
    with contextlib.suppress(StoreError):
        await leave(ask, desk)
    return Reply(card)


async def _import(ask: Ask, desk: Desk, token: str) -> Reply:
    kept = await take(desk.notes, ask.chat, token)
    if kept is None:
        return Reply(toast=USED)
    try:
        return Reply(await importing.save(ask, desk, kept.text))
    except StoreError:
        await give_back(desk.notes, ask.chat, token, kept)
        raise


async def _cancel(ask: Ask, desk: Desk, token: str) -> Reply:
    await take(desk.notes, ask.chat, token)
    await leave(ask, desk)
    return Reply(Card(title="Cancelled", lines=("Nothing was saved.",), buttons=smalltalk.WAYS_ON))


async def _show(ask: Ask, desk: Desk, number: str) -> Reply:
    return Reply(await one(ask, desk, rule_number(number)), new=True)


async def _pick(ask: Ask, desk: Desk, steps: str) -> Reply:
    return Reply(await wizard.pick(ask, desk, steps))


async def _hold(ask: Ask, desk: Desk, argument: str) -> Reply:
    card = await wizard.hold(ask, desk, argument)
    return Reply(card) if card else Reply(toast=USED)


async def _now(ask: Ask, desk: Desk, metric: str) -> Reply:
    return Reply(await now.run(Ask(ask.chat, ask.user, metric), desk), new=True)


def _doing(doing: Callable[[Held, Desk], Awaitable[Reply]]) -> Tap:
    """Something done about the alert of a number, whatever it says by now."""

    async def tap(ask: Ask, desk: Desk, number: str) -> Reply:
        held = await desk.rules.get(ask.chat, int(number)) if _NUMBER.fullmatch(number) else None
        return await doing(held, desk) if held else Reply(toast=doings.GONE)

    return tap


async def _ack(ask: Ask, desk: Desk, argument: str) -> Reply:
    mark = _MARK.fullmatch(argument)
    held = await desk.rules.get(ask.chat, int(mark[1])) if mark else None
    if mark is None or held is None:
        return Reply(toast=doings.GONE)
    return await doings.ack(held, desk, int(mark[2]))


async def _widen(ask: Ask, desk: Desk, argument: str) -> Reply:
    """Another clear level for a rule: `7:1:12` is its number, its revision and that level."""
    return await _levelled(ask, desk, argument, edits.widen)


async def _rehold(ask: Ask, desk: Desk, argument: str) -> Reply:
    """Another hold for a rule: `7:1:300` is its number, its revision and the seconds."""
    _, _, seconds = argument.rpartition(":")
    if not _SECONDS.fullmatch(seconds):
        return Reply(toast=OUT_OF_DATE)
    return await _levelled(ask, desk, argument, edits.rehold, "#{} has its new hold.")


def _edit(edit: edits.Edit, done: str) -> Tap:
    """A change to the rule and revision an act names; a stale one only shows how things stand."""

    async def tap(ask: Ask, desk: Desk, argument: str) -> Reply:
        mark = _MARK.fullmatch(argument)
        held = await desk.rules.get(ask.chat, int(mark[1])) if mark else None
        if mark is None or held is None:
            return Reply(toast="That alert is gone." if mark else OUT_OF_DATE)
        if held.rule.revision != int(mark[2]):
            return _stale(held, desk)
        try:
            return Reply(await edit(held, desk), toast=done.format(held.rule.number))
        except ConflictError:
            return _stale(await edits.find(ask, desk, held.rule.number), desk)

    return tap


def _stale(held: Held, desk: Desk) -> Reply:
    card = standing(held, desk)
    return Reply(card, toast=OUT_OF_DATE)


async def _arm_all(ask: Ask, desk: Desk, numbers: str) -> Reply:
    return Reply(await bundle.arm_all(ask, desk, numbers))


async def _ack_all(ask: Ask, desk: Desk, numbers: str) -> Reply:
    return await doings.ack_all(ask, desk, numbers or "0")


async def _snooze_all(ask: Ask, desk: Desk, numbers: str) -> Reply:
    return await doings.snooze_all(ask, desk, numbers or "0")


async def _preset(ask: Ask, desk: Desk, chosen: str) -> Reply:
    return Reply(await presets.use(ask, desk, chosen), new=True)


async def _tune(ask: Ask, desk: Desk, argument: str) -> Reply:
    """Another level for a rule: `7:1:18` is its number, its revision and the level."""
    return await _levelled(ask, desk, argument, edits.retune)


async def _levelled(
    ask: Ask, desk: Desk, argument: str, edit: Levelled, done: str = "#{} has its new level."
) -> Reply:
    mark, _, level = argument.rpartition(":")
    try:
        wanted = float(level)
    except ValueError:
        return Reply(toast=OUT_OF_DATE)
    if not math.isfinite(wanted):
        return Reply(toast=OUT_OF_DATE)

    async def levelled(held: Held, desk: Desk) -> Card:
        return await edit(held, desk, wanted)

    return await _edit(levelled, done)(ask, desk, mark)


VERBS: Mapping[str, Verb] = {
    "preset": Verb(_preset, changes=True),
    "undo": Verb(undo.tap, changes=True, final=True),
    "armall": Verb(_arm_all, changes=True),
    "tune": Verb(_tune, changes=True),
    "rehold": Verb(_rehold, changes=True),
    "widen": Verb(_widen, changes=True),
    "ack": Verb(_ack, changes=True),
    "ackall": Verb(_ack_all, changes=True),
    "unack": Verb(_doing(doings.unack), changes=True),
    "snooze": Verb(_doing(doings.snooze), changes=True),
    "snoozeall": Verb(_snooze_all, changes=True),
    "unsnooze": Verb(_doing(doings.unsnooze), changes=True),
    "quiet": Verb(quiet.tap, changes=True),
    "tz": Verb(tz.tap, changes=True),
    "budget": Verb(budget.tap, changes=True),
    "allow": Verb(budget.tap_more, changes=True),
    "set": Verb(settings.tap, changes=True),
    "wake": Verb(settings.wake, changes=True),
    "save": Verb(_save, changes=True),
    "import": Verb(_import, changes=True),
    "cancel": Verb(_cancel, changes=True),
    "show": Verb(_show),
    "pick": Verb(_pick),
    "hold": Verb(_hold),
    "now": Verb(_now),
    "pause": Verb(_edit(edits.pause, "#{} is paused."), changes=True),
    "resume": Verb(_edit(edits.resume, "#{} watches again."), changes=True),
    "delete": Verb(_edit(edits.delete, "#{} is deleted."), changes=True),
    "arm": Verb(_edit(edits.alert_now, "#{} tells you at the next look."), changes=True),
}
