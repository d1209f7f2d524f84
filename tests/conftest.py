"""What a run says of the tests it left out."""

from collections import Counter

from hypothesis import settings

# A slow machine is no fault of the code, and a timed test would say it is.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_terminal_summary(terminalreporter):
    """One plain line per reason, instead of silence."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(map(_reason, skipped)).items():
        terminalreporter.write_line(f"skipped {count}: {reason}")


def _reason(report):
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
