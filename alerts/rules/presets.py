"""Watch sets, as data: each a few lines of the grammar, for any asset.

`{asset}` stands for the asset. A line whose metric is not on offer is left out, and told. The
percentile twin of a set watches the same things where they stand among their own year, since
what is usual differs by asset and moves with the years. The figures of "As the note" are those of
a market note of 6 February 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.rule import Draft
from alerts.rules.grammar import parse_all
from alerts.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Preset:
    """A set of rules: `lines` with levels, and `shares` of their own year instead."""

    key: str
    title: str
    about: str
    lines: tuple[str, ...]
    shares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A preset for an asset: its rules, and the lines that cannot be watched here."""

    preset: Preset
    drafts: tuple[Draft, ...]
    missing: tuple[str, ...]


PRESETS: tuple[Preset, ...] = (
    Preset(
        "calm",
        "Calm",
        "Nothing for weeks: only what a year rarely shows",
        (
            '{asset} skew above 20 named "Fear is rare"',
            '{asset} basis below 0 named "Futures under spot"',
            '{asset} price -20% in 7d named "A fifth off in a week"',
        ),
        (
            "{asset} skew top 2%",
            "{asset} basis bottom 2%",
            "{asset} iv top 2%",
        ),
    ),
    Preset(
        "stress",
        "Stress watch",
        "What trouble looks like while it comes",
        (
            "{asset} skew above 15",
            "{asset} basis below 3",
            "{asset} liq_long_usd above 1b in 24h",
            "{asset} price -10% in 24h",
        ),
        (
            "{asset} skew top 5%",
            "{asset} basis bottom 5%",
            "{asset} liq_long_usd 24h top 5%",
            "{asset} iv top 5%",
        ),
    ),
    Preset(
        "bounce",
        "Unconfirmed bounce",
        "Price is up from its low while skew and basis have not recovered",
        (
            (
                "{asset} rebound 7d above 15 and {asset} skew above 15 and {asset} basis below 3 "
                'for 30m named "Bounce not confirmed"'
            ),
        ),
        (
            (
                "{asset} rebound 7d above 15 and {asset} skew top 10% and {asset} basis bottom 10% "
                'for 30m named "Bounce not confirmed"'
            ),
        ),
    ),
    Preset(
        "funding",
        "Funding",
        "When longs or shorts pay dearly, and when the payer changes",
        (
            "{asset} funding_annual above 20",
            "{asset} funding_annual below -10 sure",
            "{asset} funding_annual flips",
        ),
        (
            "{asset} funding_annual top 5%",
            "{asset} funding_annual bottom 5%",
        ),
    ),
    Preset(
        "note",
        "As the note of February 2026",
        "The levels of a market note, at the end of a 28% fall",
        (
            "{asset} skew above 15",
            "{asset} basis below 3",
            "{asset} oi_coin -10% in 7d",
            "{asset} liq_long_usd above 1b in 5d",
            "{asset} price -20% in 7d",
            "{asset} vs_gold below -10 pts in 30d",
            "{asset} vs_tech below -10 pts in 30d",
        ),
        (
            "{asset} skew top 5%",
            "{asset} basis bottom 5%",
            "{asset} oi_coin bottom 5%",
            "{asset} liq_long_usd 5d top 5%",
            "{asset} drawdown 7d bottom 5%",
            "{asset} vs_gold 30d bottom 5%",
            "{asset} vs_tech 30d bottom 5%",
        ),
    ),
)

BY_KEY: Mapping[str, Preset] = {preset.key: preset for preset in PRESETS}


def offer(preset: Preset, asset: Asset, vocabulary: Vocabulary, *, shares: bool = False) -> Offer:
    """The rules of a preset for an asset, of those that can be watched."""
    drafts: list[Draft] = []
    missing: list[str] = []
    for line in preset.shares if shares and preset.shares else preset.lines:
        text = line.format(asset=asset)
        try:
            drafts += parse_all(text, vocabulary, sure=True)
        except UsageError:
            missing.append(text)
    return Offer(preset, tuple(drafts), tuple(missing))
