"""One firing of one rule, kept with what decided it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.event import Event, Kind
from alerts.domain.reading import Reading
from alerts.domain.rule import Rule


@dataclass(frozen=True, slots=True)
class Episode:
    """What a rule told once it had fired, and why it did.

    `rule` is the rule as it stood then; `fired` is the news it began with; `evidence` are the
    readings of its legs that decided, by leg; `latest` is the last reminder, or the end.
    """

    rule: Rule
    fired: Event
    evidence: tuple[Reading, ...] = ()
    latest: Event | None = None

    @property
    def name(self) -> str:
        """What a person calls it: rule 7's third is `7.3`."""
        return f"{self.rule.number}.{self.fired.episode}"

    @property
    def fired_at(self) -> datetime:
        """When it fired, though it may have been told later."""
        if self.fired.kind is Kind.MISSED:
            return self.fired.since
        return self.fired.happened or self.fired.at

    @property
    def resolved_at(self) -> datetime | None:
        """When it was over; None while it goes on, as far as was told."""
        for event in (self.latest, self.fired):
            if event is not None and event.kind in {Kind.RESOLVED, Kind.MISSED}:
                return event.happened or event.at
        return None

    @property
    def extreme(self) -> float | None:
        """The farthest value told of so far."""
        return (self.latest or self.fired).extreme

    def length(self, now: datetime) -> timedelta:
        """How long it was on, counted from when the condition began to hold."""
        return (self.resolved_at or now) - self.fired.since
