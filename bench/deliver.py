"""P4: from a reading in hand to the first and to the 1,000th message accepted, without a limiter.

The bot is a process of its own with a million rules in its store; a thousand more fire, one in
each of a thousand chats. The chat service is another process on loopback. The bot has sent some
messages before, so connections and imports are warm.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path

from alerts.storage.embedded import embedded
from bench.load import fill
from bench.receiver import receiver, what_came
from bench.sender import WARMING, sent

SLEEPING = 1_000_000
FIRED = 1_000
ROUNDS = 3


def run(sleeping=SLEEPING, fired=FIRED, rounds=ROUNDS):
    """Medians of a few rounds, each with a fresh bot."""
    found = [_round(sleeping, fired) for _ in range(rounds)]
    what = f"{sleeping:,} rules, {fired:,} fired"
    middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
    return [
        _figure(f"{what}: reading to first message", middle["first"], "ms", "<= 100"),
        _figure(f"{what}: reading to last message", middle["last"], "ms", "<= 500"),
        _figure(f"{what}: CPU of the bot, all", middle["cpu"], "ms/message", "<= 0.5"),
        _figure(f"{what}: CPU of the tick in it", middle["tick"], "ms"),
    ]


def _figure(name, value, unit, target=""):
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target}


def _round(sleeping, fired):
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder, receiver() as address:
        told = asyncio.run(_sent(Path(folder), sleeping, fired, address))
        came = [at - told["begun"] for at, _ in what_came(address)["came"][WARMING:]]
    assert len(came) == fired
    return {
        "first": 1e3 * came[0],
        "last": 1e3 * came[-1],
        "cpu": 1e3 * told["cpu"] / fired,
        "tick": 1e3 * told["tick"],
    }


async def _sent(folder, sleeping, fired, address):
    async with embedded(folder) as url:
        fill(url, sleeping)
        return await asyncio.to_thread(sent, url, address, fired)


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']:60} {figure['value']:>12} {figure['unit']} {figure['target']}")
