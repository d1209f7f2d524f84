"""`derivwatch replay`: what a rule would have said over a recording."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import click

from alerts.derive import roots
from alerts.domain.errors import UsageError
from alerts.domain.event import Event
from alerts.domain.ids import Asset
from alerts.domain.market import Snapshot
from alerts.domain.reading import Sample
from alerts.domain.rule import Draft
from alerts.engine import replay as engine
from alerts.exchanges import EXCHANGES
from alerts.metrics import METRICS
from alerts.offers import kinds_of
from alerts.playback import USUAL_ASSETS, samples
from alerts.recording import Recording, iso
from alerts.rules.describe import describe
from alerts.rules.grammar import parse
from alerts.rules.until import Today
from alerts.rules.vocabulary import Vocabulary
from bot.cli.lifetime import DURATION
from bot.cli.recorded import RECORDING, TIME, Moment, Refused, derived, opened


@click.command(
    epilog='Example:  derivwatch replay "skew above 15%" --recording feb.jsonl.gz'
    " --from 2026-02-04T00:00Z --to 2026-02-07"
)
@click.argument("rule")
@RECORDING
@click.option("--from", "first", type=TIME, help="Start here (default: the first reading).")
@click.option("--to", "last", type=TIME, help="End here (default: the last reading).")
@click.option(
    "--max-age",
    type=DURATION,
    help="How long a reading counts (default: three times the median spacing of its series).",
)
@click.option("--fire-on-first", is_flag=True, help="Let the first sample fire already.")
def command(  # noqa: PLR0913 -- one parameter for each option
    rule: str,
    path: Path,
    *,
    first: Moment | None,
    last: Moment | None,
    max_age: timedelta | None,
    fire_on_first: bool,
) -> None:
    """The events that RULE, such as "skew above 15%", would have caused; then a summary.

    It starts with no state: without --fire-on-first, a rule met from the beginning waits for its
    next crossing. "until friday" is counted from where it starts.
    """
    if first and last and last.end < first.start:
        raise Refused("--to lies before --from")
    with opened(path) as recording:
        draft = _draft(rule, first.start if first else recording.first().at)
        click.echo(f"rule: {describe(draft)}", err=True)
        played = engine.replay(
            draft,
            _watched(recording, draft),
            max_age=max_age,
            fire_on_first=fire_on_first,
            start=first.start if first else None,
            end=last.end if last else None,
        )
    if played.first is None:
        watched = ", ".join(sorted({str(leg.series) for leg in draft.legs}))
        click.echo(f"can't tell: the recording has no reading of {watched} there", err=True)
    for event in played.events:
        _echo(_line(event))
    _echo({"summary": played.summary})


def _draft(text: str, start: datetime) -> Draft:
    """The rule as said where the replay starts: "until friday" is counted from there."""
    vocabulary = Vocabulary(METRICS, USUAL_ASSETS, [exchange.venue for exchange in EXCHANGES])
    try:
        return parse(text, vocabulary, today=Today(start))
    except UsageError as error:
        said = " ".join(str(error).split())
        ended = said if said.endswith((".", "?", "!")) else f"{said}."
        write = f" Write: {', or: '.join(error.fixes)}" if error.fixes else ""
        raise Refused(f"{ended}{write}") from error


def _watched(recording: Recording, draft: Draft) -> list[Sample]:
    """The samples of the series the rule watches."""
    series = {leg.series for leg in draft.legs}
    kinds = {(kind, one.asset) for one in roots(series) for kind in kinds_of(one)}

    def wanted(kind: type[Snapshot], asset: Asset) -> bool:
        return (kind, asset) in kinds

    assets = list(dict.fromkeys(asset for _, asset in kinds))
    found = derived(samples(recording.lines(), wanted=wanted, assets=assets), series)
    return [sample for _, batch in found for sample in batch if sample.series in series]


def _line(event: Event) -> dict[str, object]:
    return {
        "event": event.kind.value,
        "at": iso(event.at),
        "value": event.value,
        "level": event.level,
        "episode": event.episode,
    }


def _echo(line: dict[str, object]) -> None:
    click.echo(json.dumps(line, separators=(",", ":")))
