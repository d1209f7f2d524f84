"""A part of `make chaos` that takes under a minute: the awaits where most could go wrong."""

import asyncio
import re
import signal

import pytest

from alerts.storage.embedded import embedded
from tests.chaos import commands, faults, held, kills, storm
from tests.chaos.stage import HIGH, LOW, Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DECISIVE = [
    point
    for point in kills.POINTS
    if (point.name, point.when)
    in {("rules.commit", "before"), ("rules.commit", "after"), ("telegram.send", "before")}
]
LOOKS = {"outbox.waits", "outbox.buried"}
"""What the alarm asks now and then, beside the path."""

UNKNOWN = [point for point in kills.POINTS if point.open and point.name == "telegram.send"]


@pytest.fixture
async def store_url(tmp_path):
    async with embedded(tmp_path / "store") as url:
        yield url


def said(outcomes):
    return [(one.title, one.lost, one.repeated, one.wrong) for one in outcomes]


def untouched(points):
    return [(point.title, 0, 0, "") for point in points]


async def test_a_kill_loses_nothing_and_repeats_only_what_had_no_answer(store_url, tmp_path):
    outcomes = await kills.all_struck([*DECISIVE, *UNKNOWN], signal.SIGKILL, store_url, tmp_path)

    decided, unknown = outcomes[: len(DECISIVE)], outcomes[len(DECISIVE) :]
    assert said(decided) == untouched(DECISIVE)
    assert [(one.lost, one.wrong) for one in unknown] == [(0, "")] * len(UNKNOWN)
    assert all(one.repeated <= kills.PEOPLE for one in unknown)


async def test_a_stop_repeats_nothing_though_an_answer_is_still_out(store_url, tmp_path):
    points = [*UNKNOWN, DECISIVE[0]]

    outcomes = await kills.all_struck(points, signal.SIGTERM, store_url, tmp_path)

    assert said(outcomes) == untouched(points)


async def test_a_frozen_leader_is_replaced_within_five_seconds(store_url, tmp_path):
    outcome = await faults.leader_frozen(store_url, tmp_path)

    assert (outcome.lost, outcome.repeated, outcome.wrong) == (0, 0, "")
    assert outcome.seconds <= 5


async def test_a_command_that_a_kill_interrupts_is_carried_out_once_and_answered(
    store_url, tmp_path
):
    points = [one for one in commands.POINTS if (one.name, one.when) in
              {("notes.read", "before"), ("rules.add", "after")}]  # fmt: skip

    outcomes = await asyncio.gather(
        *(commands.struck(point, store_url, tmp_path) for point in points)
    )

    assert [(one.lost, one.repeated, one.wrong) for one in outcomes] == [(0, 0, "")] * 2


async def test_every_await_of_the_path_is_a_point_that_make_chaos_strikes(store_url, tmp_path):
    async with Stage(store_url, tmp_path) as stage:
        child = await stage.child()
        await stage.calm()
        stage.market.price = LOW
        await stage.told("fired")
        stage.market.price = HIGH
        await stage.told("resolved")
        await child.stop()
        passed = set(re.findall(r"passed ([a-z_]+\.[a-z_]+)", stage.log_path.read_text()))

    struck = {one.name for one in (*kills.POINTS, *held.POINTS, *commands.POINTS)}
    assert {"rules.commit", "outbox.take", "telegram.send", "outbox.settle"} <= passed
    assert passed - struck - LOOKS == set()


async def test_on_discord_a_storm_keeps_to_the_limit_of_the_bot_and_of_each_channel(
    store_url, tmp_path
):
    outcome = await storm.on_discord(store_url, tmp_path, channels=120, busy=3)

    assert (outcome.lost, outcome.repeated, outcome.wrong) == (0, 0, "")
    assert outcome.figures["full"] >= 3
