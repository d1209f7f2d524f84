"""The examples of the rule language are rules."""

from datetime import UTC, datetime

import pytest

from alerts.domain.ids import Asset
from alerts.metrics import METRICS
from alerts.rules.grammar import parse_all
from alerts.rules.guide import CLAUSES, CONDITIONS
from alerts.rules.until import Today
from alerts.rules.vocabulary import Vocabulary

REAL = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))
TODAY = Today(datetime(2026, 2, 6, 20, 15, tzinfo=UTC))


@pytest.mark.parametrize("form", [*CONDITIONS, *CLAUSES], ids=lambda form: form.example)
def test_an_example_is_taken_without_a_question(form):
    assert parse_all(form.example, REAL, today=TODAY)
