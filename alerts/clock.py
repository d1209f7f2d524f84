"""Clocks: the wall's, and one that runs faster for a simulated market."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


class WallClock:
    """The time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Starts at `start` and runs `speed` times faster than life, by the monotonic clock."""

    start: datetime
    speed: float
    _origin: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.monotonic() - self._origin) * self.speed)
