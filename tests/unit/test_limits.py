"""Turns within a budget, on a budget in memory with a clock of its own."""

import asyncio
from datetime import timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.domain.ids import Chat, Platform
from alerts.domain.turn import Rates
from alerts.storage.memory_budget import MemoryBudget
from bot.limits import Limits, budget_name, rates_of

TELEGRAM = Platform("telegram")
ALICE, BOB = Chat(TELEGRAM, "1"), Chat(TELEGRAM, "2")


def limits(rates):
    return Limits(MemoryBudget(asyncio.get_running_loop().time, rates))


async def test_many_chats_at_once_get_their_turns_in_the_order_they_came():
    loop = asyncio.get_running_loop()
    one, came = limits(Rates(per_second=200)), []

    async def go(number):
        await one.turn(Chat(TELEGRAM, str(number)))
        came.append((number, loop.time()))

    await asyncio.gather(*(go(number) for number in range(100)))

    assert [number for number, _ in came] == list(range(100))
    assert came[-1][1] - came[0][1] == pytest.approx(99 / 200, abs=0.05)


async def test_no_second_holds_more_than_its_share_from_the_first_on():
    loop = asyncio.get_running_loop()
    one, times = limits(Rates(per_second=100)), []

    async def go(number):
        await one.turn(Chat(TELEGRAM, str(number)))
        times.append(loop.time())

    await asyncio.gather(*(go(number) for number in range(60)))

    assert all(later - sooner > 0.18 for sooner, later in zip(times, times[20:], strict=False))


async def test_a_chat_that_must_wait_is_told_how_long_at_once():
    one = limits(Rates(per_second=1000, chat_gap=timedelta(seconds=9)))

    assert await one.turn(ALICE) == timedelta(0)
    assert timedelta(seconds=8) < await one.turn(ALICE) <= timedelta(seconds=9)
    assert await one.turn(BOB) == timedelta(0)


async def test_who_gives_up_waiting_leaves_the_queue():
    one = limits(Rates(per_second=5))
    await asyncio.gather(*(one.turn(Chat(TELEGRAM, str(number))) for number in range(3)))
    waiting = [asyncio.create_task(one.turn(Chat(TELEGRAM, f"9{number}"))) for number in range(3)]
    await asyncio.sleep(0)

    for task in waiting[:2]:
        task.cancel()

    assert await waiting[2] == timedelta(0)
    assert not one._waiting


async def test_a_budget_out_of_reach_is_an_error_for_everybody_who_asks():
    class Away(MemoryBudget):
        async def claim(self, chats):
            raise StoreError("away")

    one = Limits(Away(asyncio.get_running_loop().time, Rates(1)))

    results = await asyncio.gather(one.turn(ALICE), one.turn(BOB), return_exceptions=True)

    assert [type(result) for result in results] == [StoreError, StoreError]
    assert not one._waiting


def test_a_budgets_name_tells_tokens_apart_and_gives_none_away():
    one, two = (budget_name(TELEGRAM, f"123:CANARY{n}") for n in (1, 2))

    assert one != two
    assert "CANARY" not in one + two


def test_telegram_is_paced_below_its_limits():
    rates = rates_of(TELEGRAM, telegram_per_second=30)

    assert 29.4 < rates.per_second < 30
    assert rates.chat_gap > timedelta(seconds=1)
    assert rates.group_per_minute == 20


async def test_no_more_chats_ask_at_once_than_turns_may_be_granted_to():
    asked = []

    class Counting(MemoryBudget):
        async def claim(self, chats):
            asked.append(len(chats))
            return await super().claim(chats)

    rates = Rates(per_second=100)
    one = Limits.of(Counting(asyncio.get_running_loop().time, rates), rates)

    await asyncio.gather(*(one.turn(Chat(TELEGRAM, str(number))) for number in range(120)))

    assert max(asked) == 58
