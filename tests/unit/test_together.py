"""Calls of the same moment made into one."""

import asyncio

import pytest

from alerts.domain.errors import StoreError
from alerts.together import Together


class Doubling:
    """Doubles numbers, many at once; 13 is a bug, a store that is `away` an error."""

    def __init__(self):
        self.calls = []
        self.away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, numbers):
        self.calls.append(list(numbers))
        await self.gate.wait()
        if self.away:
            raise StoreError("away")
        if 13 in numbers:
            raise ValueError("a bug")
        return [2 * number for number in numbers]


@pytest.fixture
def work():
    return Doubling()


async def test_who_asks_at_the_same_moment_is_answered_by_one_call(work):
    ask = Together(work, most=50)

    assert await asyncio.gather(*map(ask, range(9))) == [2 * number for number in range(9)]
    assert work.calls == [list(range(9))]


async def test_a_call_asks_for_so_many_at_most(work):
    await asyncio.gather(*map(Together(work, most=2), range(5)))

    assert work.calls == [[0, 1], [2, 3], [4]]


async def test_who_comes_meanwhile_goes_with_the_next(work):
    ask = Together(work, most=50)
    work.gate.clear()
    asked = [asyncio.create_task(ask(1))]
    await asyncio.sleep(0.01)
    asked += [asyncio.create_task(ask(number)) for number in (2, 3)]
    await asyncio.sleep(0.01)
    work.gate.set()

    assert await asyncio.gather(*asked) == [2, 4, 6]
    assert work.calls == [[1], [2, 3]]


async def test_a_bug_meets_only_whom_it_concerns(work):
    answers = await asyncio.gather(
        *map(Together(work, most=50), (1, 13, 3)), return_exceptions=True
    )

    assert (answers[0], answers[2]) == (2, 6)
    assert isinstance(answers[1], ValueError)


async def test_a_store_that_is_away_is_asked_once_for_all(work):
    work.away = True

    answers = await asyncio.gather(*map(Together(work, most=50), (1, 2)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [StoreError, StoreError]
    assert work.calls == [[1, 2]]


async def test_the_work_goes_on_for_the_others_when_one_goes_away(work):
    ask = Together(work, most=50)
    work.gate.clear()
    gone, stays = asyncio.create_task(ask(1)), asyncio.create_task(ask(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.sleep(0.01)
    work.gate.set()

    assert await stays == 4
    assert await ask(3) == 6


async def test_work_that_is_cut_off_leaves_nobody_waiting():
    async def cut(numbers):
        await asyncio.sleep(0)
        if 13 in numbers:
            raise asyncio.CancelledError
        return numbers

    together = Together(cut, 2)
    async with asyncio.timeout(2):
        answers = await asyncio.gather(*map(together, [1, 13, 3, 4, 5]), return_exceptions=True)

    assert answers[2:] == [3, 4, 5]
    assert all(isinstance(one, StoreError) for one in answers[:2])
