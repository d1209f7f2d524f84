"""`derivwatch bench`: measures speed and memory, beside the targets."""

import importlib
import json
import operator
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from alerts.domain.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]

_COMPARED = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `target` is written `<= 5` or `>= 3`, empty where there is none."""

    name: str
    value: float
    unit: str
    target: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the target is met; None without one."""
        if not self.target:
            return None
        sign, bound = self.target.split()
        return bool(_COMPARED[sign](self.value, float(bound)))


@click.command(epilog="Example:  derivwatch bench wake --json")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "json_lines", is_flag=True, help="One JSON object a line.")
def command(names: tuple[str, ...], *, json_lines: bool) -> None:
    """Measure speed and memory on this machine; all figures but the longest, or those NAMEd.

    A missed target is told and is no failure: the machine may be busy.
    """
    benches = registered(ROOT)
    for name in names:
        if name not in benches:
            raise click.UsageError(f"{name!r} is not a bench: choose from {', '.join(benches)}")
    for name in names or [name for name in benches if name not in _long()]:
        click.echo(f"-- {name}: {benches[name]}", err=True)
        for figure in figures(importlib.import_module(f"bench.{name}").run()):
            click.echo(json_line(figure) if json_lines else line(figure))


def registered(root: Path) -> Mapping[str, str]:
    """The benches of a source tree, each with what it measures."""
    if not (root / "bench" / "__init__.py").exists():
        raise UsageError("the benches are in the source tree: clone it, then run make bench")
    sys.path.insert(0, str(root))
    benches: Mapping[str, str] = importlib.import_module("bench").BENCHES
    return benches


def _long() -> Sequence[str]:
    only: Sequence[str] = importlib.import_module("bench").ONLY_WHEN_NAMED
    return only


def figures(rows: list[dict[str, Any]]) -> list[Figure]:
    """What a bench returned. A bare number as a target is an upper bound."""
    return [
        Figure(row["name"], float(row["value"]), row["unit"], _target(row.get("target")))
        for row in rows
    ]


def line(figure: Figure) -> str:
    """A figure for people."""
    verdict = {True: "ok", False: "MISSED", None: ""}[figure.ok]
    value = f"{figure.value:,.4g}" if abs(figure.value) < 1000 else f"{figure.value:,.0f}"
    return f"{figure.name:<60} {value:>10} {figure.unit:<10} {figure.target:<10} {verdict}".rstrip()


def json_line(figure: Figure) -> str:
    """A figure for machines."""
    return json.dumps({**asdict(figure), "ok": figure.ok})


def _target(given: float | str | None) -> str:
    if given is None or given == "":
        return ""
    return given if isinstance(given, str) else f"<= {given:g}"
