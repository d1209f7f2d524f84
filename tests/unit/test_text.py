"""What the bot says: numbers, alert cards, boards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId, Venue
from alerts.domain.reading import Reading, Reason, Series
from alerts.domain.rule import (
    Direction,
    Draft,
    Firing,
    Idle,
    Join,
    Leg,
    Pending,
    Recovering,
    Repeat,
    Rule,
    Spent,
    State,
    Timing,
    Unaligned,
    Waiting,
)
from alerts.engine.outlook import Outlook
from alerts.metrics import BY_KEY
from alerts.metrics.spec import Band
from bot.card import Tone
from bot.text import Told, alert, figures, rules
from bot.text.board import board, missing, source
from bot.text.outlook import together

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
CHAT = Chat(Platform("telegram"), "1")
SKEW, BASIS, PRICE = (
    Series.parse(name) for name in ("skew25_norm.60d:BTC", "basis.60d:BTC", "price:BTC")
)
SKEW_RULE = Leg(SKEW, Direction.ABOVE, 15.0, 13.0)
BASIS_RULE = Leg(BASIS, Direction.BELOW, 3.0, 4.0)
PRICE_RULE = Leg(PRICE, Direction.BELOW, 60_000.0, 60_600.0)
MINUTE = timedelta(minutes=1)
USUAL = Timing(hold=10 * MINUTE, clear_hold=10 * MINUTE, quiet=240 * MINUTE, remind=720 * MINUTE)


def metric(key):
    return BY_KEY[MetricKey(key)]


def a_reading(series, value, **ago):
    return Reading(series, value, NOW - timedelta(**(ago or {"seconds": 18})), (Venue("deribit"),))


def a_rule(leg=SKEW_RULE, number=7, timing=USUAL, **changes):
    rule_id = RuleId(f"r{number}")
    return Rule(rule_id, number, CHAT, "ann", Draft((leg,), timing), NOW, **changes)


def told(kind, value, rule=None, beside=(), day_ago=None, reading="usual", **event):
    """One event of a rule, with what surrounds it."""
    rule = rule or a_rule()
    leg = rule.legs[0]
    event.setdefault("since", NOW - 10 * MINUTE)
    happened = Event(
        kind,
        rule.id,
        rule.revision,
        rule.number,
        CHAT,
        1,
        leg.series,
        leg.level,
        value,
        NOW,
        **event,
    )
    if reading == "usual":
        reading = a_reading(leg.series, value or 0.0)
    return Told(happened, rule, reading, day_ago, tuple(beside))


def card_of(*args, **kwargs):
    return alert([told(*args, **kwargs)], NOW)


def fields_of(card):
    return {field.name: field.value for field in card.fields}


# Numbers


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (71_500, "$71.5K"),
        (1.8e9, "$1.8B"),
        (2105, "$2,105"),
        (999_960, "$1.0M"),
        (9_999.7, "$10.0K"),
        (12.3, "$12.30"),
        (0.00123, "$0.00123"),
        (0, "$0"),
        (-71_500, "−$71.5K"),
        (5.2e15, "$5200.0T"),
    ],
)
def test_dollars_are_short_and_never_show_a_thousand_of_a_smaller_scale(amount, shown):
    assert figures.dollars(amount) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(20, "20.0%"), (-9.84, "−9.8%"), (-0.04, "0.0%"), (0, "0.0%")]
)
def test_percent_has_one_decimal_a_true_minus_and_no_negative_zero(number, shown):
    assert figures.value(metric("skew25_norm"), number) == shown


@pytest.mark.parametrize(
    ("key", "before", "after", "shown"),
    [
        ("skew25_norm", 14.2, 20.0, "+5.8 pts"),
        ("basis", 3.4, 2.0, "−1.4 pts"),
        ("skew25_norm", 20.0, 20.0, "0.0 pts"),
        ("price", 90_000.0, 71_100.0, "−21.0%"),
        ("price", 0.0, 5.0, ""),
    ],
)
def test_changes_carry_a_sign_and_are_points_for_what_is_in_percent(key, before, after, shown):
    assert figures.change(metric(key), before, after) == shown


@pytest.mark.parametrize(
    ("key", "number", "level", "shown"),
    [
        ("skew25_norm", 20.0, 15.0, "20.0%"),
        ("skew25_norm", 15.02, 15.0, "15.02%"),
        ("price", 59_999.6, 60_000.0, "$59,999.6"),
        ("price", 59_999.999, 60_000.0, "just under $60,000"),
        ("price", 0.123456, 0.12345, "$0.12346"),
        ("skew25_norm", 15.004, 15.0, "just over 15%"),
        ("basis", 4.001, 4.0, "just over 4%"),
        ("price", 59_990.0, 60_000.0, "$59,990"),
        ("skew25_norm", 15.0, 15.0, "15.0%"),
    ],
)
def test_a_value_beyond_a_level_never_reads_as_the_level(key, number, level, shown):
    assert figures.exact(metric(key), number, level) == shown


@pytest.mark.parametrize(
    ("key", "number", "shown"),
    [("skew25_norm", 15.0, "15%"), ("basis", -2.5, "−2.5%"), ("price", 60_000.0, "$60,000")],
)
def test_a_level_reads_as_a_person_would_write_it(key, number, shown):
    assert figures.level(metric(key), number) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(days=3, hours=4), "3 d 4 h"),
        (timedelta(minutes=10), "10 min"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(0), "0 s"),
        (timedelta(hours=12), "12 h"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(seconds=-3), "0 s"),
    ],
)
def test_a_duration_shows_its_two_largest_units(length, shown):
    assert figures.span(length) == shown


def test_a_time_of_another_day_carries_its_date_and_of_another_year_its_year():
    assert figures.clock(NOW, NOW) == "20:15 UTC"
    assert figures.clock(NOW + timedelta(hours=6), NOW) == "07 Feb 02:15 UTC"
    assert figures.clock(datetime(2025, 11, 21, 8, tzinfo=UTC), NOW) == "21 Nov 2025 08:00 UTC"


def test_bands_say_whether_they_reach_below_zero_and_when_they_were_drawn():
    assert figures.usual(metric("skew25_norm"), Asset("BTC")) == "Usual −6 to +6 (Feb 2026)"
    assert figures.usual(metric("basis"), Asset("BTC")) == "Usual 5 to 10% a year (Feb 2026)"
    assert figures.usual(metric("price"), Asset("BTC")) == ""


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(None, None, ""), (None, 8.0, "under 8"), (5.0, None, "over 5"), (-1.5, 0.0, "−1.5 to 0")],
)
def test_a_band_may_be_open(low, high, shown):
    assert figures.edges_of(Band(low, high, "ours", NOW.date()), " to ") == shown


def test_a_series_is_called_by_its_word_and_its_window_only_when_unusual():
    assert figures.name(SKEW) == "BTC skew"
    assert figures.name(Series.parse("basis.30d:ETH")) == "ETH 30d basis"
    assert figures.name(Series.parse("atm_iv.60d:BTC@okx")) == "BTC IV at OKX"


def test_venues_are_named_while_they_are_few():
    names = [Venue("deribit"), Venue("okx"), Venue("bybit")]

    assert figures.venues(tuple(names[:1])) == "Deribit"
    assert figures.venues(tuple(names[:2])) == "Deribit and OKX"
    assert figures.venues(tuple(names)) == "3 venues"


# A rule fires


def test_a_fired_skew_reads_as_in_the_design():
    card = alert(
        [
            told(
                Kind.FIRED,
                20.0,
                day_ago=a_reading(SKEW, 14.2, days=1),
                beside=[a_reading(PRICE, 71_500.0), a_reading(BASIS, 2.0)],
                again=NOW + timedelta(hours=12),
            )
        ],
        NOW,
        simulated=True,
    )

    assert card.title == "BTC skew 20.0% – above your 15%"
    assert card.strong == "BTC skew 20.0%"
    assert card.lines == (
        "Puts far dearer than calls. Usual −6 to +6 (Feb 2026).",
        "Was 14.2% 24 h ago · +5.8 pts",
    )
    assert fields_of(card)["With it"] == "BTC $71.5K · basis 2.0%"
    assert fields_of(card)["Next"] == "quiet until it clears (below 13%); reminder in 12 h"
    assert card.footer == "Deribit · 20:15 UTC · data 18 s old · #7 · simulated market"
    assert (card.tone, card.silent) == (Tone.ALARM, False)


def test_a_fired_basis_is_a_warning_and_says_what_low_means():
    card = card_of(Kind.FIRED, 2.0, a_rule(BASIS_RULE, number=8))

    assert card.title == "BTC basis 2.0% – below your 3%"
    assert card.lines[0].endswith("Usual 5 to 10% a year (Feb 2026).")
    assert "little demand for leverage" in card.lines[0]
    assert card.tone is Tone.WARNING


def test_a_fired_price_is_told_in_full_dollars():
    card = card_of(Kind.FIRED, 59_990.0, a_rule(PRICE_RULE))

    assert card.title == "BTC $59,990 – below your $60,000"
    assert card.tone is Tone.ALARM


def test_a_value_inside_the_usual_band_is_not_given_a_meaning():
    card = card_of(Kind.FIRED, 5.0, a_rule(Leg(SKEW, Direction.BELOW, 8.0, 10.0)))

    assert card.lines == ("Usual −6 to +6 (Feb 2026).",)


def test_buttons_carry_the_rule_and_its_revision():
    card = card_of(Kind.FIRED, 20.0, a_rule(revision=3))

    assert [button.act for row in card.buttons for button in row] == [
        "ack:7:1",
        "snooze:7",
        "cmd:proof:7.1",
        "pause:7:3",
        "delete:7:3",
        "cmd:explain:BTC skew25_norm",
    ]


def test_the_event_rides_on_its_card_for_machines():
    card = card_of(Kind.FIRED, 20.0)

    assert [event.kind for event in card.events] == [Kind.FIRED]


def test_a_crossing_that_happened_meanwhile_says_so():
    card = card_of(Kind.FIRED, 20.0, late=True)

    assert "This happened while I was away; noticed 20:15 UTC." in card.lines


def test_news_that_was_delivered_late_says_how_late():
    card = alert([told(Kind.FIRED, 20.0)], NOW + timedelta(minutes=42))

    assert card.lines[-1].startswith("Sent 42 min late")


def test_news_half_an_hour_old_is_headed_by_its_age():
    fresh = alert([told(Kind.FIRED, 20.0)], NOW + timedelta(minutes=29))
    old = alert([told(Kind.FIRED, 20.0)], NOW + timedelta(minutes=42))
    several = [told(Kind.FIRED, 20.0), told(Kind.RESOLVED, 12.0)]

    assert old.title == f"42 min ago: {fresh.title}"
    assert old.title.startswith(old.strong)
    assert alert(several, NOW + timedelta(hours=3)).title.startswith("3 h ago: ")


def test_a_simulated_market_runs_too_fast_to_speak_of_lateness():
    card = alert([told(Kind.FIRED, 20.0)], NOW + timedelta(minutes=42), simulated=True)

    assert not any("late" in line for line in card.lines)


def test_a_rule_that_tells_once_says_so_and_promises_no_reminder():
    rule = a_rule(timing=Timing(repeat=Repeat.ONCE))

    assert fields_of(card_of(Kind.FIRED, 20.0, rule))["Next"] == (
        "quiet until it clears (below 13%); told once"
    )


def test_without_a_reading_the_footer_still_has_time_and_number():
    assert card_of(Kind.FIRED, 20.0, reading=None).footer == "20:15 UTC · #7"


@pytest.mark.parametrize("kind", [Kind.FIRED, Kind.RESOLVED, Kind.DARK, Kind.BACK])
def test_the_first_sixty_characters_name_asset_and_metric(kind):
    card = card_of(kind, None if kind is Kind.DARK else 12.0)

    assert "BTC skew" in card.title[:60]


def test_an_unknown_metric_is_still_told():
    card = card_of(
        Kind.FIRED, 1.0, a_rule(Leg(Series.parse("moon:BTC"), Direction.ABOVE, 0.5, 0.1))
    )

    assert "moon" in card.title


def test_nothing_to_tell_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="at least one"):
        alert([], NOW)


def test_another_metric_that_is_not_of_the_moment_carries_its_age():
    card = card_of(Kind.FIRED, 20.0, beside=[a_reading(BASIS, 2.0, minutes=20)])

    assert fields_of(card)["With it"] == "basis 2.0% (20 min ago)"


def test_an_alert_of_several_legs_is_told_with_the_whole_of_it():
    both = Draft((SKEW_RULE, BASIS_RULE), USUAL)

    card = card_of(Kind.FIRED, 20.0, replace(a_rule(), draft=both))

    assert card.lines[-1] == "Your alert: BTC skew above 15% and BTC basis below 3%"


def test_an_alert_is_told_even_where_its_rule_is_not_known():
    known = told(Kind.FIRED, 2.0, a_rule(BASIS_RULE))

    fired = alert([replace(known, rule=None)], NOW)
    resolved = alert([told_without_rule(Kind.RESOLVED, 12.0)], NOW)

    assert fired.title == "BTC basis 2.0% – below your 3%"
    assert resolved.title == "BTC skew back to 12.0%"


def told_without_rule(kind, value):
    return replace(told(kind, value), rule=None)


def test_an_even_reminder_names_the_next_one():
    rule = a_rule(timing=Timing(repeat=Repeat.EVERY, remind=timedelta(hours=4)))

    card = card_of(Kind.REMINDED, 20.0, rule, again=NOW + timedelta(hours=4))

    assert fields_of(card)["Next"].endswith("next reminder in 4 h")


def test_a_reminder_never_promises_quiet_while_another_one_comes():
    card = card_of(Kind.REMINDED, 20.0, again=NOW + timedelta(hours=24))

    assert fields_of(card)["Next"] == "quiet until it clears (below 13%); next reminder in 1 d"


@pytest.mark.parametrize(
    ("before", "value", "said"),
    [
        (10.96, 15.14, "Was 11.0% 24 h ago · +4.1 pts"),
        (10.96, 15.04, "Was 10.96% 24 h ago · +4.08 pts"),
        (20.04, 15.96, "Was 20.0% 24 h ago · −4.0 pts"),
    ],
)
def test_the_change_since_yesterday_adds_up_on_screen(before, value, said):
    card = card_of(Kind.FIRED, value, day_ago=a_reading(SKEW, before, days=1))

    assert said in card.lines


# A rule reminds, resolves


def test_a_reminder_says_still_and_for_how_long():
    card = card_of(Kind.REMINDED, 19.1, extreme=21.4, since=NOW - timedelta(hours=12))

    assert card.title == "BTC skew still 19.1% – above your 15%"
    assert card.lines[0] == "On for 12 h · peak 21.4%"


def test_a_reminder_between_the_levels_does_not_claim_to_be_above():
    card = card_of(Kind.REMINDED, 14.1, extreme=21.4)

    assert card.title == "BTC skew still 14.1% – not yet below 13%"


def test_a_resolved_rule_reads_as_in_the_design():
    card = card_of(
        Kind.RESOLVED,
        12.8,
        extreme=21.4,
        since=NOW - timedelta(days=3, hours=4),
        beside=[a_reading(PRICE, 74_000.0), a_reading(PRICE, 71_500.0, days=3, hours=4)],
    )

    assert card.title == "BTC skew back to 12.8% – under 13% for 10 min"
    assert card.lines == (
        "On for 3 d 4 h · peak 21.4% · BTC $71.5K → $74.0K meanwhile",
        "Armed again at 15%.",
    )
    assert (card.tone, card.silent) == (Tone.CALM, True)


def test_a_resolved_low_tells_its_low():
    card = card_of(Kind.RESOLVED, 4.1, a_rule(BASIS_RULE), extreme=1.3)

    assert card.title == "BTC basis back to 4.1% – over 4% for 10 min"
    assert "low 1.3%" in card.lines[0]


def test_a_rule_whose_other_leg_cleared_does_not_claim_this_one_did():
    card = card_of(Kind.RESOLVED, 16.0)

    assert card.title == "BTC skew back to 16.0%"


def test_an_outage_that_ended_in_the_quiet_says_when_that_was_noticed():
    card = card_of(Kind.RESOLVED, 12.0, late=True)

    assert "Noticed 20:15 UTC, after I was away." in card.lines


def test_a_once_rule_that_resolved_is_done():
    card = card_of(Kind.RESOLVED, 12.0, a_rule(timing=Timing(repeat=Repeat.ONCE)))

    assert card.lines[-1] == "It was to tell you once, so it is done."


# Data stops and returns


def test_data_that_stopped_holds_alerts_and_clears_none():
    first = told(
        Kind.DARK, None, reading=a_reading(SKEW, 19.6, minutes=18), reason=Reason.PARTIAL_CHAIN
    )
    second = told(
        Kind.DARK,
        None,
        a_rule(number=9),
        reading=a_reading(SKEW, 19.6, minutes=18),
        reason=Reason.PARTIAL_CHAIN,
    )

    card = alert([first, second], NOW)

    assert card.title == "BTC skew data stopped – last value 19.6% at 19:57 UTC (18 min ago)"
    assert card.lines == (
        "Your 2 skew alerts (#7, #9) are on hold, not cleared.",
        "Cause: option quotes incomplete.",
    )
    assert (card.tone, card.silent) == (Tone.QUIET, True)


def test_two_metrics_that_stopped_are_one_card():
    card = alert([told(Kind.DARK, None), told(Kind.DARK, None, a_rule(BASIS_RULE, 8))], NOW)

    assert card.title == "BTC skew, BTC basis: data stopped"
    assert "Your 2 alerts (#7, #8) are on hold, not cleared." in card.lines


def test_data_never_seen_says_since_when_it_is_missing():
    card = card_of(Kind.DARK, None, reading=None, since=NOW - timedelta(minutes=15))

    assert card.title == "BTC skew data stopped – no value since 20:00 UTC"


def test_data_that_is_back_says_how_long_it_was_gone():
    card = card_of(Kind.BACK, 18.1, since=NOW - timedelta(minutes=51))

    assert card.title == "BTC skew data is back – 18.1%"
    assert card.lines == ("Blind 19:24–20:15 UTC (51 min).", "Your alert #7 is watching again.")
    assert card.silent


def test_data_that_is_back_without_a_value_says_just_that():
    assert card_of(Kind.BACK, None).title == "BTC skew data is back"


def test_many_metrics_back_at_once_fit_one_title():
    series = [Series.parse(f"skew25_norm.{window}:BTC") for window in ("7d", "30d", "60d", "90d")]
    events = [
        told(Kind.BACK, 18.1, a_rule(Leg(one, Direction.ABOVE, 15.0, 13.0), number))
        for number, one in enumerate(series, 1)
    ]

    assert alert(events, NOW).title.startswith(
        "BTC 7d skew, BTC 30d skew, BTC skew and 1 more: data is back"
    )


# Several events of one tick


def test_several_events_are_one_card_loudest_first():
    resolved = told(Kind.RESOLVED, 61_200.0, a_rule(PRICE_RULE, 4, Timing()))
    dark = told(Kind.DARK, None, a_rule(BASIS_RULE, 8))
    fired = told(Kind.FIRED, 20.0)

    card = alert([dark, resolved, fired], NOW)

    assert card.title == "BTC: 3 of your alerts – skew 20.0%"
    assert card.lines == (
        "• BTC skew 20.0% – above your 15% · #7",
        "• BTC back to $61,200 – over $60,600 · #4",
        "• BTC basis data stopped – on hold, not cleared · #8",
    )
    assert [event.kind for event in card.events] == [Kind.FIRED, Kind.RESOLVED, Kind.DARK]
    assert (card.tone, card.silent) == (Tone.ALARM, False)


def test_a_group_without_anything_new_is_silent():
    card = alert([told(Kind.RESOLVED, 12.0), told(Kind.RESOLVED, 4.5, a_rule(BASIS_RULE, 8))], NOW)

    assert (card.tone, card.silent) == (Tone.CALM, True)


def test_a_group_of_thirty_stays_a_readable_card():
    card = alert([told(Kind.FIRED, 20.0, a_rule(number=n)) for n in range(1, 31)], NOW)

    assert card.lines[-1] == "… and 10 more: /alerts"
    assert len(card.buttons[0]) == 5
    assert len(card.events) == 30


def test_a_group_in_the_dark_and_back_is_quiet():
    card = alert([told(Kind.DARK, None), told(Kind.BACK, 2.0, a_rule(BASIS_RULE, 8))], NOW)

    assert card.lines[0] == "• BTC basis data is back – 2.0% · #8"
    assert (card.tone, card.silent) == (Tone.QUIET, True)


# Rules in words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State(Idle()), "armed"),
        (State(Unaligned()), "waits for its first reading"),
        (State(Waiting()), "true already, armed once below 13%"),
        (State(Pending(NOW - 4 * MINUTE)), "true for 4 min of 10 min"),
        (State(Pending(NOW - 10 * MINUTE)), "true, tells you at the next look"),
        (State(Firing(1, NOW, NOW, 20.0)), "ON since 20:15 UTC"),
        (State(Recovering(Firing(1, NOW, NOW, 20.0), NOW)), "ON since 20:15 UTC, clearing"),
        (State(Spent()), "done"),
        (State(Idle(), blind_since=NOW), "armed, on hold: no data"),
    ],
)
def test_a_rules_standing_is_a_few_words(state, words):
    assert rules.standing(a_rule(), state, NOW) == words


def test_a_paused_rule_is_paused_whatever_its_state():
    assert rules.standing(a_rule(paused=True), State(Waiting()), NOW) == "paused"


def test_a_rule_line_has_number_level_value_and_standing():
    shown = rules.line(a_rule(), State(Idle()), {SKEW: a_reading(SKEW, 14.2)}, NOW)

    assert shown == "#7 BTC skew above 15% · now 14.2% · armed"


def test_terms_say_hold_clear_level_and_repeats():
    assert rules.terms(a_rule().draft) == (
        "Must hold 10 min · clears below 13% · each time, at most every 4 h "
        "· reminders after 12 h, then ever more rarely"
    )


def test_terms_of_an_immediate_rule_say_at_once():
    draft = Draft((BASIS_RULE,), Timing(repeat=Repeat.ONCE))

    assert rules.terms(draft) == "At once · clears above 4% · once"


def test_an_even_reminder_is_told_as_such():
    draft = Draft((SKEW_RULE,), Timing(repeat=Repeat.EVERY, remind=timedelta(hours=4)))

    assert rules.terms(draft) == "At once · clears below 13% · each time · reminder every 4 h"


def test_either_of_two_legs_clears_an_and_rule_and_both_an_or_rule():
    legs = (SKEW_RULE, BASIS_RULE)

    assert rules.clears(Draft(legs)) == "below 13% or above 4%"
    assert rules.clears(Draft(legs, join=Join.ANY)) == "below 13% and above 4%"


def test_a_series_without_a_metric_is_named_as_it_is():
    moon = Series.parse("moon:BTC")

    assert (rules.measure(moon), rules.convention(moon)) == ("moon:BTC", "moon:BTC")
    assert rules.value_of(moon, 1.5) == "1.5"
    assert rules.distance(a_rule(Leg(moon, Direction.ABOVE, 1.0, 0.0)), {}) == float("inf")


def test_rules_of_different_units_compare_by_clear_gaps():
    latest = {SKEW: a_reading(SKEW, 13.0), PRICE: a_reading(PRICE, 61_200.0)}

    assert rules.distance(a_rule(), latest) == pytest.approx(1.0)
    assert rules.distance(a_rule(PRICE_RULE), latest) == pytest.approx(2.0)
    assert rules.distance(a_rule(BASIS_RULE), latest) == float("inf")


# The board


def test_the_board_fits_a_narrow_phone():
    fresh = {one.series: one for one in (a_reading(SKEW, -100.0), a_reading(PRICE, 1_234_567.0))}

    rows = board((Asset("BTC"), Asset("ETH")), fresh).splitlines()

    assert max(map(len, rows)) <= 32


def test_the_board_reads_like_this():
    fresh = {
        one.series: one
        for one in (a_reading(SKEW, 20.0), a_reading(BASIS, 2.0), a_reading(PRICE, 71_500.0))
    }

    assert board((Asset("BTC"),), fresh).splitlines() == [
        "BTC        now  usual",
        "Skew     20.0%  −6..+6  high",
        "Basis     2.0%  5..10   low",
        "IV           –          none",
        "Price   $71.5K",
    ]


def test_what_has_no_number_is_said_with_its_reason():
    old = a_reading(SKEW, 19.6, minutes=18)

    assert missing([SKEW, BASIS], {}, {SKEW: old}, NOW) == [
        "BTC skew is unavailable: its last value, 19.6%, is 18 min old.",
        "No reading yet: BTC basis.",
    ]


def test_the_source_line_spans_the_ages():
    shown = source([a_reading(SKEW, 1.0), a_reading(PRICE, 1.0, seconds=4)], NOW, simulated=True)

    assert shown == "Deribit · 20:15 UTC · data 4 s to 18 s old · simulated market"


def test_a_regime_is_told_in_its_words():
    series = Series.parse("regime:BTC")
    rule = a_rule(Leg(series, Direction.ABOVE, 1.5, 1.5))
    values = {"series": series, "level": 1.5}
    fired = replace(told(Kind.FIRED, 2.0, rule).event, **values)
    over = replace(fired, kind=Kind.RESOLVED, value=1.0, extreme=3.0)
    why = "Regime STRESS: skew 20.0% (> 15%)"

    card = alert([Told(fired, rule, None, None, regime=why)], NOW)
    after = alert([Told(over, rule, None, None)], NOW)

    assert card.title == "BTC regime STRESS – worse than cautious"
    assert ("Regime", "STRESS: skew 20.0% (> 15%)") in [(f.name, f.value) for f in card.fields]
    assert any("quiet until it clears (below stress)" in field.value for field in card.fields)
    assert after.title == "BTC regime back to CAUTIOUS – under stress for 10 min"
    assert "peak PANIC" in after.lines[0]


@pytest.mark.parametrize(
    ("fired", "line"),
    [
        ([0, 0], "Replay: none of them would have fired."),
        ([0, None], "Replay: none of those it can tell would have fired."),
        ([4, 8], "Replay, all of them: about 3 a week."),
        ([4, None], "Replay, all of them: at least about 1 a week."),
        ([None], ""),
    ],
)
def test_several_rules_are_told_together_as_far_as_it_is_known(fired, line):
    month = timedelta(days=28)
    seen = [None if count is None else Outlook(month, month, count) for count in fired]

    assert together(seen) == line
