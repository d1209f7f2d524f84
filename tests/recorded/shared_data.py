"""Where the recorded market data lies, which is not part of this repository."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2].parent / "shared" / "data"

ROOT = Path(os.environ.get("DERIVWATCH_SHARED_DATA", "") or _BESIDE_THE_REPOSITORY)


def skip(*folders: str) -> pytest.MarkDecorator:
    """Skip a module or test, with one plain line, where a folder of the data is absent."""
    missing = [folder for folder in folders if not (ROOT / folder).is_dir()]
    return pytest.mark.skipif(bool(missing), reason=f"no recorded data: {', '.join(missing)}")
