"""Telegram's own description of its API, as a check of answers and of parameters."""

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FILE = "specs/telegram_bot_api_10.1.min.json.gz"
_PLAIN = {"Integer": int, "Float": (int, float), "String": str, "Boolean": bool, "True": bool}
_FORM = {"Integer": r"-?\d+", "Float": r"-?\d+(\.\d+)?", "Boolean": "true|false", "True": "true"}


class Schema:
    """Says what is wrong with a value, as `path: complaint` lines."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._methods = description["methods"]
        self._types = description["types"]

    @classmethod
    def load(cls) -> "Schema | None":
        """The schema beside the repository; None where it is absent."""
        root = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
        path = Path(os.environ.get("DERIVWATCH_SHARED_DATA", root)) / _FILE
        if not path.is_file():
            return None
        return cls(json.loads(gzip.decompress(path.read_bytes())))

    def knows(self, method: str) -> bool:
        return method in self._methods

    def faults_of_answer(self, method: str, result: Any) -> list[str]:
        """What is wrong with a result of this method."""
        return list(self._any(result, self._methods[method]["returns"], method))

    def faults_of_request(self, method: str, sent: dict[str, Any]) -> list[str]:
        """What is wrong with the parameters as they came over the wire."""
        fields = {field["name"]: field for field in self._methods[method].get("fields", [])}
        return [
            *(f"{method}: unknown {name}" for name in sent.keys() - fields.keys()),
            *self._missing(method, fields, sent),
            *(
                fault
                for name, value in sent.items()
                if name in fields
                for fault in self._parameter(value, fields[name]["types"], f"{method}.{name}")
            ),
        ]

    def _parameter(self, value: Any, types: list[str], path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield from self._any(value, types, path)
        elif "String" not in types:
            patterns = [_FORM[kind] for kind in types if kind in _FORM]
            if not any(re.fullmatch(pattern, value) for pattern in patterns):
                yield f"{path}: {value!r} is no {types}"

    def _any(self, value: Any, types: list[str], path: str) -> Iterator[str]:
        complaints = [list(self._one(value, kind, path)) for kind in types]
        if all(complaints):
            yield from min(complaints, key=len)

    def _one(self, value: Any, kind: str, path: str) -> Iterator[str]:
        if kind in _PLAIN:
            is_bool = isinstance(value, bool)
            if not isinstance(value, _PLAIN[kind]) or (is_bool and _PLAIN[kind] is not bool):
                yield f"{path}: {value!r} is no {kind}"
        elif kind.startswith("Array of "):
            yield from self._array(value, kind.removeprefix("Array of "), path)
        elif "subtypes" in self._types[kind]:
            yield from self._any(value, self._types[kind]["subtypes"], path)
        else:
            yield from self._object(value, kind, path)

    def _array(self, value: Any, kind: str, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no array"
            return
        for index, one in enumerate(value):
            yield from self._one(one, kind, f"{path}[{index}]")

    def _object(self, value: Any, kind: str, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no {kind}"
            return
        fields = {field["name"]: field for field in self._types[kind].get("fields", [])}
        yield from (f"{path}: unknown {name}" for name in value.keys() - fields.keys())
        yield from self._missing(path, fields, value)
        for name, one in value.items():
            if name in fields:
                yield from self._any(one, fields[name]["types"], f"{path}.{name}")

    @staticmethod
    def _missing(path: str, fields: dict[str, Any], given: dict[str, Any]) -> Iterator[str]:
        for name, field in fields.items():
            if field["required"] and name not in given:
                yield f"{path}: no {name}"
