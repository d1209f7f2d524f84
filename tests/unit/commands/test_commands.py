"""Looking, listing, pausing, explaining: the commands beside `alert`."""

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.domain.rule import Firing, Idle, State, Waiting
from alerts.metrics import METRICS
from alerts.rules.vocabulary import Vocabulary
from bot.commands import COMMANDS
from bot.commands.spec import Ask
from bot.commands.words import Spoken, clean, rule_number, said, spoken, subject
from bot.text import figures
from tests.unit.commands.room import (
    BASIS,
    NOW,
    PRICE,
    SKEW,
    AwayStore,
    Room,
    acts,
    everything,
)

VOCABULARY = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))


@pytest.fixture
def room():
    return Room()


@pytest.fixture
async def busy(room):
    """Three alerts: #1 skew 0.8 away, #2 basis 2.6 away, #3 price 16 % away."""
    for line in ("skew above 15%", "basis below 3%", "price below 60k"):
        await room.says(line)
    return room


# Looking


async def test_now_shows_every_headline_with_band_and_age(room):
    card = await room.says("/now btc")

    assert card.pre.splitlines()[:3] == [
        "BTC        now  usual",
        "Skew     14.2%  −6..+6  high",
        "Basis     5.6%  5..10",
    ]
    assert card.lines[0] == "No reading yet: BTC IV."
    assert card.footer == "Deribit · 20:15 UTC · data 18 s old"


async def test_a_stale_number_is_unavailable_and_shown_with_its_age(room):
    room.reads(SKEW, 19.6, minutes=18)

    card = await room.says("skew")

    assert card.title == "BTC skew – no fresh reading"
    assert "its last value, 19.6%, is 18 min old." in everything(card)


async def test_a_metric_comes_with_two_alerts_a_tap_away(room):
    await room.says("skew")
    labels = list(acts(room.card))
    assert labels == ["Alert above 15%", "Alert above 10%", "What is this?"]

    await room.presses("Alert above 15%")

    assert room.card.title == "Saved as #1 – BTC skew above 15%"


async def test_an_unusual_window_is_kept_in_its_alert(room):
    await room.says("raw skew 30d")

    await room.presses("Alert above 5 vol pts")

    assert str((await room.held(1)).rule.legs[0].series) == "skew25_raw.30d:BTC"


async def test_a_simulated_market_is_called_so():
    room = Room(simulated=True)

    for line in ("/start", "/now", "skew", "/explain skew", "/status"):
        assert "simulated market" in (await room.says(line)).footer


async def test_start_welcomes_and_offers_three_ways_to_begin(room):
    card = await room.says("/start")

    assert card.lines[0] == (
        "I watch Bitcoin and Ether derivatives and message you only when your levels are crossed."
    )
    assert list(acts(card))[:3] == ["Stress watch", "Calm", "I'll set my own"]


async def test_three_assets_are_listed_as_people_do():
    card = await Room(assets=("BTC", "ETH", "SOL")).says("/start")

    assert card.lines[0].startswith("I watch Bitcoin, Ether and Solana derivatives")


async def test_a_tap_on_the_welcome_leaves_it_standing(room):
    await room.says("/start")

    reply = await room.presses("Basis below 3%")

    assert reply.card.title == "Saved as #1 – BTC basis below 3%"
    assert reply.new


async def test_explain_says_what_how_usual_and_now(room):
    card = await room.says("/explain basis")

    what, how, usual, now = card.lines
    assert what.startswith("What: Futures basis")
    assert "365 / days" in how
    assert "60d constant maturity, from Deribit" in how
    assert usual.startswith("Usual 5 to 10% a year (Feb 2026): neutral band in press charts")
    assert now == "Now: BTC 5.6% (20:14 UTC, 18 s old)."


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
async def test_every_metric_can_be_explained_and_looked_at(room, metric):
    assert len((await room.says(f"/explain {metric.key}")).lines) == 4
    assert (await room.says(f"/now {metric.key}")).title.startswith("BTC")


async def test_explain_alone_lists_what_there_is(room):
    card = await room.says("/explain")

    await room.taps(acts(card)["basis"])

    assert room.card.title == "Basis, as it is measured here"


async def test_help_names_every_command(room):
    shown = everything(await room.says("/help"))

    assert all(f"/{command.name}" in shown for command in COMMANDS if command.name != "help")


async def test_status_shows_the_parts_and_the_age_of_data():
    async def parts():
        return {"store": "ok", "polling": "leading"}

    room = Room(status=parts, version="0.1.0")
    room.reads(BASIS, 5.6, hours=1)

    shown = everything(await room.says("/status"))

    assert "store: ok" in shown
    assert "BTC data: skew 18 s · basis 1 h (too old) · IV none yet · price 18 s" in shown
    assert "derivwatch 0.1.0" in shown


async def test_status_counts_the_alerts_that_wait_for_each_feed(busy):
    await busy.says("skew above 20%")
    await busy.says("/pause 3")
    held = await busy.held(1)
    firing = State(Firing(1, NOW, NOW, 16.0), blind_since=NOW)
    await busy.store.rules.replace(held.rule, firing, now=NOW)

    card = await busy.says("/status")

    shown = everything(card)
    assert "skew 18 s, 2 alerts · basis 18 s, 1 alert · IV none yet · price 18 s" in shown
    assert "your alerts: 4 in all, 1 on, 1 on hold: no data, 1 paused" in shown
    assert acts(card)


async def test_status_is_told_while_the_store_is_away():
    room = Room(store=AwayStore())
    room.store.goes_away()

    assert (await room.says("/status")).title == "Status"


# Listing


async def test_the_list_has_the_nearest_first(busy):
    card = await busy.says("/alerts")

    assert card.title == "3 of 30 alerts"
    assert card.lines == (
        "#1 BTC skew above 15% · now 14.2% · armed",
        "#2 BTC basis below 3% · now 5.6% · armed",
        "#3 BTC price below $60,000 · now $71.5K · armed",
    )


async def test_the_list_tells_alerts_on_the_same_level_apart(room):
    for line in (
        "skew above 15%",
        "skew above 15% for 1h",
        "skew above 15% once",
        "skew above 15% every 4h",
        'skew above 15% named "mine"',
    ):
        await room.says(line)
        if "Add anyway" in acts(room.card):
            await room.presses("Add anyway")

    lines = (await room.says("/alerts")).lines

    assert [line.split(" · ")[0] for line in lines] == [
        "#1 BTC skew above 15%",
        "#2 BTC skew above 15% for 1h",
        "#3 BTC skew above 15% once",
        "#4 BTC skew above 15% every 4h",
        "#5 mine: BTC skew above 15%",
    ]


async def test_what_is_on_comes_first_and_what_is_paused_last(busy):
    held = await busy.held(3)
    firing = State(Firing(1, NOW, NOW, 59_000.0))
    await busy.store.rules.replace(held.rule, firing, now=NOW)
    await busy.says("/pause 1")

    lines = (await busy.says("/alerts")).lines

    assert [line[:2] for line in lines] == ["#3", "#2", "#1"]
    assert "ON since 20:15 UTC" in lines[0]


async def test_a_long_list_is_paged(room):
    for level in range(10, 20):
        await room.says(f"skew above {level}%")
        room.clock.advance(seconds=2)

    await room.says("/alerts")
    assert room.card.title == "10 of 30 alerts, page 1 of 2"
    assert len(room.card.lines) == 8
    reply = await room.presses("More ▶")

    assert (len(reply.card.lines), reply.new) == (2, False)
    assert list(acts(reply.card))[-1] == "◀ Back"


@pytest.mark.parametrize("line", ["#2", "2", "/alerts 2"])
async def test_a_number_opens_the_alert(busy, line):
    card = await busy.says(line)

    assert card.title == "#2 BTC basis below 3% – armed"
    assert list(acts(card)) == ["Pause", "Delete", "What is this?", "Snooze 4h", "Why?"]


# Changing


@pytest.mark.parametrize("line", ["/delete 1", "/delete #1", "delete 1", "/remove 1"])
async def test_delete_takes_an_alert_away(busy, line):
    card = await busy.says(line)

    assert card.title == "Deleted #1 – BTC skew above 15%"
    assert await busy.held(1) is None


async def test_numbers_are_not_used_again(busy):
    await busy.says("/delete 3")

    assert (await busy.says("price below 50k")).title.startswith("Saved as #4")


async def test_pause_and_resume_by_button(busy):
    await busy.says("#1")
    reply = await busy.presses("Pause")
    assert reply.toast == "#1 is paused."
    assert reply.card.title == "#1 BTC skew above 15% – paused"

    reply = await busy.presses("Resume")

    assert reply.toast == "#1 watches again."
    assert reply.card.title == "#1 BTC skew above 15% – armed"


async def test_a_resumed_alert_that_is_true_now_waits_for_its_next_crossing(busy):
    await busy.says("/pause 1")
    busy.reads(SKEW, 20.0)

    await busy.says("/resume 1")

    assert (await busy.held(1)).state.phase == Waiting()


async def test_a_resumed_alert_keeps_its_count_so_that_news_stays_apart(busy):
    held = await busy.held(1)
    await busy.store.rules.replace(held.rule, State(Idle(), 4, NOW), now=NOW)

    await busy.says("/pause 1")
    await busy.says("/resume 1")

    state = (await busy.held(1)).state
    assert (state.episodes, state.fired_at) == (4, NOW)


async def test_pause_all_and_resume_all(busy):
    assert (await busy.says("/pause all")).title == "3 alerts paused"
    assert (await busy.says("/pause all")).title == "0 alerts paused"
    assert all(held.rule.paused for held in await busy.store.rules.of_chat(busy.ask.chat))

    assert (await busy.says("/resume all")).title == "3 alerts watching again"


async def test_pausing_all_counts_what_was_left_when_the_store_goes_away():
    room = Room(store=AwayStore())
    for line in ("skew above 15%", "basis below 3%"):
        await room.says(line)
    room.store.rules.answers = 2

    card = await room.says("/pause all")

    assert card.title == "1 alert paused"
    assert card.lines == ("1 could not be changed: try again in a minute.",)


async def test_stop_alone_asks_what_to_pause(busy):
    await busy.says("/stop")

    await busy.presses("/pause all")

    assert busy.card.title == "3 alerts paused"


# Completions


async def test_rule_texts_complete_with_the_value_now(room):
    found = await room.front.suggest("alert", "rule", "skew ab", room.ask)

    assert found[0].label == "BTC skew above 10% (now 14.2%)"
    assert found[0].value == "BTC skew above 10"
    assert found[-1].value == "skew ab"


async def test_every_completed_rule_text_is_a_rule(room):
    for choice in await room.front.suggest("alert", "rule", "", room.ask):
        assert (await room.says(choice.value)).title.startswith(("Saved as", "Done"))
        room.clock.advance(seconds=5)
        room.reads(PRICE, 71_500.0)


async def test_metrics_and_assets_complete(room):
    metrics = await room.front.suggest("now", "metric", "bas", room.ask)
    assets = await room.front.suggest("now", "asset", "e", room.ask)

    assert [choice.label for choice in metrics] == ["basis – BTC 5.6%", "bas"]
    assert [choice.value for choice in assets] == ["ETH", "e"]


async def test_closed_sets_complete(room):
    found = await room.front.suggest("alert", "when", "", room.ask)

    assert [choice.value for choice in found] == ["above", "below"]


async def test_numbers_complete_with_the_rule(busy):
    found = await busy.front.suggest("delete", "alert", "skew", busy.ask)

    assert (found[0].label, found[0].value) == ("#1 BTC skew above 15%", "1")


async def test_without_a_store_the_typed_text_is_the_only_completion():
    room = Room(store=AwayStore())
    room.store.goes_away()

    found = await room.front.suggest("delete", "alert", "3", room.ask)

    assert [choice.value for choice in found] == ["3"]


async def test_an_unknown_parameter_completes_to_what_is_typed(room):
    assert [one.value for one in await room.front.suggest("x", "y", "z", room.ask)] == ["z"]


async def test_completions_stay_within_what_discord_takes(room):
    found = await room.front.suggest("alert", "rule", "", room.ask)
    long = await room.front.suggest("alert", "rule", "x" * 300, room.ask)

    assert len(found) <= 25
    assert all(len(one.label) <= 100 and len(one.value) <= 100 for one in (*found, *long))


# Words


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("/alert@bot skew above 15", Spoken("alert", "skew above 15")),
        ("alert skew above 15", Spoken("alert", "skew above 15")),
        ("eth basis 30d", Spoken("now", "eth basis 30d")),
        ("#12", Spoken("alerts", "12")),
        ("skew above 15", Spoken("alert", "skew above 15")),
        ("/list", Spoken("alerts", "")),
    ],
)
def test_a_line_becomes_a_command(line, wanted):
    assert spoken(line, COMMANDS, VOCABULARY) == wanted


@pytest.mark.parametrize(("line", "fix"), [("skw", "skew"), ("btc bsis", "btc basis")])
def test_a_slip_in_a_metric_is_asked_about(line, fix):
    with pytest.raises(UsageError) as caught:
        spoken(line, COMMANDS, VOCABULARY)

    assert caught.value.fixes == (fix,)


def test_a_subject_is_metric_asset_and_window_in_any_order():
    found = subject("30d ether risk reversal", VOCABULARY)

    assert (found.metric.key, found.asset, found.window) == ("rr25", "ETH", "30d")


def test_a_subject_names_each_thing_once():
    with pytest.raises(UsageError, match="'basis' is no metric"):
        subject("skew basis", VOCABULARY)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "１", "9" * 12])
def test_only_a_plain_number_is_the_number_of_an_alert(text):
    with pytest.raises(UsageError):
        rule_number(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("below -5%", "below −5%"),
        ("-$5 to $5, not 2026-02-06 or put-call", "−$5 to $5, not 2026-02-06 or put-call"),
        ("Not -5. Write it like: skew below -5", "Not −5. Write it like: skew below -5"),
    ],
)
def test_minuses_are_true_but_in_examples_to_be_typed(text, shown):
    assert figures.minuses(text) == shown


def test_cleaning_leaves_one_printable_line():
    assert clean(" a\x00b \n c\u202e\ud800d ") == "a b c d"


def test_typed_parameters_read_as_words():
    command = next(command for command in COMMANDS if command.name == "now")

    assert said(Ask(None, "", values={"asset": "ETH", "metric": "skew"}), command) == "skew ETH"


def regime_of(room, **named):
    known = {"skew": SKEW, "basis": BASIS, "longs": Series.parse("liq_long_usd.5d:BTC")}
    for name, value in named.items():
        room.reads(known[name], value)


async def test_now_says_the_regime_with_its_reasons(room):
    regime_of(room, skew=20.0, basis=2.0, longs=1.8e9)

    assert (
        "BTC: regime STRESS: skew 20.0% (> 15%), basis 2.0% (< 3%), 5d longs liquidated at least "
        "$1.8B (> $1B); without drawdown, term slope."
    ) in (await room.runs("now")).lines


async def test_now_says_what_a_regime_lacks(room):
    assert ("BTC: regime: can't tell, no fresh 5d longs liquidated, drawdown, term slope.") in (
        await room.runs("now", "btc")
    ).lines


async def test_a_calm_regime_says_that_little_is_past_its_edge(room):
    regime_of(room, skew=2.0, basis=7.0, longs=1e8)
    room.reads(Series.parse("regime:BTC"), 0.0)

    card = await room.says("regime")

    assert card.title == "BTC regime CALM"
    assert "fewer than two of its numbers are past cautious" in card.lines[0]
    assert [button.label for button in card.buttons[0]] == [
        "Alert above calm",
        "Alert above cautious",
    ]


async def test_explain_says_where_the_grades_of_a_regime_begin(room):
    said = everything(await room.runs("explain", "regime"))

    assert "Skew: cautious, stress, panic above 6%, 15%, 20%" in said
    assert "Feb 2026" in said


async def test_a_rule_on_the_regime_is_told_in_its_words(room):
    room.reads(Series.parse("regime:BTC"), 1.0)

    card = await room.says("regime becomes stress for 1h")

    assert card.title == "Saved as #1 – BTC regime above cautious"
    assert "clears below stress" in everything(card)
    assert "Now CAUTIOUS." in card.lines


async def test_a_rule_on_a_regime_that_was_not_read_yet_starts_from_what_is_known(room):
    regime_of(room, skew=20.0, basis=2.0, longs=1.8e9)

    card = await room.says("regime becomes stress")

    assert "Already true (STRESS)" in everything(card)
