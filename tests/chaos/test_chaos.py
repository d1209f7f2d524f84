"""A part of `make chaos` that takes under a minute: the awaits where most could go wrong."""

import asyncio
import signal

import pytest

from alerts.storage.embedded import embedded
from tests.chaos import commands, faults, kills

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DECISIVE = [
    point
    for point in kills.POINTS
    if (point.name, point.when)
    in {("rules.commit", "before"), ("rules.commit", "after"), ("telegram.send", "before")}
]
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
