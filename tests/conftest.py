"""What a run says of the tests it left out."""

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    """One plain line per reason, instead of silence."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(map(_reason, skipped)).items():
        terminalreporter.write_line(f"skipped {count}: {reason}")


def _reason(report):
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
