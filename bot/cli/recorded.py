"""What the commands that read a recording share: its path, times, and how mistakes are told."""

import asyncio
import contextlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import click

from alerts.derive import Derivation
from alerts.domain.errors import RecordingError
from alerts.domain.reading import Reading, Sample, Series
from alerts.recording import Recording
from alerts.storage.memory_history import MemoryHistory

_NAMED_BROKEN = 5
_FORMS = (
    (re.compile(r"\d{4}-\d\d-\d\d"), timedelta(days=1)),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d"), timedelta(minutes=1)),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"), timedelta(seconds=1)),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{1,6}"), timedelta(microseconds=1)),
)


class Refused(click.ClickException):
    """A mistake on the command line, told in one line; exit status 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"derivwatch: {self.format_message()}", err=file is None, file=file)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as written: it stands for the whole second, minute or day that it names."""

    start: datetime
    end: datetime


class TimeType(click.ParamType[Moment]):
    """`2026-02-06T21:30:57Z`, also without seconds, or a date alone; always UTC."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Moment:
        del param, ctx
        text = str(value).strip()
        for form, span in _FORMS:
            if form.fullmatch(text.removesuffix("Z")):
                with contextlib.suppress(ValueError, OverflowError):
                    start = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
                    return Moment(start, start + span - timedelta(microseconds=1))
        raise Refused(f"{text[:60]!r} is not a time: write it like 2026-02-06T21:30:57Z (UTC)")


TIME = TimeType()
RECORDING = click.option(
    "--recording",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="A NAME.jsonl.gz file, or a folder of them.",
)


def derived(
    batches: Iterable[tuple[datetime, list[Sample]]], wanted: Collection[Series]
) -> Iterator[tuple[datetime, list[Sample]]]:
    """The batches of a recording with what follows from them, by the recording's own past."""
    history = MemoryHistory()
    derivation = Derivation(history)
    latest: dict[Series, Reading] = {}
    with asyncio.Runner() as loop:
        for at, found in batches:
            latest |= _by_series(found)
            made = loop.run(derivation.derive(found, latest, wanted, at))
            latest |= _by_series(made)
            loop.run(history.extend(list(_by_series([*found, *made]).values())))
            yield at, [*found, *made]


def _by_series(samples: Iterable[Sample]) -> dict[Series, Reading]:
    return {sample.series: sample for sample in samples if isinstance(sample, Reading)}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Recording]:
    """The recording at a path; what could not be read of it is told at the end."""
    try:
        recording = Recording.at(path)
        yield recording
    except RecordingError as error:
        raise Refused(str(error)) from error
    if recording.broken:
        named = "; ".join(map(str, recording.broken[:_NAMED_BROKEN]))
        more = ", ..." if len(recording.broken) > _NAMED_BROKEN else ""
        click.echo(f"skipped {len(recording.broken)} broken lines: {named}{more}", err=True)
