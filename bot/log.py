"""The log: one line per event on standard error, for people or for machines, without secrets."""

import contextlib
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from bot.redact import redactor
from bot.settings import Settings

LIBRARIES = (
    "aiohttp",
    "apscheduler",
    "asyncio",
    "discord",
    "hpack",
    "httpcore",
    "httpx",
    "telegram",
)

log = logging.getLogger(__name__)

_CONTROL = {code: repr(chr(code))[1:-1] for code in (*range(32), 127, *range(128, 160))}


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders with structlog, then hides secrets in the finished line, tracebacks included.

    A line for machines without a traceback, as nearly all are, is written here: every message
    sent has one, and it is the same text for half the time.
    """

    def __init__(
        self, redact: Callable[[str], str], renderers: Sequence[Processor], *, bare: bool
    ) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _one_line,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
        self._redact = redact
        self._bare = bare

    def format(self, record: logging.LogRecord) -> str:
        if self._bare and not (record.exc_info or record.exc_text or record.stack_info):
            return self._redact(_bare_line(record))
        return self._redact(super().format(record))


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines. A record that cannot be rendered is named, never dumped with its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        kind = getattr(sys.exc_info()[0], "__name__", "?")
        if kind != "BrokenPipeError":
            self.stream.write(f"a log record of {record.name} was lost: {kind}\n")


LONGEST = 10_000_000
"""Bytes of a log file past which it is set aside at the next start, one at a time."""


def setup(
    settings: Settings, *, level: int | str | None = None, stream: TextIO | None = None
) -> None:
    """Log as the settings say (`level` overrides theirs), and tell what was odd about them."""
    wire(level or settings.log_level, settings.log_format, settings.secrets, stream)
    for warning in settings.warnings:
        log.warning("%s", warning)


@contextlib.contextmanager
def kept(settings: Settings, path: Path) -> Iterator[None]:
    """Log to a file meanwhile, where the terminal is the chat; OSError where it cannot be."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LONGEST:
        path.replace(path.with_suffix(".log.1"))
    with path.open("a", encoding="utf-8", buffering=1) as stream:
        setup(settings, stream=stream)
        try:
            yield
        finally:
            wire("WARNING", settings.log_format, settings.secrets)


def wire(
    level: int | str = "INFO",
    fmt: str = "auto",
    secrets: Sequence[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every logger of the process, and uncaught exceptions, to one stream.

    `fmt` is `console`, `json` or `auto` (console on a terminal). Calling it again replaces
    the former set-up.
    """
    out = sys.stderr if stream is None else stream
    lines = _Lines(out)
    pretty = fmt == "console" or (fmt == "auto" and out.isatty())
    renderers = _for_people(colors=out.isatty()) if pretty else _FOR_MACHINES
    lines.setFormatter(_Formatter(redactor(secrets), renderers, bare=not pretty))
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one, _Lines)]:
        root.removeHandler(former)
    root.addHandler(lines)
    root.setLevel(level)
    talk = logging.INFO if root.level <= logging.DEBUG else logging.WARNING
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(root.level, talk))
    logging.captureWarnings(capture=True)
    _look_no_further()
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _look_no_further() -> None:
    """Leave out of records what no line shows: a third of the time that a record takes.

    https://docs.python.org/3.11/howto/logging.html#optimization
    """
    logging._srcfile = None  # noqa: SLF001 -- as documented there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _for_people(*, colors: bool) -> list[Processor]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=colors,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,  # the rich one shows locals
        )
    ]


_FOR_MACHINES: Sequence[Processor] = (
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False),
)
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def _bare_line(record: logging.LogRecord) -> str:
    """What `_FOR_MACHINES` makes of a record without a traceback."""
    event = record.getMessage()
    if not event.isprintable():
        event = event.translate(_CONTROL)
    return _ENCODE(
        {
            "event": event,
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z",
        }
    )


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Control characters are spelled out, so that no text can forge a line or paint a terminal."""
    event["event"] = str(event["event"]).translate(_CONTROL)
    return event


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("uncaught exception", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
