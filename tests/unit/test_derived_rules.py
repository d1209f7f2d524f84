"""Rules on series made of series, through the tick: told like any other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.event import Kind
from alerts.domain.ids import Chat, Platform, Venue
from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.domain.rule import Direction, Draft, Idle, Leg, State
from alerts.ports import Hands, New
from alerts.storage.memory import MemoryStore
from alerts.tick import open_watch, tick
from tests.fakes.clock import ManualClock

TELEGRAM = Platform("telegram")
ALICE = Chat(TELEGRAM, "1001")
MINUTE = timedelta(minutes=1)
OI, PRICE = Series.parse("oi_coin:BTC"), Series.parse("price:BTC")


class Market:
    """A store whose rule watches a derived series, and ticks that bring its base."""

    def __init__(self):
        self.store, self.clock = MemoryStore(), ManualClock()
        self.watch = None

    async def start(self):
        book, history = self.store.rules, self.store.history
        self.watch = await open_watch(book, history, lambda _: 3 * MINUTE, lambda _: 15 * MINUTE)

    async def rule(self, series, direction, level, clear):
        draft = Draft((Leg(Series.parse(series), direction, level, clear),))
        new = New(ALICE, "alice", draft, State(Idle()))
        return await self.store.rules.add(new, now=self.clock.now(), limit=30)

    async def see(self, **values):
        """One tick, a minute on: coins by venue, and their sum."""
        now = self.clock.advance(seconds=60)
        samples = [
            Reading(replace(OI, venue=Venue(venue)), value, now, (Venue(venue),))
            for venue, value in values.items()
        ]
        sources = tuple(sorted(map(Venue, values)))
        samples.append(Reading(OI, sum(values.values()), now, sources))
        return await tick(self.watch, samples, now, 1)

    async def price(self, value):
        now = self.clock.advance(seconds=60)
        return await tick(self.watch, [Reading(PRICE, value, now, (Venue("a"),))], now, 1)

    async def told(self):
        hands, found = Hands(TELEGRAM, "test", MINUTE), []
        for first in await self.store.outbox.take(hands, count=100, wait=timedelta(0)):
            entry = first
            while entry:
                found += entry.events
                entry = await self.store.outbox.settle(hands, entry)
        return found


@pytest.fixture
async def market():
    one = Market()
    await one.start()
    yield one
    await one.store.close()


async def test_a_fall_of_open_interest_is_told_in_percent(market):
    for _ in range(61):
        await market.see(a=60.0, b=40.0)
    await market.rule("oi_coin:BTC|chg.1h", Direction.BELOW, -10.0, -8.0)

    await market.see(a=52.0, b=35.0)

    (fired,) = await market.told()
    assert (fired.kind, fired.value) == (Kind.FIRED, pytest.approx(-13.0))


async def test_a_venue_that_goes_away_is_no_fall(market):
    for _ in range(61):
        await market.see(a=85.0, b=15.0)
    await market.rule("oi_coin:BTC|chg.1h", Direction.BELOW, -10.0, -8.0)

    for _ in range(5):
        await market.see(a=85.0)

    assert await market.told() == []


async def test_a_metric_of_the_past_is_computed_at_every_price_for_its_rule(market):
    await market.rule("drawdown.7d:BTC", Direction.BELOW, -10.0, -8.0)
    for ago in range(8 * 24, 0, -1):
        at = market.clock.now() - ago * timedelta(hours=1)
        await market.store.history.extend([Reading(PRICE, 100.0, at, (Venue("a"),))])

    for value in (100.0, 95.0, 89.0, 94.0):
        await market.price(value)

    told = await market.told()
    assert [(one.kind, one.value) for one in told] == [
        (Kind.FIRED, pytest.approx(-11.0)),
        (Kind.RESOLVED, pytest.approx(-6.0)),
    ]


async def test_a_base_that_goes_dark_takes_what_is_made_of_it_along(market):
    for _ in range(62):
        await market.see(a=100.0)
    await market.rule("oi_coin:BTC|chg.1h", Direction.BELOW, -10.0, -8.0)
    await market.see(a=100.0)

    for _ in range(20):
        now = market.clock.advance(seconds=60)
        await tick(market.watch, [Gap(OI, Reason.VENUE_BELOW_QUORUM, "1 of 7", now)], now, 1)

    (dark,) = await market.told()
    assert (dark.kind, dark.reason) == (Kind.DARK, Reason.VENUE_BELOW_QUORUM)


async def test_nothing_behind_a_bar_is_kept_in_the_history(market):
    for _ in range(62):
        await market.see(a=100.0)
    await market.rule("oi_coin:BTC|chg.1h", Direction.BELOW, -10.0, -8.0)

    await market.see(a=100.0)

    now = market.clock.now()
    derived = Series.parse("oi_coin:BTC|chg.1h")
    assert derived in market.watch.latest
    assert await market.store.history.window(derived, now - timedelta(hours=2), now) == []


async def test_a_new_rule_need_not_wait_for_the_next_poll_of_its_base(market):
    for _ in range(62):
        await market.see(a=100.0)
    await market.rule("oi_coin:BTC|chg.1h", Direction.BELOW, -10.0, -8.0)

    await tick(market.watch, [], market.clock.advance(seconds=1), 1)

    assert market.watch.latest[Series.parse("oi_coin:BTC|chg.1h")].value == 0.0


async def test_a_metric_against_another_is_told_when_they_cross(market):
    mine, other = Series.parse("skew25_norm.7d:BTC"), Series.parse("skew25_norm.30d:BTC")
    await market.rule(str(mine.less(other)), Direction.ABOVE, 0.0, -2.0)
    for near, far in ((9.0, 10.0), (12.0, 10.0)):
        now = market.clock.advance(seconds=60)
        readings = [Reading(s, v, now, (Venue("a"),)) for s, v in ((mine, near), (other, far))]
        await tick(market.watch, readings, now, 1)

    (fired,) = await market.told()
    assert (fired.kind, fired.value, fired.series) == (Kind.FIRED, 2.0, mine.less(other))
