"""Recordings: the raw bodies that venues answered, one JSON object a line, gzipped.

The format is part of the product's interface: what is written here stays readable.
"""

import gzip
import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from alerts.domain.errors import RecordingError
from alerts.domain.ids import Venue
from alerts.exchanges.spec import Body, Request

SUFFIX = ".jsonl.gz"
PUSHED = "WS"
_SUFFIXES = (SUFFIX, ".jsonl")
_GZIP_MAGIC = b"\x1f\x8b"
_REORDERED_LINES = 8
_LEVEL = 6
_ABSENT = (msgspec.Raw(), msgspec.Raw(b"null"))


@dataclass(frozen=True, slots=True)
class Line:
    """One answer of a venue, as received; `content` is the body, `sent` what a POST carried.

    A websocket message has the method WS. One with `heard` and no content is no message but a mark:
    in that span all of the venue's streams stood open.
    """

    at: datetime
    venue: Venue
    url: str
    content: bytes
    method: str = "GET"
    status: int = 200
    sent: str | None = None
    heard: tuple[datetime, datetime] | None = None

    @property
    def body(self) -> Body:
        return Body(self.content, self.at, self.status)

    @property
    def request(self) -> Request:
        """The request as asked; its path still has the base URL's path in front."""
        parts = urlsplit(self.url)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(parts.path, params, self.method, self.sent)


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that could not be read: where it is and what is wrong with it."""

    file: str
    number: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number} ({self.why})"


class _Written(msgspec.Struct):
    at: str
    venue: str
    method: str
    url: str
    status: int
    body: msgspec.Raw
    sent: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    heard: tuple[str, str] | msgspec.UnsetType = msgspec.UNSET


class _Found(msgspec.Struct):
    at: datetime
    venue: str
    url: str
    body: msgspec.Raw
    method: str = "GET"
    status: int = 200
    sent: msgspec.Raw = _ABSENT[0]
    heard: tuple[datetime, datetime] | None = None


_READER = msgspec.json.Decoder(_Found)


def written(line: Line) -> bytes:
    """A line in the format of recordings, without its newline."""
    return msgspec.json.encode(
        _Written(
            at=iso(line.at),
            venue=line.venue,
            method=line.method,
            url=line.url,
            status=line.status,
            body=_as_json(line.content),
            sent=msgspec.UNSET if line.sent is None else _as_json(line.sent.encode()),
            heard=msgspec.UNSET if line.heard is None else (iso(line.heard[0]), iso(line.heard[1])),
        )
    )


def iso(at: datetime) -> str:
    """A time as recordings and results write it: UTC, milliseconds, `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(content: bytes) -> msgspec.Raw:
    """The JSON value on one line; anything else, and a bare JSON string, as a string."""
    text = content.decode(errors="replace")
    try:
        value = msgspec.json.format(text, indent=-1)
    except msgspec.DecodeError:
        value = '"'
    return msgspec.Raw(msgspec.json.encode(text) if value[0] == '"' else value)


def parsed(text: bytes) -> Line:
    """The line a text stands for; ValueError when it is none."""
    found = _READER.decode(text)
    if any(at.tzinfo is None for at in (found.at, *(found.heard or ()))):
        raise ValueError("its time has no zone")
    return Line(
        at=found.at.astimezone(UTC),
        venue=Venue(found.venue),
        url=found.url,
        content=_as_received(found.body),
        method=found.method,
        status=found.status,
        sent=None if found.sent in _ABSENT else _as_received(found.sent).decode(),
        heard=found.heard,
    )


def _as_received(value: msgspec.Raw) -> bytes:
    content = bytes(value)
    return msgspec.json.decode(content, type=str).encode() if content[:1] == b'"' else content


@dataclass(slots=True)
class Recording:
    """A recording on disk, read line by line in time order.

    Broken lines are skipped and listed in `broken`; `end` is the time of the last line.
    Both grow as lines are read.
    """

    path: Path
    files: tuple[Path, ...]
    broken: list[Broken] = field(default_factory=list)
    end: datetime | None = None

    @classmethod
    def at(cls, path: Path) -> "Recording":
        """The recording in a file or a folder of files; RecordingError when there is none."""
        if path.is_file():
            return cls(path, (path,))
        if not path.is_dir():
            raise RecordingError(f"{path} does not exist: name a {SUFFIX} file or a folder of them")
        files = tuple(file for file in sorted(path.iterdir()) if file.name.endswith(_SUFFIXES))
        if not files:
            raise RecordingError(f"{path} holds no {SUFFIX} file")
        return cls(path, files)

    def lines(self) -> Iterator[Line]:
        """All lines in time order; RecordingError at the end when not one could be read."""
        self.broken.clear()
        self.end = None
        for line in heapq.merge(*map(self._file_lines, self.files), key=_time):
            self.end = line.at
            yield line
        if self.end is None:
            wrong = f": {self.broken[0]}" if self.broken else ""
            raise RecordingError(f"{self.path} holds no usable line{wrong}")

    def first(self) -> Line:
        return next(self.lines())

    def _file_lines(self, file: Path) -> Iterator[Line]:
        """One file's lines; neighbours that were written out of order are put right."""
        waiting: list[tuple[datetime, int, Line]] = []
        for number, text in self.texts(file):
            try:
                line = parsed(text)
            except (ValueError, msgspec.MsgspecError) as error:
                self.broken.append(Broken(file.name, number, str(error)))
                continue
            heapq.heappush(waiting, (line.at, number, line))
            if len(waiting) > _REORDERED_LINES:
                yield heapq.heappop(waiting)[2]
        while waiting:
            yield heapq.heappop(waiting)[2]

    def texts(self, file: Path) -> Iterator[tuple[int, bytes]]:
        """The numbered lines of one file as they stand, up to where it was cut off."""
        number = 0
        try:
            with _opened(file) as stream:
                for number, text in enumerate(stream, start=1):
                    if text.strip():
                        yield number, text
        except (EOFError, OSError, zlib.error) as error:
            self.broken.append(Broken(file.name, number + 1, f"unreadable from here: {error}"))


def _time(line: Line) -> datetime:
    return line.at


def _opened(file: Path) -> BinaryIO:
    with file.open("rb") as stream:
        zipped = stream.read(2) == _GZIP_MAGIC
    return cast("BinaryIO", gzip.open(file, "rb")) if zipped else file.open("rb")


class Recorder:
    """Appends lines to a recording; what was written survives a kill of the process.

    Close it when done: `contextlib.closing`.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.count = 0
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _mend(file)
            self._stream = gzip.open(file, "ab", compresslevel=_LEVEL)  # noqa: SIM115 closed by us
        except OSError as error:
            raise RecordingError(f"cannot write {file}: {error.strerror}") from error

    def write(self, line: Line) -> None:
        self._stream.write(written(line) + b"\n")
        self._stream.flush()
        self.count += 1

    def close(self) -> None:
        self._stream.close()


def _mend(file: Path) -> None:
    """Rewrite a file that a kill cut off, so that what is appended can be read back."""
    if not file.exists() or file.stat().st_size == 0:
        return
    recording = Recording.at(file)
    kept = file.with_suffix(".mending")
    with gzip.open(kept, "wb", compresslevel=_LEVEL) as stream:
        for _, text in recording.texts(file):
            stream.write(text.rstrip(b"\n") + b"\n")
    if recording.broken:
        kept.replace(file)
    else:
        kept.unlink()
