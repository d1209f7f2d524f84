"""Setting alerts: in a line, by buttons, by typed parameters."""

from datetime import timedelta

import pytest

from alerts.domain.event import Kind
from alerts.domain.rule import Direction, Idle, Pending, Repeat, Unaligned, Waiting
from alerts.engine.step import step
from alerts.rules.judge import look
from bot.commands.market import fresh
from tests.unit.commands.room import BASIS, NOW, SKEW, Room, a_reading, acts, everything


@pytest.fixture
def room():
    return Room()


# One line


async def test_a_clear_line_is_saved_at_once_and_echoed(room):
    card = await room.says("skew above 15%")

    assert card.title == "Saved as #1 – BTC skew above 15%"
    measured, *others = card.lines
    assert measured.startswith("60d 25Δ skew (put-call, % of ATM IV). Positive: puts dearer")
    assert others == [
        (
            "Must hold 10 min · clears below 13% · each time, at most every 4 h "
            "· reminders after 12 h, then ever more rarely"
        ),
        "Replay: can't tell yet, none of its history is known.",
        "Now 14.2%, 0.8 pts away.",
    ]
    assert list(acts(card)) == ["Pause", "Delete", "Undo"]


async def test_what_was_saved_is_what_was_said(room):
    await room.says("eth basis below 3 for 30m clear 4 once")

    rule = (await room.held(1)).rule
    assert str(rule.legs[0].series) == "basis.60d:ETH"
    assert (rule.legs[0].direction, rule.legs[0].level, rule.legs[0].clear) == (
        Direction.BELOW,
        3.0,
        4.0,
    )
    assert (rule.timing.hold, rule.timing.repeat) == (timedelta(minutes=30), Repeat.ONCE)
    assert rule.owner == "ann"


async def test_an_unusual_rule_is_echoed_as_the_line_that_makes_it(room):
    card = await room.says("eth basis under 3 for 30m once")

    assert card.footer == "As one line: ETH basis below 3% for 30m once"


async def test_an_alert_not_met_starts_armed(room):
    await room.says("skew above 15%")

    assert (await room.held(1)).state.phase == Idle()


async def test_an_alert_already_true_waits_for_its_next_crossing_and_says_so(room):
    room.reads(SKEW, 20.0)

    card = await room.says("skew above 15%")

    assert card.lines[-1] == (
        "Already true (20.0%), so it waits for its next crossing: armed once below 13%."
    )
    assert "Alert me now" in acts(card)
    assert (await room.held(1)).state.phase == Waiting()


async def test_without_a_fresh_reading_it_starts_silently_with_the_first(room):
    room.reads(SKEW, 20.0, hours=2)

    card = await room.says("skew above 15%")

    assert card.lines[-1].startswith("No fresh reading right now")
    assert (await room.held(1)).state.phase == Unaligned()


async def test_alert_me_now_fires_at_the_next_look(room):
    room.reads(SKEW, 20.0)
    await room.says("skew above 15%")

    reply = await room.presses("Alert me now")

    assert reply.toast == "#1 tells you at the next look."
    held = await room.held(1)
    assert isinstance(held.state.phase, Pending)
    move = step(held.rule, held.state, look(held.rule.draft, fresh(room.desk)), NOW, timedelta(1))
    assert move.event.kind is Kind.FIRED


async def test_the_same_alert_again_is_only_added_when_asked_for(room):
    await room.says("skew above 15%")
    card = await room.says("BTC skew > 15")
    assert card.title == "You have that: #1 BTC skew above 15%"
    assert await room.count() == 1

    await room.presses("Add anyway")

    assert room.card.title == "Saved as #2 – BTC skew above 15%"


async def test_the_alert_that_is_already_there_can_be_opened(room):
    await room.says("skew above 15%")
    await room.says("skew above 15%")

    await room.presses("Open #1")

    assert room.card.title == "#1 BTC skew above 15% – armed"


async def test_the_limit_is_named_with_the_way_out():
    room = Room(max_rules=1)
    await room.says("skew above 15%")

    card = await room.says("basis below 3")

    assert "1 of 1 alerts are used" in everything(card)
    assert "Least useful: #1 BTC skew above 15% (0 fires in 0 d)" in everything(card)
    assert list(acts(card))[:2] == ["Delete #1", "Show list"]
    assert await room.count() == 1


@pytest.mark.parametrize(
    ("line", "level"),
    [("price below 60k", 60_000.0), ("skew above 15.5", 15.5), ("basis below 0%", 0.0)],
)
async def test_levels_are_read_in_the_metrics_unit(room, line, level):
    await room.says(line)

    assert (await room.held(1)).rule.legs[0].level == level


# Typed parameters


async def test_typed_parameters_make_the_same_rule(room):
    await room.runs("alert", metric="basis", when="below", level="3", asset="ETH", hold="30m")

    assert room.card.title == "Saved as #1 – ETH basis below 3%"
    assert (await room.held(1)).rule.timing.hold == timedelta(minutes=30)


async def test_the_typed_rule_text_wins(room):
    await room.runs("alert", rule="skew above 15%", metric="basis")

    assert room.card.title == "Saved as #1 – BTC skew above 15%"


async def test_incomplete_parameters_are_asked_about(room):
    card = await room.runs("alert", metric="skew", when="above")

    assert card.title.startswith("Above what?")
    assert await room.count() == 0


# By buttons


async def test_three_taps_and_a_save_make_an_alert(room):
    await room.says("/alert")
    await room.presses("BTC basis 5.6%")
    assert room.card.title == "2/4 BTC basis: alert when?"
    assert room.card.lines[0].endswith("Now 5.6%, usual 5 to 10% a year (Feb 2026).")
    await room.presses("below 3%")
    assert room.card.title == "3/4 BTC basis below 3%: must hold how long?"
    await room.presses("1 h")
    assert room.card.title == "4/4 Save this alert? BTC basis below 3%"
    assert any(line.startswith("Must hold 1 h · clears above 4%") for line in room.card.lines)
    assert any(line.startswith("Replay") for line in room.card.lines)
    assert await room.count() == 0

    await room.presses("Save")

    assert room.card.title == "Saved as #1 – BTC basis below 3%"


async def test_a_double_tap_on_save_saves_once(room):
    await room.taps("pick:BTC:basis:below:3")
    await room.presses("10 min")
    save = acts(room.card)["Save"]

    await room.taps(save)
    await room.taps(save)

    assert await room.count() == 1


async def test_cancel_saves_nothing(room):
    await room.taps("pick:BTC:basis:below:3")

    await room.presses("Cancel")

    assert room.card.lines == ("Nothing was saved.",)
    assert await room.count() == 0


async def test_back_returns_to_the_first_step(room):
    await room.taps("pick:BTC:basis")

    await room.presses("Back")

    assert room.card.title == "1/4 Which metric?"


@pytest.mark.parametrize(
    "written", ["actually 6", "6", "no, make it 6%", "above 6", "Actually: 6."]
)
async def test_a_level_written_at_the_review_stays_in_the_review(room, written):
    await room.taps("pick:BTC:basis:above:5")
    await room.presses("1 h")

    await room.says(written)

    assert room.card.title == "4/4 Save this alert? BTC basis above 6%"
    assert room.card.lines[0].endswith("still review.")
    assert any(line.startswith("Must hold 1 h · clears below 5%") for line in room.card.lines)
    await room.presses("Save")
    assert room.card.title == "Saved as #1 – BTC basis above 6%"


async def test_the_side_and_the_hold_can_be_written_too(room):
    await room.taps("pick:BTC:basis:above:5")
    await room.presses("now")

    await room.says("below 4")
    assert any("clears above 5%" in line for line in room.card.lines)
    await room.says("actually for 2h")

    assert room.card.title == "4/4 Save this alert? BTC basis below 4%"
    assert any(line.startswith("Must hold 2 h") for line in room.card.lines)


async def test_the_daily_close_is_a_hold_to_tap_or_to_write(room):
    await room.taps("pick:BTC:basis:below:3")
    await room.presses("daily close")

    assert room.card.title == "4/4 Save this alert? BTC basis below 3%"
    assert any(line.startswith("Counts at the daily close, 00:00 UTC") for line in room.card.lines)
    await room.says("no, for 1h")
    assert any(line.startswith("Must hold 1 h") for line in room.card.lines)
    await room.says("actually at the close")
    assert room.card.lines[0] == "Hold set to the daily close, still review."
    await room.presses("Save")

    assert (await room.held(1)).rule.timing.at_close
    assert room.card.footer == "As one line: BTC basis below 3% at the daily close"


async def test_alert_me_now_does_not_wait_for_the_daily_close(room):
    await room.says("basis below 7 at the daily close")

    await room.presses("Alert me now")

    phase = (await room.held(1)).state.phase
    assert (await room.held(1)).rule.timing.held(phase.since) <= NOW


async def test_a_number_is_a_level_where_a_metric_was_picked(room):
    await room.taps("pick:BTC:basis")
    await room.presses("type a number")
    assert "Write one number" in room.card.lines[-1]

    await room.says("7.5")
    assert room.card.title == "3/4 BTC basis above 7.5%: must hold how long?"
    await room.says("2")  # now 5.6%, so it is meant from above only where that is said
    assert room.card.title == "4/4 Save this alert? BTC basis above 2%"


async def test_a_number_under_the_value_is_watched_from_above(room):
    await room.taps("pick:BTC:basis:?")

    assert (await room.says("2")).title == "3/4 BTC basis below 2%: must hold how long?"


async def test_a_doubtful_level_is_asked_about_in_the_wizard_too(room):
    await room.taps("pick:BTC:skew25_norm:?")

    assert "15% or 0.15%" in (await room.says("0.15")).title


async def test_back_goes_one_step_back_at_a_time(room):
    await room.taps("pick:BTC:basis:below:3")
    await room.presses("10 min")

    for title in ("3/4 BTC basis below 3%", "2/4 BTC basis", "1/4 Which metric?"):
        await room.presses("Back")
        assert room.card.title.startswith(title)


async def test_once_it_is_closed_a_number_is_an_alert_again(room):
    await room.taps("pick:BTC:basis:below:3")
    await room.presses("10 min")
    await room.presses("Save")

    assert (await room.says("1")).title.startswith("#1 BTC basis below 3%")
    await room.taps("pick:BTC:basis")
    await room.presses("Cancel")
    assert (await room.says("1")).title.startswith("#1 BTC basis below 3%")


async def test_what_another_person_writes_changes_nothing_in_it(room):
    await room.taps("pick:BTC:basis:below:3")

    card = await room.says("actually 6", user="bob")

    assert "4/4" not in card.title
    assert "3/4" not in card.title


async def test_outside_the_usual_band_the_way_back_is_offered(room):
    room.reads(BASIS, 2.0)
    await room.taps("pick:BTC:basis")

    await room.presses("back above 5")
    await room.presses("1 h")

    assert room.card.title == "4/4 Save this alert? BTC basis above 5%"
    assert any("clears below 4%" in line for line in room.card.lines)


async def test_several_conditions_are_shown_how_to_be_written(room):
    await room.says("/alert")

    await room.presses("Combine…")

    assert "price -20% in 7d and skew above 15" in room.card.lines[0]


async def test_the_other_asset_is_a_tap_away(room):
    await room.says("/alert")

    await room.presses("ETH instead")

    assert "ETH skew" in acts(room.card)


@pytest.mark.parametrize(
    ("act", "offered"),
    [
        ("pick:BTC:funding_annual", ["above 20%", "below 0%", "below −10%"]),
        ("pick:BTC:funding_8h", ["above 0.05%", "above 0.01%", "below 0%", "below −0.01%"]),
        ("pick:BTC:regime", ["above cautious", "above stress", "above calm"]),
    ],
)
async def test_a_level_under_zero_is_watched_from_above(room, act, offered):
    await room.taps(act)

    assert [label for label in acts(room.card) if label.split()[0] in {"above", "below"}] == offered


async def test_a_level_past_the_other_edge_is_watched_from_inside(room):
    await room.taps("pick:BTC:basis")

    assert acts(room.card)["above 15%"] == "pick:BTC:basis:above:15"


async def test_price_levels_are_round_ones_near_the_price(room):
    await room.taps("pick:BTC:price")

    # 71,500 x 0.95 = 67,925; x 0.9 = 64,350; x 1.05 = 75,075; x 1.1 = 78,650: two digits each
    offered = [label for label in acts(room.card) if "$" in label]
    assert offered == ["below $68,000", "below $64,000", "above $75,000", "above $79,000"]


async def test_without_a_price_the_level_can_still_be_typed(room):
    room.desk.readings._latest.clear()

    await room.taps("pick:BTC:price")

    await room.presses("type a number")
    assert room.card.lines[-1] == "Write one number, like: below 54000"


async def test_an_act_of_every_button_fits_a_platform(room):
    for series, value in ((SKEW, 20.0), (BASIS, 2.0)):
        room.readings.update({series: a_reading(series, value)})

    for line in ("/start", "/now", "skew", "/alert", "/explain", "eth raw skew 30d"):
        assert all(len(act.encode()) <= 64 for act in acts(await room.says(line)).values())
