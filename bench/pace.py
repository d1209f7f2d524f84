"""P5: how much of the allowed rate is held, with not one refusal by a strict receiver.

One tick fires a rule in each of many chats; the receiver, a process of its own, refuses what would
be one message too many in any second, and a second one to a chat within a second.
"""

import asyncio
import tempfile
from pathlib import Path

from alerts.storage.embedded import embedded
from bench.receiver import receiver, what_came
from bench.sender import WARMING, sent

RUNS = ((30, 60), (1_000, 10))
"""Messages a second, for so many seconds."""


def run(runs=RUNS):
    """The figures of each run."""
    return [figure for rate, seconds in runs for figure in _paced(rate, seconds)]


def _paced(rate, seconds):
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder, receiver(rate) as address:
        told = asyncio.run(_sent(Path(folder), rate, rate * seconds, address))
        found = what_came(address)
    came = [at for at, _ in found["came"][WARMING:]]
    held = 100 * (len(came) - 1) / (came[-1] - came[0]) / rate
    what = f"{rate}/s for {seconds} s"
    return [
        _figure(f"{what}: rate held", held, "%", ">= 98"),
        _figure(f"{what}: refused with 429", found["refused"], "messages", "<= 0"),
        _figure(f"{what}: CPU of the bot", 1e3 * told["cpu"] / len(came), "ms/message"),
    ]


def _figure(name, value, unit, target=""):
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target}


async def _sent(folder, rate, chats, address):
    async with embedded(folder) as url:
        return await asyncio.to_thread(sent, url, address, chats, rate)


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']:60} {figure['value']:>12} {figure['unit']} {figure['target']}")
