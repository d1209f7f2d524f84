"""What a venue covers: assets known beforehand, and those that its own list tells of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from alerts.domain.ids import Asset
from alerts.exchanges.spec import Body, Exchange, Http

_NAME = re.compile(r"[A-Z0-9]{1,12}")


class Coverage:
    """Says whether an asset is read here; `learn` adds what the venue lists."""

    def __init__(self, exchange: Exchange) -> None:
        self._known = exchange.covers
        self._listed: frozenset[Asset] = frozenset()

    def __call__(self, asset: Asset) -> bool:
        return asset in self._listed or self._known(asset)

    def unknown(self, assets: Iterable[Asset]) -> list[Asset]:
        """Those of which only the venue's list can tell."""
        return [asset for asset in assets if not self._known(asset)]

    def learn(self, listed: Iterable[Asset]) -> None:
        self._listed = frozenset(listed)


def open_ended(exchange: Exchange) -> Exchange:
    """The venue with a coverage that can grow; itself where it has no list to learn from."""
    return replace(exchange, covers=Coverage(exchange)) if exchange.listing else exchange


async def learn(exchange: Exchange, http: Http, assets: Sequence[Asset]) -> None:
    """Ask the venue about assets nobody knew beforehand; FetchError when it does not say."""
    coverage, listing = exchange.covers, exchange.listing
    if listing is None or not isinstance(coverage, Coverage):
        return
    unknown = coverage.unknown(assets)
    if unknown:
        bodies: list[Body] = [await http.fetch(request) for request in listing.requests]
        coverage.learn(listing.parse(bodies) & frozenset(unknown))


def named(names: Iterable[str]) -> frozenset[Asset]:
    """The names that can be an asset's here."""
    return frozenset(Asset(name) for name in names if _NAME.fullmatch(name))
