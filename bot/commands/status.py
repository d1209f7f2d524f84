"""`/status`: whether the bot itself is well, and what waits for what."""

import contextlib
from collections import Counter
from collections.abc import Sequence

from alerts.domain.errors import StoreError
from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.domain.rule import Firing, Recovering
from alerts.ports import Held
from bot.card import Button, Card, Field
from bot.commands.spec import Ask, Command, Desk
from bot.text import figures
from bot.text.board import headline_series
from bot.text.told import footer


async def run(ask: Ask, desk: Desk) -> Card:
    parts = dict(await desk.status()) if desk.status else {}
    now, held = desk.clock.now(), await _held(ask, desk)
    return Card(
        title="Status",
        fields=(
            *(Field(name, value) for name, value in parts.items()),
            *(Field(f"{asset} data", _feeds(desk, asset, held)) for asset in desk.assets),
            *([Field("your alerts", _tally(held))] if held else []),
        ),
        footer=footer(
            [f"derivwatch {desk.version}".strip(), figures.clock(now, now)],
            simulated=desk.simulated,
        ),
        buttons=((Button("How is the market?", "cmd:now"), Button("Your alerts", "cmd:alerts")),),
    )


async def _held(ask: Ask, desk: Desk) -> Sequence[Held]:
    """The chat's alerts; none while the store is away, which is told among the parts."""
    with contextlib.suppress(StoreError):
        return await desk.rules.of_chat(ask.chat)
    return ()


def _feeds(desk: Desk, asset: Asset, held: Sequence[Held]) -> str:
    """Each series with its last reading's age, and how many of the chat's alerts wait for it."""
    waiting = Counter(
        series
        for one in held
        if not one.rule.paused
        for series in {leg.series for leg in one.rule.legs}
        if series.asset == asset
    )
    shown = dict.fromkeys([*headline_series(asset), *waiting])
    return " · ".join(_feed(desk, series, waiting[series]) for series in shown)


def _feed(desk: Desk, series: Series, waiting: int) -> str:
    alerts = f", {waiting} alert{'s' * (waiting != 1)}" if waiting else ""
    return f"{figures.short(series)} {_age(desk, series)}{alerts}"


def _age(desk: Desk, series: Series) -> str:
    reading = desk.readings.get(series)
    if reading is None:
        return "none yet"
    old = desk.clock.now() - reading.at
    return figures.age(old) + (" (too old)" if old > desk.stale_after(series) else "")


def _tally(held: Sequence[Held]) -> str:
    """`5 in all, 1 on, 1 on hold: no data, 2 paused`."""
    live = [one.state for one in held if not one.rule.paused]
    counts = {
        "on": sum(isinstance(state.phase, Firing | Recovering) for state in live),
        "on hold: no data": sum(state.blind_since is not None for state in live),
        "paused": len(held) - len(live),
    }
    told = [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join([f"{len(held)} in all", *told])


COMMAND = Command("status", "Feeds, data ages, queue, store, version", run, example="/status")
