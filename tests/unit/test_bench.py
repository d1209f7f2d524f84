import importlib
import json

import pytest
from click.testing import CliRunner

from alerts.domain.errors import UsageError
from bot.cli import bench
from bot.cli.bench import Figure


@pytest.mark.parametrize(
    ("target", "ok"), [("<= 5", True), ("<= 4", False), (">= 5", True), (">= 6", False), ("", None)]
)
def test_a_figure_knows_whether_it_meets_its_target(target, ok):
    assert Figure("x", 5.0, "s", target).ok is ok


def test_a_bare_number_is_an_upper_bound():
    rows = [
        {"name": "x", "value": 1, "unit": "ms", "target": 3},
        {"name": "y", "value": 2, "unit": "ms"},
    ]

    assert [figure.target for figure in bench.figures(rows)] == ["<= 3", ""]


def test_a_figure_for_people_says_when_the_target_is_missed():
    assert bench.line(Figure("matching", 12.3456, "ms", "<= 3")).split() == [
        "matching", "12.35", "ms", "<=", "3", "MISSED",
    ]  # fmt: skip
    assert "1,000,000" in bench.line(Figure("rules", 1e6, "rules"))


def test_a_figure_for_machines_is_one_object():
    assert json.loads(bench.json_line(Figure("x", 5.0, "s", "<= 5"))) == {
        "name": "x", "value": 5.0, "unit": "s", "target": "<= 5", "ok": True,
    }  # fmt: skip


def test_every_registered_bench_can_be_run():
    for name, what in bench.registered(bench.ROOT).items():
        assert callable(importlib.import_module(f"bench.{name}").run), what


def test_what_runs_only_when_named_is_registered():
    benches = bench.registered(bench.ROOT)

    assert set(bench._long()) < set(benches)


def test_without_the_source_tree_it_is_said_where_the_benches_are(tmp_path):
    with pytest.raises(UsageError, match="source tree"):
        bench.registered(tmp_path)


def test_an_unknown_bench_is_wrong_usage():
    ran = CliRunner().invoke(bench.command, ["nonsense"])

    assert ran.exit_code == 2
    assert "start" in ran.output
