import contextlib
import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.domain.errors import RecordingError
from alerts.domain.ids import Venue
from alerts.exchanges.http import full_url
from alerts.exchanges.spec import Request
from alerts.recording import Line, Recorder, Recording, iso, parsed, written

AT = datetime(2026, 2, 6, 21, 30, 57, 123000, tzinfo=UTC)
URL = "https://www.deribit.com/api/v2/public/get_index_price?index_name=btc_usd"


def a_line(**changes):
    return Line(
        **{"at": AT, "venue": Venue("deribit"), "url": URL, "content": b'{"a":1}'} | changes
    )


def record(path, *lines):
    with contextlib.closing(Recorder(path)) as recorder:
        for line in lines:
            recorder.write(line)
    return Recording.at(path)


def test_a_line_is_written_as_the_interface_says():
    assert written(a_line(content=b'{"result": {"x": 1.50}}')) == (
        b'{"at":"2026-02-06T21:30:57.123Z","venue":"deribit","method":"GET",'
        b'"url":"https://www.deribit.com/api/v2/public/get_index_price?index_name=btc_usd",'
        b'"status":200,"body":{"result":{"x":1.50}}}'
    )


def test_a_post_says_what_was_sent():
    line = a_line(method="POST", sent='{"type":"meta"}')

    assert json.loads(written(line))["sent"] == {"type": "meta"}
    assert parsed(written(line)) == line


def test_times_are_written_in_utc_with_milliseconds():
    assert iso(datetime.fromisoformat("2026-02-06T23:30:57+02:00")) == "2026-02-06T21:30:57.000Z"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
contents = st.binary() | json_values.map(lambda value: json.dumps(value, indent=2).encode())


@given(contents)
def test_what_is_written_reads_back_the_same(content):
    back = parsed(written(a_line(content=content))).content

    assert _meaning(back) == _meaning(content)


def _meaning(content):
    """The JSON value, or the text where there is none."""
    text = content.decode(errors="replace")
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text


def _refuse(constant):
    raise ValueError(constant)


@given(contents)
def test_a_line_is_one_line(content):
    assert b"\n" not in written(a_line(content=content))


def test_unknown_keys_are_ignored():
    text = written(a_line())[:-1] + b',"mood":"bright"}'

    assert parsed(text) == a_line()


def test_a_file_reads_back_in_order(tmp_path):
    lines = [a_line(at=AT + timedelta(seconds=n)) for n in range(20)]

    assert list(record(tmp_path / "x.jsonl.gz", *lines).lines()) == lines


def test_a_folder_reads_as_one_recording_in_time_order(tmp_path):
    odd, even = (
        [a_line(at=AT + timedelta(seconds=n)) for n in range(start, 20, 2)] for start in (1, 0)
    )
    record(tmp_path / "a.jsonl.gz", *odd)
    record(tmp_path / "b.jsonl.gz", *even)

    read = list(Recording.at(tmp_path).lines())

    assert read == sorted(odd + even, key=lambda line: line.at)


def test_neighbours_written_out_of_order_are_put_right(tmp_path):
    early, late = a_line(), a_line(at=AT + timedelta(milliseconds=5))

    assert list(record(tmp_path / "x.jsonl.gz", late, early).lines()) == [early, late]


def test_recording_twice_appends(tmp_path):
    record(tmp_path / "x.jsonl.gz", a_line())

    assert len(list(record(tmp_path / "x.jsonl.gz", a_line()).lines())) == 2


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense",
        b"{}",
        b'{"at":"yesterday","venue":"deribit","url":"u","body":{}}',
        b'{"at":"2026-02-06T21:30:57","venue":"deribit","url":"u","body":{}}',
        b'{"at":"2026-02-06T21:30:57Z","venue":"deribit","url":"u"}',
        b'{"at":"2026-02-06T21:30:57Z","venue":"deribit","url":"u","body":{',
    ],
)
def test_a_broken_line_is_skipped_counted_and_named(tmp_path, text):
    file = tmp_path / "x.jsonl.gz"
    file.write_bytes(gzip.compress(written(a_line()) + b"\n" + text + b"\n" + written(a_line())))
    recording = Recording.at(file)

    assert list(recording.lines()) == [a_line(), a_line()]
    assert [(broken.file, broken.number) for broken in recording.broken] == [("x.jsonl.gz", 2)]


def test_a_file_cut_off_by_a_kill_gives_the_lines_before_the_cut(tmp_path):
    file = tmp_path / "x.jsonl.gz"
    recorder = Recorder(file)
    recorder.write(a_line())
    flushed = file.read_bytes()
    recorder.close()
    file.write_bytes(flushed)
    recording = Recording.at(file)

    assert list(recording.lines()) == [a_line()]
    assert "unreadable from here" in str(recording.broken[0])


def test_recording_goes_on_after_a_kill(tmp_path):
    file = tmp_path / "x.jsonl.gz"
    recorder = Recorder(file)
    recorder.write(a_line())
    flushed = file.read_bytes()
    recorder.close()
    file.write_bytes(flushed)

    recording = record(file, a_line(status=503))

    assert [line.status for line in recording.lines()] == [200, 503]
    assert recording.broken == []
    assert list(tmp_path.iterdir()) == [file]


def test_a_plain_file_reads_like_a_zipped_one(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(written(a_line()) + b"\n\n")

    assert list(Recording.at(tmp_path).lines()) == [a_line()]


def test_a_missing_recording_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"nowhere does not exist"):
        Recording.at(tmp_path / "nowhere")


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(RecordingError, match=r"holds no \.jsonl\.gz file"):
        Recording.at(tmp_path)


def test_a_recording_without_a_usable_line_is_refused(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"nonsense\n")

    with pytest.raises(RecordingError, match=r"no usable line: x\.jsonl:1"):
        list(Recording.at(tmp_path).lines())


def test_a_place_that_cannot_be_written_is_an_error_with_its_reason(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(RecordingError, match="cannot write"):
        Recorder(tmp_path / "file" / "x.jsonl.gz")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_a_request_survives_becoming_an_address(params):
    request = Request("/public/x", params)

    back = a_line(url=full_url("https://host/api/v2/", request)).request

    assert back == Request("/api/v2/public/x", params)
