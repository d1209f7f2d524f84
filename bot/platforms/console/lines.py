"""Lines from a person at a prompt, or from a pipe."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncGenerator

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.styles import Style

CHUNK = 65_536

_STYLE = Style.from_dict({"bottom-toolbar": "noreverse fg:ansibrightblack", "prompt": "bold"})


async def prompted(hint: str) -> AsyncGenerator[str]:
    """What is typed at a prompt below the cards, until Ctrl-D or Ctrl-C."""
    session: PromptSession[str] = PromptSession()
    below = FormattedText([("", toolbar(hint))])
    while True:
        try:
            line = await session.prompt_async(
                FormattedText([("class:prompt", "› ")]), bottom_toolbar=below, style=_STYLE
            )
        except (EOFError, KeyboardInterrupt):
            return
        yield line


def toolbar(hint: str) -> str:
    """What can be typed, short enough for sixty columns."""
    return "  " + " · ".join(filter(None, [hint, "help", "a number taps", "Ctrl-D ends"]))


async def read_lines(source: int) -> AsyncGenerator[str]:
    """The lines of an open file, pipe or socket, by its descriptor.

    A thread reads, because a regular file cannot be waited for; it reads the bare descriptor,
    because a buffered reader's lock, still held at the end, would abort the interpreter.
    """
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        chunk = b"-"
        with contextlib.suppress(RuntimeError):  # the loop has ended before the input did
            while chunk:
                chunk = _chunk(source)
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)

    threading.Thread(target=read, name="console-input", daemon=True).start()
    rest = b""
    while chunk := await chunks.get():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


def _chunk(source: int) -> bytes:
    try:
        return os.read(source, CHUNK)
    except OSError:
        return b""
