"""What waited for a chat, as one card: what is still so first, then what is over, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.calendar import quiet_until
from alerts.domain.event import BEGINNINGS, Event, Kind
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Firing, Recovering, Rule, State
from alerts.metrics import metric_of
from bot.card import Button, Card, Tone
from bot.text import figures
from bot.text.rules import gist

LINES_AT_MOST = 20
BUTTONS_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Waited:
    """One episode of which nothing was told yet: its rule as it is now, and what happened.

    `seen` is what its series read since, as far as it is known.
    """

    rule: Rule
    state: State
    events: tuple[Event, ...]
    seen: tuple[float, ...] = ()

    @property
    def series(self) -> Series:
        return self.events[0].series

    @property
    def firing(self) -> Firing | None:
        """The episode, where it goes on."""
        phase = self.state.phase
        firing = phase.firing if isinstance(phase, Recovering) else phase
        goes_on = isinstance(firing, Firing) and firing.episode == self.events[0].episode
        return firing if goes_on and isinstance(firing, Firing) else None

    @property
    def began(self) -> bool:
        """Whether its beginning is among what was not told."""
        return any(event.kind in BEGINNINGS for event in self.events)

    @property
    def since(self) -> datetime:
        return min(event.since for event in self.events)

    @property
    def over_at(self) -> datetime | None:
        return next((one.at for one in self.events if one.kind is Kind.RESOLVED), None)


def held(
    waited: Sequence[Waited],
    chosen: Preferences,
    now: datetime,
    *,
    simulated: bool = False,
    cut: bool = False,
) -> Card:
    """One card for all of it. It rings only where something still goes on.

    `cut`: more happened than was kept.
    """
    if not waited:
        raise ValueError("a card of what was held tells at least one episode")
    ordered = sorted(waited, key=lambda one: (one.firing is None, one.since, one.rule.number))
    on = sum(one.firing is not None for one in ordered)
    strong = f"{_why(ordered, chosen)}: {len(ordered)}"
    lines = [_line(one, now) for one in ordered[:LINES_AT_MOST]]
    if len(ordered) > LINES_AT_MOST:
        lines.append(f"… and {len(ordered) - LINES_AT_MOST} more: /alerts")
    if cut:
        lines.append("More came than I keep: these are the latest. /history has the rest.")
    return Card(
        title=f"{strong} – {_gist(ordered, on)}",
        tone=Tone.WARNING if on else Tone.CALM,
        strong=strong,
        lines=tuple(lines),
        footer=" · ".join([figures.clock(now, now), *(["simulated market"] if simulated else [])]),
        buttons=_opens(ordered),
        silent=not on,
        events=tuple(one.events[0] for one in ordered),
    )


def _why(waited: Sequence[Waited], chosen: Preferences) -> str:
    began = [one.events[0].at for one in waited]
    quiet, snoozed = chosen.quiet, chosen.snoozed_until
    if quiet and all(quiet_until(quiet, chosen.place, at) for at in began):
        return "Held while you slept" if quiet.start > quiet.end else "Held in your quiet hours"
    if snoozed and all(at < snoozed for at in began):
        return "Held while snoozed"
    return "Held over your budget" if chosen.budget else "Held for you"


def _gist(waited: Sequence[Waited], on: int) -> str:
    """What the lock screen should say: the one thing, or how many still go on."""
    if len(waited) == 1:
        return f"{gist(waited[0].rule.draft)}, {'still on' if on else 'over'}"
    if on == 0:
        return "all over"
    return "all still on" if on == len(waited) else f"{on} still on"


def _line(one: Waited, now: datetime) -> str:
    """`• Still on: BTC skew above 15% · since 02:14 UTC · peak 18.2% · #7`."""
    state = "Still on" if one.firing else "Over"
    return " · ".join(
        part
        for part in (
            f"• {state}: {gist(one.rule.draft)}",
            _when(one, now),
            _farthest(one),
            f"#{one.rule.number}",
        )
        if part
    )


def _when(one: Waited, now: datetime) -> str:
    began = figures.clock(one.since, now)
    if one.firing:
        return f"since {began}"
    if one.over_at is None:
        return began
    lasted = figures.span(one.over_at - one.since)
    return f"{figures.stretch(one.since, one.over_at, now)} ({lasted})"


def _farthest(one: Waited) -> str:
    """The farthest value; of what goes on only where its readings are known."""
    metric = metric_of(one.series)
    if metric is None or (one.firing and not one.seen):
        return ""
    legs = [leg for leg in one.rule.legs if leg.series == one.series]
    above = not legs or legs[0].direction is Direction.ABOVE
    told = [found for each in one.events for found in (each.extreme, each.value)]
    values = [*one.seen, *(found for found in told if found is not None)]
    if not values:
        return ""
    farthest = max(values) if above else min(values)
    level = one.events[0].level
    return f"{'peak' if above else 'low'} {figures.exact(metric, farthest, level)}"


def _opens(waited: Sequence[Waited]) -> tuple[tuple[Button, ...], ...]:
    numbers = list(dict.fromkeys(one.rule.number for one in waited))[:BUTTONS_AT_MOST]
    return (tuple(Button(f"Open #{number}", f"show:{number}") for number in numbers),)
