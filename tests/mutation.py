"""Changes the code of the engine in one place after another and counts what no test notices.

mutmut makes the mutants and runs the tests that reach each. The score is the share of mutants that
some test noticed; one that no test reaches counts as not noticed.

    python -m tests.mutation            # all of them: some ten minutes
    python -m tests.mutation --again    # only what was not noticed, and what changed since
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "mutants"
LEAST = 90.0


def main():
    if "--again" not in sys.argv:
        shutil.rmtree(FOLDER, ignore_errors=True)
    mutmut = [sys.executable, "-m", "mutmut"]
    subprocess.run([*mutmut, "run"], cwd=ROOT, check=True)
    subprocess.run([*mutmut, "export-cicd-stats"], cwd=ROOT, check=True, capture_output=True)
    results = subprocess.run([*mutmut, "results"], cwd=ROOT, check=True, capture_output=True)
    for name, count in unnoticed(results.stdout.decode()):
        sys.stdout.write(f"{count:5}  {name}\n")
    stats = json.loads((FOLDER / "mutmut-cicd-stats.json").read_text())
    reached = score(stats)
    sys.stdout.write(f"{stats['total']} mutants, {reached:.1f} % noticed, at least {LEAST:g} %\n")
    return 0 if reached >= LEAST else 1


def score(stats):
    """The share of mutants that a test noticed, in percent."""
    noticed = sum(stats[kind] for kind in ("killed", "timeout", "segfault", "suspicious"))
    return 100 * noticed / (stats["total"] - stats["skipped"])


def unnoticed(results):
    """The functions with mutants that no test noticed, and how many each."""
    names = (line.split("__mutmut")[0].strip() for line in results.splitlines() if ":" in line)
    return Counter(name for name in names if name).most_common()


if __name__ == "__main__":
    sys.exit(main())
