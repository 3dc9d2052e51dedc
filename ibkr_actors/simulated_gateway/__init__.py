"""A simulated gateway: the real protocol, a seeded market, an exchange and accounts, on a machine without TWS."""

from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.hours.clock import Clock, RunningClock, SteppedClock
from ibkr_actors.simulated_gateway.hours.trading_hours import Hours
from ibkr_actors.simulated_gateway.limit_sets import Limits
from ibkr_actors.simulated_gateway.market.data_rights import Subscription
from ibkr_actors.simulated_gateway.market.market_data_files import MarketData
from ibkr_actors.simulated_gateway.server import Server
from ibkr_actors.simulated_gateway.serving import serve
from ibkr_actors.simulated_gateway.simulation import SimulatedGateway

__all__ = [
    "Clock",
    "Gateway",
    "Hours",
    "Limits",
    "MarketData",
    "Options",
    "RunningClock",
    "Server",
    "SimulatedGateway",
    "SteppedClock",
    "Subscription",
    "serve",
]
