"""The pages that say what the code says are current, and no page points at nothing."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.fixture(scope="module")
def generated():
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()


@pytest.mark.parametrize(
    "name",
    [".env.example", *(f"docs/{page}.md" for page in ("settings", "metrics", "commands", "rules"))],
)
def test_a_generated_page_is_current(generated, name):
    written = (ROOT / name).read_text(encoding="utf-8")

    assert written == generated[ROOT / name], "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
