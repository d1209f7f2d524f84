"""The commands over the recorded chains of the sell-off."""

import json

import pytest
from click.testing import CliRunner

from bot.cli import compute, replay
from tests.recorded import chains, shared_data

pytestmark = shared_data.skip(chains.FOLDER)

SELL_OFF = "2026-02-05", "2026-02-06"
CALM = "2026-01-14", "2026-01-14"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    file = tmp_path_factory.mktemp("recordings") / "deribit.jsonl.gz"
    chains.write(file, assets=["BTC"])
    return str(file)


def run(command, *words):
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("at", ["2026-02-06T21:30Z", "2026-02-06T21:30:57Z"])
def test_skew_after_the_bounce_reads_19_6(recording, at):
    (line,) = run(compute.command, "skew25_norm.60d:BTC", "--recording", recording, "--at", at)

    assert line["value"] == pytest.approx(19.6, abs=0.3)
    assert line["as_of"].startswith("2026-02-06T21:30:57")
    assert (line["unit"], line["sources"], line["quality"]) == ("%", ["deribit"], "ok")


def test_basis_after_the_bounce_reads_2_9(recording):
    (line,) = run(
        compute.command,
        *("basis.60d:BTC", "--recording", recording, "--at", "2026-02-06T21:30Z"),
    )

    assert line["value"] == pytest.approx(2.9, abs=0.3)


def test_between_two_recorded_days_the_series_is_stale(recording):
    (line,) = run(
        compute.command,
        *("skew25_norm.60d:BTC", "--recording", recording, "--at", "2026-01-20T00:00Z"),
    )

    assert line["unavailable"] == "stale"


def fired(recording, rule, days):
    first, last = days
    lines = run(replay.command, rule, "--recording", recording, "--from", first, "--to", last)
    return [line["at"][:10] for line in lines if line.get("event") == "fired"]


def test_skew_above_15_fires_in_the_sell_off(recording):
    assert fired(recording, "skew above 15%", SELL_OFF) == ["2026-02-05"]


def test_skew_above_15_does_not_fire_on_14_january(recording):
    assert fired(recording, "skew above 15%", CALM) == []


def test_basis_below_2_fires_in_the_sell_off(recording):
    assert fired(recording, "basis below 2%", SELL_OFF) == ["2026-02-05"]


def test_over_the_whole_recording_skew_above_15_is_one_episode(recording):
    *events, summary = run(replay.command, "skew above 15% remind 7d", "--recording", recording)

    assert [line["event"] for line in events].count("fired") == 1
    assert summary["summary"]["episodes"] == 1
