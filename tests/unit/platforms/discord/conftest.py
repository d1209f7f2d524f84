"""A bot on a fake Discord, connected and with its commands published."""

import pytest

from bot.platforms.discord import Discord
from tests.fakes.discord.desk import FakeDesk, running
from tests.fakes.discord.server import FakeDiscord


@pytest.fixture
async def fake():
    async with FakeDiscord() as fake:
        yield fake


@pytest.fixture
def desk():
    return FakeDesk()


@pytest.fixture
async def platform(fake):
    """The adapter with REST only: nothing runs until a test says so."""
    platform = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)
    yield platform
    await platform.close()


@pytest.fixture
async def bot(fake, desk, platform):
    """The adapter, listening."""
    async with running(platform, desk):
        await fake.connected()
        yield platform
