"""Where a person stands in the wizard, so that what they write there is understood.

Kept for ten minutes for one person in one chat; losing it costs a tap.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta

from bot.commands.spec import Ask, Desk

KEEP = timedelta(minutes=10)

CLOSE = "close"
"""The hold that lasts until the end of the day."""

_LEVEL = re.compile(
    r"(?:(?:actually|no|oh|sorry|rather|make it|better|use|level)[\s,:]+)*"
    r"(?:(?P<side>above|over|below|under|>|<)\s*)?"
    r"(?P<level>[+-]?\$?[0-9][0-9.,]*\s?(?:k|mn?|bn?)?\s?(?:%|pts|points|coins|usd)?)[.!]?",
    re.IGNORECASE,
)
_HOLD = re.compile(
    r"(?:(?:actually|no|oh|sorry|rather|make it|better)[\s,:]+)*"
    r"(?:for\s+(?P<span>[0-9][0-9.]*\s*[a-z]+)|(?:for|at)(?:\s+the)?(?:\s+daily)?\s+close)[.!]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Open:
    """An open wizard: the metric picked and, once there is one, the rule so far as a line."""

    asset: str
    metric: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What was written into an open wizard: a level, perhaps with its side, or a hold."""

    level: str = ""
    side: str = ""
    hold: str = ""


def correction(text: str) -> Correction | None:
    """A short line as a correction: `6`, `actually 6`, `below 4%`, `for 1h`; None for others."""
    if match := _HOLD.fullmatch(text):
        return Correction(hold=(match["span"] or CLOSE).replace(" ", ""))
    match = _LEVEL.fullmatch(text)
    if match is None:
        return None
    side = {"": "", "over": "above", ">": "above", "under": "below", "<": "below"}
    said = (match["side"] or "").lower()
    return Correction(match["level"].replace(" ", ""), side.get(said, said))


async def stand(ask: Ask, desk: Desk, where: Open) -> None:
    """Remember where a person stands."""
    body = {"asset": where.asset, "metric": where.metric, "line": where.line}
    await desk.notes.put(_key(ask), json.dumps(body), KEEP)


async def standing(ask: Ask, desk: Desk) -> Open | None:
    """Where a person stands, if anywhere."""
    text = await desk.notes.read(_key(ask))
    return Open(**json.loads(text)) if text else None


async def leave(ask: Ask, desk: Desk) -> None:
    """The wizard is closed: saved, cancelled or begun anew."""
    await desk.notes.pop(_key(ask))


def _key(ask: Ask) -> str:
    return f"wizard:{ask.user}:{ask.chat}"
