"""Buttons that prove where they belong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Chat, Platform
from bot.platforms.seal import TAG_LENGTH, Seal

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
HERE = Chat(Platform("telegram"), "-100", "7")
SEAL = Seal.of_token(TOKEN)


@given(st.text(min_size=1, max_size=48))
def test_what_is_sealed_opens_in_its_chat(act):
    assert SEAL.opened(HERE, SEAL.sealed(HERE, act)) == act


def test_another_process_with_the_same_token_opens_it():
    assert Seal.of_token(TOKEN).opened(HERE, SEAL.sealed(HERE, "pause:7:1")) == "pause:7:1"


@pytest.mark.parametrize(
    "there",
    [
        Chat(Platform("telegram"), "-101", "7"),
        Chat(Platform("telegram"), "-100"),
        Chat(Platform("telegram"), "-100", "8"),
        Chat(Platform("discord"), "-100", "7"),
    ],
    ids=str,
)
def test_it_opens_nowhere_else(there):
    assert SEAL.opened(there, SEAL.sealed(HERE, "pause:7:1")) == ""


def test_a_new_token_makes_old_buttons_void():
    assert Seal.of_token("another").opened(HERE, SEAL.sealed(HERE, "pause:7:1")) == ""


@given(st.text(max_size=64))
def test_no_data_that_was_not_sealed_opens(data):
    assert SEAL.opened(HERE, data) == ""


@given(st.integers(0, len("pause:7:1") + TAG_LENGTH - 1), st.characters())
def test_a_changed_character_voids_it(at, char):
    carried = SEAL.sealed(HERE, "pause:7:1")
    changed = carried[:at] + char + carried[at + 1 :]

    assert SEAL.opened(HERE, changed) == ("pause:7:1" if changed == carried else "")


def test_half_a_character_from_outside_is_only_wrong():
    assert SEAL.opened(HERE, "\ud800" * 20) == ""


def test_the_longest_act_fits_into_telegrams_64_bytes():
    assert len(SEAL.sealed(HERE, "x" * 48).encode()) == 60


def test_neither_token_nor_key_is_shown():
    assert TOKEN not in repr(SEAL)
    assert repr(SEAL) == "Seal()"
