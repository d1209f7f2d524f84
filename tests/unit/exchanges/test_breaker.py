import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.exchanges.breaker import (
    FAILURES,
    LONGEST_SECONDS,
    PROBE_SECONDS,
    Closed,
    Open,
    Probing,
    asked,
    failed,
    left,
)


def failing(times, state=None, now=0.0):
    state = state or Closed()
    for _ in range(times):
        state = failed(state, now, "HTTP 503")
    return state


def test_a_few_failures_change_nothing():
    state = failing(FAILURES - 1)

    assert state == Closed(FAILURES - 1)
    assert asked(state, 0.0) == state
    assert left(state, 0.0) == 0


def test_the_sixth_failure_in_a_row_opens_it_for_fifteen_seconds():
    state = failing(6)

    assert state == Open(15.0, 15.0, "HTTP 503")
    assert asked(state, 14.9) is None
    assert left(state, 10.0) == 5


def test_then_one_request_goes_out_and_the_others_wait_for_its_outcome():
    probing = asked(failing(6), 15.0)

    assert probing == Probing(15.0, 15.0, "HTTP 503")
    assert asked(probing, 16.0) is None
    assert left(probing, 16.0) == 29


def test_a_probe_that_fails_doubles_the_pause():
    assert failed(Probing(15.0, 15.0, "x"), 16.0, "y") == Open(46.0, 30.0, "y")


def test_a_probe_that_never_returns_is_sent_again():
    assert asked(Probing(0.0, 15.0, "x"), PROBE_SECONDS) == Probing(PROBE_SECONDS, 15.0, "x")


def test_a_late_failure_does_not_lengthen_a_pause():
    state = failing(6)

    assert failed(state, 3.0, "late") is state


@given(st.lists(st.tuples(st.sampled_from(["ask", "fail", "win"]), st.floats(0, 400)), max_size=60))
def test_it_is_never_shut_for_longer_than_the_longest_pause(steps):
    state, now = Closed(), 0.0
    for step, seconds in steps:
        now += seconds
        if step == "ask":
            state = asked(state, now) or state
        else:
            state = failed(state, now, "x") if step == "fail" else Closed()

    assert left(state, now) <= LONGEST_SECONDS
    assert asked(state, now + LONGEST_SECONDS) is not None


@pytest.mark.parametrize("state", [Closed(), Open(0.0, 15.0, "x"), Probing(0.0, 15.0, "x")])
def test_a_state_is_a_value(state):
    assert state == type(state)(*(getattr(state, name) for name in state.__slots__))
