"""The running bot with little to do: BTC and ETH, all venues with their streams, a few alerts.

The venues are the simulated market in another process; what is measured is the bot and its store.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.start import cpu_seconds, resident_mb

WARM_SECONDS, MEASURED_SECONDS = 20.0, 40.0
ALERTS = ("skew above 15%", "btc basis below 2", "btc oi -10% in 7d", "eth price below 1500")
ROOT = Path(__file__).resolve().parents[1]


def run():
    with tempfile.TemporaryDirectory() as folder, market(folder) as urls, bot(folder, urls) as pid:
        time.sleep(WARM_SECONDS)
        before, began = cpu_seconds(pid, folder), time.monotonic()
        time.sleep(MEASURED_SECONDS)
        share = (cpu_seconds(pid, folder) - before) / (time.monotonic() - began)
        memory = resident_mb(pid, folder)
    return [
        {
            "name": "idle: share of one core, bot and store",
            "value": round(share * 100, 2),
            "unit": "%",
            "target": "<= 5",
        },
        {
            "name": "idle: resident memory of the bot and its store",
            "value": round(memory, 1),
            "unit": "MB",
            "target": "<= 200",
        },
    ]


def environment(folder):
    env = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return env | {"HOME": folder, "PYTHONPATH": str(ROOT)}


@contextlib.contextmanager
def market(folder):
    """The venues' addresses, as settings."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "bench.market"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdin=pipe, stdout=pipe, text=True
    ) as process:
        try:
            lines = iter(process.stdout.readline, "\n")
            yield dict(line.strip().split("=", 1) for line in lines)
        finally:
            process.terminate()


@contextlib.contextmanager
def bot(folder, urls):
    """The id of a running bot that was told a few alerts over its console."""
    own = {"DATA_DIR": folder, "HTTP_PORT": "0", "LOG_LEVEL": "WARNING"}
    out = Path(folder, "said")
    with (
        out.open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=folder,
            env=environment(folder) | urls | own,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
        ) as process,
    ):
        try:
            process.stdin.write("".join(f"{line}\n" for line in ALERTS).encode())
            process.stdin.flush()
            yield process.pid
            if process.poll() is not None:
                raise RuntimeError(f"the bot ended: {out.read_text()[-2000:]}")
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
