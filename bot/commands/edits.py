"""Changes to one saved rule, the same for a typed command and a tapped button."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from alerts.domain.errors import ConflictError, StoreError, UsageError
from alerts.domain.rule import Direction, Pending, State
from alerts.engine.outlook import at_level
from alerts.engine.step import align
from alerts.ports import Held
from alerts.rules.judge import look
from bot.card import Button, Card
from bot.commands.market import fresh
from bot.commands.past import replayed
from bot.commands.sign import drafted, standing
from bot.commands.spec import Ask, Desk
from bot.text.outlook import outlook_line
from bot.text.rules import gist

Edit = Callable[[Held, Desk], Awaitable[Card]]


async def find(ask: Ask, desk: Desk, number: int) -> Held:
    """The chat's alert of that number; UsageError when it has none."""
    held = await desk.rules.get(ask.chat, number)
    if held is None:
        raise UsageError(
            f"There is no alert #{number} here. /alerts shows yours.", fixes=("/alerts",)
        )
    return held


async def delete(held: Held, desk: Desk) -> Card:
    rule = held.rule
    await desk.rules.remove(rule.chat, rule.number)
    return Card(
        title=f"Deleted #{rule.number} – {gist(drafted(rule.draft, desk))}",
        strong=f"Deleted #{rule.number}",
        lines=("You will not hear of it again. Undo brings it back within a minute.",),
        buttons=((Button("Set an alert", "cmd:alert"), Button("Your alerts", "cmd:alerts")),),
    )


async def pause(held: Held, desk: Desk) -> Card:
    """Stop telling; what is known of the rule stays."""
    return await _write(desk, held, replace(held, rule=replace(held.rule, paused=True)))


async def resume(held: Held, desk: Desk) -> Card:
    """Watch again, silently from how things stand now."""
    phase = align(held.rule.draft, look(held.rule.draft, fresh(desk))).phase
    state = State(phase, held.state.episodes, held.state.fired_at)
    return await _write(desk, held, Held(replace(held.rule, paused=False), state))


async def alert_now(held: Held, desk: Desk) -> Card:
    """Let a rule that is true already be told at the next look.

    Its hold counts as waited out: the person has just seen that it is true.
    """
    timing = held.rule.timing
    waited = timedelta(days=1) if timing.at_close else timing.hold
    phase = Pending(since=desk.clock.now() - waited)
    state = State(phase, held.state.episodes)
    return await _write(desk, held, replace(held, state=state))


async def retune(held: Held, desk: Desk, level: float) -> Card:
    """Another level for the first condition, its clear level as far away as before."""
    draft = at_level(held.rule.draft, level)
    state = align(draft, look(draft, fresh(desk)))
    again = State(state.phase, held.state.episodes, held.state.fired_at)
    return await _write(desk, held, Held(replace(held.rule, draft=draft), again))


async def rehold(held: Held, desk: Desk, seconds: float) -> Card:
    """Another time for which it must hold."""
    timing = replace(held.rule.timing, hold=timedelta(seconds=seconds), at_close=False)
    draft = replace(held.rule.draft, timing=timing)
    state = align(draft, look(draft, fresh(desk)))
    again = State(state.phase, held.state.episodes, held.state.fired_at)
    return await _write(desk, held, Held(replace(held.rule, draft=draft), again))


async def widen(held: Held, desk: Desk, clear: float) -> Card:
    """Another clear level for the first condition; the level stays."""
    first, *rest = held.rule.draft.legs
    above = first.direction is Direction.ABOVE
    quiet = min(clear, first.level) if above else max(clear, first.level)
    draft = replace(held.rule.draft, legs=(replace(first, clear=quiet), *rest))
    return await _write(desk, held, Held(replace(held.rule, draft=draft), held.state))


async def _write(desk: Desk, read: Held, wanted: Held) -> Card:
    """Write an edit of what was read; ConflictError when the engine has moved on since."""
    now = desk.clock.now()
    rule = await desk.rules.replace(wanted.rule, wanted.state, now=now, was=read.state)
    card = standing(Held(rule, wanted.state, read.overlay), desk)
    if rule.draft == read.rule.draft:
        return card
    past = outlook_line(await replayed(desk, rule.draft), now)
    return replace(card, lines=(*card.lines, past))


async def every(ask: Ask, desk: Desk, *, paused: bool) -> Card:
    """Pause or resume all of the chat's alerts; one that changed meanwhile is left as it is."""
    edit, done = (pause if paused else resume), 0
    wanted = [one for one in await desk.rules.of_chat(ask.chat) if one.rule.paused is not paused]
    try:
        for held in wanted:
            with contextlib.suppress(ConflictError):
                await edit(held, desk)
                done += 1
    except StoreError:
        if not done:
            raise
    return _counted(done, len(wanted), "paused" if paused else "watching again")


def _counted(done: int, wanted: int, what: str) -> Card:
    shown = f"{done} alert{'s' * (done != 1)} {what}"
    lines = {
        done < wanted: f"{wanted - done} could not be changed: try again in a minute.",
        done == wanted == 0: f"There was nothing to change: no alert that is not {what}.",
    }
    return Card(
        title=shown[0].upper() + shown[1:],
        lines=tuple(filter(None, [lines.get(True)])),
        buttons=((Button("Show alerts", "cmd:alerts"),),),
    )
