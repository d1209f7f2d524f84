import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import codec
from alerts.codec import plain
from alerts.domain.episode import Episode
from alerts.domain.errors import CodecError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId, Venue
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.domain.reading import Quality, Reading, Reason, Series
from alerts.domain.rule import (
    Because,
    Direction,
    Draft,
    Firing,
    Idle,
    Join,
    Leg,
    Levels,
    Over,
    Overlay,
    Pending,
    Recovering,
    Repeat,
    Rule,
    Severity,
    Spent,
    State,
    Timing,
    Unaligned,
    Untold,
    Voice,
    Waiting,
    Watched,
)

unhurried = settings(deadline=None, max_examples=60)

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")

floats = st.floats(allow_nan=False, allow_infinity=False)
wholes = st.integers(0, 2**53)
moments = st.datetimes(
    NOON.replace(year=1980, tzinfo=None),
    NOON.replace(year=2200, tzinfo=None),
    timezones=st.just(UTC),
)
spans = st.timedeltas(timedelta(0), timedelta(days=36_500))
chats = st.builds(
    Chat,
    st.from_regex(r"[a-z]{1,9}", fullmatch=True).map(Platform),
    st.from_regex(r"-?[A-Za-z0-9_@]{1,20}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_]{0,9}", fullmatch=True),
)
windows = st.from_regex(r"[0-9]{1,3}[mhd]", fullmatch=True)
serieses = st.builds(
    Series,
    st.from_regex(r"[a-z][a-z0-9_]{0,15}", fullmatch=True).map(MetricKey),
    st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True).map(Asset),
    st.just("") | windows,
    st.from_regex(r"([a-z][a-z0-9_]{0,9})?", fullmatch=True).map(Venue),
    st.just("") | windows.map("chg.{}".format),
)
readings = st.builds(
    Reading,
    serieses,
    floats,
    moments,
    st.lists(st.text().map(Venue), max_size=3).map(tuple),
    floats,
    st.text(),
    st.sampled_from(Quality),
)


@st.composite
def legs(draw):
    direction = draw(st.sampled_from(Direction))
    low, high = sorted([draw(floats), draw(floats)])
    level, clear = (high, low) if direction is Direction.ABOVE else (low, high)
    return Leg(draw(serieses), direction, level, clear)


timings = st.builds(
    Timing, spans, spans, spans, st.none() | spans, st.sampled_from(Repeat), st.booleans()
)
drafts = st.builds(
    Draft,
    st.lists(legs(), max_size=3).map(tuple),
    timings,
    st.sampled_from(Join),
    st.text(),
    st.none() | moments,
    st.sampled_from(Severity),
    st.sampled_from(Voice),
)
rules = st.builds(
    Rule, st.text().map(RuleId), wholes, chats, st.text(), drafts, moments, wholes, st.booleans()
)
firings = st.builds(Firing, wholes, moments, moments, floats)
phases = st.one_of(
    st.sampled_from([Unaligned(), Waiting(), Idle(), Spent()]),
    st.builds(Pending, moments, st.booleans()),
    firings,
    st.builds(Recovering, firings, moments),
)
overs = st.builds(Over, firings, moments)
untolds = st.builds(
    Untold,
    wholes,
    wholes,
    st.none() | overs,
    st.none() | moments,
    st.sampled_from(Because),
)
states = st.builds(
    State,
    phases,
    wholes,
    st.none() | moments,
    st.none() | moments,
    st.booleans(),
    st.none() | untolds,
    st.lists(moments, max_size=6).map(tuple),
    st.booleans(),
    st.booleans(),
)
overlays = st.builds(Overlay, wholes, st.none() | moments)
events = st.builds(
    Event,
    st.sampled_from(Kind),
    st.text().map(RuleId),
    wholes,
    wholes,
    chats,
    wholes,
    serieses,
    floats,
    st.none() | floats,
    moments,
    moments,
    st.none() | floats,
    st.booleans(),
    st.none() | st.sampled_from(Reason),
    st.none() | moments,
    st.none() | st.sampled_from(Because),
    st.none() | moments,
    wholes,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
DECODERS = [
    codec.decode_draft,
    codec.decode_rule,
    codec.decode_state,
    codec.decode_overlay,
    codec.decode_event,
    codec.decode_reading,
]


def a_rule() -> Rule:
    draft = Draft((Leg(SKEW, Direction.ABOVE, 15.0, 13.0),))
    return Rule(RuleId("ab12"), 3, Chat(Platform("telegram"), "-7"), "u1", draft, NOON, revision=2)


@unhurried
@given(drafts)
def test_a_draft_comes_back_as_it_was(draft):
    assert codec.decode_draft(codec.encode_draft(draft)) == draft


@unhurried
@given(rules)
def test_a_rule_comes_back_as_it_was(rule):
    assert codec.decode_rule(codec.encode_rule(rule)) == rule


@unhurried
@given(states)
def test_a_state_comes_back_as_it_was_in_every_phase(state):
    assert codec.decode_state(codec.encode_state(state)) == state


@unhurried
@given(overlays)
def test_what_people_did_comes_back_as_it_was(overlay):
    assert codec.decode_overlay(codec.encode_overlay(overlay)) == overlay


@unhurried
@given(events)
def test_an_event_comes_back_as_it_was(event):
    assert codec.decode_event(codec.encode_event(event)) == event


@unhurried
@given(readings)
def test_a_reading_comes_back_as_it_was(reading):
    assert codec.decode_reading(codec.encode_reading(reading)) == reading


@unhurried
@given(readings)
def test_a_label_comes_back_as_what_the_reading_says_of_itself(reading):
    label = codec.decode_label(codec.encode_label(reading))

    assert label == codec.Label(reading.sources, reading.method, reading.quality)


@unhurried
@given(rules)
def test_bytes_are_read_like_text(rule):
    assert codec.decode_rule(codec.encode_rule(rule).encode()) == rule


@settings(deadline=None, max_examples=20)
@given(st.lists(st.lists(legs(), min_size=1, max_size=2).map(tuple), max_size=3))
def test_the_levels_of_many_stored_rules_are_those_of_the_rules(drafted):
    many = [
        replace(a_rule(), id=RuleId(str(number)), draft=Draft(own))
        for number, own in enumerate(drafted)
    ]
    found = codec.decode_levels(codec.encode_rule(rule).encode() for rule in many)

    assert found == Levels.of(many)
    assert list(found.each()) == [Watched.of(rule) for rule in many]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"v":1,', '"v":2,'),
        ('"level":15.0', '"level":"15"'),
        (str(SKEW), "no series"),
        ('"clear":', '"clears":'),
        ("}", ""),
    ],
)
def test_the_levels_of_many_rules_of_which_one_is_damaged_are_a_codec_error(old, new):
    sound = codec.encode_rule(a_rule())
    assert old in sound

    with pytest.raises(CodecError):
        codec.decode_levels([sound.encode(), sound.replace(old, new).encode()])


def test_a_rule_starts_with_what_the_stores_scripts_read_there():
    text = codec.encode_rule(a_rule())

    assert text.startswith('{"v":1,"revision":2,"number":3,"chat":"telegram:-7",')


def test_half_a_character_in_a_name_comes_back_as_it_was():
    rule = a_rule()
    halved = replace(rule, draft=replace(rule.draft, name="a\ud800b"))

    assert codec.decode_rule(codec.encode_rule(halved)) == halved


def test_half_a_character_is_no_way_round_a_check():
    text = codec.encode_rule(a_rule()).replace('"draft":', '"half":"\\ud800","draft":')

    assert codec.decode_rule(text) == a_rule()
    with pytest.raises(CodecError):
        codec.decode_rule(text.replace('"level":15.0', '"level":1e999'))


def test_a_state_of_before_there_was_anything_untold_is_still_read():
    text = '{"v":1,"phase":{"is":"idle"},"episodes":3,"fired_at":"2026-02-06T12:00:00+00:00"}'

    assert codec.decode_state(text) == State(Idle(), episodes=3, fired_at=NOON)


def test_a_fresh_state_is_short():
    assert codec.encode_state(State()) == '{"v":1,"phase":{"is":"unaligned"}}'


def test_times_are_written_in_utc():
    cet = datetime(2026, 2, 6, 13, 0, tzinfo=timezone(timedelta(hours=1)))

    text = codec.encode_reading(Reading(SKEW, 19.6, cet, ()))

    assert '"at":"2026-02-06T12:00:00+00:00"' in text
    assert codec.decode_reading(text).at.tzinfo is UTC


@unhurried
@given(st.text() | st.binary() | anything.map(json.dumps))
def test_foreign_text_is_a_codec_error(text):
    for decode in DECODERS:
        with pytest.raises(CodecError):
            decode(text)


@unhurried
@given(rules, st.data())
def test_a_rule_with_one_field_overwritten_is_a_rule_or_a_codec_error(rule, data):
    body = json.loads(codec.encode_rule(rule))
    body[data.draw(st.sampled_from(sorted(body)))] = data.draw(anything)

    try:
        decoded = codec.decode_rule(json.dumps(body))
    except CodecError:
        return

    assert isinstance(decoded, Rule)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"v":1', '"v":2'),
        ('"v":1,', ""),
        ('"level":15.0', '"level":true'),
        ('"level":15.0', '"level":"15"'),
        ('"level":15.0', '"level":NaN'),
        ('"level":15.0', '"level":1e999'),
        ('"level":15.0', '"level":12.0'),
        ('"revision":2', '"revision":2.5'),
        ('"number":3', '"number":null'),
        ('"chat":"telegram:-7"', '"chat":"telegram"'),
        ("+00:00", ""),
        ("skew25_norm.60d:BTC", "skew of bitcoin"),
        ('"direction":"above"', '"direction":"sideways"'),
    ],
)
def test_a_damaged_rule_is_a_codec_error(old, new):
    text = codec.encode_rule(a_rule())
    damaged = text.replace(old, new)
    assert damaged != text

    with pytest.raises(CodecError):
        codec.decode_rule(damaged)


def test_nesting_without_end_is_a_codec_error():
    with pytest.raises(CodecError):
        codec.decode_state('{"v":1,"phase":' + "[" * 100_000)


@pytest.mark.parametrize(
    "chat",
    [
        Chat(Platform("telegram"), "7:9"),
        Chat(Platform("telegram"), 'a"b'),
        Chat(Platform("telegram"), "7\r\n"),
        Chat(Platform("telegram"), "{7}"),
    ],
)
def test_a_chat_that_is_no_address_is_refused_before_it_is_written(chat):
    rule = a_rule()
    odd = Rule(rule.id, 1, chat, rule.owner, rule.draft, NOON)

    with pytest.raises(CodecError, match="encode rule"):
        codec.encode_rule(odd)


def test_a_time_without_zone_is_refused_before_it_is_written():
    with pytest.raises(CodecError):
        codec.encode_state(State(Pending(NOON.replace(tzinfo=None))))


times = st.times()
preferences = st.builds(
    Preferences,
    zone=st.sampled_from(["UTC", "Europe/Lisbon", "Asia/Kolkata"]),
    quiet=st.none()
    | st.tuples(times, times).filter(lambda two: two[0] != two[1]).map(lambda two: Quiet(*two)),
    budget=st.none()
    | st.builds(Budget, st.integers(1, 99), st.sampled_from(Period), st.integers(0, 9), st.text()),
    flipped_sign=st.booleans(),
    decimal_comma=st.booleans(),
    snoozed_until=st.none() | moments,
)


@unhurried
@given(preferences)
def test_preferences_survive_being_stored(chosen):
    assert codec.decode_preferences(codec.encode_preferences(chosen)) == chosen


def test_preferences_are_stored_as_documented():
    chosen = Preferences(
        "Europe/Lisbon", Quiet(time(23), time(7)), Budget(5, Period.WEEK, 3, "2026-W06")
    )

    assert json.loads(codec.encode_preferences(chosen)) == {
        "v": 1,
        "zone": "Europe/Lisbon",
        "quiet": ["23:00:00", "07:00:00"],
        "budget": {"most": 5, "per": "week", "more": 3, "more_in": "2026-W06"},
    }
    assert codec.encode_preferences(Preferences()) == '{"v":1}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"v":2}',
        '{"v":1,"zone":7}',
        '{"v":1,"quiet":["23:00"]}',
        '{"v":1,"quiet":["23:00","23:00"]}',
        '{"v":1,"quiet":["23:00+01:00","07:00"]}',
        '{"v":1,"budget":{"most":0,"per":"week"}}',
        '{"v":1,"budget":{"most":5,"per":"year"}}',
        '{"v":1,"flipped_sign":1}',
        '{"v":1,"snoozed_until":"2026-02-06T12:00:00"}',
    ],
)
def test_damaged_preferences_are_a_codec_error(text):
    with pytest.raises(CodecError):
        codec.decode_preferences(text)


def test_an_episode_is_read_from_the_texts_of_its_rule_its_news_and_its_readings():
    rule, reading = a_rule(), Reading(SKEW, 16.2, NOON, (Venue("deribit"),))
    event = Event(Kind.FIRED, rule.id, 2, 3, rule.chat, 3, SKEW, 15.0, 16.2, NOON, NOON)
    over = replace(event, kind=Kind.RESOLVED, value=12.9, at=NOON + timedelta(hours=1))
    texts = (codec.encode_rule(rule), codec.encode_event(event), codec.encode_evidence([reading]))

    episode = codec.decode_episode("\n".join(texts), codec.encode_event(over))

    assert episode == Episode(rule, event, (reading,), over)


@pytest.mark.parametrize("text", ["", "{}", "null\nnull", b"\xff\n", '{"v":1}'])
def test_a_damaged_episode_is_a_codec_error(text):
    with pytest.raises(CodecError):
        codec.decode_episode(text, None)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("body", [lambda n: n, lambda n: [1.0, n], lambda n: {"a": {"b": n}}])
def test_a_number_that_is_not_finite_is_never_written(number, body):
    with pytest.raises(ValueError, match="JSON compliant"):
        plain.dump(body(number))


@pytest.mark.parametrize("name", ["level", "value", "extreme"])
def test_an_event_with_a_number_that_is_not_finite_is_refused(name):
    event = Event(Kind.FIRED, RuleId("r"), 1, 1, Chat(Platform("a"), "1"), 1, SKEW, 15.0, 16.0,
                  NOON, NOON)  # fmt: skip
    with pytest.raises(CodecError):
        codec.encode_event(replace(event, **{name: float("nan")}))
