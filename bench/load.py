"""P6: a leader's start with a million rules in the store, and how soon a saved rule counts.

The leader is a process of its own, so its memory, at its highest, is only its own. Saving is the
store's write, one after the other; live is when the leader's index holds the rule, while it
follows as it does.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis

from alerts import codec
from alerts.domain.ids import RuleId
from alerts.domain.rule import State
from alerts.ports import New
from alerts.scheduler import FOLLOW_SECONDS
from alerts.storage.embedded import embedded
from alerts.storage.keys import Keys
from alerts.storage.redis import RedisStore
from alerts.tick import follow, open_watch
from bench.start import resident_mb
from bench.wake import SERIES, a_rule

RULES = 1_000_000
BATCH = 1_000
STARTS = 3
SAVES = 60
NOW = datetime(2026, 2, 6, tzinfo=UTC)


def run(rules=RULES):
    """The figures of a start and of a save with so many rules."""
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder:
        return asyncio.run(_measured(Path(folder), rules))


async def _measured(folder, rules):
    async with embedded(folder) as url:
        fill(url, rules)
        leaders = [await asyncio.to_thread(_leader, url) for _ in range(STARTS)]
        assert all(leader["rules"] == rules for leader in leaders)
        saved, live = await _saves(url)
    count = f"{rules:,} rules"
    return [
        _figure(f"start with {count}", _median(leaders, "seconds"), "s", "<= 5"),
        _figure(f"start with {count}: CPU", _median(leaders, "cpu"), "s"),
        _figure(f"leader's memory with {count}", _median(leaders, "mb"), "MB", "<= 300"),
        _figure("a rule saved, p50", statistics.median(saved) * 1e3, "ms", "<= 3"),
        _figure("a rule live in the leader, worst", max(live) * 1e3, "ms", "<= 100"),
    ]


def _figure(name, value, unit, target=""):
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target}


def _median(leaders, key):
    return statistics.median(leader[key] for leader in leaders)


def fill(url, count):
    """Rules as the codec writes them, with the parts that differ put into one of its texts."""
    text = codec.encode_rule(replace(a_rule(SERIES[0], 0.25), id=RuleId("ID")))
    a, b, c, d = _split(text, str(SERIES[0]), "0.25", "0.23")
    head, tail = a.split('"ID"')
    client = redis.Redis.from_url(url)
    for start in range(0, count, BATCH):
        rows = {}
        for n in range(start, min(start + BATCH, count)):
            rule, level = f"{n:016x}", (n * 0.618034) % 1
            series = SERIES[n % len(SERIES)]
            rows[rule] = f'{head}"{rule}"{tail}{series}{b}{level}{c}{level - 0.02}{d}'
        client.hset(Keys().rules, mapping=rows)
    client.close()


def _split(text, *parts):
    found = []
    for part in parts:
        before, text = text.split(part)
        found.append(before)
    return [*found, text]


def _leader(url):
    """What a fresh process tells of its start on this store."""
    command = [sys.executable, "-m", "bench.load", url]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


async def _start(url):
    store = await RedisStore.open(url)
    began, cpu = time.monotonic(), time.process_time()
    watch = await _open(store)
    figures = {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}
    await store.close()
    return figures | {"mb": _peak_mb(), "rules": len(watch.index)}


def _peak_mb():
    """The most memory that this process ever had; what it has where that is not told."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resident_mb(None)
    rows = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(rows["VmHWM"].split()[0]) / 1024


async def _open(store):
    def spell(_):
        return timedelta(seconds=90)

    return await open_watch(store.rules, store.history, spell, spell)


async def _saves(url):
    """Seconds of each save, and until the index of a leader that follows holds the rule."""
    store = await RedisStore.open(url)
    watch = await _open(store)
    saved, live = [], []
    followed = asyncio.Event()
    following = asyncio.create_task(_following(watch, followed))
    for number in range(SAVES):
        rule = a_rule(SERIES[number], 0.5)
        began = time.monotonic()
        kept = await store.rules.add(New(rule.chat, "1", rule.draft, State()), now=NOW, limit=SAVES)
        saved.append(time.monotonic() - began)
        while kept.id not in watch.index:
            followed.clear()
            await followed.wait()
        live.append(time.monotonic() - began)
    following.cancel()
    await store.close()
    return saved, live


async def _following(watch, followed):
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        await follow(watch)
        followed.set()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_start(sys.argv[1]))))
