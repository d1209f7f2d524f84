"""The shapes of stored texts, checked while they are read: one pass in C instead of a look at each.

Names and defaults are those that the encoders write; unknown names are passed over.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Protocol, TypeVar

import msgspec

from alerts.codec import plain
from alerts.domain.event import Kind
from alerts.domain.reading import Reason
from alerts.domain.rule import Because, Direction, Join, Repeat, Severity, Voice

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Versioned(Protocol):
    v: int


_Shape = TypeVar("_Shape", bound=Versioned)


class LegShape(msgspec.Struct, gc=False):
    series: str
    direction: Direction
    level: float
    clear: float


class TimingShape(msgspec.Struct, gc=False, frozen=True):
    hold_seconds: float = 0.0
    clear_hold_seconds: float = 0.0
    quiet_seconds: float = 0.0
    remind_seconds: float | None = None
    repeat: Repeat = Repeat.EACH
    at_close: bool = False


class DraftBody(msgspec.Struct):
    legs: list[LegShape]
    timing: TimingShape = TimingShape()
    join: Join = Join.ALL
    name: str = ""
    until: Moment | None = None
    severity: Severity = Severity.WARN
    voice: Voice = Voice.USUAL


class DraftShape(DraftBody, kw_only=True):
    v: int


class RuleShape(msgspec.Struct):
    v: int
    revision: int
    number: int
    chat: str
    id: str
    owner: str
    created_at: Moment
    draft: DraftBody
    paused: bool = False


class _Phase(msgspec.Struct, gc=False, tag_field="is"):
    pass


class UnalignedShape(_Phase, tag="unaligned"):
    pass


class WaitingShape(_Phase, tag="waiting"):
    pass


class IdleShape(_Phase, tag="idle"):
    pass


class SpentShape(_Phase, tag="spent"):
    pass


class PendingShape(_Phase, tag="pending"):
    since: Moment
    late: bool


class FiringShape(_Phase, tag="firing"):
    episode: int
    since: Moment
    told_at: Moment
    extreme: float


class RecoveringShape(_Phase, tag="recovering"):
    since: Moment
    firing: FiringShape


PhaseShape = (
    UnalignedShape
    | WaitingShape
    | IdleShape
    | SpentShape
    | PendingShape
    | FiringShape
    | RecoveringShape
)


class OverShape(msgspec.Struct, gc=False):
    firing: FiringShape
    at: Moment


class UntoldShape(msgspec.Struct, gc=False):
    knew: int = 0
    fired: int = 0
    over: OverShape | None = None
    dark: Moment | None = None
    because: Because = Because.SNOOZED


class StateShape(msgspec.Struct):
    v: int
    phase: PhaseShape
    episodes: int = 0
    fired_at: Moment | None = None
    blind_since: Moment | None = None
    blind_told: bool = False
    untold: UntoldShape | None = None
    turns: list[Moment] = []
    flapping: bool = False
    broken: bool = False


class EventShape(msgspec.Struct):
    v: int
    kind: Kind
    rule: str
    revision: int
    number: int
    chat: str
    episode: int
    series: str
    level: float
    value: float | None
    at: Moment
    since: Moment
    extreme: float | None = None
    late: bool = False
    reason: Reason | None = None
    again: Moment | None = None
    held: Because | None = None
    happened: Moment | None = None
    times: int = 0


def read(text: str | bytes, shape: type[_Shape]) -> _Shape:
    """A text as its shape; ValueError where it is none, or of another version."""
    try:
        body: _Shape = _reader(shape).decode(text)
    except ValueError:  # of another version, or with half a character, which only JSON may have
        body = msgspec.convert(plain.load(text), shape)
    plain.check_version(body.v)
    return body


def utc(at: datetime) -> datetime:
    """The moment in UTC, as most are written."""
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def utc_or_none(at: datetime | None) -> datetime | None:
    return None if at is None else utc(at)


@lru_cache(maxsize=16)
def _reader(shape: type[_Shape]) -> msgspec.json.Decoder[_Shape]:
    return msgspec.json.Decoder(shape)
