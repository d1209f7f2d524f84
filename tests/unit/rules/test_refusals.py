"""What is answered when a line is not clearly a rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, Venue
from alerts.metrics.spec import Defaults
from alerts.rules.grammar import parse, parse_all
from alerts.rules.vocabulary import Vocabulary
from tests.builders import A_BASIS, A_PRICE, A_SKEW, A_VOL, a_metric, a_vocabulary

ASSETS = (Asset("BTC"), Asset("ETH"))


def refusal(text, vocabulary=None):
    with pytest.raises(UsageError) as raised:
        parse(text, vocabulary or a_vocabulary())
    return raised.value


@pytest.mark.parametrize(
    ("typed", "fixes"),
    [
        ("skew abov 15", ("skew above 15",)),
        ("skwe above 15", ("skew above 15",)),
        ("bitcon skew above 15", ("bitcoin skew above 15",)),
        ("bitcon skew abve 15", ("bitcoin skew above 15",)),
        ("skew above 0.15", ("skew above 15%", "skew above 0.15%")),
        ("eth basis under .05 once", ("eth basis under 5% once", "eth basis under 0.05% once")),
        ("skew above 150%", ("skew above 20%", "skew above 150% sure")),
        ("skew above 150 % once", ("skew above 20% once", "skew above 150% once sure")),
        ("skew below -15", ("skew above 15%", "skew below -15% sure")),
        ("skew<-15", ("skew above 15%", "skew<-15% sure")),
        ("skew above 15 or 20", ("skew above 15% warn or 20% critical", "skew above 15%")),
        (
            "basis below 0 % or 3 % for 1h",
            ("basis below 3% warn or 0% critical for 1h", "basis below 3% for 1h"),
        ),
        (
            "skew above 15 and basis below 3 or price below 60k",
            (
                "skew above 15 and basis below 3 or price below 60k apart",
                "skew above 15 and basis below 3",
                "price below 60k",
            ),
        ),
        (
            "skew above 15 and basis",
            tuple(f"skew above 15 and basis below {level}%" for level in (3, 0, 15)),
        ),
        ("skew above 15 and", ("skew above 15",)),
        ("skew above 15,5", ("skew above 15.5",)),
        ("price above 1.000.000", ("price above 1000000", "price above 1")),
        ("price above 60.000", ("price above 60000", "price above 60")),
        ("price above 60.150,5", ("price above 60150.5",)),
        ("skew above", ("skew above 10%", "skew above 15%", "skew above 20%", "skew above -6%")),
        ("basis", ("basis below 3%", "basis below 0%", "basis below 15%")),
        ("skew 15", ("skew above 15", "skew below 15")),
        ("skew exceeds 15", ("skew above 15", "skew below 15")),
        ("doge skew above 10", ("BTC skew above 10", "ETH skew above 10")),
        ("skew sol above 10", ("skew BTC above 10", "skew ETH above 10")),
        ("doge skew btc above 10", ("skew btc above 10",)),
        ("tell me when skew is above 15", ("skew is above 15",)),
        ("skew above 15 please", ("skew above 15",)),
        ("skew above 15 clear 17", ("skew above 15 clear 13%",)),
        ("basis below 3 clear 2 %", ("basis below 3 clear 4%",)),
        ("skew above 15 for 10", ("skew above 15 for 10m", "skew above 15 for 10h")),
        ("skew above 15 for", ("skew above 15 for 10m",)),
        ("skew above 15 remind", ("skew above 15 remind 10m",)),
        ("skew above 15 named my alert", ('skew above 15 named "my alert"',)),
        ("skew above $15", ("skew above 15%",)),
        ("skew above 15 usd", ("skew above 15%",)),
        ("<b>skew</b> above 15", ("skew above 15",)),
        ("skew above １５", ("skew above 15",)),
        ("skew 45d basis above 15", ("skew 45d above 15", "45d basis above 15")),
        ("btc eth skew above 3", ("btc skew above 3", "eth skew above 3")),
        ("basis 45d below 3", ("basis 30d below 3", "basis 60d below 3", "basis 90d below 3")),
        ("basis.45d below 3", ("basis.30d below 3", "basis.60d below 3", "basis.90d below 3")),
        ("price.30d above 60k", ("price above 60k",)),
        ("price 30d above 60k", ("price above 60k",)),
        ("basis:DOGE below 3", ("basis:BTC below 3", "basis:ETH below 3")),
        ("basis:btc@deribit|chg.25h below 3", ("basis:btc@deribit below 3",)),
    ],
)
def test_the_likely_meaning_is_offered(typed, fixes):
    assert refusal(typed).fixes == fixes


@pytest.mark.parametrize(
    "typed",
    ["NaN", "15%%", "--5", "1e999", "inf", "1_000", "1,2,3", "1.2.3", ".", "9" * 16, "fifteen"],
)
def test_a_level_that_is_no_number_is_named_with_an_example(typed):
    error = refusal(f"skew above {typed}")

    assert str(error) == f"{typed} is not a level: I need one number, for example: skew above 10%"
    assert error.fixes == ("skew above 10%",)


def test_a_very_long_level_is_shown_shortened():
    assert "…" in str(refusal(f"price above {'9' * 60}"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("skew abov 15", "I read: skew above 15."),
        ("skew above 15,5", "I read 15,5 as 15.5%."),
        ("skew above 150%", "never fire"),
        ("skew below 150%", "always be true"),
        ("iv below -5", "never fire"),
        ("skew below -15", "plus for fear"),
        ("doge skew above 10", "no skew for 'DOGE'. I have it for BTC, ETH."),
        ("skew above 15 or 20", "One level per alert. Two severities: warn 15%, critical 20%?"),
        ("price above 60%", "price is in USD"),
        ("price -20%", "Over what time?"),
        ("skew above 15 once each", "twice"),
        ("skew above 15 for 1h for 2h", "'for' twice"),
        ("skew above 15 for 31d", "from 0m to 30d"),
        ("skew above 15 every 1s", "from 1m to 30d"),
        ("skew above 15 clear", "Clear at which level?"),
        ("skew above 15 clears below", "Clear at which level?"),
        ("skew above 15 named", "Named what?"),
        ("skew above 15 for ten minutes", "I read 'minutes'"),
        ("skew btc,", "above or below which level?"),
        ("skew and basis above 3", "I do not understand 'and' there"),
        ("15 skew above 3", "I do not understand '15'"),
        ('skew above 15 "', "I do not understand '\"'"),
        ("above 15", "I don't guess"),
        ("skew7d above 3", "'skew7d' is nothing I watch"),
        ("foo.60d:BTC above 15", "no metric foo. I have: skew25_norm, atm_iv, basis, price."),
        ("skew:: above 3", "is not a series"),
        ("skew:btc", "not 'the end'"),
        ("skew:btc above", "Above what?"),
        ('skew above "', "Above what?"),
        (f'skew above 15 named "{"x" * 65}"', "at most 64 characters"),
    ],
)
def test_the_answer_names_what_is_wrong(typed, words):
    assert words in str(refusal(typed))


@pytest.mark.parametrize("typed", ["", "   ", "tell me something", "👍", "/", "btc"])
def test_nonsense_is_answered_with_examples(typed):
    error = refusal(typed)

    assert str(error).startswith("I don't guess")
    assert error.fixes == ("skew above 10%", "basis below 3%")


def test_a_wish_to_hear_of_a_crash_is_answered_with_the_closest_there_is():
    assert refusal("tell me when it crashes").fixes == ("BTC price -10% in 24h", "/presets stress")


def test_without_presets_an_example_shows_the_form():
    bare = Vocabulary((A_VOL,), ASSETS)

    assert "METRIC above LEVEL" in str(refusal("hello there", bare))
    assert refusal("iv above x", bare).fixes == ("iv above 15%",)
    assert refusal("iv above 900", bare).fixes == ("iv above 900% sure",)


def test_a_long_text_is_refused_before_it_is_read():
    error = refusal("skew above 15 " * 750)

    assert "10500 characters" in str(error)


def test_a_name_too_long_is_offered_shortened():
    [fix] = refusal(f'skew above 15 named "{"x" * 65}"').fixes

    assert parse(fix, a_vocabulary()).name == "x" * 64


def test_a_venue_that_is_not_read_is_named():
    vocabulary = Vocabulary((A_SKEW,), ASSETS, (Venue("deribit"),))
    error = refusal("skew25_norm:BTC@mars above 15", vocabulary)

    assert error.fixes == ("skew25_norm:BTC above 15",)


def test_a_word_of_ours_in_the_wrong_place_is_not_corrected_into_itself():
    assert "'after'" in str(refusal("skew after above 15"))


def test_a_long_chain_of_faults_ends_in_an_answer():
    assert str(refusal("skew abov 1 or " * 20))


def test_a_second_fault_is_asked_about_in_its_turn():
    assert refusal("skew abov 0.15").fixes == ("skew above 15%", "skew above 0.15%")


QUESTIONS = [
    "skew above 150",
    "skew below -15",
    "skew above 0.15",
    "iv above 0.5",
    "price above 60.000",
    "skew above 15 or 20",
    "doge skew above 10",
]


@pytest.mark.parametrize("typed", QUESTIONS)
def test_every_answer_offered_is_accepted(typed):
    for fix in refusal(typed).fixes:
        assert parse_all(fix, a_vocabulary(), sure=True)


@pytest.mark.parametrize("typed", ["skew above 150", "skew below -15", "skew above 0.15"])
def test_an_answer_typed_by_hand_is_accepted_too(typed):
    for fix in refusal(typed).fixes:
        assert parse(fix, a_vocabulary())


def parses_or_refuses(text):
    try:
        parse(text, a_vocabulary())
    except UsageError as error:
        assert str(error)  # noqa: PT017 - the only thing parse may raise


@given(st.text(max_size=400))
def test_any_text_is_a_rule_or_refused(text):
    parses_or_refuses(text)


PIECES = """
    btc eth doge skew iv basis price "spot price" above below > < abov 15 15% 0.15 -3 60k 1e9 15,5
    １ and or for clear after once each every quiet remind never sure named "x" x 10m 10 min 30d %
    $5 : . skew25_norm.60d:BTC basis:btc@x|chg.24h basis.5d:btc <b> </b> , ; " ' é ² ١ ½
"""


@given(st.lists(st.sampled_from(PIECES.split()), max_size=9).map(" ".join))
def test_any_words_of_ours_are_a_rule_or_refused(text):
    parses_or_refuses(text)


def test_a_metric_that_nobody_else_names_is_called_by_its_key():
    twin = a_metric("skew25_raw", "skew", defaults=Defaults(10, 2))
    vocabulary = Vocabulary((A_SKEW, twin, A_BASIS, A_PRICE), ASSETS)

    assert vocabulary.word_of(twin) == "skew25_raw"
    assert refusal("skew25_raw above x", vocabulary).fixes == ("skew25_raw above 15%",)
