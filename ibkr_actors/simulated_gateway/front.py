"""A gateway as its clients meet it: with its limits, and with what goes wrong."""

from __future__ import annotations

from ibkr_actors.simulated_gateway.faults import FaultLayer, planned_faults
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.limit_sets import Limits
from ibkr_actors.simulated_gateway.limits import RealLimits


def front_of(options: Options, now: float) -> FaultLayer:
    """A new gateway behind the layer that its options ask for. Raises ConfigurationError for wrong faults."""
    gateway = Gateway(options, now)
    gateway.shares_ticks = True
    layer = FaultLayer(gateway, now, planned_faults(options.faults, options.nightly_reset))
    if options.limits is Limits.REAL:
        layer.add(RealLimits())
    return layer
