"""What every store promises of chats' preferences (alerts/ports.py)."""

from dataclasses import replace
from datetime import UTC, datetime, time

from alerts.domain.ids import Chat, Platform
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.storage.redis import RedisStore

ALICE = Chat(Platform("telegram"), "-100", "7")
BOB = Chat(Platform("telegram"), "200")
CAROL = Chat(Platform("discord"), "u300")
CHOSEN = Preferences(
    "Europe/Lisbon",
    Quiet(time(23), time(7, 30)),
    Budget(5, Period.WEEK, 3, "2026-W06"),
    flipped_sign=True,
    decimal_comma=True,
    snoozed_until=datetime(2026, 2, 6, 12, tzinfo=UTC),
)


async def test_a_chat_that_chose_nothing_has_the_defaults(store):
    assert await store.chats.read([ALICE]) == [Preferences()]
    assert list(await store.chats.read([])) == []


async def test_preferences_of_many_chats_come_in_the_order_asked_for(store):
    await store.chats.write(ALICE, CHOSEN)
    await store.chats.write(CAROL, replace(CHOSEN, zone="Asia/Tokyo"))

    found = await store.chats.read([CAROL, BOB, ALICE])

    assert found == [replace(CHOSEN, zone="Asia/Tokyo"), Preferences(), CHOSEN]


async def test_the_last_choice_counts_and_the_defaults_can_be_chosen_again(store):
    await store.chats.write(ALICE, CHOSEN)
    await store.chats.write(ALICE, Preferences(zone="Asia/Tokyo"))
    assert await store.chats.read([ALICE]) == [Preferences(zone="Asia/Tokyo")]

    await store.chats.write(ALICE, Preferences())

    assert await store.chats.read([ALICE]) == [Preferences()]


async def test_a_chat_that_moves_takes_its_preferences_along(store):
    await store.chats.write(ALICE, CHOSEN)

    await store.outbox.readdress(ALICE, BOB)

    assert await store.chats.read([ALICE, BOB]) == [Preferences(), CHOSEN]


async def test_what_was_chosen_at_the_new_address_stays(store):
    await store.chats.write(ALICE, CHOSEN)
    await store.chats.write(BOB, Preferences(zone="Asia/Tokyo"))

    await store.outbox.readdress(ALICE, BOB)

    assert await store.chats.read([ALICE, BOB]) == [Preferences(), Preferences(zone="Asia/Tokyo")]


async def test_a_foreign_value_counts_as_nothing_chosen_and_can_be_replaced(
    server, server_url, prefix
):
    await server.hset(f"{prefix}chats", str(ALICE), "<garbage>")
    store = await RedisStore.open(server_url, prefix=prefix)
    try:
        assert await store.chats.read([ALICE, BOB]) == [Preferences(), Preferences()]

        await store.chats.write(ALICE, CHOSEN)

        assert await store.chats.read([ALICE]) == [CHOSEN]
    finally:
        await store.close()


async def test_only_chats_that_chose_something_take_room(server, server_url, prefix):
    store = await RedisStore.open(server_url, prefix=prefix)
    try:
        await store.chats.write(ALICE, CHOSEN)
        await store.chats.write(ALICE, Preferences())

        assert await server.exists(f"{prefix}chats") == 0
    finally:
        await store.close()
