"""A simulated week at 3600 times life: does memory grow?

The whole bot, its store and the simulated market run in one demo; what they hold together is read
every few seconds. It takes 168 seconds. The first day fills what is kept by design (histories of
minutes, windows of five days, answers that may be used again); growth counts from its end.
"""

import statistics
import subprocess
import sys
import tempfile
import time

from bench.start import demo, resident_mb

SPEED = 3600
DAYS = 7
HOURS_A_READING = 4
CHILD = """
import asyncio, sys
from dataclasses import replace
from datetime import timedelta
from alerts.simulator import SCENARIOS
from bot.cli.demo import _demo, demo_settings
from bot.cli.lifetime import until_signalled
script = SCENARIOS["feb-2026"]
week = replace(script, start=script.end - timedelta(days={days}))
asyncio.run(until_signalled(_demo(demo_settings(), week, {speed}, json_lines=True)))
"""


def run():
    readings = over_a_week()
    first, last = readings[: len(readings) // DAYS], readings[-(len(readings) // DAYS) :]
    start, end = statistics.median(first), statistics.median(last)
    return [
        {"name": "week: memory over the first day", "value": round(start, 1), "unit": "MB"},
        {"name": "week: memory over the last day", "value": round(end, 1), "unit": "MB"},
        {
            "name": "week: growth in the six days between",
            "value": round(end - start, 1),
            "unit": "MB",
            "target": "<= 15",
        },
    ]


def over_a_week():
    """Resident memory of the demo and its store, every few hours of its week."""
    command = [sys.executable, "-c", CHILD.format(days=DAYS, speed=SPEED)]
    readings = []
    with tempfile.TemporaryDirectory() as folder, demo(command, folder) as process:
        process.stdin.write(b"skew above 15%\nbtc liqs longs above 100m in 24h\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise RuntimeError(f"the demo ended: {process.stderr.read().decode()[-2000:]}")
        drained = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        end = time.monotonic() + DAYS * 86_400 / SPEED
        while time.monotonic() < end and process.poll() is None:
            time.sleep(HOURS_A_READING * 3600 / SPEED)
            readings.append(resident_mb(process.pid, folder))
        drained.terminate()
        drained.wait()
    return readings
