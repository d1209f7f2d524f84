"""One event with what surrounds it, and the phrases every card makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.domain.event import Event, Kind
from alerts.domain.reading import Reading
from alerts.domain.rule import Direction, Leg, Rule
from alerts.metrics import metric_of
from alerts.metrics.spec import Metric
from bot.card import Button
from bot.text import figures
from bot.text.rarity import Rarity
from bot.text.rules import clear, level_of
from bot.text.split import Split

BUTTONS_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Told:
    """One event with what surrounds it.

    `rule` is None when it was deleted, paused or edited since; `reading` is the sample that
    decided (or, in the dark, the last one); `beside` are the other headline readings, and for a
    resolved rule also the price when it began; `rarity` is as of the day the episode began;
    `split` says what a move in USD is made of; `regime` how the market stands, with why;
    `also` are weaker rules that are on, and not told.
    """

    event: Event
    rule: Rule | None
    reading: Reading | None
    day_ago: Reading | None
    beside: tuple[Reading, ...] = ()
    rarity: Rarity | None = None
    split: Split | None = None
    regime: str = ""
    also: tuple[Rule, ...] = ()
    leg: Leg | None = field(init=False, repr=False, compare=False)
    """The leg that decided, when the rule is known."""
    metric: Metric | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Each line of a card asks for these.
        object.__setattr__(self, "leg", _deciding(self.event, self.rule))
        object.__setattr__(self, "metric", metric_of(self.event.series))

    @property
    def direction(self) -> Direction:
        if self.leg:
            return self.leg.direction
        high = self.event.value is None or self.event.value >= self.event.level
        return Direction.ABOVE if high else Direction.BELOW

    @property
    def limit(self) -> float:
        """The level that the value is to be seen apart from: the clear one, once it is short."""
        value, leg = self.event.value, self.leg
        if leg is None or value is None or _is_beyond(value, self.direction, self.event.level):
            return self.event.level
        return leg.clear


def _deciding(event: Event, rule: Rule | None) -> Leg | None:
    same = [leg for leg in (rule.legs if rule else ()) if leg.series == event.series]
    exact = [leg for leg in same if leg.level == event.level]
    return next(iter(exact or same), None)


def headline(told: Told) -> tuple[str, str]:
    """What happened, in two halves: `BTC skew 20.0%` and `above your 15%`."""
    event, metric = told.event, told.metric
    if event.kind in _OF_ITSELF:
        return _of_itself(told)
    if event.kind is Kind.DARK or metric is None or event.value is None:
        gone = event.kind is Kind.DARK
        what = "data stopped" if gone else f"alert {event.kind}"
        return f"{figures.name(event.series)} {what}", "on hold, not cleared" if gone else ""
    beyond = _is_beyond(event.value, told.direction, event.level)
    shown = figures.exact(metric, event.value, told.limit)
    if event.kind is Kind.BACK:
        return f"{figures.name(event.series)} data is back", shown
    if event.kind is Kind.RESOLVED:
        return figures.heading(event.series, f"back to {shown}"), _cleared(told)
    side = f"{told.direction} your {level_of(event.series, event.level, told.direction)}"
    if metric.names:
        worse = "worse" if told.direction is Direction.ABOVE else "better"
        side = f"{worse} than {level_of(event.series, event.level, told.direction)}"
    if event.kind is Kind.FIRED:
        return figures.heading(event.series, shown), side
    still = side if beyond or told.leg is None else f"not yet {clear(told.leg)}"
    return figures.heading(event.series, f"still {shown}"), still


_OF_ITSELF = frozenset({Kind.MISSED, Kind.FLAPPING, Kind.EXPIRED, Kind.BROKEN})


def _of_itself(told: Told) -> tuple[str, str]:
    """What happened to an alert rather than to its metric."""
    event = told.event
    level = level_of(event.series, event.level)
    match event.kind:
        case Kind.MISSED:
            return f"{figures.name(event.series)} came and went", f"{told.direction} your {level}"
        case Kind.FLAPPING:
            span = figures.span(event.at - event.since)
            crossed = f"#{event.number} crossed {event.times} times in {span}"
            return crossed, f"{figures.name(event.series)} around {level}"
        case Kind.EXPIRED:
            return f"#{event.number} has ended", told.rule.draft.name if told.rule else ""
        case _:
            return f"#{event.number} is on hold", "I could not work it out"


def tag(told: Told) -> str:
    """The rule's number, and its name where it has one."""
    name = told.rule.draft.name if told.rule else ""
    return f"#{told.event.number} {name}".strip()


def footer(parts: Sequence[str], *, simulated: bool) -> str:
    """Source and time; a simulated market is always called so."""
    shown = [part for part in parts if part]
    return " · ".join([*shown, "simulated market"] if simulated else shown)


def opens(told: Sequence[Told]) -> tuple[tuple[Button, ...], ...]:
    """A button for each rule told of."""
    numbers = list(dict.fromkeys(one.event.number for one in told))
    row = tuple(Button(f"Open #{n}", f"show:{n}") for n in numbers[:BUTTONS_AT_MOST])
    return (row,)


def _cleared(told: Told) -> str:
    """`under 13% for 10 min`, when the clear level was indeed passed."""
    leg, event = told.leg, told.event
    if leg is None or event.value is None:
        return ""
    above = leg.direction is Direction.ABOVE
    quiet = Direction.BELOW if above else Direction.ABOVE
    if not (event.value < leg.clear if above else event.value > leg.clear):
        return ""
    hold = told.rule.timing.clear_hold if told.rule else timedelta(0)
    stayed = f" for {figures.span(hold)}" if hold else ""
    return f"{'under' if above else 'over'} {level_of(leg.series, leg.clear, quiet)}{stayed}"


def _is_beyond(value: float, direction: Direction, level: float) -> bool:
    return value > level if direction is Direction.ABOVE else value < level
