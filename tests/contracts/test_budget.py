"""What one token may send: the same turns from memory and from every server."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from alerts.domain.ids import Chat, Platform
from alerts.domain.turn import Full, NotYet, Rates, Slot
from alerts.storage.memory import MemoryStore
from alerts.storage.turns import FLOODED_PAUSE, GROUP_MINUTE

TELEGRAM = Platform("telegram")
ALICE, BOB, CAROL = (Chat(TELEGRAM, name) for name in ("1", "2", "3"))
GROUP = Chat(TELEGRAM, "-100")
SECOND = timedelta(seconds=1)
SLOW = Rates(per_second=10)
NOW = timedelta(seconds=0.05)


def seconds(turns):
    return [turn.after.total_seconds() for turn in turns]


def kinds(turns):
    return [type(turn) for turn in turns]


async def test_turns_are_evenly_spaced_from_the_first_on(store):
    budget = store.budget("t", SLOW)

    turns = await budget.claim([Chat(TELEGRAM, str(i)) for i in range(4)])

    first, *rest = seconds(turns)
    assert first == 0
    assert rest == pytest.approx([0.1, 0.2, 0.3], abs=0.001)


async def test_a_quiet_time_saves_nothing_up(store):
    budget = store.budget("t", SLOW)
    await budget.claim([ALICE])
    await asyncio.sleep(0.5)

    turns = await budget.claim([BOB, CAROL])

    assert seconds(turns) == pytest.approx([0, 0.1], abs=0.001)


async def test_turns_far_ahead_are_not_given_out_and_nobody_is_passed_over(store):
    budget = store.budget("t", Rates(per_second=8))

    turns = await budget.claim([Chat(TELEGRAM, str(i)) for i in range(9)])

    assert kinds(turns) == [Slot] * 4 + [Full] * 5
    assert 0 < turns[-1].after.total_seconds() < 0.5


async def test_two_processes_share_one_budget(store):
    one, two = store.budget("t", SLOW), store.budget("t", SLOW)

    (first,), (second,) = await one.claim([ALICE]), await two.claim([BOB])

    assert first.after < NOW
    assert 0.05 < second.after.total_seconds() <= 0.1


async def test_two_tokens_do_not(store):
    await store.budget("one", SLOW).claim([ALICE])

    assert seconds(await store.budget("two", SLOW).claim([ALICE])) == [0]


async def test_a_chat_has_its_gap_and_holds_up_no_other(store):
    budget = store.budget("t", Rates(per_second=1000, chat_gap=SECOND))

    turns = await budget.claim([ALICE, ALICE, BOB])

    assert kinds(turns) == [Slot, NotYet, Slot]
    assert 0.9 < turns[1].after.total_seconds() <= 1


async def test_topics_of_one_chat_share_its_gap(store):
    budget = store.budget("t", Rates(per_second=1000, chat_gap=SECOND))

    turns = await budget.claim([Chat(TELEGRAM, "-5", "7"), Chat(TELEGRAM, "-5", "8")])

    assert kinds(turns) == [Slot, NotYet]


async def test_a_chat_is_free_again_after_its_gap(store):
    budget = store.budget("t", Rates(per_second=1000, chat_gap=timedelta(seconds=0.2)))
    await budget.claim([ALICE])
    await asyncio.sleep(0.25)

    assert kinds(await budget.claim([ALICE])) == [Slot]


async def test_a_group_gets_so_many_in_any_minute(store):
    budget = store.budget("t", Rates(per_second=1000, group_per_minute=3))

    turns = await budget.claim([GROUP] * 4 + [ALICE] * 4)

    assert kinds(turns) == [Slot, Slot, Slot, NotYet] + [Slot] * 4
    assert 59 < turns[3].after.total_seconds() <= GROUP_MINUTE.total_seconds()


async def test_a_chat_that_was_told_to_wait_waits_alone(store):
    budget = store.budget("t", SLOW)
    await budget.penalize(ALICE, 7 * SECOND)

    alice, bob = await store.budget("t", SLOW).claim([ALICE, BOB])

    assert isinstance(alice, NotYet)
    assert 6.5 < alice.after.total_seconds() <= 7
    assert bob == Slot(timedelta(0))


async def test_a_shorter_penalty_does_not_end_a_longer_one(store):
    budget = store.budget("t", SLOW)
    await budget.penalize(ALICE, 7 * SECOND)
    await budget.penalize(ALICE, SECOND)

    (alice,) = await budget.claim([ALICE])

    assert alice.after > 6 * SECOND


async def test_several_chats_told_to_wait_at_once_pause_everybody(store):
    budget = store.budget("t", SLOW)
    for chat in (ALICE, BOB, CAROL):
        await budget.penalize(chat, 600 * SECOND)

    (turn,) = await budget.claim([GROUP])

    assert isinstance(turn, Full)
    assert 55 < turn.after.total_seconds() <= FLOODED_PAUSE.total_seconds()


async def test_one_chat_told_to_wait_again_and_again_pauses_nobody_else(store):
    budget = store.budget("t", SLOW)
    for _ in range(5):
        await budget.penalize(ALICE, 600 * SECOND)

    assert kinds(await budget.claim([BOB])) == [Slot]


async def test_a_pause_holds_for_everybody_and_ends(store):
    budget = store.budget("t", SLOW)
    await budget.pause(timedelta(seconds=0.3))

    held = await budget.claim([ALICE, BOB])
    await asyncio.sleep(0.35)

    assert kinds(held) == [Full, Full]
    assert kinds(await budget.claim([ALICE])) == [Slot]


async def test_a_reply_is_counted_though_it_did_not_ask(store):
    budget = store.budget("t", Rates(per_second=10, chat_gap=SECOND))
    await budget.pause(timedelta(seconds=0.01))
    await budget.spend(ALICE)
    await asyncio.sleep(0.02)

    alice, bob = await budget.claim([ALICE, BOB])

    assert isinstance(alice, NotYet)
    assert 0.04 < bob.after.total_seconds() < 0.1


async def test_a_penalty_survives_the_process_that_was_told(store_url, prefix, store):
    if store_url is None:
        pytest.skip("memory survives nothing")
    await store.budget("t", SLOW).penalize(ALICE, 7 * SECOND)
    reopened = await type(store).open(store_url, prefix=prefix)

    turns = await reopened.budget("t", SLOW).claim([ALICE])

    assert kinds(turns) == [NotYet]
    await reopened.close()


def test_memory_keeps_one_budget_per_name():
    store = MemoryStore()

    assert store.budget("t", SLOW) is store.budget("t", SLOW)


async def test_answers_come_before_what_is_queued_and_leave_it_a_share(store):
    budget = store.budget("t", Rates(per_second=10))
    await budget.claim([Chat(TELEGRAM, str(i)) for i in range(9)])  # all there is for now

    answers = [(await budget.claim([Chat(TELEGRAM, f"9{i}")], answer=True))[0] for i in range(9)]
    (queued,) = await budget.claim([BOB])

    granted = [one.after.total_seconds() for one in answers if isinstance(one, Slot)]
    assert 0.4 < granted[0] < 0.6  # right behind the turns that were granted already
    assert 5 <= len(granted) <= 7  # up to a second ahead
    assert kinds(answers[len(granted) :]) == [Full] * (9 - len(granted))
    assert isinstance(queued, Full)


async def test_answers_take_four_turns_of_five_at_most(store):
    budget, times = store.budget("t", Rates(per_second=100)), []

    async def ask():
        while True:
            (turn,) = await budget.claim([ALICE], answer=True)
            if isinstance(turn, Slot):
                return times.append(1)
            await asyncio.sleep(turn.after.total_seconds())

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            while True:
                await ask()

    # A second's worth at once, then 80 a second.
    assert len(times) <= 80 + 1.5 * 80 + 2


async def test_an_answer_keeps_to_its_chats_gap_and_to_pauses(store):
    budget = store.budget("t", Rates(per_second=10, chat_gap=SECOND))
    await budget.claim([ALICE])

    assert kinds(await budget.claim([ALICE], answer=True)) == [NotYet]
    await budget.pause(SECOND)
    assert kinds(await budget.claim([BOB], answer=True)) == [Full]
