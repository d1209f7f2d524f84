"""A clock moved by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class ManualClock:
    time: datetime = datetime(2026, 2, 5, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> datetime:
        """Move on by timedelta(**parts)."""
        self.time += timedelta(**parts)
        return self.time
