"""hikari against our fake Discord, so that the fake cannot flatter the library we use."""

import pytest
import pytest_asyncio

from tests.contracts.foreign.apart import foreign, needs_apart
from tests.fakes.discord import faults
from tests.fakes.discord.model import buttons_of, text_of
from tests.fakes.discord.server import FakeDiscord

pytestmark = [needs_apart, pytest.mark.timeout(60), pytest.mark.asyncio(loop_scope="module")]

PATIENCE = 15.0


@pytest_asyncio.fixture(loop_scope="module")
async def fake():
    async with FakeDiscord() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client():
    async with foreign("hikari_bot.py") as calls:
        yield calls


@pytest_asyncio.fixture(loop_scope="module")
async def hikari(fake, client):
    """The client, logged in to this test's fake by REST and gateway."""

    async def connected(**more):
        shards = await client("connect", url=fake.api_url, token=fake.token, **more)
        assert "result" in shards, shards
        return client

    yield connected
    await client("leave")


async def test_hikari_logs_in_and_hears_of_the_servers_it_is_in(fake, hikari):
    guild = fake.guild(owner=fake.person("boss"), name="desk")
    calls = await hikari()

    me = (await calls("whoami"))["result"]
    await fake.connected(PATIENCE)

    assert me == {
        "id": fake.world.bot.id, "bot": True, "application": fake.world.application_id
    }  # fmt: skip
    seen = (await calls("seen", least=1))["result"]
    assert seen == [["guild", "desk", [int(guild.channel_id)]]]


async def test_hikari_publishes_commands_answers_them_and_hears_a_button(fake, hikari):
    calls = await hikari()
    alice = fake.person("alice")

    made = await calls("sync", application=fake.world.application_id)
    reply = await fake.slash(alice, "now", {"metric": "skew"}, seconds=PATIENCE)
    shown = (reply.text, reply.ephemeral, list(buttons_of(reply.message)))
    pressed = await fake.press(reply, "Save", seconds=PATIENCE)

    assert [(one[0], one[2]) for one in made["result"]] == [("now", ["metric"])]
    assert shown == ("now {'metric': 'skew'}", True, ["Save"])
    assert text_of(pressed.message).strip() == "tapped save:1"


async def test_hikari_answers_a_direct_message_and_opens_one(fake, hikari):
    calls = await hikari()
    alice = fake.person("alice")

    await fake.connected(PATIENCE)
    await fake.say(alice, "skew", PATIENCE)
    answered = await fake.next_dm(alice, PATIENCE)
    opened = await calls("send", person=alice.id, text="hello")

    assert text_of(answered).strip() == "you said skew"
    assert opened["result"]["text"] == "hello"
    assert text_of(await fake.next_dm(alice, PATIENCE)).strip() == "hello"


async def test_hikari_takes_a_429_for_one_and_sees_how_long_it_is_asked_to_wait(fake, hikari):
    calls = await hikari(longest=1.0)
    guild = fake.guild(owner=fake.person("boss"))
    fake.faults.add("POST /channels", faults.too_many(3600.0, scope="shared"))

    flooded = await calls("send", channel=guild.channel_id, text="x")

    assert flooded.get("error") == "RateLimitTooLongError", flooded
    assert flooded["retry_after"] == pytest.approx(3600.0)


async def test_hikari_tries_again_after_a_429_for_everybody_and_sends_once(fake, hikari):
    calls = await hikari()
    guild = fake.guild(owner=fake.person("boss"))
    fake.faults.add("POST /channels", faults.too_many(0.4, everywhere=True, scope="global"))

    sent = await calls("send", channel=guild.channel_id, text="x")

    assert sent["result"]["text"] == "x"
    assert [one.status for one in fake.requests if "/messages" in one.path] == [429, 200]
    assert len(fake.wrote(guild.channel_id)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.error(403, 50007, "Cannot send messages to this user"), "ForbiddenError"),
        (faults.error(404, 10003, "Unknown Channel"), "NotFoundError"),
        (faults.error(400, 50035, "Invalid Form Body"), "BadRequestError"),
        (faults.error(401, 0, "401: Unauthorized"), "UnauthorizedError"),
        (faults.down(503), "InternalServerError"),
    ],
    ids=lambda one: one if isinstance(one, str) else str(one.status),
)
async def test_hikari_reads_every_refusal_as_what_it_is(fake, hikari, fault, error):
    calls = await hikari()
    guild = fake.guild(owner=fake.person("boss"))
    fake.faults.add("POST /channels", fault)

    answer = await calls("send", channel=guild.channel_id, text="x")

    assert (answer["error"], answer["status"]) == (error, fault.status)


async def test_hikari_runs_two_shards(fake, hikari):
    guilds = [fake.guild(owner=fake.person("boss"), name=f"desk {at}") for at in range(4)]
    calls = await hikari(shards=2)

    seen = (await calls("seen", least=len(guilds)))["result"]

    assert sorted(name for _, name, _ in seen) == sorted(guild.name for guild in guilds)
