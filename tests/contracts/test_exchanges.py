"""What every registered exchange keeps to."""

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import LiquidationTotals
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body
from alerts.metrics import METRICS
from tests.fakes.clock import ManualClock

FEEDS = [(exchange, feed) for exchange in EXCHANGES for feed in exchange.feeds]
POLLS = {"options", "futures", "open_interest", "price", "liquidations"}
COUNTED = {LiquidationTotals}  # not measured one by one: windows of them are
BROKEN = [
    b"",
    b"<html>maintenance</html>",
    b'{"result":',
    b"null",
    b"[]",
    b"{}",
    b"NaN",
    b"\xff\xfe",
    b'"text"',
    b"[" * 100_000,
    b'{"a":' * 100_000,
]


def ids(pair):
    return f"{pair[0].venue}-{pair[1].poll}"


@pytest.fixture(params=FEEDS, ids=ids)
def feed(request):
    return request.param[1]


@pytest.fixture(params=EXCHANGES, ids=lambda exchange: exchange.venue)
def exchange(request):
    return request.param


def test_venues_are_registered_once():
    venues = [exchange.venue for exchange in EXCHANGES]

    assert len(venues) == len(set(venues))


def test_an_exchange_has_a_name_an_address_and_one_feed_of_a_kind(exchange):
    kinds = [feed.kind for feed in exchange.feeds]

    assert exchange.title
    assert exchange.url.startswith("https://")
    assert not exchange.url.endswith("/")
    assert len(kinds) == len(set(kinds))


def test_an_exchange_covers_no_nonsense(exchange):
    assert not exchange.covers(Asset(""))
    assert not exchange.covers(Asset("NONSENSE"))


def test_some_metric_needs_each_feed(feed):
    assert feed.poll in POLLS
    assert feed.kind in COUNTED or any(metric.needs is feed.kind for metric in METRICS)


def test_requests_are_relative_and_repeatable(feed):
    asked = feed.requests(Asset("BTC"))

    assert asked
    assert asked == feed.requests(Asset("BTC"))
    assert all(request.path.startswith("/") for request in asked)


@pytest.mark.parametrize("content", BROKEN, ids=lambda content: repr(content[:12]))
def test_a_broken_answer_is_a_lasting_fetch_error(feed, content):
    now = ManualClock().now()
    bodies = [Body(content, now) for _ in feed.requests(Asset("BTC"))]

    with pytest.raises(FetchError) as caught:
        feed.parse(bodies, Asset("BTC"))
    assert not caught.value.retry


@pytest.mark.parametrize("status", [400, 403, 404, 418, 429, 451, 500, 502, 503])
@pytest.mark.parametrize("content", BROKEN, ids=lambda content: repr(content[:12]))
def test_every_failing_status_is_an_error(exchange, status, content):
    error = exchange.classify(status, content)

    assert isinstance(error, FetchError)
    assert error.venue == exchange.venue
    assert error.retry == (status == 429 or status >= 500)


def test_a_plain_success_is_no_error(exchange):
    assert exchange.classify(200, b'{"result":[]}') is None
