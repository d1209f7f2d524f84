"""What fired here, newest first, and what each of it was decided on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Venue
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Quality, Reason
from alerts.domain.rule import Firing, State, Timing
from alerts.ports import New, Step
from bot.commands.front import Front
from tests.builders import a_draft, a_leg, minutes
from tests.unit.commands.room import (
    BASIS,
    ELSEWHERE,
    NOW,
    PRICE,
    SKEW,
    Room,
    a_reading,
    acts,
    everything,
)

HOUR = timedelta(hours=1)
TEN = Timing(hold=minutes(10))


@pytest.fixture
def room():
    return Room()


async def a_saved(room, *legs, timing=TEN, **fields):
    new = New(room.ask.chat, "ann", a_draft(*legs, timing=timing, **fields), State())
    return await room.store.rules.add(new, now=NOW, limit=300)


async def fire(room, rule, nth=1, at=NOW, evidence=None, **fields):
    """The rule fires at a time, after ten minutes of being true."""
    leg = rule.legs[0]
    event = Event(
        *(Kind.FIRED, rule.id, rule.revision, rule.number, rule.chat, nth, leg.series),
        *(leg.level, 16.2, at, at - minutes(10)),
        extreme=16.2,
    )
    event = replace(event, **fields)
    readings = (a_reading(leg.series, 16.2, at - minutes(0.3)),) if evidence is None else evidence
    state = State(Firing(nth, event.since, at, 16.2), nth, at)
    step = Step(rule.id, rule.revision, state, event, evidence=readings)
    await room.store.rules.commit([], [step], 1)
    return event


async def end(room, rule, event, after, extreme=21.4):
    over = replace(event, kind=Kind.RESOLVED, at=event.at + after, value=12.8, extreme=extreme)
    step = Step(rule.id, rule.revision, State(episodes=event.episode), over)
    await room.store.rules.commit([], [step], 1)


# /history


async def test_what_fired_is_listed_newest_first_with_length_and_peak(room):
    skew, basis = await a_saved(room), await a_saved(room, a_leg(BASIS, level=20, clear=18))
    first = await fire(room, skew, at=NOW - 26 * HOUR)
    await end(room, skew, first, HOUR)
    await fire(room, basis, at=NOW - HOUR, value=20.4, extreme=20.4)

    card = await room.says("/history")

    assert card.title == "2 alerts fired"
    assert card.lines == (
        "#2.1 BTC basis above 20% · 19:15, still on · peak 20.4%",
        "#1.1 BTC skew above 15% · 05 Feb 18:15, on for 1 h 10 min · peak 21.4%",
    )
    assert list(acts(card)) == ["Proof #2.1", "Proof #1.1"]


async def test_of_what_lies_below_a_level_the_low_is_told(room):
    leg = replace(a_leg(BASIS, level=3.0, clear=3.0), direction="below", clear=4.0)
    rule = await a_saved(room, leg)
    event = await fire(room, rule, at=NOW - HOUR, extreme=2.9)
    await end(room, rule, event, minutes(30), extreme=2.4)

    assert "low 2.4%" in (await room.says("/history")).lines[0]


async def test_an_episode_whose_alert_was_deleted_or_edited_says_that_its_end_was_not_seen(room):
    rule = await a_saved(room)
    await fire(room, rule, at=NOW - HOUR)
    await room.says("/delete 1")

    assert "its end was not seen" in (await room.says("/history")).lines[0]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("skew", ["1.1", "3.1"]),
        ("basis", ["2.1", "3.1"]),
        ("btc", ["1.1", "2.1", "3.1"]),
        ("#3", ["3.1"]),
        ("3", ["3.1"]),
    ],
)
async def test_history_of_a_metric_or_an_alert_is_only_that(room, asked, names):
    rules = [
        await a_saved(room),
        await a_saved(room, a_leg(BASIS, level=20, clear=18)),
        await a_saved(room, a_leg(), a_leg(BASIS, level=20, clear=18)),
    ]
    for place, rule in enumerate(rules):
        await fire(room, rule, at=NOW - place * HOUR)

    card = await room.says(f"/history {asked}")

    assert [label.removeprefix("Proof #") for label in acts(card)] == names


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("", "Nothing has fired yet"),
        ("skew", "Nothing has fired yet on skew"),
        ("#7", "Nothing has fired yet for #7"),
    ],
)
async def test_where_nothing_fired_it_says_so_and_offers_ways_on(room, asked, title):
    card = await room.says(f"/history {asked}")

    assert card.title == title
    assert acts(card)


async def test_an_unknown_word_is_answered_with_the_ways_to_ask(room):
    assert "no metric or asset" in (await room.says("/history weather")).title


async def test_two_hundred_episodes_are_turned_page_by_page_in_place(room):
    rule = await a_saved(room)
    for nth in range(1, 206):
        await fire(room, rule, nth, NOW - HOUR + minutes(nth / 10))

    card = await room.says("/history skew")
    assert card.title == "200 alerts fired on skew, page 1 of 25"
    assert "#1.205" in card.lines[0]
    reply = await room.presses("Older ▶")

    assert not reply.new
    assert reply.card.title == "200 alerts fired on skew, page 2 of 25"
    assert {"◀ Newer", "Older ▶"} <= set(acts(reply.card))
    last = await room.says("/history page 9999 skew")
    assert "#1.6 " in last.lines[-1]
    assert "Older ▶" not in acts(last)
    assert all(len(act.encode()) <= 48 for act in acts(last).values())


async def test_a_chat_sees_nothing_of_another(room):
    await fire(room, await a_saved(room))
    other = Room(ELSEWHERE, store=room.store)

    assert (await other.says("/history")).title == "Nothing has fired yet"
    assert (await other.says("/proof 1.1")).title == "Nothing has fired here yet."
    assert (await other.taps("cmd:proof:1.1")).card.title == "Nothing has fired here yet."


# /proof


async def test_proof_shows_the_samples_the_formula_the_venues_and_the_verdict(room):
    rule = await a_saved(room)
    values = (14.1, 14.8, 15.2, 15.9, 16.2)
    readings = [
        a_reading(SKEW, value, NOW - minutes(25 - 6 * place)) for place, value in enumerate(values)
    ]
    await room.store.history.extend(readings)
    decided = replace(readings[-1], method="delta/1", coverage=0.95)
    await fire(room, rule, evidence=(decided,))

    card = await room.says("/proof 1.1")

    assert card.title == "Proof of #1.1 – BTC skew above 15%"
    assert card.lines == (
        "Fired 20:15 UTC: true since 20:05 UTC, for 10 min; your alert asks for 10 min.",
        "Peak 16.2%.",
    )
    fields = {field.name: field.value for field in card.fields}
    assert fields["BTC skew"] == (
        "16.2% at 20:14:00, above 15%: met · Deribit · 95% of its inputs · method delta/1"
        " · quality ok"
    )
    assert "IV of the 25Δ put" in fields["How skew is made"]
    assert fields["Your alert then"].startswith("BTC skew above 15%")
    assert "Must hold 10 min" in fields["Your alert then"]
    assert card.pre.splitlines() == [
        "19:50:00  14.1%  not met",
        "19:56:00  14.8%  not met",
        "20:02:00  15.2%  met",
        "20:08:00  15.9%  met",
        "20:14:00  16.2%  met",
        "20:15:00         fired",
    ]
    assert max(map(len, card.pre.splitlines())) <= 32


async def test_a_proof_of_another_day_names_the_day_once(room):
    rule, then = await a_saved(room), NOW - 26 * HOUR
    await room.store.history.extend([a_reading(SKEW, 15.5, then - minutes(n)) for n in (5, 2)])
    await fire(room, rule, at=then)

    assert (await room.says("/proof")).pre.splitlines() == [
        "05 Feb",
        "18:10:00  15.5%  met",
        "18:13:00  15.5%  met",
        "18:15:00         fired",
    ]


async def test_the_rule_is_shown_as_it_stood_then(room):
    rule = await a_saved(room)
    await fire(room, rule)
    await room.taps("tune:1:1:18")

    assert (await room.says("/proof")).title == "Proof of #1.1 – BTC skew above 15%"


async def test_a_proof_of_several_conditions_judges_each(room):
    legs = a_leg(), a_leg(BASIS, level=20, clear=18), a_leg(PRICE, level=70_000, clear=69_000)
    rule = await a_saved(room, *legs, join="or")
    doubted = replace(
        a_reading(BASIS, 19.4, NOW), quality=Quality.DEGRADED, doubt=Reason.PARTIAL_CHAIN
    )
    several = replace(a_reading(SKEW, 15.01, NOW), sources=(Venue("deribit"), Venue("okx")))
    await fire(room, rule, evidence=(several, doubted))

    fields = {field.name: field.value for field in (await room.says("/proof 1.1")).fields}

    assert fields["BTC skew"].startswith("15.01% at 20:15:00, above 15%: met · Deribit, OKX")
    assert "19.4% at 20:15:00, above 20%: not met" in fields["BTC basis"]
    assert "in doubt: option quotes incomplete" in fields["BTC basis"]
    assert fields["BTC price"] == "no reading then, so it could not be judged"
    assert fields["Needed"] == "one of these 3"


async def test_a_proof_of_long_ago_says_that_the_samples_are_gone(room):
    await fire(room, await a_saved(room), at=NOW - timedelta(days=60))

    card = await room.says("/proof")

    assert card.pre == ""
    assert "minutes are kept for 8 days" in everything(card)
    assert "16.2%" in everything(card)


async def test_where_too_few_samples_were_kept_it_says_so(room):
    await fire(room, await a_saved(room), at=NOW - HOUR)

    card = await room.says("/proof")

    assert (card.pre, card.lines[-1]) == ("", "Too few samples were kept around it to be shown.")


async def test_of_many_samples_the_first_and_the_last_are_shown(room):
    rule = await a_saved(room, timing=Timing(hold=timedelta(hours=4)))
    await room.store.history.extend(
        [a_reading(SKEW, 16.0, NOW - minutes(300 - one)) for one in range(300)]
    )
    await fire(room, rule, since=NOW - timedelta(hours=4))

    rows = (await room.says("/proof")).pre.splitlines()

    assert len(rows) == 16
    assert rows[7] == "… 286 more"


async def test_a_chat_of_the_other_sign_reads_the_proof_as_it_read_the_alert(room):
    rule = await a_saved(room)
    await room.store.history.extend([a_reading(SKEW, 15.5, NOW - minutes(n)) for n in (5, 2)])
    await fire(room, rule)
    await room.store.chats.write(room.ask.chat, Preferences(flipped_sign=True))

    card = await room.says("/proof 1.1")

    assert card.title == "Proof of #1.1 – BTC call skew below −15%"
    fields = {field.name: field.value for field in card.fields}
    assert fields["BTC call skew"].startswith("−16.2% at 20:14:42, below −15%: met")
    assert fields["How call skew is made"].startswith("minus (IV of the 25Δ put")
    assert card.pre.splitlines()[0] == "20:10:00  −15.5%  met"
    assert acts(card)["What is this?"] == "cmd:explain:BTC skew25_norm"


async def test_the_name_of_an_episode_is_no_decimal(room):
    await fire(room, await a_saved(room))
    await room.store.chats.write(room.ask.chat, Preferences(decimal_comma=True))

    assert (await room.says("/history")).lines[0].startswith("#1.1 BTC skew above 15% ")
    assert (await room.says("/proof 1,1")).title.startswith("Proof of #1.1 ")


async def test_what_was_missed_has_a_proof_of_that(room):
    rule = await a_saved(room)
    await fire(room, rule, kind=Kind.MISSED, evidence=(), happened=NOW)

    card = await room.says("/proof 1")

    assert "while you had it snoozed" in card.lines[0]


ODD = ["9.9", "#1.7", "1.1.1", "x", "٧", "1." + "9" * 50, ".", "1.1 or 1=1"]


@pytest.mark.parametrize("name", ODD)
async def test_a_name_of_nothing_that_fired_is_answered(room, name):
    await fire(room, await a_saved(room))

    card = await room.says(f"/proof {name}")

    if name == ".":
        assert card.title.startswith("Proof of #1.1")
    else:
        assert "among what fired here" in card.title
        assert "/history" in acts(card)


async def test_history_that_is_away_leaves_the_proof_of_what_is_kept(room):
    class Away:
        async def window(self, *_):
            raise StoreError("no answer")

    await fire(room, await a_saved(room))
    room.front = Front(replace(room.desk, history=Away()))

    card = await room.says("/proof")

    assert "16.2%" in everything(card)
    assert card.pre == ""


async def test_an_episode_can_be_chosen_by_completion(room):
    await fire(room, await a_saved(room))

    found = await room.front.suggest("proof", "alert", "skew", room.ask)

    assert [one.value for one in found] == ["1.1", "skew"]
    assert found[0].label == "#1.1 BTC skew above 15% · 20:15 UTC"
