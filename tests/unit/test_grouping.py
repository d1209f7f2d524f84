"""What rings soon after another alert is gathered in one card; what is critical is not."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.event import Kind
from alerts.domain.rule import Severity, Voice
from alerts.storage.memory import MemoryStore
from tests.builders import BASIS, PRICE, SKEW
from tests.unit.test_quiet_nights import ALICE, TELEGRAM, Night

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
WAIT = timedelta(seconds=60)


@pytest.fixture
async def day():
    """A chat by day, whose courier gathers what follows within a minute."""
    store = MemoryStore()
    day = Night(store, group_wait=WAIT)
    day.clock.time = NOON
    yield day
    await store.close()


async def test_the_first_goes_at_once_and_what_follows_within_a_minute_is_one_card(day):
    first, second, third = [await day.rule(one) for one in (SKEW, BASIS, PRICE)]
    await day.tell(first)
    assert len(await day.delivers()) == 1

    await day.tell(second)
    assert len(await day.delivers(seconds=20)) == 1
    await day.tell(third)
    assert len(await day.delivers(seconds=20)) == 1

    titles = await day.delivers(seconds=20)

    assert len(titles) == 2
    assert titles[1].startswith("BTC: 2 of your alerts")
    assert await day.waiting() == 0


async def test_what_comes_after_the_minute_goes_at_once(day):
    first, second = await day.rule(), await day.rule(BASIS)
    await day.tell(first)
    await day.delivers()
    day.clock.advance(seconds=61)
    await day.tell(second)

    assert len(await day.delivers()) == 2


@pytest.mark.parametrize("fields", [{"severity": Severity.CRITICAL}, {"voice": Voice.LOUD}])
async def test_critical_and_loud_ones_do_not_wait(day, fields):
    first, second = await day.rule(), await day.rule(BASIS, **fields)
    await day.tell(first)
    await day.delivers()
    await day.tell(second)

    assert len(await day.delivers(seconds=5)) == 2


async def test_a_critical_one_passes_those_that_wait(day):
    first, waiting, critical = (
        await day.rule(),
        await day.rule(BASIS),
        await day.rule(PRICE, severity=Severity.CRITICAL),
    )
    for rule in (first, waiting, critical):
        await day.tell(rule)
        await day.delivers(seconds=1)

    assert len(day.inbox.titles) == 2
    assert await day.waiting() == 1


async def test_that_one_is_over_is_told_at_once_and_without_a_sound(day):
    first = await day.rule()
    await day.tell(first)
    await day.delivers()
    await day.tell(first, Kind.RESOLVED, value=12.0)

    assert len(await day.delivers(seconds=5)) == 2
    assert day.inbox.cards[1][1].silent


async def test_a_silent_card_makes_nobody_wait(day):
    first, second = await day.rule(voice=Voice.SILENT), await day.rule(BASIS)
    await day.tell(first)
    await day.delivers()
    await day.tell(second)

    assert len(await day.delivers(seconds=5)) == 2


async def test_the_end_of_one_that_waits_comes_with_it(day):
    first, second = await day.rule(), await day.rule(BASIS)
    await day.tell(first)
    await day.delivers()
    await day.tell(second)
    await day.delivers(seconds=5)
    await day.tell(second, Kind.RESOLVED, value=12.0)
    assert len(await day.delivers(seconds=5)) == 1

    titles = await day.delivers(seconds=60)

    assert titles[1].startswith("BTC: your alert #2")
    assert len(titles) == 2


async def test_a_courier_that_was_away_tells_what_waited_as_held(day):
    first, second = await day.rule(), await day.rule(BASIS)
    await day.tell(first)
    await day.delivers()
    await day.tell(second)
    await day.delivers(seconds=5)

    titles = await day.delivers(hours=2)

    assert titles[1].startswith("Held for you: 1")


async def test_a_weaker_one_that_waits_is_spoken_for_by_a_stronger_that_came_too(day):
    first, weaker, stronger = (
        await day.rule(BASIS),
        await day.rule(),
        await day.rule(level=20.0),
    )
    await day.tell(first)
    await day.delivers()
    await day.tell(weaker, value=21.0)
    await day.delivers(seconds=5)
    await day.tell(stronger, value=21.0)
    await day.delivers(seconds=5)

    titles = await day.delivers(seconds=60)

    assert len(titles) == 2
    assert "Also above your 15% (#2)." in day.inbox.cards[1][1].lines


async def test_another_chat_does_not_wait(day):
    await day.tell(await day.rule())
    await day.delivers()

    assert await day.store.notes.read(f"rang:{ALICE}")
    assert await day.store.outbox.backlog(TELEGRAM) == 0
    assert await day.store.notes.read("rang:telegram:somebody") is None
