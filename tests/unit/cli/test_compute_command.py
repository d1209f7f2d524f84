from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.compute import command
from tests.unit.cli.recordings import write

START = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Four polls a minute apart, the last but one refused by the venue."""
    moments = [START + n * MINUTE for n in (0, 1, 2, 3)]
    file = tmp_path_factory.mktemp("recordings") / "x.jsonl.gz"
    return write(file, moments, status={moments[2]: 503})


def test_a_reading_is_printed_as_the_interface_says(run, recording):
    outcome = run(command, "price:BTC", "--recording", recording, "--at", "2026-02-06T20:15Z")

    assert outcome.status == 0
    assert outcome.lines == [
        {
            "series": "price:BTC",
            "value": 71_500.0,
            "unit": "USD",
            "as_of": "2026-02-06T20:15:00.000Z",
            "sources": ["deribit"],
            "coverage": 1.0,
            "method": "index/1",
            "quality": "ok",
        }
    ]


def test_every_series_asked_for_gets_its_line_in_order(run, recording):
    asked = ["skew25_norm.60d:BTC", "basis.60d:BTC@deribit", "price:BTC"]

    outcome = run(command, *asked, "--recording", recording)

    assert [line["series"] for line in outcome.lines] == asked
    assert outcome.lines[0]["value"] == pytest.approx(20, abs=0.3)
    assert outcome.lines[1]["value"] == pytest.approx(2, abs=0.1)


def test_without_a_time_it_is_the_recordings_end(run, recording):
    (line,) = run(command, "price:BTC", "--recording", recording).lines

    assert line["as_of"] == "2026-02-06T20:18:00.000Z"


def test_a_time_stands_for_all_of_the_minute_it_names(run, recording):
    (line,) = run(command, "price:BTC", "--recording", recording, "--at", "2026-02-06T20:16").lines

    assert line["as_of"] == "2026-02-06T20:16:00.000Z"


def test_a_reading_counts_through_a_refused_poll(run, recording):
    (line,) = run(
        command, "price:BTC", "--recording", recording, "--at", "2026-02-06T20:17:30Z"
    ).lines

    assert line["as_of"] == "2026-02-06T20:16:00.000Z"


def test_past_its_age_the_reason_of_the_gap_is_told(run, recording):
    (line,) = run(
        command,
        *("price:BTC", "--recording", recording, "--at", "2026-02-06T20:17:30Z"),
        *("--max-age", "60s"),
    ).lines

    assert line["series"] == "price:BTC"
    assert line["unavailable"] == "no_data"
    assert "503" in line["detail"]


def test_a_reading_older_than_three_spacings_is_stale(run, recording):
    # readings at :15, :16 and :18: the median spacing is 1.5 minutes, so they count for 4.5
    said = [
        run(command, "price:BTC", "--recording", recording, "--at", f"2026-02-06T20:{at}Z").lines[0]
        for at in ("22:30", "22:31")
    ]

    assert said[0]["as_of"] == "2026-02-06T20:18:00.000Z"
    assert said[1]["unavailable"] == "stale"
    assert "0:04:30" in said[1]["detail"]


@pytest.mark.parametrize("series", ["price:ETH", "price:DOGE"])
def test_what_was_not_recorded_is_unavailable(run, recording, series):
    (line,) = run(command, series, "--recording", recording).lines

    assert (line["series"], line["unavailable"]) == (series, "no_data")


def test_before_the_first_line_there_is_no_data(run, recording):
    (line,) = run(
        command, "price:BTC", "--recording", recording, "--at", "2026-02-06T20:14:59Z"
    ).lines

    assert line["unavailable"] == "no_data"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "'nonsense' is not a series"),
        (["gamma:BTC"], "'gamma' is not a metric here"),
        (["skew25_norm:BTC"], "write skew25_norm.60d:BTC"),
        (["price.60d:BTC"], "write price:BTC"),
        (["price:BTC@nowhere"], "'nowhere' is not a venue here: deribit"),
        (["price:BTC|chg.2h"], "|chg.2h is nothing I compute: chg.1h chg.4h"),
        (["price:BTC", "--at", "yesterday"], "'yesterday' is not a time"),
        (["price:BTC", "--at", "2026-02-30T00:00Z"], "is not a time"),
        (["price:BTC", "--at", "2026-02-06T24:99Z"], "is not a time"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(run, recording, words, said):
    outcome = run(command, *words, "--recording", recording)

    assert (outcome.status, outcome.lines) == (2, [])
    assert said in outcome.said
    assert outcome.said.count("\n") == 1


def test_a_missing_recording_is_one_line_and_status_2(run, tmp_path):
    outcome = run(command, "price:BTC", "--recording", tmp_path / "nowhere")

    assert outcome.status == 2
    assert "nowhere does not exist" in outcome.said
    assert outcome.said.count("\n") == 1


def test_broken_lines_are_counted_and_named_and_the_rest_is_read(run, tmp_path):
    write(tmp_path / "a.jsonl.gz", [START])
    (tmp_path / "b.jsonl").write_text("nonsense\n")

    outcome = run(command, "price:BTC", "--recording", tmp_path)

    assert outcome.lines[0]["value"] == 71_500
    assert "skipped 1 broken lines: b.jsonl:1" in outcome.said


def test_help_shows_an_example():
    assert "Example:" in command.epilog
