"""The forms settings are written in: each reads a text or raises ValueError with the remedy."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, SecretStr

from alerts.domain.ids import Asset, Chat, Venue
from alerts.exchanges import EXCHANGES
from alerts.storage.sentinel import is_sentinel, parsed

T = TypeVar("T")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
_FLOOR = timedelta(seconds=1)
_CEILING = timedelta(hours=24)
_ASSET = re.compile(r"[A-Z0-9]{1,12}")
_UNCHECKED = re.compile(
    r"[?&]ssl_(cert_reqs=(none|optional|0|1)|check_hostname=(false|no|n|f|0))\b", re.IGNORECASE
)
_GUILD = re.compile(r"[0-9]{1,20}")
_CHAT = re.compile(r"telegram:-?[0-9]{1,20}(?::[0-9]{1,20})?|discord:[0-9]{1,20}")


def form(read: Callable[[str], T]) -> BeforeValidator:
    """Texts go through `read`, which raises ValueError with the remedy; typed values pass."""
    return BeforeValidator(lambda value: read(value.strip()) if isinstance(value, str) else value)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")


def telegram_token(text: str) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", text):
        raise ValueError("not a bot token: copy it from @BotFather, it looks like 123456789:AAE…")
    return SecretStr(text)


def webhook_secret(text: str) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", text):
        raise ValueError("write 16 to 256 letters, digits, - or _, such as openssl rand -hex 32")
    return SecretStr(text)


def discord_token(text: str) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError(
            "not a bot token: copy it from the Bot page of the developer portal, without 'Bot '"
        )
    return SecretStr(text)


def url(*schemes: str, example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = _parts(text, schemes)
        if parts is None or parts.query or parts.fragment:
            raise ValueError(f"not an address that can be used: write it like {example}")
        return text.rstrip("/")

    return read


def secret_url(text: str) -> SecretStr:
    """An address that whoever knows it may call."""
    parts = _parts(text, ("http", "https"))
    if parts is None or parts.fragment:
        raise ValueError("not an address that can be used: write it like https://host/your-id")
    return SecretStr(text)


def redis_url(text: str) -> SecretStr:
    if _UNCHECKED.search(text):
        raise ValueError(
            "certificates are always checked: name your authority's with ssl_ca_certs=/path"
        )
    if is_sentinel(text) and not re.search(r"\s", text):
        parsed(text)
        return SecretStr(text)
    parts = _parts(text, ("redis", "rediss", "unix"))
    if parts is None or (parts.scheme != "unix" and not re.fullmatch(r"/?[0-9]*", parts.path)):
        raise ValueError("write redis://host:6379/0, rediss://… or unix:///path/to/socket")
    return SecretStr(text)


def _parts(text: str, schemes: tuple[str, ...]) -> SplitResult | None:
    """The address taken apart, None when it cannot be one."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if re.search(r"\s", text) or parts.scheme not in schemes or port == 0:
        return None
    place = parts.path if parts.scheme == "unix" else parts.hostname
    return parts if place else None


def duration(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)([smh])", text)
    if match is None:
        raise ValueError(f"{_shown(text)} is not a duration: write 15s, 5m or 1h")
    span = timedelta(**{_UNITS[match[2]]: float(match[1])})
    if not _FLOOR <= span <= _CEILING:
        raise ValueError(f"{_shown(text)} is out of bounds: write something from 1s to 24h")
    return span


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
        if not least <= number <= most:
            raise ValueError(f"{_shown(text)}: write a whole number from {least} to {most}")
        return number

    return read


def _items(text: str, sound: Callable[[str], object], remedy: str) -> list[str]:
    """The distinct words of a list with commas or spaces; ValueError names all that are unsound."""
    parts = text.split(",")
    words = list(dict.fromkeys(word for part in parts for word in part.split()))
    wrong = [_shown(word) for word in words if not sound(word)]
    wrong += ["an empty item"] * any(not part.strip() for part in parts)
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: {remedy}")
    return words


def assets(text: str) -> tuple[Asset, ...]:
    words = _items(text.upper(), _ASSET.fullmatch, "write a list such as BTC,ETH")
    return tuple(Asset(word) for word in words)


def venues(text: str) -> tuple[Venue, ...]:
    known = [exchange.venue for exchange in EXCHANGES]
    if text.lower() == "all":
        return ()
    words = _items(text.lower(), known.__contains__, f"choose from {', '.join(known)}")
    return tuple(Venue(word) for word in words)


def guilds(text: str) -> tuple[int, ...]:
    words = _items(text, _GUILD.fullmatch, "write server ids; copy them with Developer Mode on")
    return tuple(int(word) for word in words)


def shard(text: str) -> str:
    match = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", text)
    if match is None or int(match[1]) >= int(match[2]):
        raise ValueError(f"{_shown(text)}: write this process's shard and how many there are: 0/2")
    return f"{int(match[1])}/{int(match[2])}"


def chats(text: str) -> tuple[Chat, ...]:
    words = _items(text, _CHAT.fullmatch, "write chats such as telegram:123,discord:456")
    return tuple(Chat.parse(word) for word in words)


def host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", text):
        raise ValueError(f"{_shown(text)} is not a host: write 127.0.0.1, or 0.0.0.0 for all")
    return text


def folder(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError("the home folder is unknown here: write a full path") from None


def one_of(*options: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        for option in options:
            if option.lower() == text.lower():
                return option
        raise ValueError(f"{_shown(text)}: choose from {', '.join(options)}")

    return read
