"""Which zone of the IANA database somebody means by a city, a country or three letters."""

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from alerts.domain.errors import UsageError
from alerts.domain.preferences import zone_named

OFFERED = 4
SHOWN = 40
COMMON = (
    *("America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin"),
    *("Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo"),
)
"""What a person who has not written a city yet can tap."""

_REGIONS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic"),
        *("Australia", "Europe", "Indian", "Pacific"),
    }
)
_SPOKEN = {
    "UTC": "utc gmt z zulu universal",
    "America/New_York": "et est edt eastern ny nyc boston washington miami atlanta philadelphia",
    "America/Chicago": "ct cst cdt central dallas houston austin texas",
    "America/Denver": "mt mst mdt mountain",
    "America/Los_Angeles": "pt pst pdt pacific la sf seattle california san-francisco las-vegas",
    "America/Toronto": "ottawa",
    "America/Sao_Paulo": "rio rio-de-janeiro brasilia brazil brasil brt",
    "America/Argentina/Buenos_Aires": "argentina",
    "Europe/London": "uk england britain bst manchester edinburgh glasgow",
    "Europe/Lisbon": "portugal porto lisboa wet west",
    "Europe/Madrid": "spain barcelona valencia",
    "Europe/Paris": "france lyon",
    "Europe/Berlin": "germany munich munchen frankfurt hamburg cologne cet cest",
    "Europe/Zurich": "switzerland geneva basel zug",
    "Europe/Vienna": "austria wien",
    "Europe/Rome": "italy milan roma",
    "Europe/Amsterdam": "netherlands rotterdam",
    "Europe/Prague": "czechia praha",
    "Europe/Warsaw": "poland warszawa krakow",
    "Europe/Kyiv": "ukraine kiev",
    "Europe/Athens": "greece eet eest",
    "Europe/Istanbul": "turkey ankara trt",
    "Europe/Moscow": "russia msk st-petersburg",
    "Asia/Jerusalem": "israel tel-aviv",
    "Asia/Dubai": "uae abu-dhabi gst",
    "Asia/Kolkata": "india mumbai delhi new-delhi bangalore chennai hyderabad",
    "Asia/Bangkok": "thailand",
    "Asia/Ho_Chi_Minh": "vietnam hanoi saigon",
    "Asia/Jakarta": "indonesia wib",
    "Asia/Singapore": "sgt",
    "Asia/Hong_Kong": "hkt hk",
    "Asia/Shanghai": "china beijing shenzhen",
    "Asia/Taipei": "taiwan",
    "Asia/Seoul": "korea kst",
    "Asia/Tokyo": "japan osaka jst",
    "Australia/Sydney": "aest aedt canberra",
    "Pacific/Auckland": "wellington nz nzst nzdt",
    "Africa/Johannesburg": "sast cape-town south-africa",
    "Africa/Lagos": "nigeria abuja wat",
}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*[+-]\s*[0-9]{1,2}(?::?[0-9]{2})?")


def zone_of(said: str) -> str:
    """The zone that is meant, by its name in the database; UsageError with the likeliest ones."""
    words = _plain(said)
    if _OFFSET.fullmatch(words):
        raise UsageError(
            f"{said.upper()[:SHOWN]} knows no summer time. Write a city there, like: /tz Lisbon",
            fixes=("/tz",),
        )
    if found := _exact(words):
        return found
    near = _having(words) or _like(words)
    if not near:
        raise UsageError(
            f"I know no place called {said[:SHOWN]!r}. Write a large city near you, like: /tz Rome",
            fixes=("/tz",),
        )
    question = f"Did you mean {near[0]}?" if len(near) == 1 else "Which one do you mean?"
    raise UsageError(question, fixes=tuple(f"/tz {one}" for one in near[:OFFERED]))


def matching(typed: str) -> list[str]:
    """Zones for what is typed so far: the common ones before a word, then whatever has it."""
    words = _plain(typed)
    if not words:
        return list(COMMON)
    exact = _exact(words)
    return list(dict.fromkeys([*([exact] if exact else []), *_having(words), *_like(words)]))


def city(zone: str) -> str:
    """A zone as a person says it: `New York`, `Buenos Aires`."""
    return zone.rpartition("/")[2].replace("_", " ")


def _exact(words: str) -> str | None:
    if found := _spoken().get(words):
        return found
    named = {_plain(zone): zone for zone in available_timezones()}.get(words)
    if named and "/" in named and zone_named(named):
        return named
    same = [zone for zone in _places() if _plain(city(zone)) == words]
    return max(same, key=lambda zone: (len(zone), zone), default=None)  # old names are shorter


def _having(words: str) -> list[str]:
    """Zones in whose name every word begins something, the shortest first."""
    parts = words.split()

    def has(zone: str) -> bool:
        names = re.split(r"[/ ]", _plain(zone))
        return all(any(name.startswith(part) for name in names) for part in parts)

    spoken = [zone for word, zone in _spoken().items() if word.startswith(words)]
    found = sorted(filter(has, _places()), key=lambda zone: (len(city(zone)), zone))
    return list(dict.fromkeys([*found, *spoken]))


def _like(words: str) -> list[str]:
    """Zones whose city a slip of the finger keeps from being named."""
    cities = {_plain(city(zone)): zone for zone in _places()} | _spoken()
    near = get_close_matches(words, cities, n=OFFERED, cutoff=0.75)
    return list(dict.fromkeys(cities[one] for one in near))


@cache
def _places() -> tuple[str, ...]:
    """Zones named for a place: no offsets, no old names by country."""
    zones = available_timezones()
    return tuple(sorted(one for one in zones if one.partition("/")[0] in _REGIONS))


@cache
def _spoken() -> dict[str, str]:
    return {
        word.replace("-", " "): zone for zone, words in _SPOKEN.items() for word in words.split()
    }


def _plain(text: str) -> str:
    """Lower case, without accents, one space between words: São_Paulo is sao paulo."""
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return " ".join(_pieces(bare.lower()))


def _pieces(text: str) -> Iterator[str]:
    yield from text.replace("_", " ").replace("-", " " if "/" not in text else "-").split()
