"""The rule language by example: what help, completion and the page about rules are made of.

Every example is a rule of the grammar (a test parses it), so none of them can go out of date.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One thing that can be said: how it is written, and a line that says it."""

    says: str
    written: str
    example: str


CONDITIONS: tuple[Form, ...] = (
    Form("above or below a level", "METRIC above LEVEL", "skew above 15%"),
    Form("crosses a level", "METRIC crosses up LEVEL", "price crosses down 60k"),
    Form("inside a range", "METRIC between LOW and HIGH", "basis between 5 and 10"),
    Form("outside a range", "METRIC outside LOW and HIGH", "skew outside -6 and 6"),
    Form("changes its sign", "METRIC flips", "eth funding flips"),
    Form("rare in its own year", "METRIC top SHARE [in 90d]", "skew top 5%"),
    Form("rare on the low side", "METRIC bottom SHARE", "iv bottom 10% in 90d"),
    Form("a record of daily values", "METRIC record low [in DAYS]", "basis record low 1y"),
    Form("a change over a window", "METRIC +CHANGE in WINDOW", "oi -10% in 7d"),
    Form("the same in words", "METRIC falls CHANGE in WINDOW", "price falls 20% in 7d"),
    Form("a change in points", "METRIC +POINTS pts in WINDOW", "skew +5 pts in 24h"),
    Form("a sum over a window", "METRIC above SUM in WINDOW", "liqs longs above 1.8b in 5d"),
    Form("against gold or tech", "ASSET vs gold CHANGE in WINDOW", "btc vs gold -10% in 30d"),
    Form("above or below another metric", "METRIC above METRIC", "skew 7d above skew 30d"),
    Form("by at least so much", "METRIC above METRIC by NUMBER", "funding above basis by 5 pts"),
    Form("the market's regime", "regime becomes GRADE", "regime becomes stress"),
    Form("standard deviations", "METRIC z above NUMBER", "basis z above 2 in 90d"),
    Form(
        "several at once, at most five",
        "CONDITION and CONDITION",
        "price -20% in 7d and skew above 15",
    ),
    Form("one of several", "CONDITION or CONDITION", "skew above 20 or basis below 0"),
    Form(
        "two severities",
        "METRIC above LEVEL warn or LEVEL critical",
        "skew above 15 warn or 20 critical",
    ),
)

CLAUSES: tuple[Form, ...] = (
    Form("must hold so long", "for SPAN", "skew above 15 for 30m"),
    Form(
        "counts at the end of the day, UTC",
        "at the daily close",
        "basis below 3 at the daily close",
    ),
    Form("is over past another level", "clear LEVEL", "skew above 15 clear 12"),
    Form("is over after so long", "after SPAN", "skew above 15 after 1h"),
    Form("tell it once", "once", "price below 60k once"),
    Form("remind evenly", "every SPAN", "skew above 15 every 4h"),
    Form("least time between two", "quiet SPAN", "skew above 15 quiet 1d"),
    Form("remind, or never", "remind SPAN", "skew above 15 remind never"),
    Form("ends then", "until DAY, DATE or SPAN", "price below 60k until friday once"),
    Form("graver", "critical", "skew above 20 critical"),
    Form("with or without a sound", "loud or silent", "eth iv above 90 silent"),
    Form(
        "an alert of each side of an or",
        "apart",
        "skew above 20 or price -10% in 24h and basis below 3 apart",
    ),
    Form("has a name", 'named "NAME"', 'skew above 15 named "Fear"'),
)
