"""What the operator is told: each trouble once, and once when it is over."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta

from alerts.domain.ids import Chat, Platform
from bot.alarm import LETTERS_EVERY_SECONDS, UNSENT_AT_MOST, Alarm, Troubles
from bot.health import Part
from bot.outcome import Later, Sent

TELEGRAM, DISCORD = Platform("telegram"), Platform("discord")
ADMIN, OTHER = Chat(TELEGRAM, "1"), Chat(DISCORD, "2")
WELL = Part("telegram", "ok", well=True)
ILL = Part("telegram", "token refused", well=False)


def titles(cards):
    return [card.title for card in cards]


def test_a_trouble_that_lasts_is_told_once_and_so_is_its_end():
    troubles = Troubles()

    told = [titles(troubles.look([ILL], now)) for now in (0, 14, 15, 100, 500)]
    over = [titles(troubles.look([WELL], now)) for now in (600, 700)]

    assert told == [[], [], ["Trouble – telegram: token refused"], [], []]
    assert over == [["Over: telegram is well again after 10 min"], []]


def test_a_short_trouble_is_not_told_and_neither_is_its_end():
    troubles = Troubles()

    told = [
        troubles.look([part], now) for part, now in ((ILL, 0), (WELL, 10), (ILL, 20), (WELL, 30))
    ]

    assert told == [[], [], [], []]


def test_a_trouble_that_comes_back_is_told_again():
    troubles = Troubles()
    for part, now in ((ILL, 0), (ILL, 20), (WELL, 30), (ILL, 40)):
        troubles.look([part], now)

    assert titles(troubles.look([ILL], 60)) == ["Trouble – telegram: token refused"]


def test_a_part_that_cannot_be_ill_is_no_trouble():
    standby = Part("polling", "standing by")

    assert [Troubles().look([standby], now) for now in (0, 100)] == [[], []]


def test_dead_letters_are_counted_and_told_ever_so_often():
    troubles = Troubles()

    first = troubles.letters(1, "refused", 0)
    soon = troubles.letters(4, "503", 60)
    later = troubles.letters(4, "503", LETTERS_EVERY_SECONDS)

    assert titles(first) == ["Trouble – 1 alert could not be delivered"]
    assert soon == []
    assert titles(later) == ["Trouble – 3 alerts could not be delivered"]
    assert "503" in later[0].lines[0]
    assert troubles.letters(4, "503", 9 * LETTERS_EVERY_SECONDS) == []


class Scripted:
    def __init__(self, name, *outcomes):
        self.name = name
        self.outcomes = list(outcomes)
        self.inbox = []

    async def send(self, chat, card, key):
        outcome = self.outcomes.pop(0) if self.outcomes else Sent("1")
        if isinstance(outcome, Sent):
            self.inbox.append((chat, card.title))
        return outcome


@dataclass
class Deliveries:
    buried: int = 0
    last_buried: str = ""


def an_alarm(*platforms, chats=(ADMIN, OTHER), couriers=()):
    return Alarm({one.name: one for one in platforms}, chats, None, couriers)


async def test_every_admin_chat_that_can_be_reached_hears_of_it():
    telegram = Scripted(TELEGRAM)
    alarm = an_alarm(telegram)
    for now in (0, 20):
        await alarm.look([ILL], now)

    assert telegram.inbox == [(ADMIN, "Trouble – telegram: token refused")]


async def test_what_cannot_be_told_now_is_told_later():
    telegram, discord = Scripted(TELEGRAM, Later(timedelta(1), "refused")), Scripted(DISCORD)
    alarm = an_alarm(telegram, discord)
    for now in (0, 20):
        await alarm.look([ILL], now)
    told_elsewhere = list(discord.inbox)

    await alarm.look([ILL], 22)

    assert telegram.inbox == [(ADMIN, "Trouble – telegram: token refused")]
    assert told_elsewhere == discord.inbox == [(OTHER, "Trouble – telegram: token refused")]


async def test_untold_messages_are_bounded():
    alarm = an_alarm(Scripted(TELEGRAM, *[Later(timedelta(1), "no")] * 10_000), chats=(ADMIN,))
    parts = [Part(f"part {number}", "ill", well=False) for number in range(3 * UNSENT_AT_MOST)]
    for now in (0, 20):
        await alarm.look(parts, now)

    assert len(alarm._unsent) == UNSENT_AT_MOST


async def test_dead_letters_of_couriers_are_told():
    telegram, courier = Scripted(TELEGRAM), Deliveries()
    alarm = an_alarm(telegram, couriers=[courier])
    await alarm.look([WELL], 0)
    courier.buried, courier.last_buried = 2, "refused: too long"

    await alarm.look([WELL], 2)

    assert telegram.inbox == [(ADMIN, "Trouble – 2 alerts could not be delivered")]


async def test_it_looks_by_itself_until_it_is_stopped(monkeypatch):
    monkeypatch.setattr("bot.alarm.LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr("bot.alarm.WORTH_TELLING_SECONDS", 0.0)
    telegram = Scripted(TELEGRAM)
    alarm = an_alarm(telegram)

    async def parts():
        return [ILL]

    alarm.parts = parts
    running = asyncio.create_task(alarm.run())
    async with asyncio.timeout(5):
        while not telegram.inbox:
            await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert len(telegram.inbox) == 1
