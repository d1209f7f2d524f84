"""What a new alert's card says about its past, and the rarer levels it offers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.domain.rule import Waiting
from alerts.metrics import METRICS
from bot.commands.front import Front
from tests.unit.commands.room import NOW, PRICE, SKEW, Room, a_reading, acts, everything


async def lived(series, values, every=timedelta(hours=6), **room):
    """A room whose store remembers values, the last one now."""
    made = Room(**room)
    start = NOW - every * (len(values) - 1)
    readings = [a_reading(series, value, start + every * n) for n, value in enumerate(values)]
    await made.store.history.extend(readings)
    return made


def weekly(*peaks, weeks=4):
    """Skew of a few weeks at four readings a day: at 10, with a day at each peak in turn."""
    days = [10.0] * 7 * weeks
    for place, peak in enumerate(peaks):
        days[3 + 7 * place] = peak
    return [value for day in days for value in [day] * 4]


def past(card):
    return next(line for line in card.lines if line.startswith("Replay"))


async def test_coverage_comes_first_then_what_happened_in_it():
    room = await lived(SKEW, weekly(16, 16, 22, 16))

    card = await room.says("skew above 15%")

    assert past(card) == (
        "Replay of 28 days known of 365: 4 episodes, 4 d on in all, about 1 a week. "
        "Longest quiet 6 d. Last: 03 Feb 02:25 UTC."
    )


async def test_rarer_levels_are_offered_with_their_rate_and_one_tap_takes_them():
    room = await lived(SKEW, weekly(16, 19, 22, 16))
    card = await room.says("skew above 15%")
    [label, *_] = [one for one in acts(card) if "→" in one]
    assert label == "15% → 18% · about 2 a month"

    reply = await room.presses(label)

    assert reply.toast == "#1 has its new level."
    leg = (await room.held(1)).rule.legs[0]
    assert (leg.level, leg.clear) == (18, 16)


async def test_a_level_offered_on_an_older_card_is_out_of_date():
    room = await lived(SKEW, weekly(16, 19, 22, 16))
    card = await room.says("skew above 15%")
    act = next(act for label, act in acts(card).items() if "→" in label)
    await room.taps(act)

    assert (await room.taps(act)).toast == "This card is out of date."


@pytest.mark.parametrize("act", ["tune:1:1:nan", "tune:1:1:x", "tune:1", "tune:"])
async def test_a_level_that_is_none_changes_nothing(act):
    room = Room()
    await room.says("skew above 15%")

    assert (await room.taps(act)).toast == "This card is out of date."


async def test_under_a_day_of_history_it_cannot_tell():
    room = await lived(SKEW, [10, 16, 10], every=timedelta(hours=2))

    assert past(await room.says("skew above 15%")) == (
        "Replay: can't tell yet, 4 h of its history is known."
    )


async def test_over_gaps_it_cannot_tell_rather_than_say_never():
    room = Room()
    early = [
        a_reading(SKEW, 10, NOW - timedelta(days=90) + timedelta(hours=6 * n)) for n in range(9)
    ]
    await room.store.history.extend([*early, a_reading(SKEW, 10, NOW)])

    assert "can't tell, there are too many gaps" in past(await room.says("skew above 15%"))


async def test_a_rule_that_did_not_fire_says_so():
    room = await lived(SKEW, weekly())

    assert past(await room.says("skew above 15%")) == (
        "Replay of 28 days known of 365: it would not have fired."
    )


async def test_a_rule_that_was_true_all_along_is_not_called_quiet():
    """10 % was above 5 % from the first day to the last: nothing to cross, and no calm either."""
    room = await lived(SKEW, weekly())

    assert past(await room.says("skew above 5%")) == (
        "Replay of 28 days known of 365: "
        "true from the start and never over, so it would not have fired."
    )


async def test_a_rule_that_would_fire_all_the_time_is_asked_about_first():
    room = await lived(PRICE, [70_000.0, 70_000.0, 59_000.0, 70_000.0] * 60)

    card = await room.says("price below 60000 quiet 0m")

    assert await room.count() == 0
    assert "60 fires in 59 days, about 1 a day" in everything(card)
    await room.presses("Save anyway")
    assert await room.count() == 1


async def test_a_change_is_replayed_from_its_base():
    room = await lived(PRICE, [70_000.0] * 80 + [60_000.0] * 4 + [70_000.0] * 36)

    card = await room.says("price -10% in 24h")

    assert "1 episode," in past(card)


async def test_without_the_history_the_rule_is_still_saved():
    class NoHistory:
        async def window(self, *_):
            raise StoreError("no answer")

    room = Room()
    room.front = Front(replace(room.desk, history=NoHistory()))

    card = await room.says("skew above 15%")

    assert card.title.startswith("Saved as #1")
    assert "can't tell" in past(card)


async def test_replay_says_the_same_and_saves_nothing():
    room = await lived(SKEW, weekly(16, 19, 22, 16))

    card = await room.runs("replay", "skew above 15%")

    assert card.title == "Replay: BTC skew above 15%"
    assert "4 episodes" in past(card)
    assert "At 18%: about 2 a month; 20%: about 1 a month." in everything(card)
    assert await room.count() == 0
    await room.presses("Save it")
    assert await room.count() == 1


async def test_a_saved_alert_is_replayed_by_its_number():
    room = await lived(SKEW, weekly(16))
    await room.says("skew above 15%")

    assert "1 episode" in past(await room.runs("replay", "#1"))


async def test_replay_of_nothing_asks_which():
    assert "Replay which alert?" in everything(await Room().runs("replay"))


async def test_two_severities_are_saved_together():
    room = Room()
    card = await room.says("skew above 15 or 20")

    await room.presses("Yes")

    assert room.card.title == "Done, 2 alerts on"
    assert [one.rule.legs[0].level for one in await room.store.rules.of_chat(room.ask.chat)] == [
        15,
        20,
    ]
    assert "Two severities" in everything(card)


async def test_what_was_saved_together_is_taken_back_together():
    room = Room()
    await room.says("skew above 15 warn or 20 critical")

    await room.presses("Undo")

    assert room.card.title == "Undone: 2 alerts are no longer saved"
    assert await room.count() == 0


async def test_those_true_already_can_be_told_anyway():
    room = Room()
    room.reads(SKEW, 17)
    card = await room.says("skew above 15 warn or 20 critical")
    assert isinstance((await room.held(1)).state.phase, Waiting)
    assert "1 is true right now" in everything(card)

    await room.presses("Tell me now anyway")

    assert not isinstance((await room.held(1)).state.phase, Waiting)


async def test_a_rule_may_end():
    room = Room()

    await room.says("price below 60k until friday once")

    assert f"{(await room.held(1)).rule.draft.until:%Y-%m-%d %H:%M}" == "2026-02-07 00:00"


async def test_a_preset_is_shown_then_set_in_one_tap():
    room = Room()
    await room.runs("presets")
    await room.presses("Stress watch")
    assert room.card.title == "Stress watch for BTC"

    await room.presses("Set 4 alerts")

    assert room.card.title == "Done, 4 alerts on: Stress watch"
    assert await room.count() == 4


async def test_a_preset_twice_adds_nothing():
    room = Room()
    await room.taps("preset:stress:BTC:")

    await room.taps("preset:stress:BTC:")

    assert room.card.title == "You have all of these already"
    assert await room.count() == 4


async def test_a_preset_by_percentile_watches_shares_of_the_year():
    room = Room()

    await room.taps("preset:stress:ETH:percentile")

    rules = [one.rule for one in await room.store.rules.of_chat(room.ask.chat)]
    assert {rule.legs[0].series.derived for rule in rules} == {"pctl.365d"}
    assert {rule.legs[0].series.asset for rule in rules} == {"ETH"}


async def test_a_preset_that_finds_no_room_saves_nothing():
    room = Room(max_rules=3)

    await room.taps("preset:stress:BTC:")

    assert await room.count() == 0


@pytest.mark.parametrize("act", ["preset:foo:BTC:", "preset:stress:DOGE:", "preset:"])
async def test_a_preset_that_is_not_there_is_refused(act):
    assert "watch set is gone" in everything((await Room().taps(act)).card)


async def test_presets_are_found_by_name():
    assert (await Room().runs("presets", "note eth")).title == (
        "As the note of February 2026 for ETH"
    )
    assert "I have no watch set 'foo'" in everything(await Room().runs("presets", "foo"))


async def test_a_question_comes_with_the_numbers_to_answer_it():
    room = await lived(SKEW, weekly(16))

    card = await room.says("skew above 0.15")

    assert "Did you mean 15% or 0.15%?" in everything(card)
    assert "Now 14.2%, usual −6 to +6 (Feb 2026)." in everything(card)
    assert "Its daily values were 10.0% to 16.0% in 27 days." in everything(card)


async def test_an_end_a_severity_and_a_voice_are_echoed():
    card = await Room().says("skew above 20 critical silent until 2026-02-10T18:00Z")

    assert any("critical · silent · ends 10 Feb 2026 18:00 UTC" in line for line in card.lines)


async def test_a_change_is_called_as_it_is_typed():
    room = await lived(PRICE, [70_000.0] * 40)

    assert (await room.says("price falls 20% in 7d")).title == (
        "Saved as #1 – BTC price −20% in 7d"
    )


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
async def test_what_the_wizard_offers_without_a_number_is_a_rule(metric):
    room = Room()
    await room.taps(f"pick:BTC:{metric.key}")
    steps = ("record", "outside")
    offered = [act for act in acts(room.card).values() if any(f":{one}:" in act for one in steps)]

    for act in offered:
        await room.taps(act)
        await room.presses("1 h")
        assert room.card.title.startswith("4/4 Save this alert?"), act
        assert past(room.card)
        await room.presses("Save")
        assert room.card.title.startswith("Saved as"), act
    assert len(offered) >= (0 if metric.names else 2)


async def test_a_metric_against_another_is_replayed_from_both_pasts():
    other = replace(SKEW, window="30d")
    room = await lived(SKEW, weekly(16, 16, 22, 16))
    flat = [a_reading(other, 13.0, NOW - timedelta(hours=6) * n) for n in reversed(range(112))]
    await room.store.history.extend(flat)
    room.reads(other, 13.0)

    card = await room.says("skew above skew 30d")

    assert card.title == "Saved as #1 – BTC skew above BTC skew 30d"
    assert past(card).startswith("Replay of 28 days known of 365: 4 episodes")
    assert any("1.2 pts" in line for line in card.lines)


async def test_and_with_or_is_made_two_alerts_with_one_tap():
    room = Room()
    card = await room.says("skew above 15 and basis below 3 or price below 60k")
    assert "(1) skew above 15 and basis below 3; (2) price below 60k" in everything(card)

    await room.presses("Make them alerts of their own")

    assert "2 alerts on" in room.card.title
    assert await room.count() == 2


async def test_an_edit_shows_the_past_of_what_it_makes():
    room = await lived(SKEW, weekly(16, 16, 22, 16))
    await room.says("skew above 15%")

    await room.taps("tune:1:1:18")

    assert past(room.card).startswith("Replay of 28 days known of 365: 1 episode")


async def test_a_preset_shows_how_often_each_of_its_alerts_would_have_come():
    room = await lived(SKEW, weekly(16, 16, 22, 16))

    shown = everything(await room.says("/presets stress"))
    assert "• BTC skew above 15% · about 1 a week (4 in 28 days)" in shown
    assert "• BTC basis below 3% · replay can't tell yet" in shown
    assert "Replay, all of them: at least about 1 a week." in shown
    await room.presses("Set 4 alerts")

    shown = everything(room.card)
    assert "Replay, all of them: at least about 1 a week." in shown
    assert "#1 BTC skew above 15% · now 14.2% · armed · about 1 a week (4 in 28 days)" in shown


async def test_the_percentile_twin_is_shown_before_it_is_set():
    room = await lived(SKEW, weekly(16, 16, 22, 16))
    await room.says("/presets stress")

    await room.presses("By percentile instead")
    assert "BTC skew top 5% in 365d" in everything(room.card)
    assert await room.count() == 0
    await room.presses("By level instead")
    assert "BTC skew above 15%" in everything(room.card)
