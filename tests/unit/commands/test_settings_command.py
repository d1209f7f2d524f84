"""Quiet hours, zone, budget and snooze of a chat, as a person sets them."""

from datetime import UTC, datetime, time, timedelta

import pytest

from alerts.domain.errors import StoreAwayError
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from bot.commands.zones import COMMON, matching, zone_of
from bot.platforms.discord.tree import SUGGESTED
from tests.builders import minutes
from tests.unit.commands.room import NOW, SKEW, Room, a_reading


@pytest.fixture
def room():
    return Room()


async def chosen(room):
    [found] = await room.store.chats.read([room.ask.chat])
    return found


def shown(card):
    fields = [f"{one.name}: {one.value}" for one in card.fields]
    return "\n".join([card.title, *card.lines, *fields, card.footer])


def labels(card):
    return [button.label for row in card.buttons for button in row]


async def test_quiet_hours_are_set_and_said_in_plain_words(room):
    await room.says("/tz Lisbon")

    card = await room.says("/quiet 23:00-07:00")

    assert (await chosen(room)).quiet == Quiet(time(23), time(7))
    assert card.title == "Quiet hours: 23:00–07:00"
    assert card.lines[0] == (
        "Nothing rings then, by the clock of Europe/Lisbon. Critical and loud alerts still ring."
    )


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("23-7", time(23), time(7)),
        ("from 22:30 to 6:15", time(22, 30), time(6, 15)),
        ("11pm-7am", time(23), time(7)),
        ("11:30 pm to 12 am", time(23, 30), time(0)),
        ("13:00–15:00", time(13), time(15)),
        ("22:00 24:00", time(22), time(0)),
        ("12am-6am", time(0), time(6)),
    ],
)
async def test_hours_are_read_as_people_write_them(room, said, start, end):
    await room.says(f"/quiet {said}")

    assert (await chosen(room)).quiet == Quiet(start, end)


async def test_hours_typed_piece_by_piece_are_the_same(room):
    await room.runs("quiet", **{"from": "23:00", "to": "07:00"})

    assert (await chosen(room)).quiet == Quiet(time(23), time(7))


@pytest.mark.parametrize(
    "said",
    ["at night", "23:00", "25-7", "23:61-7:00", "7-7", "13pm-7am", "-1-7", "23:00-07:00-09:00"],
)
async def test_what_are_no_hours_is_refused_with_a_way_out_and_nothing_changes(room, said):
    await room.says("/quiet 23-7")

    card = await room.says(f"/quiet {said}")

    assert "/quiet 23:00-07:00" in labels(card)
    assert (await chosen(room)).quiet == Quiet(time(23), time(7))


async def test_quiet_hours_can_be_taken_back(room):
    await room.says("/quiet 23-7")

    card = await room.says("/quiet off")

    assert (card.title, (await chosen(room)).quiet) == ("No quiet hours", None)


async def test_in_no_zone_quiet_hours_say_by_which_clock_they_are(room):
    card = await room.says("/quiet 23-7")

    assert "By UTC, since I don't know where you are" in card.lines[0]
    assert "Set my clock" in labels(card)


async def test_an_offer_of_quiet_hours_is_taken_by_a_tap(room):
    reply = await room.taps("quiet:23:00-07:00")

    assert reply.new
    assert (await chosen(room)).quiet == Quiet(time(23), time(7))


async def test_what_waits_is_looked_at_anew_when_hours_change(room):
    recalled = []
    room.store.outbox.recall = lambda chat: _noted(recalled, chat)

    for said in ("/quiet off", "/budget off", "/snooze off", "/tz Lisbon"):
        await room.says(said)

    assert recalled == [room.ask.chat] * 4


async def _noted(into, chat):
    into.append(chat)


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Europe/Lisbon", "Europe/Lisbon"),
        ("europe/lisbon", "Europe/Lisbon"),
        ("lisbon", "Europe/Lisbon"),
        ("new york", "America/New_York"),
        ("NYC", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("munich", "Europe/Berlin"),
        ("mumbai", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("kolkata", "Asia/Kolkata"),
        ("est", "America/New_York"),
        ("port-au-prince", "America/Port-au-Prince"),
    ],
)
def test_a_zone_is_found_by_its_name_a_city_or_a_country(said, zone):
    assert zone_of(said) == zone


async def test_a_slip_in_a_city_is_asked_about(room):
    card = await room.says("/tz lisbonn")

    assert card.title == "Did you mean Europe/Lisbon?"
    await room.taps(card.buttons[0][0].act)
    assert (await chosen(room)).zone == "Europe/Lisbon"


@pytest.mark.parametrize("said", ["atlantis", "UTC+2", "gmt-5", "../../etc/passwd", "<b>"])
async def test_a_place_nobody_knows_is_refused_and_nothing_changes(room, said):
    await room.says(f"/tz {said}")

    assert (await chosen(room)).zone == "UTC"


async def test_a_clock_is_shown_with_its_time(room):
    card = await room.says("/tz Tokyo")

    assert card.title == f"Your clock: {NOW + timedelta(hours=9):%H:%M} JST (Asia/Tokyo)"


async def test_without_a_zone_cities_can_be_tapped(room):
    card = await room.says("/tz")
    await room.taps(card.buttons[0][0].act)

    assert card.title == f"Your clock: {NOW:%H:%M} UTC"
    assert (await chosen(room)).zone == "America/New_York"


async def test_zones_are_completed_with_the_time_there(room):
    [first, *_] = await room.front.suggest("tz", "zone", "lisb", room.ask)

    assert (first.label, first.value) == (
        f"Europe/Lisbon – {NOW:%H:%M} now",
        "Europe/Lisbon",
    )
    found = await room.front.suggest("tz", "zone", "", room.ask)
    assert [one.value for one in found] == list(COMMON)
    assert [one.value for one in await room.front.suggest("tz", "zone", "qqq", room.ask)] == ["qqq"]


def test_completions_of_a_zone_are_few_and_known():
    assert matching("new y")[0] == "America/New_York"
    assert "Asia/Kolkata" in matching("mumb")


@pytest.mark.parametrize(
    ("said", "budget"),
    [
        ("5/week", Budget(5, Period.WEEK)),
        ("3/day", Budget(3, Period.DAY)),
        ("3 a day", Budget(3, Period.DAY)),
        ("10 per week", Budget(10, Period.WEEK)),
        ("5", Budget(5, Period.WEEK)),
        ("2/d", Budget(2, Period.DAY)),
    ],
)
async def test_a_budget_is_read_as_people_write_it(room, said, budget):
    await room.says(f"/budget {said}")

    assert (await chosen(room)).budget == budget


@pytest.mark.parametrize("said", ["-5/week", "5/month", "lots", "999999/week", "1.5/day"])
async def test_what_is_no_budget_is_refused_with_a_way_out(room, said):
    card = await room.says(f"/budget {said}")

    assert "/budget 5/week" in labels(card)
    assert (await chosen(room)).budget is None


async def test_a_budget_says_how_much_of_it_is_used_and_when_the_summary_comes(room):
    card = await room.says("/budget 5/week")

    assert card.title == "At most 5 a week"
    assert card.lines[1].startswith("0 used this week. Next summary: ")
    assert card.lines[1].endswith("08:00 UTC.")


async def test_more_can_be_allowed_for_this_week_again_and_again(room):
    await room.says("/budget 5/week")

    assert (await room.taps("allow:3")).toast == "3 more this week."
    await room.taps("allow:3")

    budget = (await chosen(room)).budget
    assert (budget.most, budget.more) == (5, 6)
    room.clock.advance(days=7)
    await room.taps("allow:3")
    assert (await chosen(room)).budget.more == 3


async def test_more_of_no_budget_is_nothing(room):
    assert "no budget" in (await room.taps("allow:3")).toast
    assert (await chosen(room)).budget is None


async def test_a_chat_is_snoozed_for_a_while_and_woken(room):
    card = await room.says("/snooze 2h")

    assert card.title == f"Snoozed until {NOW + timedelta(hours=2):%H:%M} UTC"
    assert (await chosen(room)).snoozed_until == NOW + timedelta(hours=2)
    assert (await room.taps("wake:")).toast == "Awake: alerts ring again."
    assert (await chosen(room)).snoozed_until is None


async def test_a_chat_is_snoozed_until_a_time_of_its_own_clock(room):
    await room.says("/tz Tokyo")  # 21:15 there

    await room.says("/snooze until 8:00")

    until = (await chosen(room)).snoozed_until
    assert until == datetime(NOW.year, NOW.month, NOW.day, 23, tzinfo=UTC)


async def test_a_snooze_that_is_over_is_not_shown(room):
    await room.says("/snooze 2h")
    room.clock.advance(hours=2)

    assert (await room.says("/snooze")).title == "Not snoozed"


@pytest.mark.parametrize("said", ["2 parsecs", "90d", "10s", "until yesterday"])
async def test_a_snooze_that_is_none_is_refused_and_nothing_changes(room, said):
    await room.says(f"/snooze {said}")

    assert (await chosen(room)).snoozed_until is None


async def test_settings_show_all_that_is_chosen(room):
    for said in ("/tz Lisbon", "/quiet 23-7", "/budget 5/week", "/snooze 2h"):
        await room.says(said)

    text = shown(await room.says("/settings"))

    assert f"Clock: {NOW:%H:%M} WET (Europe/Lisbon)" in text
    assert "Quiet hours: 23:00–07:00" in text
    assert "Budget: 5 a week, 0 used this week" in text
    assert f"Snoozed: until {NOW + timedelta(hours=2):%H:%M} WET" in text


@pytest.mark.parametrize("said", ["/tz Lisbon", "/quiet 23-7", "/budget 5/week", "/snooze 2h"])
async def test_members_of_a_group_change_nothing(room, said):
    await room.says(said, may_edit=False)
    for act in ("quiet:23:00-07:00", "tz:Asia/Tokyo", "allow:3", "budget:5/week", "wake:"):
        assert "Only admins" in (await room.taps(act, may_edit=False)).toast

    assert await chosen(room) == Preferences()


@pytest.mark.parametrize(
    "act", ["quiet:", "quiet:x", "tz:", "tz:Nowhere", "budget:x", "set:x", "allow:"]
)
async def test_a_forged_button_changes_nothing(room, act):
    await room.says("/quiet 23-7")

    await room.taps(act)

    assert await chosen(room) == Preferences(quiet=Quiet(time(23), time(7)))


async def test_a_store_that_is_away_changes_nothing_and_says_so(room):
    async def away(_):
        raise StoreAwayError("away")

    room.store.chats.read = away

    assert "The store is away" in (await room.says("/quiet 23-7")).title
    assert "I don't know" in (await room.says("/nonsense")).title


def test_every_city_on_a_button_fits_one():
    assert all(len(f"tz:{zone}".encode()) <= 48 for zone in COMMON)


async def test_a_decimal_comma_is_asked_about_once_and_then_understood(room):
    card = await room.says("skew above 15,5")
    assert "Change number format" in labels(card)

    await room.taps(card.buttons[labels(card).index("Change number format")][0].act)
    card = await room.says("skew above 15,5")

    [held] = await room.store.rules.of_chat(room.ask.chat)
    assert held.rule.legs[0].level == 15.5
    assert "15,5%" in card.title
    assert (await chosen(room)).decimal_comma


async def test_numbers_are_shown_as_the_chat_writes_them_and_buttons_still_work(room):
    await room.taps("set:comma")

    card = await room.says("skew")
    assert "14,2%" in shown(card)
    card = await room.says("skew above 16,25")
    tapped = card.buttons[0][0]
    await room.taps(tapped.act)

    assert "Numbers: with a decimal comma" in shown(await room.says("/settings"))


async def test_an_import_is_not_read_with_commas(room):
    await room.taps("set:comma")

    card = await room.says('/import {"alerts": [1,2]}')

    assert "1.2" not in shown(card)


async def test_members_see_settings_and_do_not_change_them_by_word(room):
    card = await room.says("/settings comma", may_edit=False)

    assert "Only admins" in card.title
    assert await chosen(room) == Preferences()
    assert (await room.says("/settings", may_edit=False)).title == "Settings of this chat"


SHOWN = {"/settings": "Settings", "/tz": "clock", "/quiet": "uiet", "/budget": "udget",
         "/snooze": "nooze"}  # fmt: skip


@pytest.mark.parametrize("said", SHOWN)
async def test_members_see_what_a_group_has_chosen_and_change_none_of_it(room, said):
    card = await room.says(said, may_edit=False)
    by_button = await room.taps(f"cmd:{said[1:]}", may_edit=False)

    assert SHOWN[said] in card.title
    assert by_button.card.title == card.title
    assert "Only admins" in (await room.says(f"{said} comma", may_edit=False)).title
    assert await chosen(room) == Preferences()


async def level(room):
    held = await room.store.rules.of_chat(room.ask.chat)
    return [(str(leg.direction), leg.level) for one in held for leg in one.rule.legs]


async def test_who_always_uses_the_other_sign_is_asked_once(room):
    card = await room.says("skew below -15")
    assert "Always use the other sign" in labels(card)

    await room.taps(card.buttons[labels(card).index("Always use the other sign")][0].act)
    card = await room.says("skew below -15")

    assert await level(room) == [("above", 15.0)]
    assert card.title.startswith("Saved as #1")
    assert card.title == "Saved as #1 – BTC call skew below −15%"
    card = await room.says("/settings")
    assert "Skew: you write, and alerts and lists tell, call − put" in shown(card)


async def test_lists_and_cards_tell_what_was_typed_with_the_other_sign(room):
    await room.taps("set:sign")
    await room.says("skew below -15 once")

    assert room.card.footer == "As one line: BTC call skew below -15% once"
    assert "#1 BTC call skew below −15% once · now −14.2% · armed" in shown(
        await room.says("/alerts")
    )
    assert "#1 BTC call skew below −15% · now −14.2%, 0.8 pts away" in shown(
        await room.says("/near")
    )
    card = await room.says("/alerts 1")
    assert card.title == "#1 BTC call skew below −15% – armed"
    assert "clears above −13%" in shown(card)
    assert "cmd:explain:BTC skew25_norm" in [one.act for row in card.buttons for one in row]
    assert (await room.says("/replay 1")).title == "Replay: BTC call skew below −15%"
    assert (await room.says("/delete 1")).title == "Deleted #1 – BTC call skew below −15%"


async def test_why_tells_the_other_sign_and_its_button_means_ours(room):
    await room.taps("set:sign")
    await room.says("skew below -15 for 0m")
    await room.store.history.extend(
        [a_reading(SKEW, 13.0 + 1.4 * (one > 30), NOW - minutes(60 - one)) for one in range(60)]
    )

    card = await room.says("/why 1")

    assert card.title.startswith("Why #1 BTC call skew below −15%")
    assert "BTC call skew −14.4% at least" in shown(card)
    assert "0.6 pts over your −15%" in shown(card)
    [(label, act)] = [(b.label, b.act) for row in card.buttons for b in row if "→" in b.label]
    assert label == "−15% → −14%"
    await room.taps(act)
    assert await level(room) == [("above", 14.0)]


async def test_a_line_of_a_card_typed_again_is_the_same_alert(room):
    await room.taps("set:sign")
    await room.says("skew below -15 once")
    line = room.card.footer.removeprefix("As one line: ")

    assert (await room.says(line)).title.startswith("You have that: #1")


async def test_what_a_button_carries_is_always_in_the_sign_that_is_kept(room):
    await room.taps("set:sign")

    await room.taps("cmd:alert:BTC skew above 15%")

    assert await level(room) == [("above", 15.0)]


async def test_a_question_in_the_other_sign_is_answered_by_a_button_as_it_was_meant(room):
    await room.taps("set:sign")

    card = await room.says("skew abov -150")
    assert "−150%" in shown(card)
    [act] = [one.act for row in card.buttons for one in row if "150" in one.label]
    await room.taps(act)

    assert await level(room) in ([("above", -150.0)], [("below", 150.0)])


async def test_the_same_rule_again_in_the_other_sign_is_known(room):
    await room.says("skew above 15")
    await room.taps("set:sign")

    card = await room.says("skew below -15")

    assert card.title.startswith("You have that: #1")
    await room.taps(card.buttons[0][1].act)
    assert await level(room) == [("above", 15.0), ("above", 15.0)]


async def test_the_welcome_offers_to_set_the_clock(room):
    card = await room.says("/start")

    assert "Time zone: UTC – change" in labels(card)


async def test_a_setting_can_be_taken_back(room):
    card = await room.says("/quiet 23-7")

    [undo] = [one.act for row in card.buttons for one in row if one.label == "Undo"]
    await room.taps(undo)

    assert (await chosen(room)).quiet is None


async def test_zones_are_completed_on_every_platform_that_completes(room):
    command = next(one for one in room.front.commands if one.name == "tz")

    assert {param.kind for param in command.params} <= SUGGESTED
