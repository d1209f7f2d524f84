"""Trouble around a bot that goes on: its store, its market, its chats, a frozen leader."""

import asyncio
import os
import signal
import time

from aiohttp import web
from redis.asyncio import Redis

from tests.chaos.kills import Outcome, tally
from tests.chaos.stage import HIGH, LOW, Stage
from tests.fakes.discord.faults import down, reset, stored_then, too_many
from tests.fakes.telegram.faults import Fault

SENDING = 60
RECOVERED_SECONDS = TAKEN_OVER_SECONDS = 5.0
RETRY_AFTER = {"retry_after": 1}


async def _over(stage, title, took, wrong="", **figures):
    """Let the episode end, then count."""
    stage.market.price = HIGH
    await stage.told("resolved")
    stopped = await stage.children[-1].stop()
    wrong = wrong or ("" if stopped == 0 else f"it ended with {stopped}")
    return Outcome(title, *tally(stage), took, wrong, figures)


async def store_killed(store_url, folder):
    """SIGKILL of the store's server while news is being told; something starts it again."""
    async with Stage(store_url, folder) as stage:
        await stage.child()
        await stage.calm()
        stage.market.price = LOW
        client = Redis.from_url(store_url)
        pid = (await client.info("server"))["process_id"]
        await client.aclose()
        os.kill(pid, signal.SIGKILL)
        begin = time.monotonic()
        told = await stage.told("fired")
        took = time.monotonic() - begin
        return await _over(stage, "store killed", took, _late(told, took))


def _late(told, took):
    if not told:
        return "not told"
    return "" if took <= RECOVERED_SECONDS else f"it took {took:.1f} s to recover"


async def store_paused(store_url, folder, seconds=4):
    """The store answers nothing for a while (CLIENT PAUSE)."""
    async with Stage(store_url, folder) as stage:
        await stage.child()
        await stage.calm()
        client = Redis.from_url(store_url)
        await client.execute_command("CLIENT", "PAUSE", seconds * 1000, "ALL")
        await client.aclose()
        begin = time.monotonic()
        stage.market.price = LOW
        await asyncio.sleep(seconds)
        told = await stage.told("fired")
        took = time.monotonic() - begin - seconds
        return await _over(stage, "store silent for 4 s", took, _late(told, took))


async def market_broken(store_url, folder, title, answer, seconds=2.5):
    """A venue that fails while a rule is calm and while it fires: neither is told of."""
    async with Stage(store_url, folder) as stage:
        await stage.child(poll_seconds=0.5)
        await stage.calm()
        stage.market.fault = answer
        await asyncio.sleep(seconds)
        wrong = "told of something" if stage.counts() else ""
        stage.market.price = LOW
        stage.market.fault = None
        begin = time.monotonic()
        await stage.told("fired")
        took = time.monotonic() - begin
        before = stage.counts()
        stage.market.fault = answer
        await asyncio.sleep(seconds)
        wrong = wrong or ("told of something" if stage.counts() != before else "")
        stage.market.fault = None
        return await _over(stage, title, took, wrong)


async def _refuse(_request):
    return web.Response(status=503, text="<html>down</html>", content_type="text/html")


async def _garble(_request):
    return web.Response(body=b'{"jsonrpc": "2.0", "result": {"index_price": NaN', status=200)


async def _strip(_request):
    return web.json_response({"jsonrpc": "2.0", "result": {}})


async def _cut(request):
    request.transport.abort()
    return web.Response()


async def _hang(_request):
    await asyncio.sleep(3600)


async def _absurd(_request):
    """One figure that is no price."""
    return web.json_response({"jsonrpc": "2.0", "result": {"index_price": -69000.0}})


MARKETS = {
    "venue answers 503": _refuse,
    "venue cuts its body": _garble,
    "venue leaves the price out": _strip,
    "venue closes the connection": _cut,
    "venue never answers": _hang,
    "venue names a negative price": _absurd,
}


async def telegram_broken(store_url, folder, title, fault):
    """Every chat's first message of the episode meets the fault."""
    async with Stage(store_url, folder) as stage:
        await stage.child()
        await stage.calm()
        stage.telegram.faults.append(fault)
        stage.market.price = LOW
        begin = time.monotonic()
        await stage.told("fired")
        return await _over(stage, title, time.monotonic() - begin)


def telegram_faults():
    why = "Too Many Requests: retry after 1"
    return {
        "429 with retry_after": Fault(status=429, description=why, parameters=RETRY_AFTER, times=3),
        "502 with a page": Fault(status=502, body="<html>Bad Gateway</html>", times=3),
        "connection closed": Fault(close=True, times=3),
        "delivered, never answered": Fault(deliver=True, close=True, times=3),
    }


async def discord_broken(store_url, folder, title, fault):
    async with Stage(store_url, folder, discord=True) as stage:
        await stage.child()
        await stage.calm()
        stage.discord.faults.add(r"POST .*/messages", fault)
        stage.market.price = LOW
        begin = time.monotonic()
        await stage.told("fired")
        return await _over(stage, title, time.monotonic() - begin)


def discord_faults():
    return {
        "429 for a second": too_many(1.0),
        "503": down(),
        "stored, then 502": stored_then(),
        "connection reset": reset(),
        "stored, then reset": reset(stored=True),
    }


async def leader_killed(store_url, folder):
    """SIGKILL of the leader with a standby beside it: when the standby leads."""
    return await _leader(store_url, folder, signal.SIGKILL, "leader killed, a standby beside it")


async def leader_frozen(store_url, folder):
    """SIGSTOP past the lease, then SIGCONT: one of two may write."""
    return await _leader(store_url, folder, signal.SIGSTOP, "leader frozen past its lease, woken")


async def _leader(store_url, folder, number, title):
    async with Stage(store_url, folder) as stage:
        first = await stage.child()
        await stage.calm()
        await stage.child()
        await asyncio.sleep(2.0)
        first.signal(number)
        begin = time.monotonic()
        stage.market.price = LOW
        await stage.told("fired")
        took = time.monotonic() - begin - 0.3  # it has waited for silence
        first.signal(signal.SIGCONT)
        await asyncio.sleep(2.0)
        wrong = "" if took <= TAKEN_OVER_SECONDS else f"it took {took:.1f} s to take over"
        outcome = await _over(stage, title, took, wrong)
        await first.stop()
        return outcome


async def sender_killed(store_url, folder):
    """SIGKILL of one of two senders in mid-batch."""
    async with Stage(store_url, folder, people=SENDING) as stage:
        poller = await stage.child(role="poller")
        first = await stage.child(
            role="sender", point="telegram.send", when="after", nth=SENDING // 3, armed=True
        )
        await stage.calm()
        await asyncio.sleep(0.5)
        stage.market.price = LOW
        reached = asyncio.create_task(first.died())
        await asyncio.sleep(0.2)
        await stage.child(role="sender")
        status = await reached
        begin = time.monotonic()
        await stage.told("fired")
        took = time.monotonic() - begin - 0.3
        wrong = "" if status == -signal.SIGKILL else "the point was not reached"
        outcome = await _over(stage, "sender killed in mid-batch", took, wrong)
        await poller.stop()
        return outcome
