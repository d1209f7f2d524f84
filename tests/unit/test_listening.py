from datetime import timedelta

from alerts.collect import Memory, Source
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Liquidation, Liquidations, PositionSide
from alerts.domain.reading import Reading
from alerts.exchanges.bybit import EXCHANGE as BYBIT
from alerts.scheduler import Cadence, Poller
from alerts.storage.memory import MemoryStore
from tests.fakes.clock import ManualClock

BTC = Asset("BTC")
CLOCK = ManualClock()
NOW = CLOCK.now()
CLOSE = Liquidation("1", NOW - timedelta(minutes=20), PositionSide.LONG, 2.0, 60_000.0)


async def listen(assets, on_closes, on_heard):
    """A venue that was heard for an hour and told of one close."""
    on_heard(assets, NOW - timedelta(hours=1), NOW)
    on_closes(Liquidations(BYBIT.venue, assets[0], NOW, (CLOSE,)))


def poller(assets=(BTC,)):
    store = MemoryStore()
    lease = store.lease("test", timedelta(seconds=5))
    return Poller(
        store, lease, (), assets, Cadence({}), CLOCK, lambda _: timedelta(0), lambda _: timedelta(0)
    )


def summed(made):
    samples = made.memory.ledger.samples(NOW)
    return {str(one.series): one.value for one in samples if isinstance(one, Reading)}


async def test_what_a_venue_pushes_is_summed_over_windows():
    made = poller()
    await made.listen(Source(BYBIT, None, listen))

    assert summed(made)["liq_long_usd.1h:BTC@bybit"] == 120_000
    assert summed(poller()) == {}


async def test_a_new_term_counts_into_its_own_memory():
    made = poller()
    before = made.memory

    async def slow(assets, on_closes, on_heard):
        made.memory = Memory()
        await listen(assets, on_closes, on_heard)

    await made.listen(Source(BYBIT, None, slow))

    assert summed(made)["liq_long_usd.1h:BTC@bybit"] == 120_000
    assert before.ledger.samples(NOW) == []


async def test_a_venue_without_streams_is_not_listened_to():
    made = poller()
    await made.listen(Source(BYBIT, None))

    assert summed(made) == {}
    assert BYBIT.venue == Venue("bybit")
