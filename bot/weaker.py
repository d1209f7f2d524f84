"""Of one chat's alerts on the same thing, the stronger speaks for the weaker. Pure.

Stronger is what watches the same series the same way at a farther level, or is CRITICAL where the
other is not. While it is on, and may speak itself, a weaker one's firings and reminders are not
told: its state goes on, its end is told, and the stronger one's card names it.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.domain.event import Kind
from alerts.domain.rule import Direction, Rule, Severity, Voice
from alerts.engine.move import episode_of
from alerts.ports import Held
from bot.text import Told

log = logging.getLogger(__name__)

SPOKEN_FOR = frozenset({Kind.FIRED, Kind.REMINDED})


def without_weaker(told: Sequence[Told], held: Iterable[Held], now: datetime) -> tuple[Told, ...]:
    """What is left to tell, with the weaker that are on named; `held` are the chat's rules."""
    on = {one.rule.id: one.rule for one in held if _is_on(one, now)}
    on |= {one.rule.id: one.rule for one in told if one.rule and one.event.kind in SPOKEN_FOR}
    left = []
    for one in told:
        rule = one.rule
        if rule is None or one.event.kind not in SPOKEN_FOR:
            left.append(one)
        elif any(is_stronger(other, rule) for other in on.values()):
            log.info("event not told event=%s why=a stronger alert speaks for it", one.event.id)
        else:
            weaker = [other for other in on.values() if is_stronger(rule, other)]
            weaker.sort(key=lambda other: other.number)
            left.append(replace(one, also=tuple(weaker)) if weaker else one)
    return tuple(left)


def is_stronger(one: Rule, other: Rule) -> bool:
    """Whether one rule's news makes the other's needless."""
    if len(one.legs) != 1 or len(other.legs) != 1 or one.id == other.id:
        return False
    ours, theirs = one.legs[0], other.legs[0]
    if (ours.series, ours.direction) != (theirs.series, theirs.direction):
        return False
    if _loudness(one) < _loudness(other):
        return False
    sign = 1 if ours.direction is Direction.ABOVE else -1
    return _rank(one, sign) > _rank(other, sign)


def _rank(rule: Rule, sign: int) -> tuple[bool, float]:
    return rule.draft.severity is Severity.CRITICAL, rule.legs[0].level * sign


def _loudness(rule: Rule) -> int:
    return (Voice.SILENT, Voice.USUAL, Voice.LOUD).index(rule.draft.voice)


def _is_on(held: Held, now: datetime) -> bool:
    """Whether it is on and may say so."""
    mute = held.rule.paused or held.state.flapping or held.overlay.is_snoozed(now)
    return not mute and episode_of(held.state.phase) is not None
