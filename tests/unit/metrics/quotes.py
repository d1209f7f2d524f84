"""Option chains made by hand: defaults, override what matters."""

from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from statistics import NormalDist

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import OptionChain, OptionQuote, OptionSide

AT = datetime(2026, 2, 5, 12, 0, tzinfo=UTC)
FORWARD = 70_000.0
STRIKES = tuple(float(strike) for strike in range(40_000, 122_000, 2_000))

_NORMAL = NormalDist()


def strike_at(delta, vol, years, forward=FORWARD):
    """The strike whose call has this forward delta: d1 = N^-1(delta), solved for K."""
    deviation = vol * sqrt(years)
    return forward * exp(deviation**2 / 2 - deviation * _NORMAL.inv_cdf(delta))


def quotes(days, *, vol=0.6, forward=FORWARD, strikes=STRIKES, sides="CP", price=None):
    """One expiry, `days` after AT; `vol` is a level or a function of the strike."""
    return tuple(
        OptionQuote(
            AT + timedelta(days=days),
            strike,
            OptionSide(side),
            vol(strike) if callable(vol) else vol,
            forward,
            price,
        )
        for strike in strikes
        for side in sides
    )


def chain(*expiries, **parts):
    rows = tuple(quote for expiry in expiries for quote in expiry)
    return OptionChain(Venue("deribit"), Asset("BTC"), AT, FORWARD, rows, **parts)
