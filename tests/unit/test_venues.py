from datetime import UTC, datetime

import pytest

from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import open_session
from alerts.exchanges.spec import Request
from bot.settings import load
from bot.venues import set_source

PUSHING = [exchange for exchange in EXCHANGES if exchange.streams]


def now():
    return datetime(2026, 2, 6, tzinfo=UTC)


async def made(exchange, **settings):
    names = {f"{exchange.venue}_{name}".upper(): value for name, value in settings.items()}
    async with open_session() as session:
        return set_source(exchange, session, now, load(names, None))


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: one.venue)
async def test_a_venue_is_asked_at_its_own_address_or_where_it_is_set(exchange):
    own = (await made(exchange)).http.url(Request("/x"))
    other = (await made(exchange, url="http://127.0.0.1:1/v")).http.url(Request("/x"))

    assert own == f"{exchange.url}/x"
    assert other == "http://127.0.0.1:1/v/x"


@pytest.mark.parametrize("exchange", PUSHING, ids=lambda one: one.venue)
async def test_streams_of_a_venue_asked_elsewhere_are_left_alone_unless_set_too(exchange):
    assert (await made(exchange)).listen is not None
    assert (await made(exchange, url="http://127.0.0.1:1")).listen is None
    both = {"url": "http://127.0.0.1:1", "ws_url": "ws://127.0.0.1:1"}
    assert (await made(exchange, **both)).listen is not None


def test_every_venue_that_pushes_has_a_setting_for_where():
    settings = load({}, None)

    assert all(hasattr(settings, f"{exchange.venue}_ws_url") for exchange in PUSHING)
    assert all(exchange.stream_url.startswith("wss://") for exchange in PUSHING)
