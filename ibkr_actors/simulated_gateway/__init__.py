"""A simulated gateway: the real protocol, a seeded market, an exchange and accounts, on a machine without TWS."""

from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.server import Server, serve

__all__ = ["Gateway", "Options", "Server", "serve"]
