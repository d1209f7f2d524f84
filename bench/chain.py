"""From the body of an option chain to every skew tenor, beside `json` and the same mathematics.

The chain is synthetic, of a recorded one's shape: about 1,000 rows, every field Deribit sends.
The peer is the same definition written the plain way: `json.loads`, `strptime` for each name, the
normal distribution of the standard library for each row; no domain types and no quality gates.
Both must give the same numbers. What an option's name says is remembered from one body to the next,
as in life; the very first body costs about half as much again.
"""

import json
import math
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from alerts.domain.ids import Asset
from alerts.exchanges.deribit import parse_options
from alerts.exchanges.spec import Body
from alerts.metrics.measure import measure
from alerts.metrics.surface import TENORS

AT = datetime(2026, 2, 6, 21, 30, 57, tzinfo=UTC)
INDEX = 70_300.0
DAYS = (1, 2, 3, 7, 14, 21, 49, 77, 140, 231, 322)
ROUNDS = 25
DAY_SECONDS = 86_400.0


def run():
    body = Body(json.dumps({"result": rows(), "usOut": micros(AT)}).encode(), AT)
    own_skews, peer_skews = own(body), peer(body.content)
    for tenor in TENORS:
        assert math.isclose(own_skews[tenor], peer_skews[tenor], abs_tol=1e-9), tenor
    parts = [lambda: own(body), lambda: peer(body.content), lambda: json.loads(body.content)]
    own_ms, peer_ms, json_ms = cpu_ms(parts)
    size = f"{len(rows())} rows, {len(body.content) // 1000} kB"
    return [
        figure(f"chain: body to all skew tenors ({size})", own_ms, "ms CPU", "<= 5"),
        figure("chain: json and the same mathematics, written plainly", peer_ms, "ms CPU"),
        figure("chain: json.loads of the body alone", json_ms, "ms CPU"),
        figure(
            "chain: times faster than json and the same mathematics", peer_ms / own_ms, "x", ">= 3"
        ),
    ]


def figure(name, value, unit, target=None):
    found = {"name": name, "value": round(value, 2), "unit": unit}
    return found | ({"target": target} if target else {})


def cpu_ms(parts):
    """Median CPU milliseconds of each part, measured in turns so that noise hits all alike."""
    taken = [[] for _ in parts]
    for _ in range(ROUNDS):
        for part, times in zip(parts, taken, strict=True):
            start = time.process_time()
            part()
            times.append((time.process_time() - start) * 1000)
    return [statistics.median(times) for times in taken]


def own(body):
    samples = measure(parse_options([body], Asset("BTC")))
    return {
        sample.series.window: sample.value
        for sample in samples
        if sample.series.metric == "skew25_norm"
    }


def peer(content):
    """All skew tenors the plain way."""
    answer = json.loads(content)
    at = answer["usOut"] / 1e6
    by_expiry = defaultdict(list)
    for row in answer["result"]:
        _, expiry, strike, _ = row["instrument_name"].split("-")
        when = datetime.strptime(f"{expiry} 08 +0000", "%d%b%y %H %z")
        by_expiry[when.timestamp()].append(
            (float(strike), row["underlying_price"], row["mark_iv"] / 100)
        )
    smiles = []
    for when, quotes in sorted(by_expiry.items()):
        days = (when - at) / DAY_SECONDS
        if days >= 2:
            smiles.append((days, *peer_smile(quotes, days / 365)))
    return {tenor: peer_tenor(smiles, float(tenor[:-1])) for tenor in TENORS}


def peer_smile(quotes, years):
    forward = statistics.median(quote[1] for quote in quotes)
    normal = statistics.NormalDist()
    points = {}
    for strike, _, vol in quotes:
        deviation = vol * math.sqrt(years)
        delta = normal.cdf(math.log(forward / strike) / deviation + deviation / 2)
        if 0.01 < delta < 0.99:
            points[delta] = vol
    axis = sorted(points)
    return [peer_at(target, axis, points) for target in (0.75, 0.5, 0.25)]


def peer_at(target, axis, points):
    left = max(x for x in axis if x <= target)
    right = min(x for x in axis if x >= target)
    if left == right:
        return points[left]
    share = (target - left) / (right - left)
    return points[left] + share * (points[right] - points[left])


def peer_tenor(smiles, days):
    near = max(smile for smile in smiles if smile[0] <= days)
    far = min(smile for smile in smiles if smile[0] >= days)
    share = (days - near[0]) / (far[0] - near[0])
    vols = []
    for near_vol, far_vol in zip(near[1:], far[1:], strict=True):
        start, end = near_vol**2 * near[0], far_vol**2 * far[0]
        vols.append(math.sqrt((start + share * (end - start)) / days))
    put, atm, call = vols
    return (put - call) / atm * 100


def rows():
    """A chain as of AT: calls and puts of eleven expiries."""
    return [
        row(expiry, strike, side)
        for days in DAYS
        for expiry in [(AT + timedelta(days=days)).replace(hour=8, minute=0, second=0)]
        for strike in strikes((expiry - AT) / timedelta(days=365))
        for side in "CP"
    ]


def strikes(years):
    """Some 45 strikes, 4 deviations to both sides."""
    reach = 4 * 0.55 * math.sqrt(years)
    return sorted(
        {round(INDEX * math.exp(reach * step / 22) / 100) * 100 for step in range(-22, 23)}
    )


def row(expiry, strike, side):
    years = (expiry - AT) / timedelta(days=365)
    forward = round(INDEX * (1 + 0.04 * years), 2)
    money = math.log(strike / forward) / math.sqrt(years)
    vol = 50 - 9 * math.tanh(money) + 6 * math.tanh(money) ** 2
    date = f"{expiry.day}{expiry.strftime('%b%y').upper()}"
    return {
        "instrument_name": f"BTC-{date}-{strike}-{side}",
        "underlying_index": f"BTC-{date}",
        "underlying_price": forward,
        "mark_iv": round(vol, 2),
        "mark_price": 0.0312,
        "mid_price": 0.03125,
        "bid_price": 0.031,
        "ask_price": 0.0315,
        "open_interest": 812.4,
        "volume": 3.5,
        "volume_usd": 7712.1,
        "interest_rate": 0.0,
        "high": 0.0345,
        "low": 0.0295,
        "last": 0.0305,
        "price_change": -2.5,
        "estimated_delivery_price": INDEX,
        "base_currency": "BTC",
        "quote_currency": "BTC",
        "creation_timestamp": micros(AT) // 1000,
    }


def micros(at):
    return int(at.timestamp()) * 1_000_000
