"""Programs of the environment apart, as children that answer line by line."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
APART = ROOT / ".venv" / "apart" / "bin"

PATIENCE = 25.0
"""Seconds for one answer: loading a client takes some, on a busy machine."""

needs_apart = pytest.mark.skipif(
    not (APART / "python").exists(),
    reason="the foreign clients are not installed: make .venv/apart-ready",
)


class Calls:
    """A foreign client that does one thing at a time."""

    def __init__(self, child):
        self._child = child

    async def __call__(self, call, **arguments):
        """What the client made of the call: its result, or its error by name."""
        line = json.dumps({"call": call, "with": arguments})
        self._child.stdin.write(f"{line}\n".encode())
        async with asyncio.timeout(PATIENCE):
            answer = await self._child.stdout.readline()
        if not answer:
            raise AssertionError((await self._child.stderr.read()).decode()[-3000:])
        return json.loads(answer)


@contextlib.asynccontextmanager
async def foreign(script, *arguments):
    """A script of this folder, running; it ends with the block."""
    child = await asyncio.create_subprocess_exec(
        APART / "python", Path(__file__).with_name(script), *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Calls(child)
    finally:
        child.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await child.wait()
        if child.returncode is None:
            child.kill()
            await child.wait()
