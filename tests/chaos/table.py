"""The figures of a run as a table: on the screen, and between the markers of a page."""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- figures of make chaos: begin -->", "<!-- figures of make chaos: end -->"
HEAD = (
    "| what was done | trials | lost | told again | figure | shown by |\n"
    "| --- | --: | --: | --: | --- | --- |"
)


def row(what, outcomes, figure, part):
    """One line of the table; what could not be carried out is no trial."""
    outcomes = [one for one in outcomes if not one.wrong.startswith("not carried out")]
    lost = sum(one.lost for one in outcomes)
    repeated = sum(one.repeated for one in outcomes)
    command = f"`make chaos ARGS={part}`"
    return f"| {what} | {len(outcomes)} | {lost} | {repeated} | {figure} | {command} |"


def seconds(outcomes):
    """How long it took until everybody was told, in the middle and at worst."""
    took = sorted(one.seconds for one in outcomes if one.seconds) or [0.0]
    return f"told after {took[len(took) // 2]:.1f} s in the middle, {took[-1]:.1f} s at worst"


def write(rows):
    """Put the table into the page, where the markers stand."""
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{HEAD}\n" + "\n".join(rows) + f"\n\n{END}{after}")
