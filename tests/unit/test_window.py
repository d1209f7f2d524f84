"""The last look before a message goes out: whatever journeys take, no second is overfull."""

import asyncio
import random
import time
from datetime import timedelta

import pytest
import uvloop

from alerts.domain.ids import Chat, Platform
from bot.window import Window

TELEGRAM = Platform("telegram")
ALICE, BOB = Chat(TELEGRAM, "1"), Chat(TELEGRAM, "2")
SECOND = 0.2


@pytest.fixture(autouse=True)
def short_seconds(monkeypatch):
    monkeypatch.setattr("bot.window.SECOND", SECOND)


async def send(window, to, arrivals, there=0.0, back=0.0):
    went = await window.enter(to)
    await asyncio.sleep(there)
    arrivals.append(asyncio.get_running_loop().time())
    await asyncio.sleep(back)
    window.leave(went, to, answered=True)


async def all_sent(window, journeys):
    arrivals = []
    await asyncio.gather(
        *(
            send(window, Chat(TELEGRAM, str(number)), arrivals, *journey)
            for number, journey in enumerate(journeys)
        )
    )
    return sorted(arrivals)


def fullest(arrivals):
    """Most arrivals in any half-open second, as a strict server counts them."""
    return max(sum(one <= at < one + SECOND for at in arrivals) for one in arrivals)


async def test_no_second_at_the_platform_is_overfull_however_long_messages_travel():
    rng = random.Random(3)
    journeys = [(0.01 + rng.random() / 20, 0.01 + rng.random() / 20) for _ in range(60)]

    arrivals = await all_sent(Window(most=10), journeys)

    assert len(arrivals) == 60
    assert fullest(arrivals) <= 10


async def test_a_steady_journey_costs_hardly_any_of_the_rate():
    arrivals = await all_sent(Window(most=10), [(0.06, 0.06)] * 40)

    # Four seconds' worth. Were the journey not known, each would take 0.32 s instead of 0.224 s.
    assert arrivals[-1] - arrivals[0] < 3 * 0.3
    assert fullest(arrivals) <= 10


async def test_what_has_no_answer_yet_may_arrive_any_time():
    window = Window(most=2)
    went = [await window.enter(chat) for chat in (ALICE, BOB)]
    third = asyncio.create_task(window.enter(Chat(TELEGRAM, "3")))

    await asyncio.sleep(2 * SECOND)
    assert not third.done()
    window.leave(went[0], ALICE, answered=False)
    await asyncio.sleep(SECOND / 2)
    assert not third.done()
    await asyncio.wait_for(third, SECOND)


async def test_two_messages_to_one_chat_at_once_do_not_go_together():
    window, arrivals = Window(gap=timedelta(seconds=0.1)), []
    await send(window, ALICE, arrivals)

    await asyncio.gather(*(send(window, ALICE, arrivals) for _ in range(2)))

    assert arrivals[2] - arrivals[1] >= 0.09


async def test_messages_of_one_chat_keep_their_gap_after_the_answer():
    window, arrivals = Window(gap=timedelta(seconds=0.1)), []
    loop = asyncio.get_running_loop()
    await send(window, ALICE, arrivals, back=0.05)
    answered = loop.time()

    await window.enter(BOB)
    assert loop.time() - answered < 0.05
    await window.enter(ALICE)

    assert loop.time() - arrivals[0] >= 0.1


async def test_without_limits_nothing_waits():
    arrivals = await all_sent(Window(), [(0.0, 0.0)] * 500)

    assert arrivals[-1] - arrivals[0] < SECOND


async def test_chats_of_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr("bot.window.CHATS_AT_MOST", 10)
    window = Window(gap=timedelta(seconds=0.001))
    for number in range(30):
        await send(window, Chat(TELEGRAM, str(number)), [])
        await asyncio.sleep(0.002)

    assert len(window._chats) <= 10


async def test_without_a_limit_nothing_is_remembered_of_what_went():
    window, arrivals = Window(), []
    for _ in range(5):
        await send(window, ALICE, arrivals)

    assert len(window._answered) == 0


def test_a_second_is_whole_though_the_loop_counts_in_thousandths(monkeypatch):
    """The fast loop does: an answer would be noted, and the next let go, a little too early."""
    monkeypatch.setattr("bot.window.SECOND", 0.02)

    async def shortest():
        window, gaps = Window(most=1), []
        arrived = -1.0
        for _ in range(30):
            went = await window.enter(ALICE)
            gaps.append(time.monotonic() - arrived)
            await asyncio.sleep(0.0017)
            arrived = time.monotonic()
            window.leave(went, ALICE, answered=False)
        return min(gaps)

    assert uvloop.run(shortest()) >= 0.02
