"""Commands sent at the same moment, on every server."""

import asyncio

import pytest
from redis import exceptions as redis_errors

from alerts.storage.connection import connect
from alerts.storage.keys import Keys


@pytest.fixture
async def connection(store_url, prefix):
    if store_url is None:
        pytest.skip("memory has no wire")
    one = connect(store_url, Keys(prefix))
    yield one
    await one.close()


@pytest.fixture
def wire(connection):
    return connection._pipeline


async def test_each_gets_its_own_answer(wire, prefix):
    answers = await asyncio.gather(
        wire.send(("SET", f"{prefix}:a", "1")),
        wire.send(("GET", f"{prefix}:a")),
        wire.send(("ECHO", "x")),
        *(wire.send(("ECHO", str(number))) for number in range(700)),
    )

    assert answers[1:3] == [b"1", b"x"]
    assert answers[3:] == [str(number).encode() for number in range(700)]


async def test_a_refused_command_is_an_error_for_its_caller_alone(wire):
    answers = await asyncio.gather(
        wire.send(("ECHO", "1")), wire.send(("NONSENSE",)), wire.send(("ECHO", "2")),
        return_exceptions=True,
    )  # fmt: skip

    assert (answers[0], answers[2]) == (b"1", b"2")
    assert isinstance(answers[1], redis_errors.ResponseError)


async def test_who_goes_away_takes_nobodys_answer(wire):
    gone = asyncio.create_task(wire.send(("ECHO", "gone")))
    stays = asyncio.create_task(wire.send(("ECHO", "stays")))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == b"stays"
    assert await wire.send(("ECHO", "next")) == b"next"
    assert gone.cancelled()


async def test_a_connection_cut_in_between_is_an_error_for_all_and_no_lasting_one(wire):
    client_id = await wire.send(("CLIENT", "ID"))

    answers = await asyncio.gather(
        wire.send(("CLIENT", "KILL", "ID", client_id, "SKIPME", "no")), wire.send(("ECHO", "1")),
        return_exceptions=True,
    )  # fmt: skip

    assert isinstance(answers[1], redis_errors.ConnectionError)
    assert await wire.send(("ECHO", "2")) == b"2"


async def test_a_script_the_server_has_forgotten_is_sent_again(connection, prefix):
    key = f"{prefix}:lock"
    assert await connection.run("release", [key], ["me"]) == 0
    await connection.tell("SCRIPT", "FLUSH")

    assert await connection.run("release", [key], ["me"]) == 0


async def test_a_transaction_answers_each_of_its_commands_in_the_librarys_shapes(wire, prefix):
    await wire.send(("HSET", f"{prefix}:h", "a", "1"))
    await wire.send(("XADD", f"{prefix}:s", "1-1", "b", "2"))

    answers = await asyncio.gather(
        wire.transact(
            [
                ("HGETALL", f"{prefix}:h"),
                ("XRANGE", f"{prefix}:s", "-", "+"),
                ("GET", f"{prefix}:none"),
            ]
        ),
        wire.send(("ECHO", "neighbour")),
    )

    assert answers == [[{b"a": b"1"}, [(b"1-1", {b"b": b"2"})], None], b"neighbour"]


async def test_a_refused_transaction_is_an_error_for_its_caller_alone(wire, prefix):
    await wire.send(("HSET", f"{prefix}:h", "a", "1"))

    answers = await asyncio.gather(
        wire.transact([("GET", f"{prefix}:h"), ("ECHO", "1")]),
        wire.transact([("NONSENSE",), ("ECHO", "1")]),
        wire.transact([("ECHO", "2")]),
        wire.send(("ECHO", "3")),
        return_exceptions=True,
    )

    assert all(isinstance(one, redis_errors.ResponseError) for one in answers[:2])
    assert "WRONGTYPE" in str(answers[0])
    assert answers[2:] == [[b"2"], b"3"]


class Broken:
    """A connection that was closed under a command, as the library leaves it."""

    _writer = None

    async def send_packed_command(self, words):
        self._writer.writelines(words)

    async def disconnect(self, *, nowait):
        pass


async def test_an_error_in_the_library_is_a_store_that_is_away_and_no_cancellation(
    wire, monkeypatch
):
    pool = wire._client.connection_pool

    async def broken():
        return Broken()

    async def dropped(_connection):
        pass

    with monkeypatch.context() as patched:
        patched.setattr(pool, "get_connection", broken)
        patched.setattr(pool, "release", dropped)
        answers = await asyncio.gather(
            wire.send(("ECHO", "1")), wire.send(("ECHO", "2")), return_exceptions=True
        )

    assert all(isinstance(one, redis_errors.ConnectionError) for one in answers), answers
    assert await wire.send(("ECHO", "3")) == b"3"


async def test_a_command_that_cannot_be_sent_harms_no_other(wire):
    answers = await asyncio.gather(
        wire.send(("ECHO", "1")), wire.send(("ECHO", "half \ud800")), return_exceptions=True
    )

    assert answers[0] == b"1"
    assert isinstance(answers[1], UnicodeEncodeError)
