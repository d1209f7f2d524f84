from alerts.storage.keys import PREFIX, Keys
from tests.builders import CHAT, SKEW


def test_every_key_begins_with_the_prefix_and_is_its_own():
    keys = Keys()
    plain = [getattr(keys, name) for name, kind in vars(Keys).items() if isinstance(kind, property)]
    made = [
        *plain,
        keys.chat(CHAT),
        keys.episodes(CHAT),
        keys.fired(CHAT),
        keys.history(SKEW),
        keys.history_fine(SKEW, 7),
        keys.history_coarse(SKEW, 7),
        keys.history_labels(SKEW),
        keys.outbox(CHAT.platform),
        keys.aside(CHAT.platform),
        keys.aside_due(CHAT.platform),
        keys.rang(CHAT.platform),
        keys.dead(CHAT.platform),
        keys.lines(CHAT.platform),
        keys.turns(CHAT.platform),
        keys.turns_clock(CHAT.platform),
        keys.note("rules"),
        keys.budget("t"),
        keys.budget_chat("t", CHAT),
        keys.budget_minute("t", CHAT),
        keys.budget_floods("t"),
    ]

    assert all(key.startswith(PREFIX) for key in made)
    assert len(set(made)) == len(made)
    assert [key for key in made if not key.endswith(":") and keys.kind(key) is None] == []


def test_another_prefix_is_another_store():
    assert Keys("staging:").rules == "staging:rules"
