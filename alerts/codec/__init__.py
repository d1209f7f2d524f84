"""Rules, states, events, readings and preferences as versioned JSON, and back.

Decoding anything else raises CodecError. Fields at their default are left out: a million stored
states are mostly `{"v":1,"phase":{"is":"idle"}}`. The standard library's json is enough where a
tick decodes the rules it wakes; a start reads what all of them watch, with msgspec.
"""

from alerts.codec.chats import decode_preferences, encode_preferences
from alerts.codec.episodes import decode_episode, encode_evidence
from alerts.codec.readings import (
    Label,
    decode_event,
    decode_label,
    decode_reading,
    encode_event,
    encode_label,
    encode_reading,
)
from alerts.codec.rules import (
    decode_draft,
    decode_levels,
    decode_overlay,
    decode_rule,
    decode_state,
    encode_draft,
    encode_overlay,
    encode_rule,
    encode_state,
)

__all__ = [
    "Label",
    "decode_draft",
    "decode_episode",
    "decode_event",
    "decode_label",
    "decode_levels",
    "decode_overlay",
    "decode_preferences",
    "decode_reading",
    "decode_rule",
    "decode_state",
    "encode_draft",
    "encode_event",
    "encode_evidence",
    "encode_label",
    "encode_overlay",
    "encode_preferences",
    "encode_reading",
    "encode_rule",
    "encode_state",
]
