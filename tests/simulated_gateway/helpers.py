"""Arrangements that the tests of the simulated gateway share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import Notice, StartApiRequest
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.server_versions import BINARY_IDS
from ibkr_actors.base.session import Session
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.gateway import Deliveries, Gateway, Options
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.wire.frames import frame

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC).timestamp()
"""A Monday, ten o'clock in New York."""
ACCOUNT = "DU1000001"
AAPL = 265598

M = TypeVar("M", bound=Message)


def apple() -> Contract:
    """A stock as a client names it."""
    return Contract(symbol="AAPL", security_type="STK", exchange="SMART", currency="USD")


def order(action: str, quantity: float, order_type: str = "MKT", **fields: object) -> Order:
    """An order with a time in force, for clients have to give one."""
    values = {"time_in_force": "DAY", **fields}
    return Order(action=action, total_quantity=Decimal(str(quantity)), order_type=order_type, **values)  # type: ignore[arg-type]


def limit(action: str, quantity: float, price: float, **fields: object) -> Order:
    """A limit order."""
    return order(action, quantity, "LMT", limit_price=price, **fields)


class Desk:
    """A gateway whose AAPL stands still, and clients that talk to it in messages, without bytes."""

    def __init__(self, now: float = NOW, **options: object) -> None:
        self.now = now
        self.gateway = Gateway(Options(**options), now)  # type: ignore[arg-type]
        self._heard: dict[Client, list[Message]] = {}
        self.quote(100.0, 100.02)

    def quote(self, bid: float, ask: float, *, last: float | None = None, size: float = 1000.0) -> None:
        """Set AAPL's quote; it reaches orders and streams at the next step."""
        last = bid if last is None else last
        self.gateway.market.set_quote(AAPL, bid=bid, ask=ask, last=last, bid_size=size, ask_size=size)

    def connect(self, client_id: int = 1, version: int = 203) -> Client:
        """A client that has started; what it was welcomed with is forgotten."""
        client = self.gateway.connect(version)
        self.ask(client, StartApiRequest(client_id))
        self.heard(client)
        return client

    def ask(self, client: Client, request: Request) -> list[Message]:
        """Send a request; returns what this client hears of it (others are heard later)."""
        self._collect(self.gateway.handle(client, request, self.now))
        return self.heard(client)

    def place(
        self, client: Client, order_id: int, wanted: Order, contract: Contract | None = None
    ) -> list[Message]:
        """Place an order for AAPL, or for another contract."""
        return self.ask(client, PlaceOrderRequest(order_id, contract or apple(), wanted))

    def step(self, seconds: float = 0.25) -> None:
        """Let time go on."""
        self.now += seconds
        self._collect(self.gateway.advance(self.now))

    def held(self, order_id: int = 1, client_id: int = 1) -> WorkingOrder:
        """An order as the gateway holds it."""
        found = self.gateway.exchange.book.find(client_id, order_id)
        assert found is not None
        return found

    def heard(self, client: Client) -> list[Message]:
        """What a client was told since it was asked last."""
        return self._heard.pop(client, [])

    def keep(self, client: Client, messages: list[Message]) -> None:
        """Put back what was heard, in front of what follows."""
        self._heard[client] = [*messages, *self._heard.get(client, [])]

    def _collect(self, deliveries: Deliveries) -> None:
        for client, messages in deliveries:
            self._heard.setdefault(client, []).extend(messages)


def only(kind: type[M], messages: Iterable[Message]) -> list[M]:
    """The messages of one type."""
    return [message for message in messages if isinstance(message, kind)]


def codes(messages: Iterable[Message]) -> list[int]:
    """The codes of the notices."""
    return [notice.code for notice in only(Notice, messages)]


def names(messages: Iterable[Message]) -> list[str]:
    """The types of the messages, in order."""
    return [type(message).__name__ for message in messages]


def statuses(messages: Iterable[Message]) -> list[str]:
    """The statuses that a client was told, in order: of orders in brackets, of order statuses as they are."""
    told = []
    for message in messages:
        match type(message).__name__:
            case "OpenOrder":
                told.append(f"({message.order_state.status})")  # type: ignore[attr-defined]
            case "OrderStatus":
                told.append(message.status)  # type: ignore[attr-defined]
            case "Notice":
                told.append(str(message.code))  # type: ignore[attr-defined]
            case "ExecutionDetails":
                told.append("execution")
            case "CommissionAndFeesReport":
                told.append("commission")
            case other:
                told.append(other)
    return told


class Wire:
    """A client's session and the gateway's, back to back, around a desk: what a client sees after bytes."""

    def __init__(self, desk: Desk, version: int, client_id: int = 1) -> None:
        self.desk = desk
        self._near = Session(Role.CLIENT)
        self._far = Session(Role.GATEWAY, range(157, version + 1))
        self._far.receive(self._near.output())
        self._near.receive(self._far.output())
        self.client = desk.gateway.connect(version)
        self.welcome = self.ask(StartApiRequest(client_id))

    def ask(self, request: Request) -> list[Message]:
        """Send a request as bytes; returns the replies, read from bytes."""
        return self._pass(self._near.encode(request))

    def send(self, base_id: int, *fields: str) -> list[Message]:
        """Send a text frame that no client of ours would write; returns the replies as `ask` does."""
        binary = self.client.server_version >= BINARY_IDS
        head = base_id.to_bytes(4, "big") if binary else f"{base_id}\0".encode()
        return self._pass(frame(head + "".join(f"{field}\0" for field in fields).encode()))

    def _pass(self, data: bytes) -> list[Message]:
        replies: list[Message] = []
        for message in self._far.receive(data):
            replies += self._travel(self.desk.ask(self.client, message))  # type: ignore[arg-type]
        return replies

    def step(self, seconds: float = 0.25) -> list[Message]:
        """Let time go on; returns what the client hears."""
        self.desk.step(seconds)
        return self._travel(self.desk.heard(self.client))

    def _travel(self, messages: list[Message]) -> list[Message]:
        return [heard for message in messages for heard in self._near.receive(self._far.encode(message))]
