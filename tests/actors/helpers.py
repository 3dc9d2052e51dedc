"""Arrangements for tests of actors: mail that remembers, records that can be waited for, a clock that stands still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pykka

from ibkr_actors.actors.actor import ActorHost
from ibkr_actors.actors.desk import Desk, Signals
from ibkr_actors.actors.messages import Batch, Send
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.value import snapshot

PATIENCE = 10.0
"""Seconds that a test waits for what must happen at once."""


class Record:
    """What happened, in order; any thread adds, the test waits."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._changed = threading.Condition()

    def add(self, item: Any) -> None:
        """Remember it."""
        with self._changed:
            self.items.append(item)
            self._changed.notify_all()

    def receive(self, _sender: object = None, **facts: Any) -> None:
        """Remember the facts of a signal."""
        self.add(facts)

    def of(self, kind: type) -> list[Any]:
        """Those of a type."""
        with self._changed:
            return [item for item in self.items if isinstance(item, kind)]

    def wait(self, wanted: Callable[[Any], Any], what: str = "", timeout: float = PATIENCE) -> Any:
        """The first item that is wanted, when it has come."""

        def found() -> list[Any]:
            return [item for item in self.items if wanted(item)]

        with self._changed:
            if not self._changed.wait_for(found, timeout):
                raise AssertionError(
                    f"{what or 'it'} did not come within {timeout} s; there is {self.items[-30:]}"
                )
            return found()[0]

    def wait_for(self, kind: type, count: int = 1, timeout: float = PATIENCE) -> Any:
        """The `count`th item of a type, when it has come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._of(kind)) >= count, timeout):
                raise AssertionError(f"{count} {kind.__name__} did not come; there is {self.items[-30:]}")
            return self._of(kind)[count - 1]

    def _of(self, kind: type) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind)]


def recording(record: Record, **methods: Any) -> type[StrategyActor]:
    """A strategy that records whatever reaches it, as (code, message); `methods` are its own."""

    class Recording(StrategyActor):
        def handle(self, messages: Iterable[Message]) -> None:
            messages = list(messages)
            for message in messages:
                record.add((self.code, message))
            super().handle(messages)

    return type("Recording", (Recording,), methods)


def told(
    record: Record,
    kind: type,
    code: str | None = None,
    wanted: Callable[[Any], Any] = lambda _message: True,
) -> Any:
    """Wait for a message of a kind to reach a strategy that is `recording`."""
    found = record.wait(
        lambda item: (
            isinstance(item, tuple)
            and isinstance(item[1], kind)
            and code in (None, item[0])
            and wanted(item[1])
        ),
        kind.__name__,
    )
    return found[1]


class FakeMail:
    """Mail of an actor that is only imagined: remembers what it is told."""

    actor_class = ActorHost

    def __init__(self, code: str = "somebody") -> None:
        self.actor_urn = f"urn:{code}:{id(self)}"
        self.told: list[Any] = []
        self.alive = True

    def tell(self, message: Any) -> None:
        if not self.alive:
            raise pykka.ActorDeadError(self.actor_urn)
        self.told.append(message)

    def ask(self, message: Any, timeout: float | None = None) -> None:
        self.tell(message)

    def is_alive(self) -> bool:
        return self.alive

    @property
    def batches(self) -> list[list[Any]]:
        """The messages of each batch."""
        return [list(message.messages) for message in self.told if isinstance(message, Batch)]

    @property
    def messages(self) -> list[Any]:
        """The messages of all batches."""
        return [message for batch in self.batches for message in batch]

    @property
    def sent(self) -> list[Any]:
        """The requests told to the bridge."""
        return [message.request for message in self.told if isinstance(message, Send)]

    def of(self, kind: type) -> list[Any]:
        """Everything of a type that it was told, in batches or not."""
        return [message for message in (*self.told, *self.messages) if isinstance(message, kind)]

    def clear(self) -> None:
        self.told.clear()


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def fake_desk(**mails: Any) -> Desk:
    """A desk whose actors are imagined."""
    roles = {
        code: mails.get(code) or FakeMail(code) for code in ("bridge", "router", "orders", "market_data")
    }
    return Desk(
        roles["bridge"],
        roles["router"],
        roles["orders"],
        roles["market_data"],
        mails.get("specialists", {}),
        request_ids(),
        mails.get("order_ids") or OrderIds(),
        mails.get("signals") or Signals(),
    )


def ibm() -> Contract:
    return Stock("IBM", contract_id=8314)


def limit_order(quantity: float = 100, price: float = 187.25, action: str = "BUY", **fields: Any) -> Order:
    """Any values, also such that the constructor of a limit order refuses."""
    order = LimitOrder("BUY", None, 100, 187.25)
    values = {
        "action": action,
        "total_quantity": quantity if quantity is None else Decimal(str(quantity)),
        "limit_price": price,
        **fields,
    }
    for name, value in values.items():
        setattr(order, name, value)
    return order


def status(
    order_id: int, state: str, filled: float = 0, remaining: float = 100, **fields: Any
) -> OrderStatus:
    average = fields.pop("average_fill_price", 187.25 if filled else 0.0)
    return OrderStatus(
        order_id, state, Decimal(str(filled)), Decimal(str(remaining)), average_fill_price=average, **fields
    )


def open_order(order_id: int, state: str = "Submitted", *, client_id: int = 0, **fields: Any) -> OpenOrder:
    order = snapshot(limit_order(**fields), Order)
    order.client_id, order.contract = client_id, None
    return OpenOrder(order_id, ibm(), order, OrderState(state))


def fill(
    order_id: int,
    shares: float = 100,
    *,
    cumulative: float | None = None,
    execution_id: str = "0000e0d5.6579a1b2.01.01",
    request_id: int = -1,
    price: float = 187.25,
    side: str = "BOT",
    client_id: int = 0,
    time: str = "20261123 10:00:00 US/Eastern",
    contract: Contract | None = None,
) -> ExecutionDetails:
    execution = Execution(
        order_id,
        execution_id,
        time,
        "DU1",
        side=side,
        shares=Decimal(str(shares)),
        price=price,
        client_id=client_id,
        cumulative_quantity=Decimal(str(shares if cumulative is None else cumulative)),
        average_price=price,
    )
    return ExecutionDetails(request_id, contract or ibm(), execution)


def commission(execution_id: str = "0000e0d5.6579a1b2.01.01", amount: float = 1.0) -> CommissionAndFeesReport:
    return CommissionAndFeesReport(execution_id, amount, "USD")
