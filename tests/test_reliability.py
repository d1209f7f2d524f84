"""The table of faults in docs/reliability.md names tests that are there, and leaves no row bare."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "## What breaks, and what then", "## What others do"
SECTIONS = {
    "Market data": 13, "Rules and their clock": 10, "The store": 15, "Telegram": 11,
    "Discord": 12, "Load": 6,
}  # fmt: skip
"""The rows of the fault model. A new fault adds one; none goes without a better one."""


def sections():
    """Each section's rows: the fault, and what is named as showing it."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    found, name = {}, ""
    for line in text.splitlines():
        if line.startswith("### "):
            name = line.removeprefix("### ")
            found[name] = []
        elif line.startswith("| ") and not line.startswith(("| fault |", "| --- |")):
            fault, _, shown = (cell.strip() for cell in line.strip("|").split("|"))
            found[name].append((fault, re.findall(r"`([^`]+)`", shown)))
    return found


ROWS = [row for rows in sections().values() for row in rows]


@pytest.fixture(scope="module")
def there():
    """Every test, and every part of make chaos."""
    files = [*(ROOT / "tests").rglob("test_*.py")]
    names = {
        name
        for file in files
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    chaos = (ROOT / "tests" / "chaos" / "__main__.py").read_text(encoding="utf-8")
    parts = re.findall(r'"(\w+)": _\w+', chaos)
    return names | {f"make chaos ARGS={part}" for part in parts}


def test_no_section_and_no_row_of_the_fault_model_is_missing():
    assert {name: len(rows) for name, rows in sections().items()} == SECTIONS


@pytest.mark.parametrize(("fault", "shown"), ROWS, ids=[fault for fault, _ in ROWS])
def test_every_fault_is_shown_by_tests_that_are_there(there, fault, shown):
    assert shown, f"nothing shows {fault!r}"
    assert [name for name in shown if name not in there] == []
