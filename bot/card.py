"""What a person sees, free of any platform's markup. Platforms escape and lay it out."""

from dataclasses import dataclass
from enum import StrEnum

from alerts.domain.event import Event


class Tone(StrEnum):
    """The colour and emoji of a card. Never colour alone: the title's first word carries it too."""

    ALARM = "alarm"
    WARNING = "warning"
    NOTICE = "notice"
    CALM = "calm"
    QUIET = "quiet"


ACT_BYTES = 48


@dataclass(frozen=True, slots=True)
class Button:
    """A tap that acts: `act` is `verb:argument...`, at most ACT_BYTES, understood by `taps`.

    Telegram takes 64 bytes; the signature that a platform adds uses the rest.
    """

    label: str
    act: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.act.encode()) <= ACT_BYTES:
            raise ValueError(f"button data of {len(self.act.encode())} bytes")


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled line of a card: `How rare: highest of 341 days`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a card; in a terminal its text is printed."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One message. Plain text everywhere; the title makes sense on a lock screen.

    `strong` is the part of the title to print bold (a prefix of it; empty for the whole title).
    `pre` is an aligned block; `buttons` are rows.
    `silent` asks for delivery without a sound; `events` is what an alert card tells, for machines.
    """

    title: str
    tone: Tone = Tone.QUIET
    strong: str = ""
    lines: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    pre: str = ""
    footer: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    events: tuple[Event, ...] = ()
    document: Document | None = None
