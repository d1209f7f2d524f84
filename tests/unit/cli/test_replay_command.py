from datetime import datetime, timedelta

import pytest

from alerts.simulator import SCENARIOS
from bot.cli.replay import command
from tests.unit.cli.recordings import write

FEB = SCENARIOS["feb-2026"]
POLL = timedelta(minutes=30)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The whole scenario, a poll every half hour."""
    moments = [FEB.start + n * POLL for n in range((FEB.end - FEB.start) // POLL + 1)]
    return write(tmp_path_factory.mktemp("recordings") / "x.jsonl.gz", moments)


def told(outcome):
    return [line["event"] for line in outcome.lines if "event" in line]


def test_a_skew_rule_fires_once_and_resolves(run, recording):
    outcome = run(command, "skew above 15% remind 7d", "--recording", recording)

    assert outcome.status == 0, outcome.said
    assert told(outcome) == ["fired", "resolved"]
    fired, resolved, _ = outcome.lines
    # crossed after 17:00, seen at 17:30, then held for ten minutes
    assert fired["at"] == "2026-02-05T17:40:00.000Z"
    assert fired["value"] == pytest.approx(15.4, abs=0.2)
    assert (fired["level"], fired["episode"]) == (15, 1)
    assert resolved["value"] < 13


def test_the_summary_comes_last(run, recording):
    outcome = run(command, "basis below 3% remind 7d", "--recording", recording)

    summary = outcome.lines[-1]["summary"]
    assert summary["episodes"] == 1
    assert summary["coverage"] == 1
    assert summary["first"] == "2026-02-05T12:00:00.000Z"
    assert summary["last"] == "2026-02-08T00:00:00.000Z"
    fired, resolved = (line for line in outcome.lines if "event" in line)
    assert summary["on_seconds"] == pytest.approx(_seconds(fired, resolved), abs=1)


def _seconds(fired, resolved):
    ends = [_time(line["at"]) for line in (fired, resolved)]
    return (ends[1] - ends[0]).total_seconds()


def _time(text):
    return datetime.fromisoformat(text)


def test_a_rule_met_from_the_first_sample_waits_for_its_next_crossing(run, recording):
    words = ["skew above 15%", "--recording", recording, "--from", "2026-02-06T00:00Z"]

    assert told(run(command, *words)) == []


def test_unless_the_first_sample_may_fire(run, recording):
    words = ["skew above 15% remind 7d", "--recording", recording, "--from", "2026-02-06T00:00Z"]

    assert told(run(command, *words, "--fire-on-first")) == ["fired", "resolved"]


def test_it_ends_where_it_is_told_to(run, recording):
    words = ["skew above 15% remind 7d", "--recording", recording, "--to", "2026-02-05T20:00Z"]

    assert told(run(command, *words)) == ["fired"]


@pytest.mark.parametrize("until", ["friday", "6 feb", "1d", "2026-02-07T00:00Z"])
def test_until_is_counted_from_where_the_replay_starts(run, recording, until):
    """The recording starts on Thursday, 5 February 2026 at noon, UTC."""
    outcome = run(command, f"skew above 15% remind 7d until {until}", "--recording", recording)

    assert told(outcome) == ["fired", "expired"]
    ended = {"1d": "2026-02-06T12:00:00.000Z"}.get(until, "2026-02-07T00:00:00.000Z")
    assert outcome.lines[1]["at"] == ended


def test_an_end_before_the_start_is_a_mistake(run, recording):
    words = ["skew above 15% until 2026-02-06", "--from", "2026-02-07", "--recording", recording]

    outcome = run(command, *words)

    assert (outcome.status, outcome.lines) == (2, [])
    assert "until 2026-02-06 is past" in outcome.said


def test_a_recording_without_the_series_has_nothing_to_tell(run, recording):
    outcome = run(command, "eth skew above 15%", "--recording", recording)

    assert outcome.status == 0
    assert outcome.lines[-1]["summary"]["episodes"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["skew abov 15%"], "skew above 15%"),
        (["sku above 15%"], "skew"),
        ([""], ""),
        (["skew above 15%", "--from", "soon"], "'soon' is not a time"),
        (["skew above 15%", "--from", "2026-02-07", "--to", "2026-02-06"], "before --from"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(run, recording, words, said):
    outcome = run(command, *words, "--recording", recording)

    assert (outcome.status, outcome.lines) == (2, [])
    assert said in outcome.said
    assert outcome.said.count("\n") == 1


def test_a_missing_recording_is_status_2(run, tmp_path):
    assert run(command, "skew above 15%", "--recording", tmp_path / "no").status == 2
