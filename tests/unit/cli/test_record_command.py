import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from alerts.clock import WallClock
from alerts.exchanges.okx import EXCHANGE as OKX
from alerts.playback import samples
from alerts.recording import Recorder, Recording
from alerts.simulator import SCENARIOS
from alerts.simulator.server import Fault, simulated_market
from bot.cli.record import Marks, _record, command, file_for, stream_address
from bot.settings import load

FEB = SCENARIOS["feb-2026"]
NOW = datetime(2026, 2, 6, 21, 30, 57, tzinfo=UTC)


async def recorded(tmp_path, answers, *faults):
    """Record the simulated market, long after its end, until it has given so many answers."""
    file = tmp_path / "x.jsonl.gz"
    async with simulated_market(FEB, WallClock()) as market:
        market.faults.extend(faults)
        own = {"VENUES": "deribit", "DERIBIT_URL": market.url("deribit"), "ASSETS": "BTC"}
        settings = load(environ=own, env_file=None)
        with contextlib.closing(Recorder(file)) as recorder:
            async with asyncio.timeout(10):
                work = asyncio.create_task(_record(settings, recorder))
                while recorder.count < answers:
                    await asyncio.sleep(0.01)
                work.cancel()
                await asyncio.wait([work])
    return Recording.at(file)


async def test_what_the_venue_answered_can_be_played_back(tmp_path):
    recording = await recorded(tmp_path, 4)

    found = {str(s.series): s for _, batch in samples(recording.lines()) for s in batch}

    assert found["skew25_norm.60d:BTC"].value == pytest.approx(11.2, abs=0.1)
    assert found["basis.60d:BTC"].value == pytest.approx(4.8, abs=0.05)
    assert found["price:BTC"].value == 70_900


async def test_a_line_names_the_address_that_was_asked(tmp_path):
    recording = await recorded(tmp_path, 4)

    urls = {line.url.partition("/deribit")[2] for line in recording.lines()}

    assert urls == {
        "/public/get_index_price?index_name=btc_usd",
        "/public/get_index_price?index_name=btcdvol_usdc",
        "/public/get_book_summary_by_currency?currency=BTC&kind=option",
        "/public/get_book_summary_by_currency?currency=BTC&kind=future",
    }


async def test_refusals_are_recorded_too(tmp_path):
    fault = Fault("get_index_price", status=400, content=b'{"error":{"code":-32602}}')

    recording = await recorded(tmp_path, 3, fault)

    assert [line.status for line in recording.lines()].count(400) == 1


def test_a_name_gets_its_suffix(tmp_path):
    assert file_for(tmp_path / "feb", NOW) == tmp_path / "feb.jsonl.gz"
    assert file_for(tmp_path / "feb.jsonl.gz", NOW) == tmp_path / "feb.jsonl.gz"


def test_a_folder_gets_a_file_named_by_the_time(tmp_path):
    assert file_for(tmp_path, NOW) == tmp_path / "20260206T213057Z.jsonl.gz"


def test_help_shows_an_example():
    assert "Example:" in command.epilog


FORCED = b'{"e":"forceOrder","o":{"s":"BTCUSDT","S":"SELL","z":"2","ap":"70000","T":%d}}'


async def test_what_a_venue_pushes_is_recorded_with_the_time_that_was_heard(tmp_path):
    file, clock = tmp_path / "x.jsonl.gz", WallClock()
    async with simulated_market(FEB, clock) as market:
        pushed = FORCED % (clock.now().timestamp() * 1000)
        market.faults.append(Fault("forceOrder", content=pushed, times=3, pushed=True))
        own = {
            "VENUES": "binance_usdm",
            "BINANCE_USDM_URL": market.url("binance_usdm"),
            "BINANCE_USDM_WS_URL": market.stream_url("binance_usdm"),
            "ASSETS": "BTC",
        }
        settings = load(environ=own, env_file=None)
        with contextlib.closing(Recorder(file)) as recorder:
            async with asyncio.timeout(10):
                work = asyncio.create_task(_record(settings, recorder))
                while market.faults[0].times:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.3)
                work.cancel()
                await asyncio.wait([work])
    lines = [line for line in Recording.at(file).lines() if line.method == "WS"]

    messages = [line for line in lines if line.content]
    (mark,) = [line for line in lines if line.heard]
    assert [line.content for line in messages] == [pushed] * 3
    assert messages[0].url.endswith("/binance_usdm/market/ws/!forceOrder@arr")
    assert mark.heard[0] < messages[0].at <= mark.heard[1] <= mark.at


def test_pieces_of_time_are_joined_to_marks_of_a_minute():
    kept = []
    marks = Marks("okx", "wss://x", kept.append, lambda: NOW)
    for second in range(0, 130, 10):
        marks.heard(NOW + timedelta(seconds=second), NOW + timedelta(seconds=second + 10))
    marks.heard(NOW + timedelta(seconds=300), NOW + timedelta(seconds=301))
    marks.write()

    spans = [tuple((at - NOW).total_seconds() for at in line.heard) for line in kept]
    assert spans == [(0, 60), (60, 120), (120, 130), (300, 301)]


def test_without_an_address_for_its_streams_a_venue_elsewhere_is_not_listened_to():
    settings = load(environ={"OKX_URL": "http://127.0.0.1:1/x"}, env_file=None)

    assert stream_address(settings, OKX) == ""
    assert stream_address(load(environ={}, env_file=None), OKX) == OKX.stream_url
