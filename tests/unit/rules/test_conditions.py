"""Everything a condition can say, as levels on series."""

import time

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Join, Leg, Severity, Voice
from alerts.rules.describe import describe
from alerts.rules.grammar import parse, parse_all
from tests.builders import a_wide_vocabulary, minutes

WIDE = a_wide_vocabulary()
ABOVE, BELOW = Direction.ABOVE, Direction.BELOW


def leg(text):
    [only] = parse(text, WIDE).legs
    return str(only.series), only.direction, only.level, only.clear


def refusal(text):
    with pytest.raises(UsageError) as raised:
        parse_all(text, WIDE)
    return raised.value


@pytest.mark.parametrize(
    ("typed", "series", "direction", "level", "clear"),
    [
        ("skew crosses up 15", "skew25_norm.60d:BTC", ABOVE, 15, 13),
        ("skew crosses down through 15", "skew25_norm.60d:BTC", BELOW, 15, 17),
        ("liqs longs above 1.8b in 5d", "liq_long_usd.5d:BTC", ABOVE, 1.8e9, 1.26e9),
        ("oi -10% in 7d", "oi_coin:BTC|chg.7d", BELOW, -10, -8),
        ("oi falls by 10% in 1 week", "oi_coin:BTC|chg.7d", BELOW, -10, -8),
        ("oi drops more than -10% over the last 7d", "oi_coin:BTC|chg.7d", BELOW, -10, -8),
        ("price is up 5% in 1d", "price:BTC|chg.24h", ABOVE, 5, 3),
        ("price change 24h above -3%", "price:BTC|chg.24h", ABOVE, -3, -5),
        ("24h price change above -3%", "price:BTC|chg.24h", ABOVE, -3, -5),
        ("skew +5 pts in 24h", "skew25_norm.60d:BTC|chg.24h", ABOVE, 5, 3),
        ("skew 30d -5 in 7d", "skew25_norm.30d:BTC|chg.7d", BELOW, -5, -3),
        ("skew top 5%", "skew25_norm.60d:BTC|pctl.365d", ABOVE, 95, 90),
        ("eth iv bottom 10 in 90d", "atm_iv.60d:ETH|pctl.90d", BELOW, 10, 15),
        ("price record high in 30 days", "price:BTC|pctl.30d", ABOVE, 99.9, 94.9),
        ("skew lowest in 4 weeks", "skew25_norm.60d:BTC|pctl.28d", BELOW, 0.1, 5.1),
        ("skew:btc|pctl.30d above 80", "skew25_norm.60d:BTC|pctl.30d", ABOVE, 80, 75),
        ("basis record low 1y", "basis.60d:BTC|pctl.365d", BELOW, 0.1, 5.1),
        ("basis is at a record high", "basis.60d:BTC|pctl.365d", ABOVE, 99.9, 94.9),
        ("skew highest in 90d", "skew25_norm.60d:BTC|pctl.90d", ABOVE, 99.9, 94.9),
        ("skew percentile above 80", "skew25_norm.60d:BTC|pctl.365d", ABOVE, 80, 75),
        ("skew z-score above 2 in 90d", "skew25_norm.60d:BTC|z.90d", ABOVE, 2, 1.5),
        ("btc vs gold -10% in 30d", "vs_gold.30d:BTC", BELOW, -10, -8),
        ("vs gold below -5 pts in 7d", "vs_gold.7d:BTC", BELOW, -5, -3),
        ("drawdown -20% in 365d", "drawdown.365d:BTC", BELOW, -20, -18),
        ("oi above $40b", "oi_usd:BTC", ABOVE, 4e10, 3.92e10),
        ("oi above 500000 btc", "oi_coin:BTC", ABOVE, 500_000, 490_000),
        ("funding above 20%", "funding_annual:BTC", ABOVE, 20, 18),
        ("basis:eth@okx|chg.4h below -1", "basis.60d:ETH@okx|chg.4h", BELOW, -1, 0),
    ],
)
def test_a_condition_is_a_level_on_a_series(typed, series, direction, level, clear):
    assert leg(typed) == (series, direction, level, clear)


@pytest.mark.parametrize(
    ("typed", "series", "direction", "level", "clear"),
    [
        ("skew 7d above skew 30d", "skew25_norm.7d:BTC|less.skew25_norm.30d:BTC", ABOVE, 0, -2),
        ("btc skew above eth skew", "skew25_norm.60d:BTC|less.skew25_norm.60d:ETH", ABOVE, 0, -2),
        ("eth skew above btc", "skew25_norm.60d:ETH|less.skew25_norm.60d:BTC", ABOVE, 0, -2),
        ("funding above basis", "funding_annual:BTC|less.basis.60d:BTC", ABOVE, 0, -2),
        ("funding below basis by 5", "funding_annual:BTC|less.basis.60d:BTC", BELOW, -5, -3),
        ("eth price > btc price by 4% clear 1", "price:ETH|less.price:BTC", ABOVE, 4, 1),
        ("skew crosses up eth iv", "skew25_norm.60d:BTC|less.atm_iv.60d:ETH", ABOVE, 0, -2),
        ("skew:btc|less.iv.7d:eth above 3", "skew25_norm.60d:BTC|less.atm_iv.7d:ETH", ABOVE, 3, 1),
        ("basis:btc@okx above basis", "basis.60d:BTC@okx|less.basis.60d:BTC", ABOVE, 0, -1),
    ],
)
def test_a_metric_against_another_is_a_level_on_their_spread(
    typed, series, direction, level, clear
):
    assert leg(typed) == (series, direction, level, clear)


@pytest.mark.parametrize(
    ("typed", "direction", "level"),
    [
        ("regime becomes stress", ABOVE, 1.5),
        ("regime is panic", ABOVE, 2.5),
        ("regime >= stress", ABOVE, 1.5),
        ("regime above cautious", ABOVE, 1.5),
        ("regime crosses up stress", ABOVE, 1.5),
        ("regime below stress", BELOW, 1.5),
        ("regime turns calm", BELOW, 0.5),
        ("market regime at least cautious", ABOVE, 0.5),
    ],
)
def test_a_grade_is_a_level_between_two_and_clears_there(typed, direction, level):
    assert leg(typed) == ("regime:BTC", direction, level, level)


@pytest.mark.parametrize(
    ("typed", "words", "first"),
    [
        ("regime above panic", "no grade beyond panic", "BTC regime becomes panic"),
        ("regime becomes stres", "stres is no grade", "BTC regime becomes panic"),
        ("regime above 1", "say it by its name", "regime above calm"),
        ("regime between 1 and 2", "name one of them", "regime becomes panic"),
        ("skew becomes 15", "upwards or downwards", "skew crosses above 15"),
    ],
)
def test_a_grade_that_is_none_is_answered_with_those_there_are(typed, words, first):
    error = refusal(typed)

    assert words in str(error)
    assert error.fixes[0] == first


def test_between_is_two_legs_that_hold_together():
    draft = parse("skew between 15 and 10 for 5m", WIDE)
    skew = Series.parse("skew25_norm.60d:BTC")

    assert draft.legs == (Leg(skew, ABOVE, 10, 8), Leg(skew, BELOW, 15, 17))
    assert (draft.join, draft.timing.hold) == (Join.ALL, minutes(5))


@pytest.mark.parametrize(
    "text", ["skew outside -6 and 6", "skew leaves -6 to 6", "skew outside of -6 and 6"]
)
def test_outside_is_two_legs_of_which_one_is_enough(text):
    draft = parse(text, WIDE)

    assert [(one.direction, one.level, one.clear) for one in draft.legs] == [
        (BELOW, -6, -4),
        (ABOVE, 6, 4),
    ]
    assert draft.join is Join.ANY


def test_a_narrow_range_leaves_room_to_be_clear_in():
    low, high = parse("skew outside 10 and 12", WIDE).legs

    assert (low.clear, high.clear) == (10.5, 11.5)


def test_up_to_five_conditions_are_joined():
    draft = parse("price -20% in 7d and skew above 15 clear 14 and basis below 3 for 30m", WIDE)

    assert [str(one.series) for one in draft.legs] == [
        "price:BTC|chg.7d",
        "skew25_norm.60d:BTC",
        "basis.60d:BTC",
    ]
    assert (draft.join, draft.legs[1].clear, draft.timing.hold) == (Join.ALL, 14, minutes(30))


def test_a_clause_of_the_whole_may_stand_behind_any_condition():
    assert parse("skew above 15 once or price below 60k", WIDE) == parse(
        "skew above 15 or price below 60k once", WIDE
    )


def test_each_side_of_an_or_may_be_an_alert_of_its_own():
    drafts = parse_all("basis below 3 and skew above 15 or price below 60k once apart", WIDE)

    assert [describe(draft, WIDE) for draft in drafts] == [
        "BTC basis below 3% and BTC skew above 15% once",
        "BTC price below $60,000 once",
    ]


def test_a_line_without_or_has_no_sides_to_tell_apart():
    assert parse("skew above 15 and basis below 3 apart", WIDE) == parse(
        "skew above 15 and basis below 3", WIDE
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("skew above eth skew and eth skew above btc skew", "can never be true together"),
        ("skew 7d above skew by 3 and skew above skew 7d", "can never be true together"),
        ("skew above eth skew by 3 and eth skew below btc skew", "the same as"),
    ],
)
def test_a_pair_held_against_each_other_both_ways_is_seen_through(typed, words):
    assert words in str(refusal(typed))


def test_a_flip_is_a_rule_for_each_way():
    drafts = parse_all("eth funding flips", WIDE)

    assert [describe(draft, WIDE) for draft in drafts] == [
        "ETH funding above 0%",
        "ETH funding below 0%",
    ]


def test_two_severities_are_two_rules():
    warn, critical = parse_all("skew above 20 critical or 15 warn for 1h", WIDE)

    assert [(one.legs[0].level, one.severity) for one in (warn, critical)] == [
        (15, Severity.WARN),
        (20, Severity.CRITICAL),
    ]
    assert warn.timing == critical.timing


def test_of_two_levels_below_the_lower_is_the_graver():
    _, critical = parse_all("basis below 3 warn or 0 critical", WIDE)

    assert (critical.legs[0].level, critical.severity) == (0, Severity.CRITICAL)


def test_severity_and_voice_are_said_in_a_word():
    draft = parse("skew above 20 critical silent", WIDE)

    assert (draft.severity, draft.voice) == (Severity.CRITICAL, Voice.SILENT)


def test_one_rule_is_asked_for_where_a_line_means_two():
    with pytest.raises(UsageError, match="makes 2 alerts") as raised:
        parse("funding flips", WIDE)

    assert raised.value.fixes == ("BTC funding above 0%", "BTC funding below 0%")


@pytest.mark.parametrize(
    ("typed", "words", "fixes"),
    [
        (
            "funding above 0.05%",
            "Per 8 h or per year? 0.05% per 8 h is 54.75% a year.",
            ("funding_8h above 0.05%", "funding_annual above 0.05%"),
        ),
        (
            "oi above 500000",
            "BTC or USD",
            ("oi_usd above $500,000", "oi_coin above 500000 coins"),
        ),
        (
            "oi -20%",
            "USD falls when price falls",
            ("oi -20% in 24h", "oi -20% in 7d", "oi -20% in 30d", "oi_usd -20% in 7d"),
        ),
        (
            "skew -15",
            "Over what time?",
            ("skew -15 in 24h", "skew -15 in 7d", "skew -15 in 30d", "skew below -15"),
        ),
        ("skew +5% in 24h", "changes in points", ("skew +5 pts in 24h",)),
        ("skew above 15 in 7d", "could mean its change", ("skew +15 in 7d", "skew above 15")),
        ("price above 60%", "over what time", ("price +60% in 24h",)),
        (
            "oi change above 5%",
            "Over what time",
            tuple(f"oi change {span} above 5%" for span in ("24h", "7d", "30d")),
        ),
        (
            "oi -10% in 5d",
            "over 1h, 4h, 24h, 7d, 30d, not over 5d",
            tuple(f"oi -10% in {span}" for span in ("7d", "24h", "4h", "1h", "30d")),
        ),
        (
            "basis record low 3y",
            "from 7d to 365d, not over 3y",
            (
                "basis record low 30d",
                "basis record low 90d",
                "basis record low 365d",
            ),
        ),
        ("skew top 100%", "no part of a year", ("skew top 5%",)),
        (
            "skew crosses 15",
            "upwards or downwards",
            (
                "skew crosses above 15",
                "skew crosses below 15",
            ),
        ),
        (
            "skew between 10",
            "and what?",
            tuple(f"skew between 10 and {end}%" for end in (15, 20, -6)),
        ),
        ("skew between 10 and 10", "there is no range", ()),
        ("skew between 10 and 15 clear 8", "two clear levels", ()),
        ("skew above basis", "cannot be held against", ("BTC skew 60d", "BTC basis 60d")),
        ("oi above eth oi", "is in BTC, ETH oi in ETH", ("BTC oi", "ETH oi")),
        ("skew above skew", "against itself", ("skew 7d above skew 30d",)),
        ("skew above eth skew in 7d", "'in 7d' says nothing", ("skew above eth skew",)),
        ("skew change 7d above eth skew", "not their changes", ()),
        ("skew between eth skew and 3", "A range needs two numbers", ()),
        (
            "skew crosses eth skew",
            "upwards or downwards",
            ("skew crosses above eth skew", "skew crosses below eth skew"),
        ),
        ("skew above iiv", "I read: skew above iv.", ("skew above iv",)),
        ("skew above fifteen", "fifteen is not a level", ("skew above 10%",)),
        ("skew:btc|less.foo:btc above 3", "I have no metric foo", ()),
        ("skew:btc|less.iv.3d:btc above 3", "iv has 7d", ()),
        (
            "skew:btc|less.iv:doge above 3",
            "I do not follow DOGE",
            ("skew:btc|less.iv:BTC above 3", "skew:btc|less.iv:ETH above 3"),
        ),
        ("price flips", "no sign to flip", ()),
        ("funding flips and skew above 3", "Say which side you mean", ()),
        (
            "skew outside -6 and 6 and basis below 3",
            "cannot be joined by 'and'",
            ("skew outside -6 and 6", "basis below 3"),
        ),
        ("skew above 15 silent loud", "'loud or silent' twice", ()),
        ("skew above 15 clear 13 clear 12", "'clear' twice", ()),
        ("skew|foo.7d above 3", "", ()),
    ],
)
def test_what_is_not_clear_is_asked(typed, words, fixes):
    error = refusal(typed)

    assert words in str(error)
    assert error.fixes == fixes or not words


@pytest.mark.parametrize(
    ("typed", "words", "fixes"),
    [
        (
            "skew above 15 and skew below 10",
            "can never be true together",
            ("BTC skew above 15%", "BTC skew below 10%"),
        ),
        (
            "skew above 15 and skew below 15",
            "can never be true together",
            ("BTC skew above 15%", "BTC skew below 15%"),
        ),
        (
            "skew above 10 or skew below 15",
            "always be true",
            ("BTC skew above 10%", "BTC skew below 15%"),
        ),
        ("skew above 15 and skew above 20", "is the same as", ("BTC skew above 20%",)),
        ("skew above 15 or skew above 20", "is the same as", ("BTC skew above 15%",)),
        ("basis below 3 and basis below 0", "is the same as", ("BTC basis below 0%",)),
    ],
)
def test_conditions_that_contradict_each_other_are_not_saved(typed, words, fixes):
    error = refusal(typed)

    assert words in str(error)
    assert error.fixes == fixes


def test_more_than_five_conditions_are_too_many():
    metrics = ("skew", "iv", "basis", "drawdown", "rv", "funding")
    error = refusal(" and ".join(f"{metric} above 50" for metric in metrics))

    assert "at most 5" in str(error)
    assert len(parse(error.fixes[0], WIDE).legs) == 5


def test_five_levels_are_the_most_however_they_are_said():
    text = " and ".join(f"{word} between 10 and 20" for word in ("skew", "iv", "basis"))

    assert "at most 5 levels; these are 6" in str(refusal(text))


@pytest.mark.parametrize("typed", ["oi -20%", "funding above 0.05%", "oi above 500000"])
def test_every_answer_offered_is_a_rule(typed):
    for fix in refusal(typed).fixes:
        assert parse(fix, WIDE)


LONGEST = (
    "btc skew 30d above 15 clear 13 and eth basis below 3 and price -20% in 7d for 10m every 4h "
    'until 2027-01-01T00:00Z critical silent named "All of it"'
)


@pytest.mark.parametrize("typed", ["skew above 15", LONGEST])
def test_a_rule_is_read_within_a_millisecond(typed):
    parse(typed, WIDE)
    spent = []
    for _ in range(20):
        started = time.process_time()
        parse(typed, WIDE)
        spent.append(time.process_time() - started)

    assert min(spent) <= 0.001
