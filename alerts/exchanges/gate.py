"""Gate: a coin's contracts in small requests, and its forced closes summed hour by hour.

`position_size` counts the contracts held long, which is open interest of one side; the tickers'
`total_size` counts both and is not read. A contract is `quanto_multiplier` coins; those settled in
bitcoin are inverse, and one of them is one USD. Numbers come as texts or as numbers, differently
from field to field and from year to year.
https://www.gate.com/docs/developers/apiv4/#get-a-single-contract

Asked is for one perpetual, not for the list of all: an answer of a thousandth of the size, and a
contract that is gone cannot spoil another. The short list of dated contracts and bitcoin's inverse
one are asked for after it, and done without where they cannot be had.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Funding, FutureQuote, FuturesCurve, IndexPrice, LiquidationTotals
from alerts.exchanges.coverage import named
from alerts.exchanges.numbers import Numeric, amount, given, number, price, rate, size
from alerts.exchanges.refusals import by_status, maintenance
from alerts.exchanges.rows import Table, check_share, decoded, sifted
from alerts.exchanges.spec import Body, Exchange, Feed, Listing, Request

GATE = Venue("gate")
URL = "https://api.gateio.ws/api/v4"

_CONTRACT = "/futures/usdt/contracts"
_DATED = "/delivery/usdt/contracts"
_USUAL = "_USDT"
_INVERSE = "/futures/btc/contracts/BTC_USD"
_WITH_INVERSE = Asset("BTC")
_STATS = "/futures/usdt/contract_stats"
_ASSETS = frozenset(
    map(Asset, ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "AVAX", "LINK", "LTC"))
)
_HOUR = timedelta(hours=1)
_KEPT = timedelta(minutes=5)  # what changes by the hour need not be asked for at every poll
_HOURS_ASKED = 5 * 24 + 2  # the longest window, so that nothing is missed however long we were off
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_SECONDS = 1e11
_LONGEST_INTERVAL_SECONDS = 86_400.0


class _Contract(msgspec.Struct):
    name: str
    mark_price: Numeric = None
    index_price: Numeric = None
    position_size: Numeric = None
    quanto_multiplier: Numeric = None
    funding_rate: Numeric = None
    funding_interval: Numeric = None
    expire_time: Numeric = None


class _Hour(msgspec.Struct):
    """The sums of one hour; the `_new` ones are quantity times mark price for every contract."""

    time: Numeric = None
    long_liq_usd: Numeric = None
    long_liq_usd_new: Numeric = None
    short_liq_usd: Numeric = None
    short_liq_usd_new: Numeric = None


_ONE = msgspec.json.Decoder(_Contract)
_LIST = Table(GATE, _Contract, name="name")
_HOURS = Table(GATE, _Hour, name="time")


def parse_futures(bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
    """The perpetual from the answer about its contract, the dated ones from their list."""
    body, *more = bodies
    contract = _contract(body, asset)
    try:
        perpetual = _quote(contract)
    except ValueError as error:
        raise _unusable(contract, error) from error
    dated, rejected = _dated(more[:1], asset)
    coming = [one for one in dated if one.expiry is not None and one.expiry > body.at]
    inverse, lost = _inverse(more[1:])
    check_share(GATE, 1 + len(inverse) + len(dated), rejected + lost)
    return FuturesCurve(GATE, asset, body.at, (perpetual, *inverse, *coming), rejected + lost)


def _inverse(bodies: Sequence[Body]) -> tuple[list[FutureQuote], int]:
    """Bitcoin's inverse perpetual, where there is one, and how many could not be read."""
    if not bodies or not bodies[0].content:
        return [], 0
    try:
        contract = decoded(GATE, _ONE, bodies[0].content)
        mark, usd = price(contract.mark_price), given(amount, contract.position_size)
        return [
            FutureQuote(
                contract.name,
                None,
                mark,
                price(contract.index_price),
                None if usd is None else amount(usd / mark),
                usd,
                funding=_funding(contract),
            )
        ], 0
    except (FetchError, ValueError):
        return [], 1


def _dated(lists: Sequence[Body], asset: Asset) -> tuple[list[FutureQuote], float]:
    """The dated contracts of an asset, and how many rows of theirs were rejected.

    A list that is no list counts as one rejected row: the perpetual is worth more without it.
    """
    if not lists or not lists[0].content:
        return [], 0
    try:
        table = _LIST.rows(lists[0].content)
    except FetchError:
        return [], 1

    def is_own(name: str) -> bool:
        return name.startswith(f"{_perpetual(asset)}_")

    own = [row for row in table.rows if is_own(row.name)]
    read, refused = sifted(own, lambda row: replace(_quote(row), expiry=seconds(row.expire_time)))
    return read, refused + table.lost(is_own, len(own))


def parse_index(bodies: Sequence[Body], asset: Asset) -> IndexPrice:
    """The index of the perpetual."""
    (body,) = bodies
    contract = _contract(body, asset)
    try:
        return IndexPrice(GATE, asset, body.at, price(contract.index_price))
    except ValueError as error:
        raise _unusable(contract, error) from error


def _contract(body: Body, asset: Asset) -> _Contract:
    contract = decoded(GATE, _ONE, body.content)
    if contract.name != _perpetual(asset):
        raise FetchError(GATE, f"told of {contract.name[:40]!r} when asked for {_perpetual(asset)}")
    return contract


def _quote(contract: _Contract) -> FutureQuote:
    mark, index = price(contract.mark_price), price(contract.index_price)
    contracts = given(amount, contract.position_size)
    coin = None if contracts is None else amount(contracts * size(contract.quanto_multiplier))
    usd = None if coin is None else amount(coin * mark)
    return FutureQuote(contract.name, None, mark, index, coin, usd, funding=_funding(contract))


def _funding(contract: _Contract) -> Funding | None:
    """The rate of the running interval; None without its interval, for it differs by contract."""
    fraction = given(rate, contract.funding_rate)
    span = partial(number, least=60.0, most=_LONGEST_INTERVAL_SECONDS)
    seconds = given(span, contract.funding_interval)
    if fraction is None or seconds is None:
        return None
    return Funding(fraction, timedelta(seconds=seconds))


def _unusable(contract: _Contract, error: ValueError) -> FetchError:
    return FetchError(GATE, f"{contract.name} cannot be read: {error}")


def parse_liquidations(bodies: Sequence[Body], asset: Asset) -> LiquidationTotals:
    """The last whole hour's sums, and those of the hours before it.

    A row's `time` is when its hour begins.
    """
    (body,) = bodies
    table = _HOURS.rows(body.content)
    read, refused = sifted(table.rows, _hour)
    check_share(GATE, len(read), refused + len(table.rejected))
    whole = sorted({hour for hour in read if hour[0] + _HOUR <= body.at})
    if not whole:
        raise FetchError(GATE, f"sums up no whole hour of {asset}")
    *before, last = (
        LiquidationTotals(GATE, asset, body.at, begin + _HOUR, _HOUR, long_usd, short_usd)
        for begin, long_usd, short_usd in whole
    )
    return replace(last, before=tuple(before))


def _hour(row: _Hour) -> tuple[datetime, float, float]:
    """When an hour begins, and what was closed by force in it, long and short, in USD."""
    return (
        seconds(row.time),
        amount(_first(row.long_liq_usd_new, row.long_liq_usd)),
        amount(_first(row.short_liq_usd_new, row.short_liq_usd)),
    )


def seconds(value: Numeric) -> datetime:
    """The instant that seconds since 1970 stand for."""
    return _EPOCH + timedelta(seconds=number(value, 1.0, _LATEST_SECONDS))


def _first(newer: Numeric, older: Numeric) -> Numeric:
    return older if newer is None else newer


class _Refusal(msgspec.Struct):
    label: str
    message: str = ""


_REFUSAL = msgspec.json.Decoder(_Refusal)
_PASSING = frozenset({"TOO_MANY_REQUESTS", "TOO_BUSY", "TOO_FAST", "INTERNAL", "SERVER_ERROR"})
_MAINTENANCE = frozenset({"MAINTENANCE", "SYSTEM_MAINTENANCE"})


def classify(status: int, content: bytes) -> FetchError | None:
    """The error an answer stands for: Gate's own label where it gives one, else the status."""
    if status == 200 and not content[:64].lstrip().startswith(b'{"label"'):
        return None
    stated = _stated(content)
    if status == 200 or (stated is not None and (stated.retry or status in (400, 404))):
        return stated
    return by_status(GATE, status)


def _stated(content: bytes) -> FetchError | None:
    try:
        refusal = _REFUSAL.decode(content)
    except (ValueError, RecursionError):
        return None
    sign = f"{refusal.label[:40]} {refusal.message[:100]}".rstrip()
    if refusal.label in _MAINTENANCE:
        return maintenance(GATE, sign)
    return FetchError(GATE, sign, retry=refusal.label in _PASSING)


def covers(asset: Asset) -> bool:
    """Whether the perpetual of this asset is read here."""
    return asset in _ASSETS


def _perpetual(asset: Asset) -> str:
    return f"{asset}_USDT"


def _one_contract(asset: Asset) -> tuple[Request, ...]:
    return (Request(f"{_CONTRACT}/{_perpetual(asset)}"),)


def _others(_bodies: Sequence[Body], asset: Asset) -> tuple[Request, ...]:
    dated = Request(_DATED, spare=True)
    return (dated, Request(_INVERSE, spare=True)) if asset == _WITH_INVERSE else (dated,)


def _last_hours(asset: Asset) -> tuple[Request, ...]:
    asked = {"contract": _perpetual(asset), "interval": "1h", "limit": str(_HOURS_ASKED)}
    return (Request(_STATS, asked, keep=_KEPT),)


def _listed(bodies: Sequence[Body]) -> frozenset[Asset]:
    """The assets with a perpetual in USDT, from the list of all contracts."""
    (body,) = bodies
    names = (row.name for row in _LIST.rows(body.content).rows)
    return named(name.removesuffix(_USUAL) for name in names if name.endswith(_USUAL))


EXCHANGE = Exchange(
    venue=GATE,
    title="Gate",
    url=URL,
    feeds=(
        Feed(IndexPrice, "price", _one_contract, parse_index),
        Feed(FuturesCurve, "futures", _one_contract, parse_futures, _others),
        Feed(LiquidationTotals, "futures", _last_hours, parse_liquidations),
    ),
    classify=classify,
    covers=covers,
    listing=Listing((Request(_CONTRACT),), _listed),
)
