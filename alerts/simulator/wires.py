"""WIRES: one line per venue that the simulated market speaks for."""

from collections.abc import Mapping

from alerts.domain.ids import Venue
from alerts.simulator import (
    binance_wire,
    bybit_wire,
    deribit_wire,
    gate_wire,
    hyperliquid_wire,
    okx_wire,
)
from alerts.simulator.wire import Wire

WIRES: Mapping[Venue, Wire] = {
    wire.venue: wire
    for wire in (
        deribit_wire.WIRE,
        binance_wire.USDM,
        binance_wire.COINM,
        okx_wire.WIRE,
        bybit_wire.WIRE,
        hyperliquid_wire.WIRE,
        gate_wire.WIRE,
    )
}
