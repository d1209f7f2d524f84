import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.card import Button, Card, Field
from bot.text.numbers import comma_card, commas, points


@pytest.mark.parametrize(
    ("point", "comma"),
    [
        ("BTC skew 20.0% – above your 15%", "BTC skew 20,0% – above your 15%"),
        ("BTC $71,500 · OI 527,850 BTC", "BTC $71.500 · OI 527.850 BTC"),
        ("$1,234,567.89", "$1.234.567,89"),
        ("was 14.2%, +5.8 pts. Then 3.", "was 14,2%, +5,8 pts. Then 3."),
        ("−0.004%", "−0,004%"),
        ("20:15 UTC · 60d · #7 · 2026-02-06", "20:15 UTC · 60d · #7 · 2026-02-06"),
        ("derivwatch 0.1.0 at 127.0.0.1", "derivwatch 0.1.0 at 127.0.0.1"),
        ("$44.3B → $35.8B", "$44,3B → $35,8B"),
    ],
)
def test_numbers_are_shown_with_a_decimal_comma_and_nothing_else_changes(point, comma):
    assert commas(point) == comma


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("skew above 15,5", "skew above 15.5"),
        ("skew above 15,5%", "skew above 15.5%"),
        ("price above 1.000.000", "price above 1000000"),
        ("price below 60.150", "price below 60150"),
        ("price below 60.150,25", "price below 60150.25"),
        ("skew above 15.5", "skew above 15.5"),
        ("basis below -0,5 for 2,5h clear 1,25", "basis below -0.5 for 2.5h clear 1.25"),
        ('skew above 15,5 named "level 15,5"', 'skew above 15.5 named "level 15,5"'),
        ("between 5, 10", "between 5, 10"),
        ("liqs above 1,8b in 5d", "liqs above 1.8b in 5d"),
        ("until 18:00", "until 18:00"),
    ],
)
def test_what_a_comma_chat_types_is_read_as_it_means_it(typed, read):
    assert points(typed) == read


@given(st.floats(0, 1e12).map(lambda one: round(one, 4)), st.sampled_from(["", ","]))
def test_what_is_shown_is_read_back(value, grouping):
    text = f"{value:{grouping}.2f}"

    assert points(commas(text)) == text.replace(",", "")


def test_a_card_changes_for_people_and_not_for_machines():
    card = Card(
        "BTC skew 20.0% – above",
        strong="BTC skew 20.0%",
        lines=("1.5",),
        fields=(Field("Usual", "2.5"),),
        pre="3.5",
        footer="4.5",
        buttons=((Button("15.5", "tune:7:1:15.5"),),),
    )

    shown = comma_card(card)

    assert (shown.title, shown.strong) == ("BTC skew 20,0% – above", "BTC skew 20,0%")
    assert (shown.lines, shown.fields[0].value, shown.pre) == (("1,5",), "2,5", "3,5")
    assert (shown.footer, shown.buttons[0][0]) == ("4,5", Button("15,5", "tune:7:1:15.5"))
