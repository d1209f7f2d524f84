# ruff: noqa: INP001 - a script, not a package
"""Writes the pages that say what the code says; `--check` only tells whether they are current."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.exchanges import EXCHANGES
from alerts.metrics import METRICS
from alerts.metrics.accuracy import ACCURACY, Accuracy
from alerts.metrics.aggregate import MOST_MISSED
from alerts.metrics.regime import EDGES, REGIME
from alerts.metrics.spec import DERIVATIONS, RECORD_DAYS, Joins, Metric, Past
from alerts.offers import Offers
from alerts.rules.describe import describe
from alerts.rules.grammar import parse_all
from alerts.rules.guide import CLAUSES, CONDITIONS, Form
from alerts.rules.presets import PRESETS
from alerts.rules.until import Today
from alerts.rules.vocabulary import Vocabulary
from bot.__main__ import COMMANDS as COMMAND_LINE
from bot.commands import COMMANDS
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OFFERS = Offers(EXCHANGES, METRICS)
MADE = "<!-- Made by `make docs` from the code: do not edit. -->"


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    return {
        ROOT / ".env.example": env_example(),
        ROOT / "docs" / "settings.md": settings(),
        ROOT / "docs" / "metrics.md": metrics(),
        ROOT / "docs" / "commands.md": commands(),
        ROOT / "docs" / "rules.md": rules(),
    }


def env_example() -> str:
    """Every setting, unset, below one line that says what it is."""
    head = (
        "# Copy to .env. Empty means the default. Each can also be read from a file: NAME_FILE=path"
    )
    return (
        "\n\n".join([head, *(f"# {meaning}{_default(name)}\n{name}=" for name, meaning in _all())])
        + "\n"
    )


def settings() -> str:
    """The table of settings."""
    rows = (
        (f"`{name}`", f"`{_shown(name)}`" if _shown(name) else "", meaning)
        for name, meaning in _all()
    )
    return _page(
        "Settings",
        "Settings come from the environment or from a file `.env` in the working folder; "
        "the environment goes first.",
        "Each can also be read from a file: `TELEGRAM_BOT_TOKEN_FILE=/run/secrets/telegram`.",
        "An empty value is the default.",
        "Durations are written `15s`, `5m` or `1h`.",
        table=_table(("name", "default", "meaning"), rows),
    )


def metrics() -> str:
    """The table of metrics, and a paragraph on each."""
    rows = (
        (
            f"`{metric.key}`",
            ", ".join(metric.words),
            metric.unit.value,
            " ".join(metric.windows),
            metric.default_window,
            metric.joins.value if len(_venues(metric)) > 1 else "",
        )
        for metric in METRICS
    )
    return _page(
        "Metrics",
        "A series is written `METRIC.WINDOW:ASSET`, for example `skew25_norm.60d:BTC`.",
        "In chat the words are enough: `skew`, `eth basis 30d`.",
        "Without a venue it is of all configured venues together; `@VENUE` names one.",
        "Behind a bar stands what is made of a series, such as `oi_usd:BTC|chg.7d`: "
        "a change (`chg`), in percent, or in points of what is in percent already; "
        "a percentile (`pctl`) and a z-score (`z`) among daily closes; and a spread over another "
        "series, such as `skew25_norm.7d:BTC|less.skew25_norm.30d:BTC`.",
        f"There are: {', '.join(f'`{one}`' for one in DERIVATIONS)}; a record counts over any "
        f"{RECORD_DAYS[0]} to {RECORD_DAYS[-1]} days, such as `pctl.30d`.",
        "Any series can be computed from a recording with `derivwatch compute`.",
        table=_table(
            ("metric", "words in chat", "unit", "windows", "default", "venues join by"),
            rows,
        ),
    ) + "".join((_definitions(), _assets(), *map(_metric, METRICS)))


def _assets() -> str:
    """What the best-known assets lack, and why."""
    rows = (
        (asset, "<br>".join(_lacking(Asset(asset))) or "nothing")
        for asset in ("BTC", "ETH", "SOL", "XRP", "DOGE")
    )
    return (
        "\n## What an asset has not\n\n"
        "Any asset that a venue lists can be watched; asked for what it has not, the bot says so "
        "and offers what it has.\n\n"
    ) + _table(("asset", "has not"), rows)


def _lacking(asset: Asset) -> Iterator[str]:
    lacking: dict[str, list[str]] = {}
    for metric in METRICS:
        if asset in EDGES or metric.key != REGIME.key:
            why = OFFERS.lacks(metric, asset).removeprefix("a ")
        else:
            why = "dated edges"
        if why:
            lacking.setdefault(why, []).append(f"`{metric.key}`")
    yield from (f"{', '.join(keys)} (no {why})" for why, keys in lacking.items())


def _definitions() -> str:
    """The table of what each metric is, where it comes from and how near it is."""
    rows = (
        (
            f"`{metric.key}`",
            metric.formula,
            metric.unit.value,
            metric.sign,
            _made_of(metric) or ", ".join(_venues(metric)),
            "<br>".join(_bands(metric)),
            _accuracy(metric),
        )
        for metric in METRICS
    )
    return (
        "\n## What each is\n\n"
        "A band is what is called usual: of an asset, by whom, since when.\n"
        "The last column is the largest difference from what others computed of the same inputs, "
        "golden cases and recorded chains, in the metric's unit; "
        "`tests/recorded` holds the code to it where the recordings are.\n\n"
    ) + _table(("metric", "formula", "unit", "sign", "venues", "bands", "within"), rows)


def _bands(metric: Metric) -> Iterator[str]:
    for asset, band in metric.bands:
        yield f"{asset} {_range(band.low, band.high)} ({band.source}, {band.dated:%-d %B %Y})"


def commands() -> str:
    """What can be said in chat and on the command line."""
    chat = (
        (f"`/{command.name}`", command.summary, f"`{command.example}`" if command.example else "")
        for command in COMMANDS
    )
    line = ((f"`derivwatch {name}`", summary) for name, summary in COMMAND_LINE.items())
    return (
        _page(
            "Commands",
            "The same commands work on Telegram, on Discord and in the terminal.",
            table=_table(("in chat", "does", "example"), chat),
        )
        + "\n## Command line\n\n"
        + "Each has `--help` with examples.\n"
        + "Exit status: 0 done, 1 failed, 2 wrong usage or settings.\n\n"
        + _table(("command", "does"), line)
    )


def rules() -> str:
    """The rule language by example, each with what it is read as."""
    vocabulary = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))
    friday = Today(datetime(2026, 2, 6, 20, 15, tzinfo=UTC))

    def read_as(form: Form) -> str:
        drafts = parse_all(form.example, vocabulary, today=friday)
        return "<br>".join(f"`{describe(draft)}`" for draft in drafts)

    def table(forms: Iterable[Form]) -> str:
        rows = (
            (form.says, f"`{form.written}`", f"`{form.example}`", read_as(form)) for form in forms
        )
        return _table(("says", "written", "example", "read as"), rows)

    return (
        _page(
            "Rules",
            "A rule is one line: `[asset] metric condition`, then clauses in any order.",
            "Without an asset the first one is meant; without a window the usual one.",
            "What is not said is as usual for the metric: its hold, its clear level, its quiet.",
            "Levels are strict: `above 15` is met by more than 15.",
            "A level that can be read in two ways is asked about; `sure` says it is meant.",
            table=table(CONDITIONS),
        )
        + "\n## Clauses\n\n"
        + "`until friday` is to the end of that day, here as said on Friday, 6 February 2026.\n\n"
        + table(CLAUSES)
        + "\n## How it is read\n\n"
        + "Everything comes down to levels on series, so a range is two levels that belong "
        + "together, and a share or a record is a level on the percentile among daily closes.\n"
        + "A flip is a rule for each way, and two severities are two rules: each has its own "
        + "number, hold and clear level, and can be changed by itself.\n"
        + "`and` and `or` are not mixed in one rule, and `outside` is joined only by `or`; a line "
        + "that mixes them is made several rules by `apart`, where `and` binds tighter.\n"
        + "A metric against another is a level on their spread, a series such as "
        + "`skew25_norm.7d:BTC|less.skew25_norm.30d:BTC`: what stands behind `less.` is taken "
        + "away, in points where both are in percent, and else in percent of it. Both must count "
        + "in the same unit, and a spread is as old as the older of the two.\n"
        + "\n## Watch sets\n\n"
        + _table(("set", "watches"), ((one.title, _lines(one.lines)) for one in PRESETS))
    )


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(f"`{line.format(asset='BTC')}`" for line in lines)


def _metric(metric: Metric) -> str:
    defaults = metric.defaults
    gap = (
        f"{defaults.clear_gap:.0%} of the level" if defaults.relative else f"{defaults.clear_gap:g}"
    )
    lines = [
        f"\n## {metric.title}: `{metric.key}`\n",
        *_joining(metric),
        *(_edges(metric) if metric.names else ()),
        *(f"- Accuracy: {_told(one)}." for one in ACCURACY[metric.key]),
        f"- Rules: hold {defaults.hold_minutes:g} min before firing, clear {gap} past the level.",
    ]
    return "\n".join(lines) + "\n"


def _edges(metric: Metric) -> Iterator[str]:
    """Where the grades of a regime begin, per asset."""
    yield "- Grades: " + ", ".join(f"{n} {name}" for n, name in enumerate(metric.names)) + "."
    for asset, edges in EDGES.items():
        for edge in edges:
            side = "above" if edge.rises else "below"
            begins = ", ".join(
                f"{name} {side} {_plain(at)}"
                for name, at in zip(metric.names[1:], edge.edges, strict=True)
            )
            yield (
                f"- {asset} `{edge.series(asset)}`: {begins}; left by {_plain(edge.ease)} "
                f"({edge.source}; {edge.dated:%-d %B %Y})."
            )


def _venues(metric: Metric) -> tuple[str, ...]:
    """The venues whose answers feed a metric; none for one that is made of other series."""
    return () if isinstance(metric.needs, Past) else OFFERS.venues(metric, Asset("BTC"))


def _made_of(metric: Metric) -> str:
    if not isinstance(metric.needs, Past):
        return ""
    series = Series(metric.key, Asset("BTC"), metric.default_window)
    inputs = (*metric.needs.trails(series), *metric.needs.readings(series))
    return "those of " + ", ".join(f"`{one}`" for one in inputs)


def _accuracy(metric: Metric) -> str:
    """The widest of its bounds."""
    return _plain(max(one.most for one in ACCURACY[metric.key]))


def _plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _told(accuracy: Accuracy) -> str:
    within = f"within {_plain(accuracy.most)} of" if accuracy.most else "equal to"
    why = f" ({accuracy.why})" if accuracy.why else ""
    return f"{within} {accuracy.against}{why}"


def _joining(metric: Metric) -> list[str]:
    if len(_venues(metric)) < 2:
        return []
    least = f", {metric.quorum} of them at least" if metric.quorum > 1 else ""
    if metric.at_least:
        least = ", of venues that were heard for half of the window, half of all at least"
    elif metric.joins is Joins.SUM:
        least = f", of venues that hold {1 - MOST_MISSED:.0%} of what was last known"
    return [f"- Together: {metric.joins.value}{least}"]


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {high:g}"
    return f"{low:g} to {high:g}" if high is not None else f"from {low:g}"


def _all() -> Iterator[tuple[str, str]]:
    for name in Settings.names():
        yield name, Settings.model_fields[name.lower()].description or ""


def _default(name: str) -> str:
    return f" Default: {_shown(name)}." if _shown(name) else ""


def _shown(name: str) -> str:
    """A default as it would be written; a computed one is told by the setting's description."""
    field = Settings.model_fields[name.lower()]
    return "" if field.default_factory else _text(field.default)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _page(title: str, *lines: str, table: str) -> str:
    return "\n".join([MADE, "", f"# {title}", "", *lines, "", table])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in lines
    )


def main() -> int:
    """Write what is not current; with `--check` only name it, and fail."""
    stale = [path for path, text in pages().items() if _content(path) != text]
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} was not current\n")
        if "--check" not in sys.argv:
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
