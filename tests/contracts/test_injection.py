"""Texts from outside stay values: no key, no command and no script is ever made of them."""

from datetime import timedelta

import pytest

from alerts.domain.ids import Chat, Platform
from alerts.domain.rule import Idle, State
from alerts.ports import New
from tests.builders import NOON, a_draft
from tests.contracts.test_episodes import news, tell
from tests.contracts.test_store import settle_all

HOUR = timedelta(hours=1)
TELEGRAM = Platform("telegram")
HOSTILE = (
    "{derivwatch}:rules",
    "x\r\nFLUSHALL\r\n",
    "*3\r\n$3\r\nDEL\r\n",
    "'); redis.call('FLUSHALL') --",
    "]] redis.call('DEL', KEYS[1]) --[[",
    '","owner":"me","chat":"telegram:1',
    '{"v":1,"revision":9,"number":9,"chat":"telegram:1"',
    "%s%n%d {0} ${HOME} `id`",
    "\x00 nul",
    "..:../chat:*",
    "\\",
    "é" * 300,
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_names_and_owners_come_back_as_they_were(store, text):
    chat, other = Chat(TELEGRAM, "1"), Chat(TELEGRAM, "2")
    bystander = await store.rules.add(New(other, "b", a_draft(), State(Idle())), now=NOON, limit=9)

    rule = await store.rules.add(
        New(chat, text, a_draft(name=text), State(Idle())), now=NOON, limit=9
    )
    await tell(store, rule, news(rule))
    edited = await store.rules.replace(rule, State(Idle()), now=NOON)
    await store.outbox.readdress(chat, Chat(TELEGRAM, "3"))

    [held] = await store.rules.of_chat(Chat(TELEGRAM, "3"))
    assert (held.rule.owner, held.rule.draft.name) == (text, text)
    assert (held.rule.revision, held.rule.number) == (edited.revision, 1)
    assert [one.rule for one in await store.rules.of_chat(other)] == [bystander]
    assert [entry.chat.id for entry in await settle_all(store)] == ["3"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_the_name_of_a_note_is_one_name(store, text):
    await store.notes.put("plain", "stays", HOUR)

    await store.notes.put(text, text, HOUR)

    assert await store.notes.pop(text) == text
    assert await store.notes.read("plain") == "stays"


@pytest.mark.parametrize("text", HOSTILE)
async def test_an_id_that_nobody_gave_finds_and_changes_nothing(store, text):
    chat = Chat(TELEGRAM, "1")
    rule = await store.rules.add(New(chat, "a", a_draft(), State(Idle())), now=NOON, limit=9)

    assert await store.rules.load([text]) == []
    assert not await store.outbox.resend(TELEGRAM, text)
    assert not await store.outbox.drop(TELEGRAM, text)
    assert [held.rule for held in await store.rules.of_chat(chat)] == [rule]
