"""P4: from a reading in hand to the first and to the 1,000th message accepted, without a limiter.

The bot is a process of its own with a million rules in its store; a thousand more fire, one in
each of a thousand chats. The chat service is another process on loopback. The bot has sent some
messages before, so connections and imports are warm. Beside it, in the same round, the library by
itself: what it spends on as many messages that are ready to be sent.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path

import redis

from alerts.storage.embedded import embedded
from alerts.storage.keys import Keys
from bench.library import sent as library_sent
from bench.load import fill
from bench.receiver import receiver, what_came
from bench.sender import WARMING, sent

LIBRARY = "python-telegram-bot alone, as it comes"
SLEEPING = 1_000_000
FIRED = 1_000
ROUNDS = 5


def run(sleeping=SLEEPING, fired=FIRED, rounds=ROUNDS):
    """Medians of five rounds, each with a fresh bot."""
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder:
        found = asyncio.run(_rounds(Path(folder), sleeping, fired, rounds))
    what = f"{sleeping:,} rules, {fired:,} fired"
    middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
    return [
        _figure(f"{what}: reading to first message", middle["first"], "ms", "<= 100"),
        _figure(f"{what}: reading to last message", middle["last"], "ms", "<= 500"),
        _figure(f"{what}: CPU of the bot, all", middle["cpu"], "ms/message", "<= 0.5"),
        _figure(f"{LIBRARY}: CPU", middle["library"], "ms/message"),
        _figure(f"{LIBRARY}: all of as many messages", middle["library_wall"], "ms"),
        _figure("CPU of the whole path, of the library's alone", middle["share"], "times"),
    ]


def _figure(name, value, unit, target=""):
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target}


async def _rounds(folder, sleeping, fired, rounds):
    async with embedded(folder) as url:
        fill(url, sleeping)
        return [await asyncio.to_thread(_round, url, fired) for _ in range(rounds)]


def _round(url, fired):
    with receiver() as address:
        library = library_sent(address, fired)
    with receiver() as address:
        told = sent(url, address, fired)
        came = [at - told["begun"] for at, _ in what_came(address)["came"][WARMING:]]
    assert len(came) == fired
    _tidy(url)
    return {
        "first": 1e3 * came[0],
        "last": 1e3 * came[-1],
        "cpu": 1e3 * told["cpu"] / fired,
        "library": 1e3 * library["cpu"] / fired,
        "library_wall": 1e3 * library["wall"],
        "share": told["cpu"] / library["cpu"],
    }


def _tidy(url):
    """Leave the sleeping rules alone in the store, as they were."""
    keys, client = Keys(), redis.Redis.from_url(url)
    chats = list(client.scan_iter(f"{keys.prefix}chat:*", count=1000))
    fired = [rule for chat in chats for rule in client.hvals(chat)]
    client.hdel(keys.rules, *fired)
    rest = [key for key in client.scan_iter(count=1000) if key != keys.rules.encode()]
    client.delete(*rest)
    client.close()


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']:60} {figure['value']:>12} {figure['unit']} {figure['target']}")
