"""How the Bot API says no."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Refusal(Exception):  # noqa: N818  an answer, not a fault of ours
    """An answer that is not ok."""

    status: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> dict[str, Any]:
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(why: str, **parameters: Any) -> Refusal:
    return Refusal(400, f"Bad Request: {why}", parameters)


def forbidden(why: str) -> Refusal:
    return Refusal(403, f"Forbidden: {why}")
