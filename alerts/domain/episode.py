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
    def resolved_at(self) -> datetime | None:
        over = self.latest is not None and self.latest.kind is Kind.RESOLVED
        return self.latest.at if over and self.latest else None

    @property
    def extreme(self) -> float | None:
        """The farthest value told of so far."""
        return (self.latest or self.fired).extreme

    def length(self, now: datetime) -> timedelta:
        """How long it was on, counted from when the condition began to hold."""
        return (self.resolved_at or now) - self.fired.since
