import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import redactor

TELEGRAM = "123456789:AAExampleExampleExampleExample_12-34"
DISCORD = "MTExMTExMTExMTExMTExMTEx.GAbcDe.abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"POST https://api.telegram.org/bot{TELEGRAM}/sendMessage",
        "POST http://127.0.0.1:8081/bot1:short/getMe",
        f"token={TELEGRAM}",
        f"Authorization: Bot {DISCORD}",
        "connecting to redis://bot:hunter2@store:6379/0",
        "connecting to rediss://:hunter2@store",
    ],
)
def test_what_looks_like_a_secret_is_hidden_though_nobody_named_it(text):
    shown = redactor(())(text)

    assert "***" in shown
    assert not any(part in shown for part in (TELEGRAM, DISCORD, "hunter2", "1:short"))


@given(st.text(), st.text(), st.sampled_from([TELEGRAM, DISCORD, "redis://bot:hunter2@store"]))
def test_it_is_hidden_whatever_stands_around_it(before, after, secret):
    shown = redactor(())(f"{before} {secret} {after}")

    assert not any(part in shown for part in (TELEGRAM, DISCORD, "bot:hunter2"))


@pytest.mark.parametrize("secret", ['pa"ss\\word', "p@ss/w ord", "naïve-pässword", "line\nbreak"])
def test_a_named_secret_is_hidden_in_every_spelling(secret):
    texts = [secret, json.dumps({"a": secret}), repr([secret]), f"://u:{quote(secret, safe='')}@h"]

    for text in texts:
        shown = redactor([secret])(text)
        assert "***" in shown
        assert not any(part in shown for part in ("pa", "ss", "nbreak", "na"))


def test_the_longer_of_two_secrets_is_hidden_whole():
    assert redactor(["secret", "secret-longer"])("a secret-longer b secret") == "a *** b ***"


def test_a_text_without_secrets_is_unchanged():
    text = "tick rules=12 woken=3 venue=deribit url=https://www.deribit.com/api/v2 at=12:00:01"

    assert redactor(["hunter2"])(text) == text


def test_a_very_short_secret_does_not_eat_every_line():
    assert redactor(["a", ""])("a banana") == "a banana"


def test_a_secret_is_hidden_in_any_case():
    hide = redactor(["Canary/Pass:Word"])

    assert hide("why=canary%2fpass%3aword CANARY/PASS:WORD") == "why=*** ***"
