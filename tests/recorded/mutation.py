"""A recorded answer, broken key by key."""

import copy
import json

_GONE = object()
BROKEN_VALUES = (
    _GONE,
    None,
    "",
    "x",
    "NaN",
    -1,
    "-1",
    0,
    1e308,
    "1e308",
    True,
    [],
    {},
    [[1]],
    "9" * 60,
)


def mutations(value):
    """Every answer in which one key, wherever it stands, is missing or holds what it should not."""
    for place in _places(value):
        for broken in BROKEN_VALUES:
            mutant = copy.deepcopy(value)
            *path, last = place
            inner = mutant
            for step in path:
                inner = inner[step]
            if broken is _GONE:
                del inner[last]
            else:
                inner[last] = broken
            yield place, json.dumps(mutant).encode()


def _places(value, path=()):
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield (*path, key)
            yield from _places(inner, (*path, key))
