"""`.env.example` lists exactly what Settings reads."""

import re
from pathlib import Path

from bot.settings import Settings, load

EXAMPLE = Path(__file__).resolve().parents[1] / ".env.example"


def test_it_lists_exactly_the_settings_that_are_read():
    names = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)

    assert tuple(names) == Settings.names()


def test_every_setting_has_one_line_that_says_what_it_is():
    blocks = EXAMPLE.read_text(encoding="utf-8").strip().split("\n\n")[1:]

    assert [block for block in blocks if not re.fullmatch(r"# .+\n[A-Z_]+=", block)] == []


def test_a_copy_of_it_is_a_working_env_file():
    assert load({}, EXAMPLE) == load({}, None)
