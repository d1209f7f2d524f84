"""`make chaos`: break the bot everywhere, count what was lost and told again, write the table."""

import asyncio
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from alerts.storage.embedded import embedded
from tests.chaos import (
    commands,
    endurance,
    failover,
    faults,
    held,
    kills,
    lag,
    replicas,
    storm,
    table,
)

TIMES = 3
"""How often each fault is tried."""

AT_ONCE = 3
OVER_THE_FLOOR = 0.03
MEMORY_MAY_GROW = 1.15


async def _killed(folder):
    outcomes = await _struck(folder, kills.POINTS, 9)
    shut = [one for one, point in zip(outcomes, kills.POINTS, strict=True) if not point.open]
    opened = [one for one, point in zip(outcomes, kills.POINTS, strict=True) if point.open]
    discord = await _struck(folder, kills.ON_DISCORD, 9)
    rows = [
        _row("SIGKILL at an await of the path, started again", shut, "kill"),
        _row("SIGKILL between accepted and recorded, Telegram", opened, "kill"),
        _row("SIGKILL around sending and recording, Discord", discord, "kill"),
    ]
    return rows, [*outcomes, *discord], [*shut, *discord]


async def _stopped(folder):
    outcomes = await _struck(folder, [*kills.POINTS, *kills.ON_DISCORD], 15)
    row = _row("SIGTERM at the same awaits, started again", outcomes, "stop")
    return [row], outcomes, outcomes


async def _struck(folder, points, number):
    async with embedded(folder / f"store-{number}-{len(points)}") as url:
        return await kills.all_struck(points, number, url, folder)


async def _commanded(folder):
    async with embedded(folder / "store-commands") as url:
        outcomes = await _several(
            [(point.title, commands.struck, point, url, folder) for point in commands.POINTS]
        )
    told_before = zip(outcomes, commands.POINTS, strict=True)
    strict = [one for one, point in told_before if not point.open]
    row = _row("SIGKILL between reading a command and its mark as done", outcomes, "commands")
    return [row], outcomes, strict


async def _held(folder):
    async with embedded(folder / "store-held") as url:
        killed = await _several(
            [(one.title, held.struck, one, signal.SIGKILL, url, folder) for one in held.POINTS]
        )
        stopped = await _several(
            [(one.title, held.struck, one, signal.SIGTERM, url, folder) for one in held.POINTS]
        )
    rows = [
        _row("SIGKILL while news waits for the end of a snooze", killed, "held"),
        _row("SIGTERM while news waits for the end of a snooze", stopped, "held"),
    ]
    return rows, [*killed, *stopped], [*killed, *stopped]


async def _replicated(folder):
    async with embedded(folder / "store-replicas") as url:
        outcomes = await _several(
            [(f"seed {seed}", replicas.same_inbox, url, folder, seed) for seed in range(3)], 1
        )
    row = table.row(
        f"{replicas.COUNT} processes, one replaced in each episode, beside one alone",
        outcomes,
        "the same inbox" if not any(one.wrong for one in outcomes) else "not the same inbox",
        "replicas",
    )
    return [row], outcomes, outcomes


async def _failed_over(folder):
    outcomes = await _several(
        [(f"failover {n}", failover.by_sentinels, folder, n) for n in range(TIMES)], 1
    )
    row = _row("primary killed, three Sentinels promote its replica", outcomes, "failover")
    return [row], outcomes, []


async def _lagged(folder):
    async with embedded(folder / "store-lag") as url:
        outcome = await _carried_out("alert lag", lag.idle(url, folder))
    f = outcome.figures
    figure = f and (
        f"{f['messages']} messages: {f['p50']:.2f} s in the middle, {f['p95']:.2f} s (95 %),"
        f" {f['p99']:.2f} s (99 %) from the market's answer"
    )
    row = table.row("alert after alert, nothing else to do", [outcome], figure or "-", "lag")
    return [row], [outcome], [outcome]


async def _several(works, at_once=AT_ONCE):
    """Trials, a few at a time: (title, what to do, with what)."""
    gate = asyncio.Semaphore(at_once)

    async def one(title, work, *more):
        async with gate:
            return await _carried_out(title, work(*more))

    return await asyncio.gather(*(one(*work) for work in works))


async def _troubled(folder):
    async with embedded(folder / "store-faults") as url:
        found = {
            "markets": await _repeated(faults.market_broken, faults.MARKETS, url, folder),
            "telegram": await _repeated(
                faults.telegram_broken, faults.telegram_faults, url, folder
            ),
            "discord": await _repeated(faults.discord_broken, faults.discord_faults, url, folder),
        }
        apart = [
            [await _carried_out(work.__name__, work(url, folder)) for _ in range(TIMES)]
            for work in (
                faults.leader_killed, faults.leader_frozen, faults.sender_killed,
                faults.store_killed, faults.store_paused,
            )
        ]  # fmt: skip
    unknown = [one for one in found["telegram"] if one.title.startswith("delivered")]
    known = [one for one in found["telegram"] if one not in unknown]
    rows = [
        _row("venue: 503, cut, empty, closed, silent, absurd", found["markets"], "faults"),
        _row("Telegram: 429, 502, closed connection", known, "faults"),
        _row("Telegram: delivered, never answered", unknown, "faults"),
        _row("Discord: 429, 503, resets, stored then 502", found["discord"], "faults"),
        *(_row(trials[0].title, trials, "faults") for trials in apart),
    ]
    one_by_one = [one for trials in apart for one in trials]
    every = [*found["markets"], *found["telegram"], *found["discord"], *one_by_one]
    in_flight = [one for one in one_by_one if one.title.startswith("sender")]
    strict = [one for one in every if one not in unknown and one not in in_flight]
    return rows, every, strict


async def _repeated(work, rows, url, folder):
    """Each fault several times; `rows` are made anew where they are used up."""
    trials = [
        (title, work, url, folder, title, fault)
        for _ in range(TIMES)
        for title, fault in (rows() if callable(rows) else rows).items()
    ]
    return await _several(trials)


async def _day(folder):
    async with embedded(folder / "store-day") as url:
        outcome = await _carried_out("a day of random faults", endurance.day(url, folder))
    f = outcome.figures
    figure = f and (
        f"{f['hours']:.0f} simulated hours, {f['faults']} faults, {f['messages']} messages;"
        f" two processes never killed: {f['before']:.0f} MB at first, {f['after']:.0f} MB at last"
    )
    grown = f and f["after"] > f["before"] * MEMORY_MAY_GROW
    outcome = _aimed(outcome, f"memory grew to {f['after']:.0f} MB" if grown else "")
    return [table.row(outcome.title, [outcome], figure or "-", "day")], [outcome], []


def _aimed(outcome, missed):
    """The outcome, wrong too where a figure missed its aim."""
    return replace(outcome, wrong=outcome.wrong or missed)


async def _storm(folder):
    async with embedded(folder / "store-storm") as url:
        burst = await _carried_out("burst", storm.burst(url, folder))
        outcome = await _carried_out("storm", storm.storm(url, folder))
    f, b = outcome.figures, burst.figures
    figure = f and (
        f"{f['wall']:.1f} s, floor {f['floor']:.1f} s ({f['over']:+.1%}); {f['refused']} times 429;"
        f" chats waited {f['p50']:.0f} s in the middle, {f['p95']:.0f} s (95 %);"
        f" {f['held']:.1%} of the rate held"
    )
    quick = (
        b and f"first message after {b['first']:.2f} s, the last of 1,000 after {b['last']:.2f} s"
    )
    late = f and f["over"] > OVER_THE_FLOOR
    outcome = _aimed(outcome, f"{f['over']:+.1%} over the floor" if late else "")
    what = f"{storm.CHATS:,} chats on one tick, limit scaled to {storm.PER_SECOND}/s"
    return (
        [
            table.row(what, [outcome], figure or "-", "storm"),
            table.row("1,000 of 10,000 rules fire, no limits", [burst], quick or "-", "storm"),
        ],
        [outcome, burst],
        [outcome, burst],
    )


async def _discord_storm(folder):
    async with embedded(folder / "store-discord") as url:
        outcome = await _carried_out("storm on Discord", storm.on_discord(url, folder))
    f = outcome.figures
    figure = f and (
        f"{f['wall']:.1f} s, floor {f['floor']:.1f} s ({f['over']:+.1%}); {f['refused']} times 429;"
        f" chats waited {f['p50']:.0f} s in the middle, {f['p95']:.0f} s (95 %);"
        f" {f['full']} times a channel's own limit was used up"
    )
    late = f and f["over"] > OVER_THE_FLOOR
    outcome = _aimed(outcome, f"{f['over']:+.1%} over the floor" if late else "")
    outcome = _aimed(outcome, "no bucket was ever full" if f and not f["full"] else "")
    what = f"{storm.CHATS:,} Discord channels on one tick, limit of {storm.DISCORD_PER_SECOND}/s"
    return [table.row(what, [outcome], figure or "-", "discord")], [outcome], [outcome]


async def _carried_out(title, work):
    try:
        return await work
    except (AssertionError, TimeoutError) as error:
        return kills.Outcome(title, wrong=f"not carried out: {str(error)[:3000]}")


def _row(what, outcomes, part):
    return table.row(what, outcomes, table.seconds(outcomes), part)


PARTS = {
    "storm": _storm, "discord": _discord_storm, "lag": _lagged, "day": _day, "kill": _killed,
    "stop": _stopped, "commands": _commanded, "held": _held,
    "replicas": _replicated, "failover": _failed_over, "faults": _troubled,
}  # fmt: skip


async def main(wanted):
    begin, rows, failures = time.monotonic(), [], []
    with tempfile.TemporaryDirectory(prefix="dw-chaos-") as name:
        for part in wanted or PARTS:
            print(f"== {part}", file=sys.stderr, flush=True)  # noqa: T201
            more, every, strict = await PARTS[part](Path(name))
            rows += more
            print(*more, sep="\n", file=sys.stderr, flush=True)  # noqa: T201
            failures += [
                f"{one.title}: lost {one.lost}, told again {one.repeated}. {one.wrong}"
                for one in every
                if one.lost or one.wrong or (one.repeated and one in strict)
            ]
    print(table.HEAD, *rows, sep="\n")  # noqa: T201
    print(f"\n{time.monotonic() - begin:.0f} s in all")  # noqa: T201
    print(*(f"FAILED {one}" for one in failures), sep="\n")  # noqa: T201
    if not wanted:
        table.write(rows)
    return 1 if failures else 0


def _end(*_):
    """A SIGTERM ends the run as Ctrl-C does: no child and no store is left behind."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(asyncio.run(main(sys.argv[1:])))
