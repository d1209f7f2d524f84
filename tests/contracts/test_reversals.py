"""What every store promises of taking changes back; no test asks which one it got."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.errors import ConflictError, UsageError
from alerts.domain.rule import Firing, Idle, Overlay, State, Waiting
from alerts.ports import Change, Held, New, Reversal, Step
from tests.builders import NOON, a_draft, a_leg, minutes
from tests.contracts.test_store import ALICE, BOB, everything, fired

FIRING = State(Firing(3, NOON, NOON, 16.2), 3, NOON)
LATER = NOON + minutes(1)


async def add(store, chat=ALICE, state=FIRING, **fields):
    new = New(chat, "owner", a_draft(**fields), state)
    return Held(await store.rules.add(new, now=NOON, limit=300), state)


async def revert(store, *reversals, chat=ALICE, limit=30, now=LATER):
    await store.rules.revert(chat, reversals, now=now, limit=limit)


async def of(store, chat=ALICE):
    return list(await store.rules.of_chat(chat))


async def edit(store, held, level=20.0):
    """The rule with another level, as the store has it afterwards."""
    wanted = replace(held.rule, draft=a_draft(a_leg(level=level)))
    return Held(await store.rules.replace(wanted, State(Idle()), now=NOON), State(Idle()))


async def test_a_removed_rule_returns_as_it_was_with_its_number_name_and_state(store):
    held = await add(store, name="fear €")
    await store.rules.overlay(held.rule.id, Overlay(acked=3), now=NOON)
    gone = await store.rules.remove(ALICE, 1)

    await revert(store, Reversal(gone, None))

    assert await of(store) == [replace(held, overlay=Overlay(acked=3))]
    assert await everything(store) == {held.rule.id: held.rule}
    assert (await add(store)).rule.number == 2


async def test_a_returned_rule_is_in_the_feed_and_due_at_once(store):
    held = await add(store)
    await store.rules.remove(ALICE, 1)
    position = await store.rules.position()

    await revert(store, Reversal(held, None))

    _, changes = await store.rules.changes(position)
    assert list(changes) == [Change(held.rule.id, held.rule)]
    assert list(await store.rules.due(LATER)) == [held.rule.id]


async def test_a_saved_rule_goes_again_and_its_number_is_not_given_again(store):
    held = await add(store)

    await revert(store, Reversal(None, held))

    assert await of(store) == []
    assert await everything(store) == {}
    assert list(await store.rules.due(LATER)) == []
    assert (await add(store)).rule.number == 2


async def test_an_edited_rule_is_as_before_under_a_new_revision(store):
    held = await add(store)
    after = await edit(store, held)

    await revert(store, Reversal(held, after))

    assert await of(store) == [replace(held, rule=replace(held.rule, revision=3))]
    assert list(await store.rules.commit([], [Step(held.rule.id, 2, State())], 1)) == []


async def test_what_people_did_about_a_rule_is_taken_back(store):
    held = await add(store)
    snoozed = Overlay(snoozed_until=NOON + timedelta(hours=4))
    await store.rules.overlay(held.rule.id, snoozed, now=NOON)

    await revert(store, Reversal(held, replace(held, overlay=snoozed)))

    [back] = await of(store)
    assert back.overlay == Overlay()


async def test_many_changes_are_taken_back_together(store):
    saved, edited, removed = [await add(store) for _ in range(3)]
    after = await edit(store, edited)
    await store.rules.remove(ALICE, removed.rule.number)

    await revert(store, Reversal(None, saved), Reversal(edited, after), Reversal(removed, None))

    assert [(one.rule.number, one.rule.draft) for one in await of(store)] == [
        (2, edited.rule.draft),
        (3, removed.rule.draft),
    ]


@pytest.mark.parametrize("what", ["edited", "removed", "snoozed", "moved"])
async def test_nothing_is_taken_back_once_one_of_them_changed_again(store, what):
    kept, changed = await add(store), await add(store)
    match what:
        case "edited":
            await edit(store, changed)
        case "removed":
            await store.rules.remove(ALICE, 2)
        case "snoozed":
            await store.rules.overlay(changed.rule.id, Overlay(acked=1), now=NOON)
        case "moved":
            await store.outbox.readdress(ALICE, BOB)
    chat = BOB if what == "moved" else ALICE
    before = await of(store, chat)

    with pytest.raises(ConflictError):
        await revert(store, Reversal(None, kept), Reversal(None, changed), chat=chat)

    assert await of(store, chat) == before


async def test_a_rule_that_is_back_already_does_not_return_twice(store):
    held = await add(store)
    await store.rules.remove(ALICE, 1)
    await revert(store, Reversal(held, None))

    with pytest.raises(ConflictError):
        await revert(store, Reversal(held, None))

    assert await of(store) == [held]


async def test_another_chat_takes_nothing_back(store):
    held = await add(store)

    with pytest.raises(ConflictError):
        await revert(store, Reversal(None, held), chat=BOB)

    assert await of(store) == [held]


async def test_what_would_not_fit_any_more_does_not_return(store):
    held = await add(store)
    await store.rules.remove(ALICE, 1)
    await add(store)

    with pytest.raises(UsageError):
        await revert(store, Reversal(held, None), limit=1)

    assert [one.rule.number for one in await of(store)] == [2]


async def test_an_edit_is_taken_back_in_a_chat_that_has_more_than_it_may_by_now(store):
    held, _ = await add(store), await add(store)
    after = await edit(store, held)

    await revert(store, Reversal(held, after), limit=1)

    assert (await of(store))[0].rule.draft == held.rule.draft


async def test_one_may_go_for_another_to_return_in_a_full_chat(store):
    removed = await add(store)
    await store.rules.remove(ALICE, 1)
    saved = await add(store)

    await revert(store, Reversal(removed, None), Reversal(None, saved), limit=1)

    assert await of(store) == [removed]


async def test_the_engine_may_move_on_meanwhile(store):
    held = await add(store, state=State(Waiting()))
    await store.rules.commit([], [Step(held.rule.id, 1, FIRING, fired(held.rule))], 1)

    await revert(store, Reversal(None, held))

    assert await of(store) == []
