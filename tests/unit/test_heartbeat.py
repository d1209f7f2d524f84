"""The sign of life to a dead man's switch, on a switch on loopback."""

import asyncio
import contextlib
import logging

import pytest
from aiohttp import web

from bot.health import Part
from bot.heartbeat import Heartbeat

WELL, ILL = Part("store", "ok", well=True), Part("queue telegram", "nobody sends", well=False)


class Switch:
    def __init__(self):
        self.heard, self.status = [], 200

    async def take(self, request):
        self.heard.append((request.method, request.path, await request.text()))
        return web.Response(status=self.status)


@pytest.fixture
async def switch():
    heard = Switch()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", heard.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ping/secret-id"
    yield heard
    await runner.cleanup()


@contextlib.asynccontextmanager
async def beating(url, fail_url="", parts=(WELL,), *, speaks=True):
    async def all_parts():
        return parts

    heart = Heartbeat(url, fail_url, all_parts, lambda: speaks, every_seconds=0.02)
    task = asyncio.create_task(heart.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def some_time(fact=lambda: False, seconds=0.3):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not fact():
                await asyncio.sleep(0.01)


async def test_while_all_is_well_it_is_heard_again_and_again(switch):
    async with beating(switch.url, f"{switch.url}/fail"):
        await some_time(lambda: len(switch.heard) >= 2, 5)

    assert set(switch.heard) == {("GET", "/ping/secret-id", "")}
    assert len(switch.heard) >= 2


async def test_what_is_wrong_is_told_at_once(switch):
    async with beating(switch.url, f"{switch.url}/fail", (WELL, ILL)):
        await some_time(lambda: switch.heard, 5)

    assert switch.heard[0] == ("POST", "/ping/secret-id/fail", "queue telegram: nobody sends")


async def test_without_an_address_for_that_it_falls_silent(switch, caplog):
    async with beating(switch.url, parts=(WELL, ILL)):
        await some_time(lambda: "held back" in caplog.text, 5)

    assert switch.heard == []
    assert "nobody sends" in caplog.text


async def test_a_standby_says_nothing(switch):
    async with beating(switch.url, speaks=False):
        await some_time()

    assert switch.heard == []


@pytest.mark.parametrize("kind", ["refuses", "away"])
async def test_a_switch_that_is_away_ends_nothing_and_is_named_in_no_log(switch, caplog, kind):
    caplog.set_level(logging.DEBUG)
    switch.status = 500
    url = switch.url if kind == "refuses" else "http://127.0.0.1:9/ping/secret-id"
    async with beating(url):
        await some_time(lambda: caplog.text.count("not taken") >= 2, 5)

    assert caplog.text.count("not taken") >= 2
    assert "secret-id" not in caplog.text
