"""Samples as the command line prints them: one JSON object each."""

from alerts.domain.reading import Gap, Reading, Sample
from alerts.metrics import metric_of
from alerts.recording import iso

Line = dict[str, object]


def sample_line(sample: Sample) -> Line:
    """A reading with its unit and sources, or why there is none."""
    return _unavailable(sample) if isinstance(sample, Gap) else _reading(sample)


def _unavailable(gap: Gap) -> Line:
    return {"series": str(gap.series), "unavailable": gap.reason.value, "detail": gap.detail}


def _reading(reading: Reading) -> Line:
    return {
        "series": str(reading.series),
        "value": reading.value,
        "unit": metric.unit.value if (metric := metric_of(reading.series)) else "",
        "as_of": iso(reading.at),
        "sources": list(reading.sources),
        "coverage": reading.coverage,
        "method": reading.method,
        "quality": reading.quality.value,
        **({"doubt": reading.doubt.value} if reading.doubt else {}),
    }
