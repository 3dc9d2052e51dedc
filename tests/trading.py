"""Arrangements for tests of strategies: a desk of mails that only note, and a simulated gateway that stands still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from ibkr_actors.actors.desk import Desk, Signals
from ibkr_actors.actors.messages import CancelOrder, PlaceOrder, Send
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Gateway
from ibkr_actors.simulated_gateway.server import Server

DEADLINE = 10.0
BID, ASK, LAST = 1, 2, 4

S = TypeVar("S", bound=StrategyActor)


class NotingMail:
    """Mail of nobody: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def tell(self, message: Any) -> None:
        self.told.append(message)

    def is_alive(self) -> bool:
        return True


class PaperDesk:
    """A desk without threads, behind which there is nothing: it notes what a strategy asks for."""

    def __init__(self) -> None:
        self._bridge, self._orders, others = NotingMail(), NotingMail(), NotingMail()
        order_ids = OrderIds()
        order_ids.at_least(1)
        self._desk = Desk(self._bridge, others, self._orders, others, {}, request_ids(), order_ids, Signals())

    def seat(self, strategy: type[S], **parameters: Any) -> S:
        """A strategy at this desk, which has run its `initialize`."""
        actor = strategy("test", strategy.parse_parameters(parameters))
        actor.run_behind(NotingMail())
        actor.attach(self._desk)
        actor.initialize()
        return actor

    def asked(self, kind: type[Request]) -> list[Any]:
        """The requests of one type that were made of the bridge."""
        asked = [message.request for message in self._bridge.told if isinstance(message, Send)]
        return [request for request in asked if isinstance(request, kind)]

    @property
    def orders(self) -> list[PlaceOrderRequest]:
        """The orders that were placed."""
        return [message.request for message in self._orders.told if isinstance(message, PlaceOrder)]

    @property
    def cancelled(self) -> list[int]:
        """The ids of the orders that were cancelled."""
        return [message.request.order_id for message in self._orders.told if isinstance(message, CancelOrder)]


def price(line: int, tick_type: int, amount: float) -> TickPrice:
    """One price of a line."""
    return TickPrice(line, tick_type, price=amount)


def changed(
    order_id: int, status: str, filled: int = 0, remaining: int = 0, average: float | None = None
) -> OrderChanged:
    """News of an order."""
    return OrderChanged(order_id, status, Decimal(filled), Decimal(remaining), average)


@contextmanager
def still_market(prepare: Callable[[Gateway], None], **options: Any) -> Iterator[Server]:
    """A simulated gateway on a real socket whose prices are what `prepare` pins."""
    with Server(tick=0.02, **options) as server:
        with server.hold() as gateway:
            prepare(gateway)
        yield server


def wait_for(desk: MultiClientApplication, holds: Callable[[DeskStatus], Any]) -> DeskStatus:
    """The status of a desk as soon as something holds of it; fails at a deadline, and says how the desk stood."""
    deadline = time.monotonic() + DEADLINE
    while not holds(status := desk.status()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {DEADLINE} seconds: {status}")
        time.sleep(0.01)  # between two looks; nothing depends on how long
    return status
