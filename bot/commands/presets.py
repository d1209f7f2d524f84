"""`/presets`: watch sets by name, each set on with one tap and taken back with another."""

from collections.abc import Iterator, Sequence

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.engine.outlook import Outlook
from alerts.rules.presets import BY_KEY, PRESETS, Offer, Preset, offer
from bot.card import Button, Card
from bot.commands.bundle import save_all
from bot.commands.market import vocabulary
from bot.commands.past import replays
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.text.outlook import in_short, together
from bot.text.rules import gist

SHARES = "percentile"


async def run(ask: Ask, desk: Desk) -> Card:
    words = ask.text.lower().split()
    if not words:
        return _all(desk)
    shares = words[-1] == SHARES
    preset, asset = _asked([word for word in words if word != SHARES], desk)
    return await _one(desk, preset, asset, shares=shares and bool(preset.shares))


async def use(ask: Ask, desk: Desk, chosen: str) -> Card:
    """Set a preset on: `stress:BTC:`, or `stress:BTC:percentile`."""
    key, _, rest = chosen.partition(":")
    asset, _, kind = rest.partition(":")
    preset = BY_KEY.get(key)
    if preset is None or asset not in desk.assets:
        raise UsageError(
            "That watch set is gone: /presets shows what there is.", fixes=("/presets",)
        )
    found = offer(preset, Asset(asset), vocabulary(desk), shares=kind == SHARES)
    if not found.drafts:
        raise UsageError(f"{preset.title} needs metrics I do not have.", fixes=("/presets",))
    return await save_all(ask, desk, found.drafts, preset.title)


def starts(desk: Desk) -> tuple[Button, ...]:
    """The two sets offered to a newcomer."""
    first = desk.assets[0]
    return tuple(
        Button(BY_KEY[key].title, f"preset:{key}:{first}:")
        for key in ("stress", "calm")
        if offer(BY_KEY[key], first, vocabulary(desk)).drafts
    )


def _asked(words: list[str], desk: Desk) -> tuple[Preset, Asset]:
    asset = next((one for one in desk.assets if one.lower() in words), desk.assets[0])
    rest = " ".join(word for word in words if word.upper() not in desk.assets)
    for preset in PRESETS:
        if rest and (rest == preset.key or preset.title.lower().startswith(rest)):
            return preset, asset
    names = ", ".join(preset.key for preset in PRESETS)
    raise UsageError(
        f"I have no watch set {rest[:40]!r}. I have: {names}.",
        fixes=tuple(f"/presets {preset.key}" for preset in PRESETS[:3]),
    )


def _all(desk: Desk) -> Card:
    first = desk.assets[0]
    return Card(
        title="Watch sets",
        lines=tuple(f"{preset.title}: {preset.about}." for preset in PRESETS),
        footer="Tap one to see what it watches; nothing is saved before.",
        buttons=tuple(
            (Button(preset.title, f"cmd:presets:{preset.key} {first}"),) for preset in PRESETS
        ),
    )


async def _one(desk: Desk, preset: Preset, asset: Asset, *, shares: bool) -> Card:
    found = offer(preset, asset, vocabulary(desk), shares=shares)
    seen = await replays(desk, found.drafts)
    return Card(
        title=f"{preset.title} for {asset}",
        lines=tuple(
            one
            for one in (
                f"{preset.about}.",
                *_listed(found, seen),
                *_missing(found),
                together(seen) if len(seen) > 1 else "",
            )
            if one
        ),
        footer="One tap sets all of them; Undo takes them back.",
        buttons=(
            tuple(_uses(preset, asset, found, shares=shares)),
            tuple(_others(desk, preset, asset)),
        ),
    )


def _listed(found: Offer, seen: Sequence[Outlook | None]) -> Iterator[str]:
    for draft, told in zip(found.drafts, seen, strict=True):
        yield f"• {gist(draft)} · {in_short(told)}"


def _missing(found: Offer) -> Iterator[str]:
    for text in found.missing:
        yield f"Not here yet: {text}"


def _uses(preset: Preset, asset: Asset, found: Offer, *, shares: bool) -> Iterator[Button]:
    if found.drafts:
        count, kind = len(found.drafts), SHARES if shares else ""
        yield Button(
            f"Set {count} alert{'s' * (count != 1)}", f"preset:{preset.key}:{asset}:{kind}"
        )
    if preset.shares:
        word, kind = ("level", "") if shares else ("percentile", f" {SHARES}")
        yield Button(f"By {word} instead", f"cmd:presets:{preset.key} {asset}{kind}")


def _others(desk: Desk, preset: Preset, asset: Asset) -> Iterator[Button]:
    for other in desk.assets:
        if other != asset:
            yield Button(f"For {other}", f"cmd:presets:{preset.key} {other}")
    yield Button("All sets", "cmd:presets")


COMMAND = Command(
    "presets",
    "Watch sets: several alerts in one tap",
    run,
    params=(
        Param(
            "name",
            Kind.CHOICE,
            "Which set",
            choices=tuple(preset.key for preset in PRESETS),
        ),
        Param("asset", Kind.ASSET, "Such as BTC"),
    ),
    example="/presets stress",
    aliases=("preset",),
)
