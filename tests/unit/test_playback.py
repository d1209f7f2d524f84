import itertools
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import IndexPrice
from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.http import full_url
from alerts.exchanges.spec import Body, Exchange, Feed, Request
from alerts.metrics.measure import aggregate, measure
from alerts.playback import samples, usual_age
from alerts.recording import Line
from alerts.simulator import SCENARIOS
from alerts.simulator.deribit_wire import answer

FEB = SCENARIOS["feb-2026"]
AT = FEB.start


def recorded(asset="BTC", at=AT, base=DERIBIT.url, feeds=DERIBIT.feeds):
    """What a recorder would have written of the simulated market at a moment."""
    for feed in feeds:
        (request,) = feed.requests(asset)
        given = answer(FEB, at, request.path, request.params)
        yield Line(at, DERIBIT.venue, full_url(base, request), given.content)


def live(asset="BTC", at=AT):
    """The samples that polling would have given at that moment, feed by feed."""
    for feed, line in zip(DERIBIT.feeds, recorded(asset, at), strict=True):
        found = measure(feed.parse([line.body], asset))
        yield at, found + aggregate(found)


def test_playback_gives_what_polling_gave():
    assert list(samples(recorded())) == list(live())


def test_any_host_and_base_path_will_do():
    proxied = recorded(base="http://127.0.0.1:8090/venues/deribit/api/v2")

    assert list(samples(proxied)) == list(live())


def test_both_usual_assets_are_found():
    lines = itertools.chain(recorded("BTC"), recorded("ETH"))

    assets = {sample.series.asset for _, found in samples(lines) for sample in found}

    assert assets == {"BTC", "ETH"}


def test_what_nobody_wants_is_not_read():
    found = list(samples(recorded(), wanted=lambda kind, _: kind is IndexPrice))

    assert [str(sample.series) for _, per_line in found for sample in per_line] == [
        "price:BTC@deribit",
        "price:BTC",
    ]


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (503, b"<html>busy</html>", "503"),
        (200, b"nonsense", "unreadable"),
        (400, b'{"error":{"code":11051,"message":"system_maintenance"}}', "system_maintenance"),
    ],
)
def test_an_error_of_the_venue_becomes_gaps_of_its_series(status, content, why):
    price = next(recorded())
    line = Line(AT, price.venue, price.url, content, status=status)

    ((at, found),) = samples([line])

    assert at == AT
    assert [str(gap.series) for gap in found] == ["price:BTC@deribit", "price:BTC"]
    assert all(isinstance(gap, Gap) and gap.reason is Reason.NO_DATA for gap in found)
    assert why in found[0].detail


@pytest.mark.parametrize(
    "line",
    [
        Line(AT, Venue("unknown"), "https://example.com/public/get_index_price", b"{}"),
        Line(AT, DERIBIT.venue, "https://www.deribit.com/api/v2/public/get_time", b"{}"),
        Line(
            AT,
            DERIBIT.venue,
            "https://www.deribit.com/api/v2/public/get_index_price?index_name=doge_usd",
            b"{}",
        ),
    ],
)
def test_lines_that_belong_to_no_feed_are_passed_over(line):
    assert list(samples([line])) == []


def _index_of_two_answers(bodies, asset):
    first, second = (float(body.content) for body in bodies)
    return IndexPrice(TWIN.venue, asset, bodies[-1].at, (first + second) / 2)


def _two_requests(asset):
    return Request("/a", {"coin": asset}), Request("/b", {}, "POST", f'{{"coin":"{asset}"}}')


def _classify(status, content):
    return FetchError("twin", "away") if status == 500 else None


TWIN = Exchange(
    Venue("twin"),
    "Twin",
    "https://twin.example",
    (Feed(IndexPrice, "price", _two_requests, _index_of_two_answers),),
    _classify,
    lambda _: True,
)


def twin(path, content, second=0, **changes):
    at = AT + timedelta(seconds=second)
    url = f"https://twin.example{path}"
    return Line(at, TWIN.venue, url, content, **changes)


ASKED = {"method": "POST", "sent": '{"coin":"SOL"}'}


def test_a_snapshot_of_two_answers_waits_for_both():
    lines = [twin("/a?coin=SOL", b"100"), twin("/b", b"102", 1, **ASKED)]

    ((at, found),) = samples(lines, exchanges=[TWIN])

    assert at == AT + timedelta(seconds=1)
    assert found[0].value == 101
    assert found[0].series == Series.parse("price:SOL@twin")


def test_a_failed_part_is_not_joined_with_an_older_one():
    lines = [
        twin("/a?coin=SOL", b"100"),
        twin("/b", b"", 1, status=500, **ASKED),
        twin("/b", b"102", 2, **ASKED),
    ]

    found = [found for _, found in samples(lines, exchanges=[TWIN])]

    assert [type(sample) for sample in found[0]] == [Gap, Gap]
    assert len(found) == 1


def test_a_status_the_venue_does_not_explain_is_an_error_too():
    ((_, found),) = samples([twin("/a?coin=SOL", b"", status=204)], exchanges=[TWIN])

    assert found[0].detail == "HTTP status 204"


def test_the_aggregate_joins_the_last_readings_of_all_venues():
    price = next(recorded())
    lines = [
        price,
        twin("/a?coin=BTC", b"70900"),
        twin("/b", b"70900", method="POST", sent='{"coin":"BTC"}'),
    ]

    *_, (_, found) = samples(lines, exchanges=[DERIBIT, TWIN])

    assert found[-1].series == Series.parse("price:BTC")
    assert found[-1].value == (70_800 + 70_900) / 2
    assert set(found[-1].sources) == {"deribit", "twin"}


def test_a_reading_is_dated_by_the_venue():
    line = next(recorded())
    late = Line(line.at + timedelta(seconds=2), line.venue, line.url, line.content)

    ((at, found),) = samples([late])

    assert at == AT + timedelta(seconds=2)
    assert isinstance(found[0], Reading)
    assert found[0].at == AT


def test_a_reading_counts_for_three_median_spacings():
    start = datetime(2026, 2, 6, tzinfo=UTC)
    times = [start + timedelta(seconds=second) for second in (0, 60, 120, 600)]

    assert usual_age(times) == timedelta(seconds=180)


def test_one_reading_tells_no_spacing():
    assert usual_age([AT]) is None


def test_bodies_carry_the_time_of_their_line():
    assert next(recorded()).body == Body(next(recorded()).content, AT)
    assert Asset("BTC") in FEB.assets


def _listed_price(bodies, asset):
    """The mean of what follows; refused ones count for nothing."""
    prices = [float(body.content) for body in bodies[2:] if body.content]
    return IndexPrice(LISTING.venue, asset, bodies[0].at, sum(prices) / len(prices))


def _each_listed(bodies, asset):
    names = bodies[1].content.decode().split()
    return tuple(Request("/one", {"name": f"{asset}-{name}"}, spare=True) for name in names)


LISTING = Exchange(
    Venue("listing"),
    "Listing",
    "https://listing.example",
    (
        Feed(
            IndexPrice,
            "price",
            lambda _: (Request("/all"), Request("/names", keep=timedelta(hours=1))),
            _listed_price,
            _each_listed,
        ),
    ),
    lambda status, _: FetchError("listing", "busy", retry=status == 503) if status != 200 else None,
    lambda asset: asset == "BTC",
)


def asked(path, content=b"", second=0, status=200):
    at = AT + timedelta(seconds=second)
    return Line(at, LISTING.venue, f"https://listing.example{path}", content, status=status)


def read(*lines):
    """When a snapshot was complete, and its price or gap."""
    return [
        ((at - AT).total_seconds(), getattr(found[0], "value", Gap))
        for at, found in samples(lines, exchanges=[LISTING])
    ]


NAMES = asked("/names", b"x y")
FIRST = [asked("/all"), NAMES, asked("/one?name=BTC-x", b"100", 1)]


def test_a_snapshot_waits_for_what_follows_from_its_first_answers():
    assert read(*FIRST) == []
    assert read(*FIRST, asked("/one?name=BTC-y", b"102", 2)) == [(2, 101)]


def test_an_answer_that_may_be_kept_serves_the_next_snapshots_too():
    second = [
        asked("/all", second=10),
        asked("/one?name=BTC-y", b"202", 11),
        asked("/one?name=BTC-x", b"200", 12),
    ]

    assert read(*FIRST, asked("/one?name=BTC-y", b"102", 2), *second) == [(2, 101), (12, 201)]


def test_a_follower_refused_for_good_is_left_out():
    assert read(*FIRST, asked("/one?name=BTC-y", status=400, second=2)) == [(2, 100)]


def test_a_follower_that_failed_for_now_is_a_gap():
    assert read(*FIRST, asked("/one?name=BTC-y", status=503, second=2)) == [(2, Gap)]


def test_what_follows_is_never_joined_with_an_older_round():
    again = asked("/all", second=10)
    late = asked("/one?name=BTC-y", b"102", 12)

    assert read(*FIRST, again, late) == []
    assert read(*FIRST, again, late, asked("/one?name=BTC-x", b"104", 13)) == [(13, 103)]
