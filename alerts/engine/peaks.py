"""The farthest values since a time, per series.

A rule that is firing is not woken by values beyond its level, since none of them changes its
verdict. What its extreme was is found here instead, once the rule is looked at.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Direction, Firing, Recovering, Rule, State
from alerts.engine.move import farthest

_LONGEST = 4096


@dataclass(slots=True)
class _Ridge:
    """Values no later value surpassed, oldest and highest first; `sign` -1 turns it into lows."""

    sign: int
    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, time: float, value: float) -> None:
        height = value * self.sign
        while self.values and self.values[-1] <= height:
            self.values.pop()
            self.times.pop()
        self.times.append(time)
        self.values.append(height)
        if len(self.values) > _LONGEST:
            self.times, self.values = self.times[::2], self.values[::2]

    def since(self, time: float) -> float | None:
        place = bisect_left(self.times, time)
        return self.values[place] * self.sign if place < len(self.values) else None


class Peaks:
    """Highs and lows of every series, as far back as it was fed; old ones grow coarse."""

    def __init__(self) -> None:
        self._ridges: dict[tuple[Series, Direction], _Ridge] = {}

    def add(self, reading: Reading, now: datetime) -> None:
        """Take over a reading that rules saw at `now`; times must not go back."""
        for direction, sign in ((Direction.ABOVE, 1), (Direction.BELOW, -1)):
            ridge = self._ridges.setdefault((reading.series, direction), _Ridge(sign))
            ridge.add(now.timestamp(), reading.value)

    def widen(self, rule: Rule, state: State) -> State:
        """The state with the extreme its episode has reached by now."""
        match state.phase:
            case Firing() as firing:
                return replace(state, phase=self._widen(rule, state, firing))
            case Recovering() as recovering:
                firing = self._widen(rule, state, recovering.firing)
                return replace(state, phase=replace(recovering, firing=firing))
            case _:
                return state

    def _widen(self, rule: Rule, state: State, firing: Firing) -> Firing:
        leg = rule.legs[0]
        ridge = self._ridges.get((leg.series, leg.direction))
        since = state.fired_at or firing.since
        peak = ridge.since(since.timestamp()) if ridge else None
        if peak is None:
            return firing
        return replace(firing, extreme=farthest(rule, firing.extreme, peak))
