"""Readings and the events they cause."""

from dataclasses import dataclass

from alerts.codec import plain
from alerts.codec.shapes import EventShape, read, utc, utc_or_none
from alerts.domain.event import Event
from alerts.domain.ids import RuleId, Venue
from alerts.domain.reading import Quality, Reading, Reason


@plain.encoder
def encode_event(event: Event) -> str:
    body = {
        "v": plain.VERSION,
        "kind": event.kind,
        "rule": event.rule,
        "revision": event.revision,
        "number": event.number,
        "chat": plain.address(event.chat),
        "episode": event.episode,
        "series": plain.name(event.series),
        "level": event.level,
        "value": event.value,
        "at": plain.moment(event.at),
        "since": plain.moment(event.since),
    }
    rest = {
        "extreme": (event.extreme, None),
        "late": (event.late, False),
        "reason": (event.reason, None),
        "again": (plain.moment_or_none(event.again), None),
        "held": (event.held, None),
        "happened": (plain.moment_or_none(event.happened), None),
        "times": (event.times, 0),
    }
    return plain.dump({**body, **plain.unlike(rest)})


@plain.decoder
def decode_event(text: str | bytes) -> Event:
    body = read(text, EventShape)
    return Event(
        kind=body.kind,
        rule=RuleId(body.rule),
        revision=body.revision,
        number=body.number,
        chat=plain.chat(body.chat),
        episode=body.episode,
        series=plain.series(body.series),
        level=body.level,
        value=body.value,
        at=utc(body.at),
        since=utc(body.since),
        extreme=body.extreme,
        late=body.late,
        reason=body.reason,
        again=utc_or_none(body.again),
        held=body.held,
        happened=utc_or_none(body.happened),
        times=body.times,
    )


@plain.encoder
def encode_reading(reading: Reading) -> str:
    body = {
        "v": plain.VERSION,
        "series": plain.name(reading.series),
        "value": reading.value,
        "at": plain.moment(reading.at),
        "sources": list(reading.sources),
    }
    rest = {
        "coverage": (reading.coverage, 1.0),
        "method": (reading.method, ""),
        "quality": (reading.quality, Quality.OK),
        "doubt": (reading.doubt, None),
    }
    return plain.dump({**body, **plain.unlike(rest)})


@plain.decoder
def decode_reading(text: str | bytes) -> Reading:
    body = plain.load(text)
    doubt = body.get("doubt")
    return Reading(
        series=plain.series(body["series"]),
        value=plain.number(body["value"]),
        at=plain.when(body["at"]),
        sources=plain.venues(body["sources"]),
        coverage=plain.number(body.get("coverage", 1.0)),
        method=plain.text(body.get("method", "")),
        quality=Quality(body.get("quality", Quality.OK)),
        doubt=None if doubt is None else Reason(doubt),
    )


@dataclass(frozen=True, slots=True)
class Label:
    """What many readings of a series have in common: stored once, and referred to."""

    sources: tuple[Venue, ...]
    method: str
    quality: Quality


@plain.encoder
def encode_label(reading: Reading) -> str:
    """The label of a reading: equal labels are equal texts."""
    return plain.dump([plain.VERSION, list(reading.sources), reading.method, reading.quality])


@plain.decoder
def decode_label(text: str | bytes) -> Label:
    version, sources, method, quality = plain.parse(text)
    plain.check_version(version)
    return Label(plain.venues(sources), plain.text(method), Quality(quality))
