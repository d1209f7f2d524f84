import json
from datetime import UTC, datetime

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, Chat
from alerts.domain.rule import State, Unaligned
from alerts.metrics import METRICS
from alerts.ports import New
from alerts.rules.grammar import parse
from alerts.rules.vocabulary import Vocabulary
from alerts.storage.memory import MemoryStore
from bot.cli.rules import add_missing, entries, line

NOW = datetime(2026, 2, 5, tzinfo=UTC)
WORDS = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))
CHAT = Chat("telegram", "-100", "7")
TEXTS = (
    "skew above 15%",
    'eth basis below 3 for 10m clear 4 named "quiet <b>"',
    "price below 60k once",
    "skew below -3 for 1h",
)


async def filled():
    store = MemoryStore()
    for text in TEXTS:
        await store.rules.add(
            New(CHAT, "42", parse(text, WORDS, sure=True), State()), now=NOW, limit=9
        )
    return store


async def rules_of(store):
    return [rule async for rule in store.rules.everything()]


async def test_what_was_written_can_be_read_into_another_store():
    before = await rules_of(await filled())
    other = MemoryStore()

    added = await add_missing(other.rules, entries(map(line, before), WORDS), NOW)

    after = await rules_of(other)
    assert added == len(TEXTS)
    assert [(r.chat, r.owner, r.draft) for r in after] == [
        (r.chat, r.owner, r.draft) for r in before
    ]


async def test_reading_a_file_twice_adds_nothing_the_second_time():
    store = await filled()

    added = await add_missing(store.rules, entries(map(line, await rules_of(store)), WORDS), NOW)

    assert added == 0


async def test_a_paused_rule_stays_paused_and_every_rule_starts_unaligned():
    text = json.dumps({"chat": "discord:u5", "owner": "5", "rule": "skew above 15", "paused": True})
    store = MemoryStore()

    await add_missing(store.rules, entries([text], WORDS), NOW)

    [held] = await store.rules.of_chat(Chat("discord", "u5"))
    assert held.rule.paused
    assert held.state.phase == Unaligned()


def test_every_line_that_cannot_be_used_is_named():
    good = json.dumps({"chat": "telegram:1", "owner": "1", "rule": "skew above 15"})
    lines = [
        good,
        "{",
        "[]",
        "\n",
        good.replace("skew", "nonsense"),
        good.replace("telegram:1", "nowhere"),
        good.replace('"1"', "1"),
        "[" * 100_000,
    ]

    with pytest.raises(UsageError) as caught:
        entries(lines, WORDS)

    named = [
        part.split(":")[0] for part in str(caught.value).splitlines() if part.startswith("line")
    ]
    assert named == ["line 2", "line 3", "line 5", "line 6", "line 7", "line 8"]
