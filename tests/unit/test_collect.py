import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.collect import Memory, Shared, Source, collect
from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import IndexPrice
from alerts.domain.reading import Gap, Reading
from alerts.exchanges.spec import Body, Exchange, Feed, Request, Stream, snapshot
from tests.fakes.clock import ManualClock

NOW = ManualClock().now()
BTC, ETH = Asset("BTC"), Asset("ETH")
ALL, ONE = Request("/all"), Request("/one", {"symbol": "BTC"}, spare=True)


class Answers:
    """Answers by path; an error is raised."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    async def fetch(self, request):
        self.asked.append(request.path)
        await asyncio.sleep(0)
        answer = self.answers[request.path.removeprefix("/")]
        if isinstance(answer, FetchError):
            raise answer
        return Body(answer, NOW)


def price(bodies, asset):
    return IndexPrice(Venue("nowhere"), asset, NOW, float(bodies[-1].content or b"1"))


FEED = Feed(IndexPrice, "price", lambda _: (ALL,), price)
FOLLOWED = replace(FEED, follow=lambda bodies, _: (ONE,) if bodies[0].content else ())


def exchange(feed):
    return Exchange(
        Venue("nowhere"), "Nowhere", "", (feed,), lambda *_: None, {BTC, ETH}.__contains__
    )


async def test_a_question_about_all_assets_is_asked_once_in_a_poll():
    http = Answers(all=b"60150")

    samples = await collect([Source(exchange(FEED), http)], "price", (BTC, ETH), NOW)

    assert http.asked == ["/all"]
    assert {str(s.series) for s in samples if isinstance(s, Reading)} >= {
        "price:BTC@nowhere",
        "price:ETH@nowhere",
    }


async def test_the_next_poll_asks_again():
    http = Answers(all=b"60150")

    for _ in range(2):
        await collect([Source(exchange(FEED), http)], "price", (BTC, ETH), NOW)

    assert http.asked == ["/all", "/all"]


async def test_a_shared_failure_is_everyones_gap():
    http = Answers(all=FetchError("nowhere", "away", retry=True))

    samples = await collect([Source(exchange(FEED), http)], "price", (BTC, ETH), NOW)

    assert http.asked == ["/all"]
    assert all(isinstance(sample, Gap) for sample in samples)


async def test_requests_may_follow_from_the_first_answers():
    http = Answers(all=b"x", one=b"60150")

    found = await snapshot(FOLLOWED, http, BTC)

    assert (http.asked, found.price) == (["/all", "/one"], 60_150)


async def test_a_follower_that_is_refused_for_good_is_left_out():
    http = Answers(all=b"x", one=FetchError("nowhere", "-1121 invalid symbol"))

    assert (await snapshot(FOLLOWED, http, BTC)).price == 1


@pytest.mark.parametrize("parts", [{"retry": True}, {"after_seconds": 600.0}])
async def test_a_follower_that_fails_for_now_fails_the_snapshot(parts):
    http = Answers(all=b"x", one=FetchError("nowhere", "busy", **parts))

    with pytest.raises(FetchError, match="busy"):
        await snapshot(FOLLOWED, http, BTC)


async def test_a_poll_given_up_leaves_no_question_behind():
    class Hanging:
        async def fetch(self, request):
            await asyncio.sleep(3600)

    async def poll(shared):
        async with asyncio.timeout(0.01), asyncio.TaskGroup() as group:
            for asset in (BTC, ETH):
                group.create_task(snapshot(FEED, shared, asset))

    shared = Shared(Hanging())
    with pytest.raises(TimeoutError):
        await poll(shared)

    assert all(task.done() for task in shared.asked.values())


def test_the_same_question_has_the_same_key_in_any_order():
    one = Request("/a", {"x": "1", "y": "2"}, keep=timedelta(hours=1))

    assert one.key == Request("/a", {"y": "2", "x": "1"}).key
    assert one.key != Request("/a", {"x": "1", "y": "3"}).key
    assert one.key != replace(one, sent="{}").key


async def test_what_hangs_is_a_gap_and_costs_nobody_else_a_reading():
    class HangsOnBtc:
        async def fetch(self, request):
            if request.params["asset"] == BTC:
                await asyncio.Event().wait()
            return Body(b"2100.5", NOW)

    feed = replace(FEED, requests=lambda asset: (Request("/of", {"asset": asset}),))
    source = Source(exchange(feed), HangsOnBtc())

    samples = await collect([source], "price", [BTC, ETH], NOW, bound=timedelta(milliseconds=20))

    by_asset = {sample.series.asset: sample for sample in samples if not sample.series.venue}
    assert by_asset[ETH].value == 2100.5
    assert "no answer within" in by_asset[BTC].detail


@pytest.mark.parametrize("is_listened", [True, False])
async def test_whose_streams_are_listened_to_is_missed_in_the_sums_until_it_is_heard(is_listened):
    async def listen(*_):
        raise NotImplementedError

    memory = Memory()
    pushing = replace(exchange(FEED), streams=(Stream("", lambda _: (), lambda *_: ()),))
    source = Source(pushing, None, listen if is_listened else None)

    sums = await collect([source], "none", [BTC], NOW, memory)

    missed = {str(one.series) for one in sums if isinstance(one, Gap)}
    assert ("liq_long_usd.1h:BTC" in missed) is is_listened
    assert len(missed) == len(sums)
