"""The error table: what each failure of a send means."""

from datetime import timedelta
from types import SimpleNamespace

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.outcome import Gone, Later, Rejected, Whom
from bot.platforms.discord.outcome import outcome_of, pause_after


def answered(status, code=0, headers=None):
    response = SimpleNamespace(status=status, reason="", headers=headers or {})
    kinds = {403: discord.Forbidden, 404: discord.NotFound}
    kind = kinds.get(status, discord.DiscordServerError if status >= 500 else discord.HTTPException)
    return kind(response, {"code": code, "message": "no"})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, 50007),
        (403, 50278),
        (403, 50001),
        (403, 50013),
        (404, 10003),
        (404, 10004),
        (404, 10013),
        (400, 50033),
    ],
)
def test_a_place_that_cannot_be_reached_is_gone(status, code):
    outcome = outcome_of(answered(status, code))

    assert isinstance(outcome, Gone)
    assert str(code) in outcome.why


def test_a_malformed_message_is_our_bug():
    assert outcome_of(answered(400, 50035)) == Rejected("400 code 50035")


@pytest.mark.parametrize(("status", "code"), [(403, 20009), (404, 0), (403, 0)])
def test_an_unknown_refusal_is_never_final(status, code):
    assert isinstance(outcome_of(answered(status, code)), Later)


def test_opening_direct_messages_too_fast_waits():
    assert outcome_of(answered(400, 40003)) == Later(
        timedelta(minutes=10), "direct messages are opened too fast", whom=Whom.CHAT
    )


def test_an_unavailable_server_did_not_take_the_message():
    outcome = outcome_of(answered(503))

    assert isinstance(outcome, Later)
    assert not outcome.unknown


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_may_have_taken_the_message(status):
    outcome = outcome_of(answered(status))

    assert isinstance(outcome, Later)
    assert outcome.unknown


def test_a_long_rate_limit_waits_as_long_as_asked():
    assert outcome_of(discord.RateLimited(77.0)) == Later(
        timedelta(seconds=77), "rate limit", whom=Whom.CHAT
    )


@pytest.mark.parametrize(("asked", "minutes"), [("", 10), ("30", 10), ("1800", 30), ("soon", 10)])
def test_a_429_the_library_raises_at_once_stops_all_sending_for_long(asked, minutes):
    error = answered(429, headers={"Retry-After": asked})
    outcome = outcome_of(error)

    assert isinstance(outcome, Later)
    assert outcome.after == timedelta(minutes=minutes)
    assert pause_after(error) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("asked", "seconds"), [("0.02", 5), ("", 5), ("40", 40)])
def test_a_429_that_the_library_could_not_wait_out_is_no_ban(asked, seconds):
    error = answered(429, headers={"Retry-After": asked, "Via": "1.1 google"})

    assert outcome_of(error) == Later(timedelta(seconds=seconds), "rate limit")
    assert pause_after(error) == timedelta(0)


@pytest.mark.parametrize("error", [answered(401), discord.LoginFailure("no")])
def test_a_refused_token_stops_all_sending_and_is_no_hot_loop(error):
    outcome = outcome_of(error)

    assert isinstance(outcome, Later)
    assert outcome.after == pause_after(error) == timedelta(minutes=5)


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError(104, "reset"), aiohttp.ServerDisconnectedError(), TimeoutError()],
)
def test_a_lost_connection_leaves_open_whether_it_was_sent(error):
    outcome = outcome_of(error)

    assert isinstance(outcome, Later)
    assert outcome.unknown
    assert pause_after(error) == timedelta(0)


def test_a_refused_connection_sent_nothing():
    key = ConnectionKey("discord.example", 443, True, True, None, None, None)
    outcome = outcome_of(aiohttp.ClientConnectorError(key, OSError(111, "refused")))

    assert isinstance(outcome, Later)
    assert not outcome.unknown


def test_an_error_nobody_thought_of_is_tried_again_later():
    assert isinstance(outcome_of(RuntimeError("Session is closed")), Later)
