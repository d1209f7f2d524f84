"""`derivwatch run` without a token: the chat is the terminal, or a pipe."""

import asyncio
import contextlib
import os
import pty
import sys
import termios

import pytest

SECONDS = 15
NAMES = ("PATH", "HOME", "LANG", "PYTHONPATH")


@pytest.fixture
def settings(tmp_path):
    """A venue out of reach: what is said here needs no market."""
    kept = {name: os.environ[name] for name in NAMES if name in os.environ}
    return {
        **kept,
        "DATA_DIR": str(tmp_path / "store"),
        "VENUES": "deribit",
        "DERIBIT_URL": "http://127.0.0.1:9",
        "DERIBIT_WS_URL": "ws://127.0.0.1:9",
        "HTTP_PORT": "0",
        "TERM": "xterm",
    }


@contextlib.asynccontextmanager
async def started(settings, folder, **streams):
    """The bot as a child, which does not outlive the test."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=settings, cwd=folder, **streams
    )
    try:
        async with asyncio.timeout(SECONDS):
            yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def test_a_pipe_is_answered_and_the_run_goes_on_until_a_signal(settings, tmp_path):
    pipe = asyncio.subprocess.PIPE
    async with started(settings, tmp_path, stdin=pipe, stdout=pipe, stderr=pipe) as child:
        child.stdin.write(b"help\n")
        child.stdin.close()
        while b"What I understand" not in await child.stdout.readline():
            pass
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(child.wait(), 1)
        child.terminate()
        told = (await child.communicate())[1].decode()

    assert child.returncode == 0
    assert "standard input is answered" in told


async def test_on_a_terminal_the_log_stays_out_of_the_prompt(settings, tmp_path):
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    termios.tcsetwinsize(ours, (24, 80))
    shown, log = "", tmp_path / "store" / "derivwatch.log"

    async with started(settings, tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        while not (log.exists() and "tick poll=" in log.read_text()):
            shown += await _read(ours)
        child.terminate()
        await child.wait()
        shown += await _read(ours)
    os.close(ours)

    assert "The log is in" in shown
    assert "tick poll=" not in shown
    assert "deribit" not in shown


async def _read(screen):
    await asyncio.sleep(0.05)
    try:
        return os.read(screen, 65_536).decode(errors="replace")
    except OSError:  # nothing there yet, or the other end is gone
        return ""
