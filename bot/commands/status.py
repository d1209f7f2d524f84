"""`/status`: whether the bot itself is well."""

from alerts.domain.reading import Series
from bot.card import Card, Field
from bot.commands.spec import Ask, Command, Desk
from bot.text import figures
from bot.text.board import headline_series
from bot.text.told import footer


async def run(ask: Ask, desk: Desk) -> Card:  # noqa: ARG001 -- every command is given who asks
    parts = dict(await desk.status()) if desk.status else {}
    now = desk.clock.now()
    return Card(
        title="Status",
        fields=(
            *(Field(name, value) for name, value in parts.items()),
            *(Field(f"{asset} data", _ages(desk, headline_series(asset))) for asset in desk.assets),
        ),
        footer=footer(
            [f"derivwatch {desk.version}".strip(), figures.clock(now, now)],
            simulated=desk.simulated,
        ),
    )


def _ages(desk: Desk, series: list[Series]) -> str:
    return " · ".join(f"{figures.short(one)} {_age(desk, one)}" for one in series)


def _age(desk: Desk, series: Series) -> str:
    reading = desk.readings.get(series)
    if reading is None:
        return "none yet"
    old = desk.clock.now() - reading.at
    return figures.age(old) + (" (too old)" if old > desk.stale_after(series) else "")


COMMAND = Command("status", "Feeds, data ages, store, version", run, example="/status")
