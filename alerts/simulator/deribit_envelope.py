"""What the simulated Deribit wraps around every answer: JSON-RPC, with its clock."""

from datetime import datetime
from typing import Any

import msgspec

from alerts.simulator.wire import Answer

Row = dict[str, Any]


def result(value: Any, at: datetime) -> Answer:
    return Answer(200, msgspec.json.encode({"jsonrpc": "2.0", "result": value} | _stamps(at)))


def wrong_parameter(name: str, at: datetime) -> Answer:
    return error(-32602, "Invalid params", at, {"reason": "unsupported value", "param": name})


def error(code: int, message: str, at: datetime, details: Row | None = None) -> Answer:
    said = {"code": code, "message": message} | ({"data": details} if details else {})
    return Answer(400, msgspec.json.encode({"jsonrpc": "2.0", "error": said} | _stamps(at)))


def _stamps(at: datetime) -> Row:
    micros = int(at.timestamp() * 1e6)
    return {"usIn": micros - 400, "usOut": micros, "usDiff": 400, "testnet": False}
