"""`derivwatch once` where nothing answers, and speeds that are none."""

import json

import pytest
from click.testing import CliRunner

from bot.cli import demo, once, record

NOBODY = {"VENUES": "deribit", "DERIBIT_URL": "http://127.0.0.1:9/api/v2", "ASSETS": "BTC"}


def test_once_says_each_reason_once_and_fails_where_nothing_can_be_read():
    result = CliRunner().invoke(once.command, ["--dry-run"], env=NOBODY)

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert all(line["unavailable"] == "no_data" for line in lines)
    assert result.stderr.splitlines()[1:] == ["deribit: cannot connect to 127.0.0.1"]


@pytest.mark.parametrize("speed", ["nan", "inf", "0", "-1", "fast"])
def test_a_speed_is_a_positive_finite_number(speed):
    result = CliRunner().invoke(demo.command, ["--speed", speed])

    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_a_recording_of_nothing_is_a_failure(tmp_path):
    file = str(tmp_path / "none.jsonl.gz")

    result = CliRunner().invoke(record.command, [file, "--for", "0.2s"], env=NOBODY)

    assert "no venue answered" in str(result.exception)
