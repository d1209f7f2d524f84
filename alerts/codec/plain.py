"""Strict plain values: what may stand in stored JSON, typed or refused."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from alerts.domain.errors import CodecError, UsageError
from alerts.domain.ids import Chat, Venue
from alerts.domain.reading import Series

VERSION = 1

Json = dict[str, Any]
_P = ParamSpec("_P")
_T = TypeVar("_T")

_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    UsageError,
)
_UNWRITABLE = (TypeError, ValueError, UsageError)


def _typed_errors(
    causes: tuple[type[Exception], ...],
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return function(*args, **kwargs)
            except causes as error:
                what = function.__name__.replace("_", " ")
                raise CodecError(f"cannot {what}: {repr(error)[:200]}") from error

        return guarded

    return decorate


encoder = _typed_errors(_UNWRITABLE)
decoder = _typed_errors(_UNREADABLE)


def unlike(fields: Mapping[str, tuple[object, object]]) -> Json:
    """The fields whose value is not their default."""
    return {name: value for name, (value, default) in fields.items() if value != default}


def dump(body: object) -> str:
    return _ENCODER.encode(body)


def load(text: str | bytes) -> Json:
    body = parse(text)
    if not isinstance(body, dict):
        raise TypeError("not a JSON object")
    check_version(body["v"])
    return body


def parse(text: str | bytes) -> Any:
    return _DECODER.decode(text if isinstance(text, str) else text.decode())


def check_version(version: object) -> None:
    if version != VERSION:
        raise ValueError(f"version {version!r}, this code reads {VERSION}")


def _finite(digits: str) -> float:
    return number(float(digits))


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not a number")


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


@lru_cache(maxsize=4096)
def address(chat: Chat) -> str:
    text = str(chat)
    if Chat.parse(text) != chat:
        raise ValueError(f"{chat!r} cannot be written as one address")
    return text


@lru_cache(maxsize=4096)
def chat(text: str) -> Chat:
    return Chat.parse(text)


@lru_cache(maxsize=4096)
def series(text: str) -> Series:
    return Series.parse(text)


@lru_cache(maxsize=4096)
def name(series: Series) -> str:
    text = str(series)
    if Series.parse(text) != series:
        raise ValueError(f"{series!r} cannot be written as one name")
    return text


@lru_cache(maxsize=256)
def moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat()


def moment_or_none(at: datetime | None) -> str | None:
    return None if at is None else moment(at)


def when(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.astimezone(UTC)


def when_or_none(text: str | None) -> datetime | None:
    return None if text is None else when(text)


def span(seconds: object) -> timedelta:
    return timedelta(seconds=number(seconds))


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not finite")
    return float(value)


def number_or_none(value: object) -> float | None:
    return None if value is None else number(value)


def whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def rows(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value


def venues(value: object) -> tuple[Venue, ...]:
    return tuple(Venue(text(name)) for name in rows(value))
