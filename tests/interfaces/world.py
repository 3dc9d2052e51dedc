"""The world that the interfaces ask about: a simulated gateway whose account has something of everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.news import HistoricalNews, HistoricalNewsRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.hours.clock import RunningClock
from ibkr_actors.simulated_gateway.server import Server

AAPL: Final = 265598
IBM: Final = 8314
SPEED: Final = 60.0
"""What comes every five seconds at a real gateway comes ten times a second here."""
START: Final = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("US/Eastern"))
"""A Monday morning in New York."""
LOOK: Final = 0.05
"""Real seconds between two looks at the market."""
VERSIONS: Final = (157, 178, 200, 226)
"""The oldest; the one that ib_async speaks; the last in text; the newest."""
HELD: Final = Decimal(5)
"""Of the stock and of the option: no more than anybody offers, so that it is bought at once."""
_TRADER: Final = 99
"""Id of the client that traded before."""


@dataclass(frozen=True)
class World:
    """What is known of the gateway before anybody asks."""

    server: Server
    version: int
    account: str
    article: tuple[str, str]
    """Provider and id of an article."""
    call: Contract
    """In the money; the account has some."""
    stock: Contract


@contextmanager
def world_at(version: int) -> Iterator[World]:
    """A gateway of a version, in which another client has bought stock and options."""
    server = Server(
        Options(seed=3),
        server_version=version,
        clock=RunningClock(START, SPEED),
        tick=LOOK,
        resolution=SPEED * LOOK,
    )
    with server.hold() as gateway:
        call = _a_call(gateway)
        told = _ask(gateway, HistoricalNewsRequest(AAPL, "BRFG", total_results=1, request_id=1))
        headline = next(message for message in told if isinstance(message, HistoricalNews))
        for number, (contract, quantity) in enumerate(((Stock("IBM"), HELD), (call, HELD)), start=1):
            _ask(gateway, PlaceOrderRequest(number, contract, _purchase(quantity)))
    with server:
        yield World(
            server,
            version,
            gateway.accounts.codes[0],
            (str(headline.provider_code), headline.article_id),
            call,
            Stock("IBM", contract_id=IBM),
        )


def _a_call(gateway: Gateway) -> Contract:
    """Deep in the money, far from its end, and not to lose that while a test runs."""
    price = gateway.market.value(AAPL)
    calls = [each for each in gateway.catalogue.options_on(AAPL) if each.right == "C"]
    return max(
        (each for each in calls if each.strike < price * 0.95), key=lambda each: each.expiry
    ).contract()


def _purchase(quantity: Decimal) -> Order:
    order = Order(action="BUY", total_quantity=quantity, order_type="MKT", time_in_force="DAY")
    order.outside_regular_trading_hours = True
    return order


def _ask(gateway: Gateway, request: Request) -> list[object]:
    """What a client hears that comes, asks and leaves."""
    now = gateway.market.now
    client = gateway.connect(NEWEST)
    gateway.handle(client, StartApiRequest(_TRADER), now)
    told = [message for _, messages in gateway.handle(client, request, now) for message in messages]
    gateway.disconnect(client)
    return told
