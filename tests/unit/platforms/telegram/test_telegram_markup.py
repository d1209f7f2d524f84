"""Cards as Telegram messages, read back with the fake server's strict HTML parser."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card import Button, Card, Field, Tone
from bot.platforms.telegram.markup import clean, clip, escape, keyboard, plain, render, units
from tests.fakes.telegram.entities import parse_html

HOSTILE = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>&\n\"'/bi\x00\u202e😀")))


def marked(html, kind):
    text, entities = parse_html(html)
    raw = text.encode("utf-16-le")
    return [
        raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
        for one in entities
        if one["type"] == kind
    ]


def test_alert_card_has_the_layout_of_the_product_page():
    card = Card(
        "BTC skew 20.0% – above your 15%",
        tone=Tone.ALARM,
        strong="BTC skew 20.0%",
        lines=("Puts dearer than calls. Usual −6 to +6.",),
        fields=(Field("With it", "basis 2.0% & price <72K"),),
        footer="Deribit · 20:15 UTC · #7",
    )

    (part,) = render(card)

    assert part.html == (
        "🔴 <b>BTC skew 20.0%</b> – above your 15%\n"
        "Puts dearer than calls. Usual −6 to +6.\n"
        "\n"
        "<b>With it</b> basis 2.0% &amp; price &lt;72K\n"
        "<i>Deribit · 20:15 UTC · #7</i>"
    )


@pytest.mark.parametrize(
    ("tone", "emoji"),
    [(Tone.ALARM, "🔴"), (Tone.WARNING, "🟠"), (Tone.NOTICE, "🟡"), (Tone.CALM, "🟢")],
)
def test_each_tone_leads_with_its_emoji(tone, emoji):
    assert render(Card("Title", tone=tone))[0].html == f"{emoji} <b>Title</b>"


def test_quiet_reply_has_no_emoji():
    assert render(Card("Your alerts"))[0].plain == "Your alerts"


def test_strong_that_is_no_prefix_makes_the_whole_title_bold():
    assert render(Card("Title", strong="other"))[0].html == "<b>Title</b>"


def test_aligned_block_stays_one_block():
    part = render(Card("Now", pre="skew   20.0\nbasis   2.0"))[0]

    assert marked(part.html, "pre") == ["skew   20.0\nbasis   2.0"]


def test_right_to_left_override_nul_and_zalgo_are_taken_out():
    assert clean("a\u202eb\x00c\u2066d") == "abcd"
    assert clean("e" + "\u0301" * 40) == "e" + "\u0301" * 3


def test_markup_in_a_name_is_shown_as_text():
    assert escape("<b>&[x](tg://user?id=1)") == "&lt;b&gt;&amp;[x](tg://user?id=1)"


@given(HOSTILE)
def test_cleaned_text_is_clean(text):
    assert clean(clean(text)) == clean(text)
    assert not [
        char for char in clean(text) if char != "\n" and unicodedata.category(char) in {"Cc", "Cs"}
    ]


@given(HOSTILE)
def test_any_text_survives_the_way_through_markup(text):
    visible, _ = parse_html(escape(text))

    assert visible == clean(text).strip()


@given(
    st.builds(
        Card,
        title=HOSTILE,
        strong=HOSTILE,
        tone=st.sampled_from(Tone),
        lines=st.lists(HOSTILE, max_size=4).map(tuple),
        fields=st.lists(st.builds(Field, HOSTILE, HOSTILE), max_size=4).map(tuple),
        pre=HOSTILE,
        footer=HOSTILE,
    )
)
def test_any_card_parses_and_reads_as_its_plain_text(card):
    for part in render(card):
        visible, _ = parse_html(part.html)

        assert visible == part.plain.strip()
        assert 1 <= units(visible) <= 4096


@pytest.mark.parametrize(("length", "parts"), [(4095, 1), (4096, 1), (4097, 2)])
def test_split_comes_exactly_past_the_limit(length, parts):
    # Four lines of 1,000 with their line breaks are 4,003; the title takes the rest but one break.
    lines = tuple("x" * 1000 for _ in range(4))
    title = "t" * (length - 4003 - 1)

    assert len(render(Card(title, lines=lines))) == parts


@pytest.mark.parametrize(("last", "parts"), [("😀" * 45 + "x", 1), ("😀" * 46, 2)])
def test_emoji_count_as_two_units(last, parts):
    # 2 + 1 + 2,000 + 1 + 2,000 + 1 = 4,005 units before the last line, which has 91 or 92.
    card = Card("ab", lines=("😀" * 1000, "😀" * 1000, last))

    assert len(render(card)) == parts


def test_very_long_card_ends_with_the_number_of_lines_left_out():
    card = Card("Rules", lines=tuple(f"{number:4} " + "y" * 995 for number in range(40)))

    parts = render(card)

    shown = sum(part.plain.count("y" * 995) for part in parts)
    assert len(parts) == 3
    assert parts[-1].plain.endswith(f"… and {40 - shown} more lines")
    assert all(units(part.plain) <= 4096 for part in parts)


def test_one_line_of_ten_thousand_characters_is_broken_up_not_lost():
    parts = render(Card("Echo", lines=("z" * 10_000,)))

    assert sum(part.plain.count("z") for part in parts) == 10_000


def test_empty_card_still_is_a_message():
    assert render(Card(""))[0].plain == "…"


def test_plain_text_has_no_tags():
    assert plain(Card("A < B", footer="end")) == "A < B\nend"


def test_buttons_keep_their_rows_and_acts():
    card = Card("x", buttons=((Button("Save", "save:1"), Button("No", "cancel:1")), ()))

    assert keyboard(card, str) == {
        "inline_keyboard": [
            [
                {"text": "Save", "callback_data": "save:1"},
                {"text": "No", "callback_data": "cancel:1"},
            ]
        ]
    }


def test_card_without_buttons_has_no_keyboard():
    assert keyboard(Card("x"), str) is None


@given(HOSTILE, st.integers(min_value=1, max_value=30))
def test_clipped_text_is_never_over_the_limit(text, limit):
    assert units(clip(clean(text), limit)) <= limit
