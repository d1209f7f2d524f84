"""Answers that are none, and values that belong nowhere: every parser is tried with them."""

import json

from hypothesis import strategies as st

DEEP = 100_000

BROKEN = {
    "nothing": b"",
    "blank": b"  \n",
    "html": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "not utf-8": b'{"retCode":0,"name":"\xff\xfe"}',
    "deep list": b"[" * DEEP + b"]" * DEEP,
    "deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a number": b"42",
    "null": b"null",
    "true": b"true",
    "a string": b'"ok"',
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a list of numbers": b"[1,2,3]",
    "a list of nulls": b"[null,null]",
    "not a number": b"NaN",
    "two values": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "50 MB of one text": b'"' + b"x" * 50_000_000 + b'"',
}

UNREADABLE_NUMBERS = [
    True,
    False,
    "",
    "x",
    "NaN",
    "Infinity",
    "-1",
    -1,
    "1e308",
    1e308,
    " 1",
    "1,5",
    "1_0",
    "６",
    [1],
    {"value": 1},
]
"""None of these is a price or a size, however it is written."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
NUMBERS = st.sampled_from(UNREADABLE_NUMBERS) | st.floats() | st.floats().map(str) | st.integers()
VALUES = JSON | NUMBERS


def is_json(value):
    """Whether a value can stand in an answer: `NaN` and the like spoil all of it."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
