"""What a tick's rules see of the market, worked out once for all of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.domain.rule import Rule

AHEAD = timedelta(seconds=5)
"""How far a stamp may run ahead of our clock."""

Spell = Callable[[Series], timedelta]


@dataclass(frozen=True, slots=True)
class View:
    """The market as rules may see it: stale readings are gaps that began when data stopped."""

    latest: Mapping[Series, Reading]
    why: Mapping[Series, Gap]
    stale_after: Spell
    now: datetime
    _seen: dict[Series, Sample] = field(default_factory=dict)

    @property
    def times(self) -> dict[Series, datetime]:
        """When each series was last read."""
        return {series: reading.at for series, reading in self.latest.items()}

    def of(self, rule: Rule) -> dict[Series, Sample]:
        return {leg.series: self._looked_at(leg.series) for leg in rule.legs}

    def why_dark(self, readings: Iterable[Reading]) -> dict[Series, Gap]:
        """The reasons still standing after these readings."""
        healed = {reading.series for reading in readings}
        return {series: gap for series, gap in self.why.items() if series not in healed}

    def _looked_at(self, series: Series) -> Sample:
        """The same for every rule of the tick."""
        known = self._seen.get(series)
        if known is None:
            known = self._seen[series] = self._sample(series)
        return known

    def _sample(self, series: Series) -> Sample:
        reading = self.latest.get(series)
        if reading and -AHEAD <= self.now - reading.at <= self.stale_after(series):
            return reading
        since = reading.at if reading else self.now
        gap = self.why.get(series)
        if gap:
            return Gap(series, gap.reason, gap.detail, since)
        return Gap(series, Reason.STALE, f"no reading since {since:%H:%M} UTC", since)
