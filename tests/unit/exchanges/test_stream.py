"""The websocket client against the simulated market on loopback."""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.clock import ScaledClock
from alerts.domain.ids import Asset
from alerts.exchanges.attendance import Attendance, Audience
from alerts.exchanges.binance_coinm import EXCHANGE as COINM
from alerts.exchanges.binance_usdm import EXCHANGE as USDM
from alerts.exchanges.bybit import EXCHANGE as BYBIT
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.http import Limits, VenueHttp, open_session
from alerts.exchanges.okx import EXCHANGE as OKX
from alerts.exchanges.stream import Listener, Patience
from alerts.simulator import SCENARIOS
from alerts.simulator.server import Fault, simulated_market

FEB = SCENARIOS["feb-2026"]
BTC, SOL = Asset("BTC"), Asset("SOL")
QUICK = Patience(least_seconds=0.05, most_seconds=0.2, pulse_seconds=0.05, ping_seconds=5.0)
SPEED = 1800.0


class Heard:
    """A listener at work, and what it was told."""

    def __init__(self):
        self.closes = []
        self.pieces = []
        self.by_asset = defaultdict(list)
        self.market = None

    def take(self, assets, start, end):
        self.pieces.append((start, end))
        for asset in assets:
            self.by_asset[asset].append((start, end))

    @property
    def events(self):
        return [event for closes in self.closes for event in closes.events]

    async def until(self, true, seconds=10.0):
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def listening(exchange, *faults, assets=(BTC,), patience=QUICK):
    clock = ScaledClock(FEB.start, SPEED)
    heard = Heard()
    async with simulated_market(FEB, clock) as market, open_session() as session:
        market.faults.extend(faults)
        heard.market = market
        http = VenueHttp(
            exchange,
            session,
            base_url=market.url(exchange.venue),
            now=clock.now,
            limits=Limits(spacing_seconds=0.0),
        )
        listener = Listener(
            exchange,
            session,
            http,
            assets,
            clock.now,
            heard.closes.append,
            heard.take,
            base_url=market.stream_url(exchange.venue),
            patience=patience,
        )
        work = asyncio.create_task(listener.run())
        try:
            yield heard
        finally:
            work.cancel()
            await asyncio.wait([work])


@pytest.mark.parametrize("exchange", [USDM, COINM, OKX, DERIBIT, BYBIT], ids=lambda one: one.venue)
async def test_what_is_pushed_arrives_with_its_venue_and_the_time_of_the_event(exchange):
    async with listening(exchange) as heard:
        await heard.until(lambda: len(heard.events) >= 10)

    assert {(closes.venue, closes.asset) for closes in heard.closes} == {(exchange.venue, BTC)}
    assert all(FEB.start < event.at for event in heard.events)
    assert all(closes.rejected == 0 for closes in heard.closes)


async def test_time_is_heard_in_pieces_without_holes_while_the_stream_stands():
    async with listening(USDM) as heard:
        await heard.until(lambda: len(heard.pieces) >= 3)

    assert all(start < end for start, end in heard.pieces)
    assert all(
        first[1] == second[0] for first, second in zip(heard.pieces, heard.pieces[1:], strict=False)
    )


async def test_a_cut_leaves_a_hole_and_the_stream_comes_back():
    async with listening(USDM) as heard:
        await heard.until(lambda: len(heard.pieces) >= 2)
        heard.market.faults.append(Fault(match="forceOrder", cut=True, pushed=True))
        await heard.until(
            lambda: any(
                first[1] < second[0]
                for first, second in zip(heard.pieces, heard.pieces[1:], strict=False)
            )
        )
        before = len(heard.events)
        await heard.until(lambda: len(heard.events) > before)


async def test_a_connection_on_which_nothing_comes_is_no_time_heard():
    silent = replace(BYBIT, streams=(replace(BYBIT.streams[0], subscriptions=lambda _: ()),))
    patient = replace(QUICK, ping_seconds=60.0)
    async with listening(silent, patience=patient) as heard:
        await heard.until(lambda: heard.market.asked >= 1)
        await asyncio.sleep(0.5)

    assert heard.pieces == []


async def test_the_answer_to_a_ping_is_a_sign_of_life():
    silent = replace(BYBIT, streams=(replace(BYBIT.streams[0], subscriptions=lambda _: ()),))
    async with listening(silent, patience=replace(QUICK, ping_seconds=0.2)) as heard:
        await heard.until(lambda: len(heard.pieces) >= 2)

    assert heard.events == []


async def test_nonsense_breaks_the_connection_and_nothing_else():
    nonsense = Fault(match="forceOrder", content=b"<html>", pushed=True)
    async with listening(USDM, nonsense) as heard:
        await heard.until(lambda: len(heard.events) >= 5)

    assert nonsense.times == 0


async def test_a_refused_handshake_is_tried_again():
    refused = Fault(match="forceOrder", status=503, times=2)
    async with listening(USDM, refused) as heard:
        await heard.until(lambda: heard.events)

    assert refused.times == 0


async def test_a_geo_block_is_left_alone():
    blocked = Fault(match="forceOrder", status=451, times=100)
    async with listening(USDM, blocked) as heard:
        await heard.until(lambda: blocked.times == 99)
        await asyncio.sleep(0.5)

    assert blocked.times == 99
    assert not heard.pieces


async def test_without_the_sizes_of_contracts_nothing_is_opened():
    away = Fault(match="exchangeInfo", status=404, times=1)
    async with listening(COINM, away) as heard:
        await heard.until(lambda: heard.events)

    assert away.times == 0


async def test_a_venue_without_the_asset_is_not_listened_to():
    async with listening(replace(OKX, covers=lambda _: False), assets=(SOL,)) as heard:
        await asyncio.sleep(0.2)

    assert heard.market.asked == 0


class Growing:
    """A venue's coverage, to which assets are added later."""

    def __init__(self, *assets):
        self.assets = set(assets)

    def __call__(self, asset):
        return asset in self.assets


def holes(pieces):
    return [b[0] - a[1] for a, b in pairwise(pieces) if a[1] != b[0]]


@pytest.mark.parametrize("exchange", [USDM, COINM, OKX, DERIBIT, BYBIT], ids=lambda one: one.venue)
async def test_an_asset_found_later_is_heard_without_a_hole_for_the_others(exchange):
    coverage = Growing(BTC)
    async with listening(replace(exchange, covers=coverage), assets=(BTC, SOL)) as heard:
        await heard.until(lambda: len(heard.by_asset[BTC]) >= 2)
        connections = heard.market.asked
        alone = heard.by_asset[BTC][-1][1]
        coverage.assets.add(SOL)
        await heard.until(lambda: any(closes.asset == SOL for closes in heard.closes))
        await heard.until(lambda: len(heard.by_asset[SOL]) >= 2)
        added = heard.by_asset[SOL][0][0]

    assert heard.market.asked == connections
    assert holes(heard.by_asset[BTC]) == []
    assert holes(heard.by_asset[SOL]) == []
    assert added >= alone
    assert {closes.asset for closes in heard.closes} == {BTC, SOL}


async def test_a_venue_that_had_nothing_is_opened_once_it_lists_something():
    coverage = Growing()
    async with listening(replace(BYBIT, covers=coverage), assets=(SOL,)) as heard:
        await asyncio.sleep(0.2)
        before = heard.market.asked
        coverage.assets.add(SOL)
        await heard.until(lambda: heard.events and heard.pieces)

    assert before == 0


async def test_an_asset_that_is_listed_no_more_is_no_longer_heard():
    coverage = Growing(BTC, SOL)
    async with listening(replace(OKX, covers=coverage), assets=(BTC, SOL)) as heard:
        await heard.until(lambda: heard.by_asset[SOL])
        coverage.assets.remove(SOL)
        await heard.until(lambda: heard.by_asset[BTC][-1][0] > heard.by_asset[SOL][-1][1])
        told = len(heard.by_asset[SOL])
        more = len(heard.by_asset[BTC]) + 2
        await heard.until(lambda: len(heard.by_asset[BTC]) >= more)

    assert len(heard.by_asset[SOL]) == told


async def test_an_asset_whose_subscription_is_refused_is_not_heard_until_it_is_taken():
    refusal = b'{"success":false,"ret_msg":"no","req_id":"SOLUSDT","op":"subscribe"}'
    refused = Fault(match="linear", content=refusal, pushed=True)
    async with listening(BYBIT, refused, assets=(BTC, SOL)) as heard:
        await heard.until(lambda: refused.times == 0)
        await heard.until(lambda: len(heard.by_asset[BTC]) >= 4)
        told = len(heard.by_asset[SOL])
        await heard.until(lambda: len(heard.by_asset[BTC]) >= 8)
        still = len(heard.by_asset[SOL])
        heard.market.faults.append(Fault(match="linear", cut=True, pushed=True))
        await heard.until(lambda: len(heard.by_asset[SOL]) > still)

    assert told == still


def test_a_piece_counts_for_each_asset_from_when_it_was_asked_for():
    coverage = Growing(BTC)
    audience = Audience((BTC, SOL), coverage)
    coverage.assets.add(SOL)

    assert audience.renewed(at(10)) == [SOL]
    assert audience.renewed(at(11)) == []
    assert list(audience.heard(at(0), at(20))) == [
        ([BTC], at(0), at(20)),
        ([SOL], at(10), at(20)),
    ]
    assert list(audience.heard(at(0), at(9))) == [([BTC], at(0), at(9))]
    assert list(audience.heard(at(20), at(30))) == [([BTC, SOL], at(20), at(30))]


async def test_a_venue_that_wants_to_hear_something_hears_it():
    chatty = replace(OKX, streams=(replace(OKX.streams[0], beat_seconds=0.05),))
    async with listening(chatty) as heard:
        await heard.until(lambda: len(heard.events) >= 3)

    assert len(heard.pieces) >= 1


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_waits_double_up_to_a_minute(failures, chance):
    patience = Patience()

    assert 0.5 <= patience.wait(failures, chance) <= 60
    assert patience.wait(failures, chance) <= patience.wait(failures + 1, chance)
    assert patience.wait(3, 1.0) == 8


AT = datetime(2026, 2, 6, tzinfo=UTC)


def at(seconds):
    return AT + timedelta(seconds=seconds)


def test_only_time_in_which_all_streams_stood_open_is_heard():
    attendance = Attendance(2)
    attendance.opened(0, at(0))

    assert attendance.heard() is None
    attendance.opened(1, at(10))
    both_live(attendance, 15)
    assert attendance.heard() == (at(10), at(15))
    both_live(attendance, 20)
    assert attendance.closed(0) == (at(15), at(20))
    attendance.lives(1, at(30))
    assert attendance.heard() is None
    assert attendance.closed(1) is None
    attendance.opened(0, at(40))
    attendance.opened(1, at(41))
    both_live(attendance, 42)
    assert attendance.heard() == (at(41), at(42))


def both_live(attendance, seconds):
    attendance.lives(0, at(seconds))
    attendance.lives(1, at(seconds))


def test_silence_before_a_break_was_not_heard():
    # The last message came at 5 s; that nobody was there any more showed at 20 s.
    attendance = Attendance(1)
    attendance.opened(0, at(0))
    attendance.lives(0, at(5))

    assert attendance.closed(0) == (at(0), at(5))


def test_of_two_streams_the_more_silent_one_counts():
    attendance = Attendance(2)
    both_open = [attendance.opened(number, at(0)) for number in (0, 1)]
    attendance.lives(0, at(9))
    attendance.lives(1, at(4))

    assert both_open == [None, None]
    assert attendance.heard() == (at(0), at(4))


def test_no_time_is_told_twice():
    attendance = Attendance(1)
    attendance.opened(0, at(0))
    attendance.lives(0, at(5))

    assert attendance.heard() == (at(0), at(5))
    assert attendance.heard() is None
    attendance.lives(0, at(4))
    assert attendance.heard() is None
