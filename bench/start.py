"""The start of `derivwatch demo`: seconds to its first card, and the memory of the whole demo."""

import contextlib
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRIES = 3
PATIENCE_SECONDS = 30.0
SETTLED_SECONDS = 8.0
RUNNING_SECONDS = 40.0


def run():
    starts, memories = zip(*(once() for _ in range(TRIES)), strict=True)
    return [
        {
            "name": "demo: start to first card",
            "value": round(statistics.median(starts), 2),
            "unit": "s",
            "target": "<= 5",
        },
        {
            "name": "demo: resident memory of the bot and its store",
            "value": round(statistics.median(memories), 1),
            "unit": "MB",
            "target": "<= 200",
        },
    ]


def once():
    """One demo, asked for help at once, then left idle."""
    command = [sys.executable, "-m", "bot", "demo", "--json", "--for", f"{RUNNING_SECONDS:g}s"]
    with tempfile.TemporaryDirectory() as folder, demo(command, folder) as process:
        began = time.monotonic()
        process.stdin.write(b"/help\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], PATIENCE_SECONDS)[0]:
            raise TimeoutError("the demo showed no card")
        if not process.stdout.readline():
            raise RuntimeError(f"the demo ended: {process.stderr.read().decode()[-2000:]}")
        seconds = time.monotonic() - began
        time.sleep(SETTLED_SECONDS)
        return seconds, resident_mb(process.pid, folder)


@contextlib.contextmanager
def demo(command, folder):
    root = Path(__file__).resolve().parents[1]
    env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    env |= {"HOME": folder, "TMPDIR": folder, "PYTHONPATH": str(root)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=10)
            process.kill()


def resident_mb(pid, folder=""):
    """The resident memory of a process and all that belongs to it; of this one for None."""
    own = family(pid or os.getpid(), folder)
    return sum(rss for one, _, rss, _ in processes() if one in own) / 1024


def cpu_seconds(pid, folder=""):
    """CPU time that a process and all that belongs to it have used."""
    return sum(map(_cpu, family(pid, folder)))


def family(pid, folder=""):
    """A process, what it started, and what runs on a folder of its: its store stands alone."""
    table = list(processes())
    own = {pid} | {one for one, *_, command in table if folder and folder in command}
    while grown := {one for one, parent, *_ in table if parent in own} - own:
        own |= grown
    return own


def _cpu(pid):
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        used = stat.read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")
    ps = ["ps", "-o", "time=", "-p", str(pid)]
    clock = subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip() or "0"
    return sum(float(part) * 60**place for place, part in enumerate(reversed(clock.split(":"))))


def processes():
    """Every process: its id, its parent's, its resident memory in kB, and its command."""
    if not Path("/proc/self/status").exists():
        ps = ["ps", "-A", "-o", "pid=,ppid=,rss=,command="]
        listed = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            one, parent, memory, command = line.split(None, 3)
            yield int(one), int(parent), int(memory), command
        return
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            rows = dict(line.split(":", 1) for line in status.read_text().splitlines())
            memory = rows.get("VmRSS", "0 kB").split()[0]
            command = status.with_name("cmdline").read_text(errors="replace")
            yield int(rows["Pid"]), int(rows["PPid"]), int(memory), command
