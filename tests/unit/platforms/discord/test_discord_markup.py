"""Cards as Discord markup: escaped, coloured, and within every limit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId
from alerts.domain.reading import Series
from bot.card import Button, Card, Field, Tone
from bot.platforms.discord import markup
from tests.fakes.discord import limits

AT = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)


def an_alert(**changes):
    card = Card(
        "BTC skew 20.0% – above your 15%",
        Tone.ALARM,
        lines=("Puts far dearer than calls.", "Usual −6 to +6."),
        fields=(Field("How rare", "highest of 341 days"),),
        pre="skew  20.0\nbasis  2.0",
        footer="deribit · 20:15 UTC · #7",
        buttons=((Button("Snooze 4h", "pause:7:1"), Button("Delete", "delete:7:1")),),
    )
    return replace(card, **changes)


def fired():
    return Event(
        kind=Kind.FIRED,
        rule=RuleId("r1"),
        revision=1,
        number=7,
        chat=Chat(Platform("discord"), "u1"),
        episode=1,
        series=Series(MetricKey("skew25_norm"), Asset("BTC"), "60d"),
        level=15.0,
        value=20.0,
        at=AT,
        since=AT,
    )


def test_an_alert_becomes_one_embed_with_its_title_on_the_lock_screen():
    shown = markup.message(an_alert(silent=True))

    assert shown.content == "🔴 BTC skew 20.0% – above your 15%"
    assert shown.silent
    assert shown.embed == {
        "type": "rich",
        "title": "🔴 BTC skew 20.0% – above your 15%",
        "color": 13840175,
        "description": (
            "Puts far dearer than calls.\nUsual −6 to +6.\n```\nskew  20.0\nbasis  2.0\n```"
        ),
        "fields": [{"name": "How rare", "value": "highest of 341 days", "inline": True}],
        "footer": {"text": "deribit · 20:15 UTC · #7"},
    }


@pytest.mark.parametrize(
    ("tone", "emoji", "colour"),
    [
        (Tone.ALARM, "🔴 ", 13840175),
        (Tone.WARNING, "🟠 ", 16098851),
        (Tone.NOTICE, "🟡 ", 16635957),
        (Tone.CALM, "🟢 ", 4431943),
        (Tone.QUIET, "", 10395294),
    ],
)
def test_each_tone_has_its_emoji_and_colour(tone, emoji, colour):
    embed = markup.embed(Card("Skew", tone))

    assert (embed["title"], embed["color"]) == (f"{emoji}Skew", colour)


def test_an_alert_carries_the_time_of_its_event():
    assert markup.embed(an_alert(events=(fired(),)))["timestamp"] == "2026-02-06T20:15:00+00:00"


def test_a_long_field_gets_a_line_of_its_own():
    fields = (Field("With it", "BTC $71.5K (−21% 7d) · basis 2.0% · OI 527.9K BTC"),)

    assert markup.embed(Card("Skew", fields=fields))["fields"][0]["inline"] is False


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("skew above 15% <3 >2 ~60 d #7", "skew above 15% <3 >2 ~60 d #7"),
        ("−6 to +6, 1.5 · (put − call)", "−6 to +6, 1.5 · (put − call)"),
        ("**b** _i_ `c`", r"\*\*b\*\* \_i\_ \`c\`"),
        ("~~gone~~ ||secret||", r"\~\~gone\~\~ \|\|secret\|\|"),
        ("[x](https://evil.example)", r"\[x\](https://evil.example)"),
        ("<t:0:R> <:a:1> <#5>", r"\<t:0:R> \<:a:1> \<#5>"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
        ("<@123> <@&5>", "\\<@\u200b123> \\<@\u200b&5>"),
        (
            "# big\n> quote\n- item\n1. item\n-# small",
            "\\# big\n\\> quote\n\\- item\n1\\. item\n\\-\\# small",
        ),
        ("back\\slash", r"back\\slash"),
        ("a\u202eb\u2066c\x00d\x1be", "abcde"),
    ],
)
def test_typed_text_is_shown_as_typed(typed, shown):
    assert markup.escape(typed) == shown


def test_a_footer_is_not_escaped_because_discord_renders_no_markup_there():
    assert markup.embed(Card("Skew", footer="skew25_norm *now*"))["footer"] == {
        "text": "skew25_norm *now*"
    }


def test_a_code_block_cannot_be_closed_from_inside():
    text = markup.embed(Card("Skew", pre="a ```\n@everyone"))["description"]

    assert text.count("```") == 2
    assert text.startswith("```\n")
    assert text.endswith("\n```")


def test_a_long_aligned_block_loses_whole_lines_and_stays_closed():
    text = markup.embed(Card("Now", pre="\n".join(f"row {at:04}" for at in range(900))))[
        "description"
    ]

    assert markup.width(text) <= 4096
    assert text.endswith("\n…\n```")
    assert all(line.startswith("row ") for line in text.split("\n")[1:-2])


def test_a_cut_never_leaves_half_an_escape():
    assert markup.shorten(r"ab\*cd", 4) == "ab…"
    assert markup.shorten(r"ab\*cde", 5) == r"ab\*…"


def test_a_cut_never_splits_an_emoji():
    assert markup.shorten("🔴🔴🔴", 4) == "🔴…"


def test_rows_are_split_at_five_buttons_and_each_act_appears_once():
    many = tuple(Button(f"b{at}", f"show:{at}") for at in range(7))

    rows = markup.rows(Card("Alerts", buttons=(many, (Button("again", "show:1"),))))

    assert [len(row) for row in rows] == [5, 2]


def test_more_than_five_rows_are_dropped():
    rows = tuple((Button(str(at), f"show:{at}"),) for at in range(9))

    assert len(markup.rows(Card("Alerts", buttons=rows))) == 5


def test_the_plain_fallback_says_everything_without_an_embed():
    assert markup.plain(an_alert()) == (
        "🔴 BTC skew 20.0% – above your 15%\n"
        "Puts far dearer than calls.\nUsual −6 to +6.\n"
        "How rare: highest of 341 days\n"
        "skew  20.0\nbasis  2.0\n"
        "deribit · 20:15 UTC · #7"
    )


texts = st.text(max_size=400) | st.text("*_`@e<\\🔴\n# ", max_size=3000)


@given(
    st.builds(
        Card,
        title=texts,
        tone=st.sampled_from(Tone),
        lines=st.lists(texts, max_size=4).map(tuple),
        fields=st.lists(st.builds(Field, name=texts, value=texts), max_size=30).map(tuple),
        pre=texts,
        footer=texts,
    )
)
def test_no_card_is_ever_refused(card):
    content, embed = markup.headline(card), markup.embed(card)

    assert limits.message_errors({"content": content, "embeds": [embed]}, new=True) == {}
    assert limits.message_errors({"content": markup.plain(card)}, new=True) == {}


def test_a_block_without_room_for_its_first_line_is_left_out():
    text = markup.embed(Card("Now", lines=("x" * 4090,), pre="skew 20.0"))["description"]

    assert text == "x" * 4090


def test_fields_beyond_6000_characters_are_left_out_whole():
    fields = tuple(Field("n" * 256, "v" * 1024) for _ in range(6))

    embed = markup.embed(Card("Now", lines=("x" * 2000,), fields=fields))

    assert len(embed["fields"]) == 3
    assert all(len(one["value"]) == 1024 for one in embed["fields"])


def test_nothing_is_left_of_a_text_without_room():
    assert markup.shorten("skew", 0) == ""
