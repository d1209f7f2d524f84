"""A rule over the recorded chains of January and February 2026, beside a naive evaluation.

The naive one shares nothing with the product: its skews are a series that others computed from the
same chains, and it looks at the rule once a minute, with a hold and a clear level of its own.
"""

import csv
import json
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest
from click.testing import CliRunner

from bot.cli import compute, replay
from tests.recorded import chains, shared_data

SKEWS = shared_data.ROOT / "deribit_skew_basis_history.csv"
MINUTE = timedelta(minutes=1)

pytestmark = [
    shared_data.skip(chains.FOLDER),
    pytest.mark.skipif(not SKEWS.is_file(), reason=f"no recorded data: {SKEWS.name}"),
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    file = tmp_path_factory.mktemp("recordings") / "deribit.jsonl.gz"
    chains.write(file, assets=["BTC"])
    return str(file)


@pytest.fixture(scope="module")
def skews():
    """The skews of the recorded moments, as others computed them."""
    recorded = {
        datetime.fromisoformat(line["at"]).replace(microsecond=0)
        for line in chains.lines(assets=["BTC"])
    }
    with SKEWS.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["asset"] == "BTC"]
    found = [
        (datetime.fromisoformat(row["time"]).astimezone(UTC), float(row["skew60_norm_pct"]))
        for row in rows
        if datetime.fromisoformat(row["time"]).astimezone(UTC).replace(microsecond=0) in recorded
    ]
    assert len(found) == len(recorded) == 28
    return found


def told(recording, rule, *options):
    result = CliRunner().invoke(replay.command, [rule, "--recording", recording, *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def naive(skews, level, clear, max_age, hold=10 * MINUTE):
    """What a look a minute would tell: (event, minute) for every firing and every end."""
    times = [at for at, _ in skews]
    events, on, armed, since, blind = [], False, None, None, True
    at = times[0]
    while at <= times[-1]:
        last, value = skews[bisect_right(times, at) - 1]
        if at - last > max_age:
            since, blind = None, True
        else:
            met, over = value > level, value < clear
            if armed is None:
                armed = not met
            armed = armed or (over and not on)
            wanted = over if on else (met and armed)
            since = None if not wanted else at if since is None or blind else since
            blind = False
            if since is not None and at - since >= hold:
                on = not on
                events.append(("fired" if on else "resolved", at))
                since = None
        at += MINUTE
    return events


@pytest.mark.parametrize("days", [None, 3])
@pytest.mark.parametrize("level", [10, 15, 20])
def test_a_rule_tells_what_a_look_a_minute_would_tell(recording, skews, level, days):
    spacing = median(after - before for (before, _), (after, _) in pairwise(skews))
    max_age = timedelta(days=days) if days else 3 * spacing
    options = ("--max-age", f"{days}d") if days else ()

    lines = told(recording, f"BTC skew above {level}%", *options)
    said = [line for line in lines if line.get("event") in {"fired", "resolved"}]
    expected = naive(skews, level, level - 2, max_age)

    assert [line["event"] for line in said] == [kind for kind, _ in expected]
    for line, (_, at) in zip(said, expected, strict=True):
        assert abs(datetime.fromisoformat(line["at"]) - at) <= 2 * MINUTE


def test_the_crash_of_february_is_one_story_without_flapping(recording):
    *events, summary = told(recording, "BTC skew above 15%")
    kinds = [line["event"] for line in events if line["event"] not in {"dark", "back"}]

    assert kinds[0] == "fired"
    assert set(kinds[1:]) == {"reminded"}
    assert events[[line["event"] for line in events].index("fired")]["at"][:10] == "2026-02-05"
    assert summary["summary"]["episodes"] == 1


def test_its_reminders_come_ever_more_rarely(recording):
    lines = told(recording, "BTC skew above 15%")
    at = [datetime.fromisoformat(x["at"]) for x in lines if x.get("event") in {"fired", "reminded"}]
    waits = [after - before for before, after in pairwise(at)]

    assert waits == [timedelta(hours=12), timedelta(hours=24), timedelta(hours=48)]


def test_near_skew_above_far_skew_is_replayed_like_any_other(recording):
    *events, summary = told(recording, "skew 7d above skew 30d", "--max-age", "3d")
    fired = [line for line in events if line["event"] == "fired"]

    assert summary["summary"]["episodes"] == len(fired) > 0
    assert fired[-1]["at"] < "2026-02-05"  # near options were dearest before the crash and in it


@pytest.mark.parametrize(
    ("at", "grade"),
    [
        # By the edges: skew 5.6 %, basis over 5 %, slope positive: nothing is past two of them.
        ("2026-01-14T21:31Z", 0),
        # Skew 21.4 % (over 20), 34 % under the high of the month (over 30), near vols far dearer.
        ("2026-02-05T21:31Z", 3),
        # Skew 19.6 % (over 15), basis under 3 %, 28 % under the high, slope -9.9 (under -5).
        ("2026-02-06T21:31Z", 2),
    ],
)
def test_the_regime_of_recorded_moments_is_what_the_edges_say(recording, at, grade):
    words = ["regime:BTC", "--recording", recording, "--at", at]
    result = CliRunner().invoke(compute.command, words)
    line = json.loads(result.stdout)

    assert (line["value"], line["unit"]) == (grade, "grade")
    assert line["quality"] == "degraded"  # nobody recorded liquidations


def test_the_regime_of_that_month_does_not_flap(recording):
    *events, _ = told(recording, "regime becomes stress", "--max-age", "3d")
    days = [(line["event"], line["at"][:10]) for line in events if line["event"] != "reminded"]

    assert [one for one in days if one[0] in {"fired", "resolved"}] == [
        ("fired", "2026-01-31"),
        ("resolved", "2026-02-02"),
        ("fired", "2026-02-04"),
    ]
