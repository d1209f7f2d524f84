"""How long a command runs: until a signal, or a given time, whichever is first."""

import asyncio
import contextlib
import gc
import math
import re
import signal
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import click

try:
    import uvloop
except ImportError:  # there is none for Windows
    _new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_loop = uvloop.new_event_loop

YOUNG = 10_000
"""New objects before the young ones are searched for garbage: a batch of messages makes fewer."""

_T = TypeVar("_T")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """What a coroutine returns, on the fastest loop there is, with little time for tidying up."""
    # What was imported stays: a search of all of it for garbage would hold everything up.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(work)


async def until_signalled(work: Coroutine[Any, Any, None], bound: timedelta | None = None) -> None:
    """Run work until it ends, SIGINT or SIGTERM arrives, or the bound passes; then end cleanly."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    if bound is not None:
        loop.call_later(bound.total_seconds(), task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


class DurationType(click.ParamType[timedelta]):
    """`90s`, `10m`, `1h`, `2d` on the command line."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a duration: write 90s, 10m or 1h", param, ctx)
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


DURATION = DurationType()


class SpeedType(click.FloatRange):
    """How many times faster than life: a positive, finite number."""

    name = "speed"

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=1e6)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a speed: write a number such as 900", param, ctx)
        return number


SPEED = SpeedType()
