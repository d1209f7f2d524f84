"""Every error the product raises, as one tree.

AlertsError
├── FetchError     a venue did not answer usably
├── StoreError     the store is away or refused; nothing was changed
│   ├── StoreAwayError it does not answer: asking again later can help
│   ├── ForeignKeyError it held something of another type, which is out of the way now
│   ├── StoreFullError it takes no writes: its memory or its disk is full
│   └── FeedLostError  the change feed no longer reaches back to a reader's position
├── CodecError     stored text is not ours, or of a version this code does not read
├── ConflictError  someone else changed the record first
├── UsageError     the person's words were not understood; the text is shown to them
└── RecordingError a recording cannot be read at all
"""


class AlertsError(Exception):
    """Base of all errors of this project."""


class FetchError(AlertsError):
    """A venue did not answer usably.

    `retry`: asking again soon can help; `after_seconds`: the wait the venue asked for.
    """

    def __init__(
        self, venue: str, why: str, *, retry: bool = False, after_seconds: float | None = None
    ) -> None:
        super().__init__(f"{venue}: {why}")
        self.venue = venue
        self.why = why
        self.retry = retry
        self.after_seconds = after_seconds


class StoreError(AlertsError):
    """The store is away or refused; nothing was changed by this call as far as is known."""


class StoreAwayError(StoreError):
    """The store does not answer: asking again later can help."""


class ForeignKeyError(StoreError):
    """Something of another type stood under a key of ours; it was set aside, so ask again."""


class StoreFullError(StoreError):
    """The store takes no writes, for its memory or its disk is full; reads go on."""


class FeedLostError(StoreError):
    """The change feed no longer reaches back to the reader's position: read everything again."""


class CodecError(AlertsError):
    """Stored text is not ours, or of a version this code does not read."""


class ConflictError(AlertsError):
    """The record changed since it was read, so this change was not made."""


class UsageError(AlertsError):
    """A person's words were not understood; `str()` is shown to them.

    `fixes` are complete corrected texts that can be offered as buttons, and `labels` what the
    first of them say there, where the texts themselves would say too much. `about` is what the
    question is about, where whoever shows it has something to add: `sign`, `comma`, `level` or
    `period`.
    """

    def __init__(
        self,
        message: str,
        *,
        fixes: tuple[str, ...] = (),
        labels: tuple[str, ...] = (),
        about: str = "",
    ) -> None:
        super().__init__(message)
        self.fixes = fixes
        self.labels = labels
        self.about = about

    def saying(self, message: str, *, fixes: tuple[str, ...] = ()) -> "UsageError":
        """The same question in other words, with more ways out behind its own."""
        more = UsageError(message, fixes=(*self.fixes, *fixes), about=self.about)
        more.labels = self.labels
        return more


class RecordingError(AlertsError):
    """A recording cannot be read at all (missing, or no usable line)."""
