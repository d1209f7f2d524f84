"""Scripted trouble: what the fake Discord does wrong, and to which request."""

import re
from dataclasses import dataclass, field
from typing import Any

VIA = {"Via": "1.1 google"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong answer.

    `first` carries the request out before answering wrongly; `reset` cuts the connection instead
    of answering; `delay_seconds` answers late, and with status 0 rightly.
    """

    status: int = 0
    body: dict[str, Any] | str = ""
    headers: dict[str, str] = field(default_factory=dict)
    first: bool = False
    reset: bool = False
    delay_seconds: float = 0.0


@dataclass(slots=True)
class Script:
    """The faults still to come, each for requests whose `METHOD path` its pattern finds."""

    planned: list[tuple[re.Pattern[str], Fault]] = field(default_factory=list)

    def add(self, pattern: str, *faults: Fault) -> None:
        """One fault for each of the next matching requests, in this order."""
        self.planned += [(re.compile(pattern), fault) for fault in faults]

    def take(self, request: str) -> Fault | None:
        for at, (pattern, fault) in enumerate(self.planned):
            if pattern.search(request):
                del self.planned[at]
                return fault
        return None


def error(status: int, code: int, message: str = "Refused") -> Fault:
    return Fault(status, {"message": message, "code": code}, dict(VIA))


def too_many(
    retry_after: float, *, everywhere: bool = False, scope: str = "user", via: bool = True
) -> Fault:
    """A 429; without Via it is what an address banned by the network in front gets."""
    body = {
        "code": 0,
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": everywhere,
    }
    headers = {"Retry-After": str(retry_after), "X-RateLimit-Scope": scope}
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    else:
        headers |= {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": str(retry_after),
            "X-RateLimit-Bucket": "messages",
        }
    return Fault(429, body, headers | (VIA if via else {}))


def down(status: int = 503) -> Fault:
    return Fault(status, "upstream connect error", dict(VIA))


def stored_then(status: int = 502) -> Fault:
    return Fault(status, "bad gateway", dict(VIA), first=True)


def reset(*, stored: bool = False) -> Fault:
    return Fault(reset=True, first=stored)


def slow(seconds: float) -> Fault:
    return Fault(delay_seconds=seconds)
