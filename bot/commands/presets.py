"""`/presets`: watch sets by name, each set on with one tap and taken back with another."""

from collections.abc import Iterator

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.rules.presets import BY_KEY, PRESETS, Offer, Preset, offer
from bot.card import Button, Card
from bot.commands.bundle import save_all
from bot.commands.market import vocabulary
from bot.commands.spec import Ask, Command, Desk, Kind, Param
from bot.text.rules import gist

SHARES = "percentile"


async def run(ask: Ask, desk: Desk) -> Card:
    words = ask.text.lower().split()
    if not words:
        return _all(desk)
    return _one(desk, *_asked(words, desk))


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


def _one(desk: Desk, preset: Preset, asset: Asset) -> Card:
    found = offer(preset, asset, vocabulary(desk))
    return Card(
        title=f"{preset.title} for {asset}",
        lines=(f"{preset.about}.", *_listed(found), *_missing(found)),
        footer="One tap sets all of them; Undo takes them back.",
        buttons=(tuple(_uses(preset, asset, found)), tuple(_others(desk, preset, asset))),
    )


def _listed(found: Offer) -> Iterator[str]:
    for draft in found.drafts:
        yield f"• {gist(draft)}"


def _missing(found: Offer) -> Iterator[str]:
    for text in found.missing:
        yield f"Not here yet: {text}"


def _uses(preset: Preset, asset: Asset, found: Offer) -> Iterator[Button]:
    if found.drafts:
        count = len(found.drafts)
        yield Button(f"Set {count} alert{'s' * (count != 1)}", f"preset:{preset.key}:{asset}:")
    if preset.shares:
        yield Button("By percentile instead", f"preset:{preset.key}:{asset}:{SHARES}")


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
