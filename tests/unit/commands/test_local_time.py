"""Times as a chat's own clock shows them, wherever a command says or reads one."""

from datetime import UTC, timedelta

from alerts.domain.preferences import Preferences
from tests.unit.commands.room import NOW, Room, everything


async def in_zone(zone):
    room = Room()
    await room.desk.chats.write(room.ask.chat, Preferences(zone))
    return room


async def test_times_are_told_in_the_zone_of_the_chat():
    utc, lisbon, kolkata = Room(), await in_zone("Europe/Lisbon"), await in_zone("Asia/Kolkata")

    footers = [(await room.says("now")).footer for room in (utc, lisbon, kolkata)]

    assert f"{NOW:%H:%M} UTC" in footers[0]
    assert f"{NOW:%H:%M} WET" in footers[1]
    assert f"{NOW + timedelta(hours=5, minutes=30):%H:%M} IST" in footers[2]


async def test_until_a_time_of_day_is_that_of_the_chat():
    room = await in_zone("Asia/Tokyo")

    card = await room.says("skew above 15 until 10 feb 18:00 once")

    assert "ends 10 Feb 2026 18:00 JST" in everything(card)
    assert "ends 10 Feb 2026 18:00 JST" in everything(await room.says("#1"))
    [held] = await room.store.rules.of_chat(room.ask.chat)
    assert f"{held.rule.draft.until.astimezone(UTC):%d %H:%M}" == "10 09:00"


async def test_a_chat_in_a_zone_this_machine_does_not_know_is_told_utc():
    room = await in_zone("Mars/Olympus")

    assert f"{NOW:%H:%M} UTC" in (await room.says("now")).footer
