"""What a person is told about a rule."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.domain.ids import Chat, RuleId
from alerts.domain.reading import Reason, Series
from alerts.domain.rule import Because


class Kind(StrEnum):
    FIRED = "fired"
    REMINDED = "reminded"
    RESOLVED = "resolved"
    DARK = "dark"
    BACK = "back"
    MISSED = "missed"
    """Fired and over again while its owner was not to be told."""
    FLAPPING = "flapping"
    """Crossed its level so often that it is held until it is calm."""
    EXPIRED = "expired"
    """Past its `until`: over for good."""
    BROKEN = "broken"
    """It could not be looked at, and that is our bug, not the market's."""


BEGINNINGS = frozenset({Kind.FIRED, Kind.MISSED})
"""What is first told of an episode; of one that was missed it is the last, too."""

OF_EPISODES = BEGINNINGS | {Kind.REMINDED, Kind.RESOLVED}
"""What is told of an episode itself; the others are about the rule or its data."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to say about one episode of one rule.

    `value` is the value of the leg that decided, None only while the data is dark;
    `extreme` is the farthest value of the episode; `since` when the condition began to hold
    (or, for DARK and BACK, when the blindness began);
    `again` is when a reminder follows, should it go on.
    `held` says why it is told later than it `happened`; `times` counts the crossings of FLAPPING,
    and the firings that MISSED and EXPIRED look back on.
    """

    kind: Kind
    rule: RuleId
    revision: int
    number: int
    chat: Chat
    episode: int
    series: Series
    level: float
    value: float | None
    at: datetime
    since: datetime
    extreme: float | None = None
    late: bool = False
    reason: Reason | None = None
    again: datetime | None = None
    held: Because | None = None
    happened: datetime | None = None
    times: int = 0

    @property
    def id(self) -> str:
        """The same for every attempt to deliver the same news."""
        return f"{self.rule}.{self.episode}.{self.kind}.{int(self.at.timestamp())}"
