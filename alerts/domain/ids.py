"""Names of things: open sets as NewTypes, a chat as one value."""

import re
from dataclasses import dataclass
from typing import NewType

from alerts.domain.errors import UsageError

RuleId = NewType("RuleId", str)
MetricKey = NewType("MetricKey", str)
Venue = NewType("Venue", str)
Asset = NewType("Asset", str)
Platform = NewType("Platform", str)

_ADDRESS = re.compile(r"([a-z]+):(-?[A-Za-z0-9_@]+)(?::([A-Za-z0-9_]+))?")


@dataclass(frozen=True, slots=True, order=True)
class Chat:
    """Where messages go: a platform, the platform's chat id, and a thread or topic inside it."""

    platform: Platform
    id: str
    thread: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}" + (f":{self.thread}" if self.thread else "")

    @classmethod
    def parse(cls, address: str) -> "Chat":
        """The chat at `platform:id` or `platform:id:thread`; UsageError for anything else."""
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UsageError(f"{address!r} is not a chat: write platform:id, like telegram:123")
        platform, chat_id, thread = match.groups()
        return cls(Platform(platform), chat_id, thread or "")
