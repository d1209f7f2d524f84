"""Whatever a venue sends, its parsers read it, mark it or refuse it, and raise nothing else."""

import contextlib
import json
import math
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, LiquidationTotals, OptionChain
from alerts.domain.reading import Quality, Reading
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body
from alerts.liquidations import Ledger
from alerts.metrics.measure import measure
from alerts.simulator import SCENARIOS
from alerts.simulator.wire import Span
from alerts.simulator.wires import WIRES
from tests.recorded.mutation import mutations
from tests.unit.exchanges.broken import BROKEN

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
FEB = SCENARIOS["feb-2026"]
BTC = Asset("BTC")
FEEDS = [(exchange, feed) for exchange in EXCHANGES for feed in exchange.feeds]
STREAMS = [(exchange, stream) for exchange in EXCHANGES for stream in exchange.streams]


def feed_id(pair):
    return f"{pair[0].venue}-{pair[1].kind.__name__}"


def stream_id(pair):
    return f"{pair[0].venue}{pair[1].path}"


@cache
def answers(venue, feed):
    """What the simulated venue answers: a whole, true snapshot."""
    wire = WIRES[venue]

    def answer(request):
        return Body((wire.sketch or wire.answer)(FEB, NOW, request).content, NOW)

    bodies = [answer(request) for request in feed.requests(BTC)]
    if feed.follow is not None:
        bodies += [answer(request) for request in feed.follow(bodies, BTC)]
    return tuple(bodies)


def read(feed, bodies):
    """The readings of a snapshot, none where it is refused; any other error fails the test."""
    with contextlib.suppress(FetchError):
        if feed.follow is not None:
            feed.follow(bodies[: len(feed.requests(BTC))], BTC)
        snapshot = feed.parse(bodies, BTC)
        if isinstance(snapshot, LiquidationTotals):
            ledger = Ledger()
            ledger.take(snapshot)
            return ledger.samples(NOW)
        return measure(snapshot)
    return []


def believable(samples):
    return all(math.isfinite(one.value) for one in samples if isinstance(one, Reading))


def with_one(bodies, place, content):
    return [*bodies[:place], Body(content, NOW), *bodies[place + 1 :]]


@pytest.mark.parametrize("pair", FEEDS, ids=feed_id)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_marked_or_refused(pair, name):
    exchange, feed = pair
    whole = answers(exchange.venue, feed)

    places = range(len(whole)) if len(BROKEN[name]) < 1_000_000 else [0]
    for place in places:
        assert believable(read(feed, with_one(whole, place, BROKEN[name])))


@pytest.mark.parametrize("pair", FEEDS, ids=feed_id)
def test_a_truncated_answer_is_marked_or_refused(pair):
    exchange, feed = pair
    whole = answers(exchange.venue, feed)

    for place, body in enumerate(whole):
        for share in (0.01, 0.5, 0.99):
            cut = body.content[: int(len(body.content) * share)]
            assert believable(read(feed, with_one(whole, place, cut)))


@pytest.mark.parametrize("pair", FEEDS, ids=feed_id)
def test_whatever_stands_under_a_key_the_rest_is_read_or_refused(pair):
    exchange, feed = pair
    whole = answers(exchange.venue, feed)

    rows = 1 if len(whole) > 5 else 2
    for place, body in enumerate(whole):
        for _, content in mutations(shortened(json.loads(body.content), rows)):
            assert believable(read(feed, with_one(whole, place, content)))


def shortened(value, rows):
    """The same with at most so many rows in each list."""
    if isinstance(value, list):
        return [shortened(one, rows) for one in value[:rows]]
    if isinstance(value, dict):
        return {key: shortened(inner, rows) for key, inner in value.items()}
    return value


def values(samples):
    return {str(one.series): one.value for one in samples if isinstance(one, Reading)}


@pytest.mark.parametrize("pair", FEEDS, ids=feed_id)
def test_rows_that_come_twice_count_once(pair):
    exchange, feed = pair
    whole = answers(exchange.venue, feed)

    twice = [Body(doubled(body.content), NOW) for body in whole]

    assert values(read(feed, twice)) == pytest.approx(values(read(feed, whole)))


def doubled(content):
    """Every row of every list of rows twice; lists that belong side by side stay as they are."""
    value = json.loads(content)
    if isinstance(value, list) and value and isinstance(value[0], dict) and "universe" in value[0]:
        meta, contexts = value
        both = {**meta, "universe": meta["universe"] * 2}
        return json.dumps([both, contexts * 2]).encode()
    return json.dumps(_doubled(value)).encode()


def _doubled(value):
    if isinstance(value, list):
        return value * 2
    if isinstance(value, dict):
        return {key: _doubled(inner) for key, inner in value.items()}
    return value


@pytest.mark.parametrize("written", [str, float], ids=["texts", "numbers"])
@pytest.mark.parametrize("pair", FEEDS, ids=feed_id)
def test_numbers_may_be_texts_and_texts_numbers(pair, written):
    exchange, feed = pair
    whole = answers(exchange.venue, feed)

    other = [Body(rewritten(body.content, written), NOW) for body in whole]

    assert values(read(feed, other)) == values(read(feed, whole)) != {}


def rewritten(content, written):
    """The same answer with every number a text, or every text of a number a number."""

    def other(value):
        if isinstance(value, list):
            return [other(one) for one in value]
        if isinstance(value, dict):
            return {key: other(inner) for key, inner in value.items()}
        if written is str and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if written is float and isinstance(value, str) and is_number(value):
            return int(value) if value.isdecimal() else float(value)
        return value

    return json.dumps(other(json.loads(content))).encode()


def is_number(text):
    with contextlib.suppress(ValueError):
        return math.isfinite(float(text))
    return False


@pytest.mark.parametrize("pair", FEEDS, ids=feed_id)
def test_empty_lists_are_no_reading_of_nothing(pair):
    exchange, feed = pair
    whole = answers(exchange.venue, feed)

    emptied = [Body(_emptied(body.content), NOW) for body in whole]

    found = [one for one in read(feed, emptied) if isinstance(one, Reading)]
    assert all(one.value for one in found if feed.kind in {FuturesCurve, OptionChain})


def _emptied(content):
    def emptied(value):
        if isinstance(value, list):
            return []
        if isinstance(value, dict):
            return {key: emptied(inner) for key, inner in value.items()}
        return value

    return json.dumps(emptied(json.loads(content))).encode()


# venue, kind, which of its answers, the field that breaks a row
ROWS = [
    ("deribit", OptionChain, 0, "mark_iv"),
    ("deribit", FuturesCurve, 0, "mark_price"),
    ("binance_usdm", FuturesCurve, 0, "markPrice"),
    ("binance_coinm", FuturesCurve, 0, "markPrice"),
    ("okx", FuturesCurve, 3, "markPx"),
    ("bybit", FuturesCurve, 0, "markPrice"),
    ("gate", FuturesCurve, 1, "mark_price"),
]


def of_bitcoin(content, field, share):
    """So large a share of bitcoin's rows unreadable; how many that was, of how many."""
    value = json.loads(content)
    lists = [value, value.get("result"), value.get("data")] if isinstance(value, dict) else [value]
    if (lists[-1] is None) and isinstance(lists[1], dict):
        lists.append(lists[1].get("list"))
    rows = next(one for one in lists if isinstance(one, list))
    own = [row for row in rows if any(str(name).startswith("BTC") for name in row.values())]
    broken = own[: math.ceil(len(own) * share)]
    for row in broken:
        row[field] = "x"
    return json.dumps(value).encode(), len(broken), len(own)


def feed_of(venue, kind):
    return next(feed for exchange, feed in FEEDS if (exchange.venue, feed.kind) == (venue, kind))


@pytest.mark.parametrize(("venue", "kind", "place", "field"), ROWS)
def test_more_than_half_of_the_rows_unreadable_is_a_refusal(venue, kind, place, field):
    feed = feed_of(venue, kind)
    whole = answers(venue, feed)
    content, *_ = of_bitcoin(whole[place].content, field, 1.0)

    if venue == "bybit":  # half of its contracts come in the other answer
        whole = with_one(whole, 1, of_bitcoin(whole[1].content, field, 0.6)[0])
    if venue == "okx":
        whole = with_one(whole, 2, of_bitcoin(whole[2].content, field, 1.0)[0])
    with pytest.raises(FetchError, match=r"rows cannot be read"):
        feed.parse(with_one(whole, place, content), BTC)


def degraded(samples):
    found = [one for one in samples if isinstance(one, Reading)]
    return found and any(one.quality is Quality.DEGRADED for one in found)


@pytest.mark.parametrize(("venue", "kind", "place", "field"), ROWS)
def test_more_than_a_tenth_of_the_rows_unreadable_degrades(venue, kind, place, field):
    feed = feed_of(venue, kind)
    whole = answers(venue, feed)
    content, lost, own = of_bitcoin(whole[place].content, field, 0.33)

    found = read(feed, with_one(whole, place, content))

    assert 0.1 < lost / own <= 0.5
    assert degraded(found)
    assert all(one.coverage < 1 for one in found if isinstance(one, Reading))


@pytest.mark.parametrize("kind", [OptionChain, FuturesCurve])
def test_whatever_stands_under_a_key_of_a_linear_contract_it_is_read_or_refused(kind):
    feed, sol = feed_of("deribit", kind), Asset("SOL")
    (request,) = feed.requests(sol)
    whole = WIRES["deribit"].answer(FEB, NOW, request).content

    for _, content in mutations(shortened(json.loads(whole), 2)):
        with contextlib.suppress(FetchError):
            assert believable(measure(feed.parse([Body(content, NOW)], sol)))


@pytest.mark.parametrize("pair", STREAMS, ids=stream_id)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_message_is_nothing_or_refused(pair, name):
    _, stream = pair

    with contextlib.suppress(FetchError):
        assert not list(stream.hear(Body(BROKEN[name], NOW), [], [BTC]))


@pytest.mark.parametrize("pair", STREAMS, ids=stream_id)
def test_whatever_stands_under_a_key_of_a_message_it_is_counted_or_refused(pair):
    exchange, stream = pair
    said = list(stream.subscriptions([BTC]))
    span = Span(NOW - timedelta(minutes=10), NOW)
    message = WIRES[exchange.venue].push(FEB, span, said)[0]
    sizes = [
        Body(WIRES[exchange.venue].answer(FEB, NOW, one).content, NOW) for one in stream.requests
    ]

    assert stream.hear(Body(message, NOW), sizes, [BTC])
    for _, content in mutations(json.loads(message)):
        with contextlib.suppress(FetchError):
            for closes in stream.hear(Body(content, NOW), sizes, [BTC]):
                assert all(event.coin > 0 and event.price > 0 for event in closes.events)
    for cut in (1, len(message) // 2, len(message) - 1):
        with pytest.raises(FetchError):
            list(stream.hear(Body(message[:cut], NOW), sizes, [BTC]))
