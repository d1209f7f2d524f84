from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.metrics.quality import FROZEN, FROZEN_POLLS, Gate

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
POLL = timedelta(minutes=1)


def reading(value, polls=0.0, series="price:BTC@deribit", start=NOON):
    parsed = Series.parse(series)
    return Reading(parsed, value, start + polls * POLL, (parsed.venue,))


def reason(sample):
    return sample.reason if isinstance(sample, Gap) else None


def seen(gate, *readings):
    return [reason(gate.admit([one])[0]) for one in readings]


@pytest.fixture
def gate():
    return Gate()


def test_a_jump_is_held_for_one_poll_that_confirms_it(gate):
    polls = [reading(100.0), reading(79.0, 1), reading(78.0, 2), reading(77.0, 3)]

    assert seen(gate, *polls) == [None, Reason.IMPLAUSIBLE, None, None]


def test_a_jump_that_is_taken_back_was_never_there(gate):
    polls = [reading(100.0), reading(31.0, 1), reading(99.0, 2), reading(31.0, 3)]

    assert seen(gate, *polls) == [None, Reason.IMPLAUSIBLE, None, Reason.IMPLAUSIBLE]


def test_a_move_within_what_is_usual_passes(gate):
    assert seen(gate, reading(100.0), reading(81.0, 1), reading(66.0, 2)) == [None, None, None]


def test_a_skew_may_move_25_points_between_two_polls(gate):
    skew = "skew25_norm.60d:BTC@deribit"
    polls = [reading(5.0, 0, skew), reading(30.0, 1, skew), reading(56.0, 2, skew)]

    assert seen(gate, *polls) == [None, None, Reason.IMPLAUSIBLE]


def test_a_second_venue_that_jumps_along_confirms_at_once(gate):
    other = "price:BTC@okx"
    gate.admit([reading(100.0), reading(100.1, 0, other)])

    both = gate.admit([reading(75.0, 1), reading(76.0, 1, other)])

    assert list(map(reason, both)) == [None, None]


def test_a_second_venue_that_stays_or_jumps_the_other_way_confirms_nothing(gate):
    other = "price:BTC@okx"
    gate.admit([reading(100.0), reading(100.0, 0, other)])

    stays = gate.admit([reading(75.0, 1), reading(100.0, 1, other)])

    assert list(map(reason, stays)) == [Reason.IMPLAUSIBLE, None]
    apart = Gate()
    apart.admit([reading(100.0), reading(100.0, 0, other)])
    opposed = apart.admit([reading(75.0, 1), reading(130.0, 1, other)])
    assert list(map(reason, opposed)) == [Reason.IMPLAUSIBLE] * 2


def test_after_a_long_silence_a_jump_is_no_surprise(gate):
    assert seen(gate, reading(100.0), reading(50.0, 11)) == [None, None]


def test_a_jump_while_expiries_roll_says_so(gate):
    basis, eight = "basis.60d:BTC@deribit", NOON.replace(hour=8)
    polls = [reading(5.0, -1, basis, eight), reading(90.0, 1, basis, eight)]

    assert seen(gate, *polls) == [None, Reason.SETTLEMENT]


def test_open_interest_that_expires_at_the_roll_is_settlement_and_stands_at_the_next_poll(gate):
    held, eight = "oi_coin:BTC@deribit", NOON.replace(hour=8)
    before, after = reading(100.0, -1, held, eight), reading(60.0, 0.5, held, eight)

    assert seen(gate, before, after) == [None, Reason.SETTLEMENT]
    assert seen(gate, reading(60.1, 1.5, held, eight)) == [None]


@pytest.mark.parametrize(
    ("minute", "why"),
    [
        (-1, Reason.IMPLAUSIBLE),
        (0, Reason.SETTLEMENT),
        (4, Reason.SETTLEMENT),
        (5, Reason.IMPLAUSIBLE),
    ],
)
def test_only_the_minutes_after_eight_are_the_roll(gate, minute, why):
    held, eight = "oi_coin:BTC@deribit", NOON.replace(hour=8)
    polls = [reading(100.0, minute - 1, held, eight), reading(60.0, minute, held, eight)]

    assert seen(gate, *polls) == [None, why]


def test_the_same_value_for_long_is_frozen_and_thaws_at_once(gate):
    polls = int(FROZEN / POLL)
    reasons = seen(gate, *[reading(100.0, n) for n in range(polls + 1)], reading(100.1, polls + 1))

    assert reasons == [None] * polls + [Reason.FROZEN, None]


def test_few_polls_do_not_show_that_a_value_is_frozen(gate):
    hourly = [reading(100.0, 60 * n) for n in range(FROZEN_POLLS)]

    assert set(seen(gate, *hourly)) == {None}


def test_what_may_stay_as_it_is_never_freezes(gate):
    funding = "funding_8h:BTC@binance"

    assert set(seen(gate, *[reading(0.01, n, funding) for n in range(200)])) == {None}


def test_the_same_answer_again_is_neither_frozen_nor_out_of_order(gate):
    assert set(seen(gate, *[reading(100.0) for _ in range(200)])) == {None}


def test_an_answer_older_than_the_last_is_out_of_order(gate):
    assert seen(gate, reading(100.0, 2), reading(100.0, 1)) == [None, Reason.OUT_OF_ORDER]


@given(st.permutations(range(9)))
def test_a_shuffled_feed_ends_as_the_ordered_one_and_never_goes_back(order):
    gate = Gate()

    told = [gate.admit([reading(100.0 + n / 10, n)])[0] for n in order]

    newest = [n for at, n in enumerate(order) if n == max(order[: at + 1])]
    taken = [one.value for one in told if isinstance(one, Reading)]
    assert taken == [100.0 + n / 10 for n in newest]
    assert {one.reason for one in told if isinstance(one, Gap)} <= {Reason.OUT_OF_ORDER}


def test_answers_a_moment_apart_are_in_order_enough(gate):
    assert seen(gate, reading(100.0, 1), reading(100.0, 1 - 1 / 60)) == [None, None]


@pytest.mark.parametrize(("ahead", "why"), [(30, None), (31, Reason.FUTURE_STAMP)])
def test_a_stamp_of_the_future_is_refused(gate, ahead, why):
    one = reading(100.0, ahead / 60)

    assert reason(gate.admit([one], NOON)[0]) is why


def test_gaps_and_unknown_series_pass(gate):
    gap = Gap(Series.parse("price:BTC@deribit"), Reason.NO_DATA, "away", NOON)
    unknown = [reading(1.0, 0, "gamma:BTC@x"), reading(9.0, 1, "gamma:BTC@x")]

    assert gate.admit([gap]) == [gap]
    assert seen(gate, *unknown) == [None, None]
