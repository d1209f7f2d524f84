"""Acknowledging and snoozing, the same for a typed command and a tapped button."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.errors import ConflictError
from alerts.domain.rule import Overlay, Rule
from alerts.engine.move import episode_of
from alerts.ports import Held
from bot.card import Card
from bot.commands.sign import as_read, fresh_in_sign, standing
from bot.commands.spec import Ask, Desk, Reply
from bot.text import figures
from bot.text.doings import seen_card, several_card, snoozed_card

USUAL = timedelta(hours=4)

GONE = "That alert is gone."
OVER = "#{} is over already."
SEEN_NOTE = "Quiet until they clear. That I still tell you."
SNOOZED_NOTE = "Nothing of them until then. What is true by then, I tell you once."

Change = Callable[[Held], Overlay | None]


async def ack(held: Held, desk: Desk, episode: int | None = None) -> Reply:
    """Nothing more of this episode until it clears."""
    firing = episode_of(held.state.phase)
    if firing is None or firing.episode != (episode or firing.episode):
        return Reply(toast=OVER.format(held.rule.number))
    await _write(desk, held, replace(held.overlay, acked=firing.episode))
    card = seen_card(as_read(held.rule, desk), fresh_in_sign(desk), desk.clock.now())
    return Reply(card, toast=f"#{held.rule.number} is quiet until it clears.")


async def unack(held: Held, desk: Desk) -> Reply:
    """Reminders again."""
    known = await _write(desk, held, replace(held.overlay, acked=0))
    return Reply(standing(known, desk), toast=f"#{held.rule.number} reminds you again.")


async def snooze(held: Held, desk: Desk, until: datetime | None = None) -> Reply:
    """Nothing of it until then."""
    now = desk.clock.now()
    end = until or now + USUAL
    await _write(desk, held, replace(held.overlay, snoozed_until=end))
    toast = f"#{held.rule.number} is snoozed until {figures.clock(end, now)}."
    return Reply(snoozed_card(as_read(held.rule, desk), end, now), toast=toast)


async def unsnooze(held: Held, desk: Desk) -> Reply:
    """Told again from now on."""
    known = await _write(desk, held, replace(held.overlay, snoozed_until=None))
    return Reply(standing(known, desk), toast=f"#{held.rule.number} speaks again.")


async def ack_all(ask: Ask, desk: Desk, numbers: str = "") -> Reply:
    """All of the chat's that are on, or those of these numbers."""

    def seen(held: Held) -> Overlay | None:
        firing = episode_of(held.state.phase)
        return replace(held.overlay, acked=firing.episode) if firing else None

    done = await _all(ask, desk, numbers, seen)
    if not done:
        return Reply(Card("Nothing is on", lines=("There is nothing to acknowledge.",)))
    now = desk.clock.now()
    return Reply(several_card(f"✓ Seen {figures.clock(now, now)}", done, SEEN_NOTE))


async def snooze_all(ask: Ask, desk: Desk, numbers: str) -> Reply:
    """Those of these numbers, for the usual time."""
    now = desk.clock.now()
    until = now + USUAL
    done = await _all(ask, desk, numbers, lambda held: replace(held.overlay, snoozed_until=until))
    if not done:
        return Reply(toast=GONE)
    return Reply(several_card(f"Snoozed until {figures.clock(until, now)}", done, SNOOZED_NOTE))


async def _all(ask: Ask, desk: Desk, numbers: str, change: Change) -> Sequence[Rule]:
    wanted = {int(one) for one in numbers.split(".") if one.isdecimal() and len(one) < 10}
    done = []
    for held in await desk.rules.of_chat(ask.chat):
        overlay = change(held) if not numbers or held.rule.number in wanted else None
        if overlay is not None and not held.rule.paused:
            await desk.rules.overlay(held.rule.id, overlay, now=desk.clock.now())
            done.append(as_read(held.rule, desk))
    return done


async def _write(desk: Desk, held: Held, overlay: Overlay) -> Held:
    """The alert with it; ConflictError when it went meanwhile."""
    if not await desk.rules.overlay(held.rule.id, overlay, now=desk.clock.now()):
        raise ConflictError(f"rule {held.rule.number} went")
    return replace(held, overlay=overlay)
