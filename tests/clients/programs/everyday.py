"""What a client of the bridge does on an ordinary day, so that the day (day.py) is written once.

Contracts, contract details and bars are the client's own objects: all these clients use the vendor's names for their
attributes. Programs of this folder run outside the environment of the project, and import nothing of it.
"""

from __future__ import annotations

import json
import logging
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

MICROSOFT: Final = 272093
"""A contract id."""
DEADLINE: Final = 15.0
"""Seconds that any one answer may take."""
BID: Final = 1
ASK: Final = 2
LAST: Final = 4
CLOSE: Final = 9
"""Types of ticks."""


Row = tuple[str | int | float, ...]
"""One of several answers to a question, as plain values."""


def say(saw: str, **what: object) -> None:
    """Print one line: what was seen, as JSON. In one write, for several threads may do so."""
    sys.stdout.write(json.dumps({"saw": saw, **what}, default=str) + "\n")
    sys.stdout.flush()


class SayWhatIsLogged(logging.Handler):
    """Prints what a client logs: a client that can't read something says so in its log only."""

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)  # with its traceback
        say("log", level=record.levelname, logger=record.name, text=text)


class Refused(Exception):
    """The gateway answered a request with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


class Quote(NamedTuple):
    """One quote, complete."""

    bid: float
    ask: float
    last: float
    close: float


class Prices(NamedTuple):
    """The prices that a stream has brought, in order."""

    bids: list[float]
    asks: list[float]


class Execution(NamedTuple):
    """One execution, as it happened or as it was listed."""

    client: int
    order: int
    id: str
    side: str
    quantity: Decimal
    price: Decimal


class Commission(NamedTuple):
    """What an execution cost."""

    execution: str
    commission: Decimal
    currency: str


class OpenOrder(NamedTuple):
    """A live order as it is listed, whoever placed it."""

    client: int
    order: int
    limit: float
    quantity: Decimal
    status: str


class Holding(NamedTuple):
    """A position, and what one unit of it cost."""

    quantity: Decimal
    average_cost: Decimal


class Profit(NamedTuple):
    """Profit and loss of one position."""

    position: Decimal
    value: Decimal
    unrealized: Decimal


class Account(NamedTuple):
    """An account as one download shows it."""

    values: list[tuple[str, str, str]]
    """Name, currency, value."""
    portfolio: dict[int, Decimal]
    """Market value of each position, by contract id."""


class SummaryRow(NamedTuple):
    """One value of an account's summary."""

    account: str
    tag: str
    value: str
    currency: str


class Chain(NamedTuple):
    """The options on a stock that one exchange lists."""

    exchange: str
    underlying: int
    trading_class: str
    multiplier: str
    expirations: list[str]
    strikes: list[float]


@dataclass
class Placed:
    """An order that a client has placed, and what it was told of it since."""

    number: int
    contract: Any
    order: Any
    """The client's own order."""
    status: str = ""
    """The newest; empty before the first."""
    executed: dict[str, Decimal] = field(default_factory=dict)
    """How many units, by execution."""
    commissions: set[str] = field(default_factory=set)
    """The executions whose commission is known."""
    codes: list[int] = field(default_factory=list)
    """Of the notices about it."""


class EverydayClient(ABC):
    """A client on an ordinary day. Every method that asks waits for the whole answer, at most `DEADLINE`.

    What it is told unasked, it says (`say`) as it comes: notices, and what becomes of its orders.
    Raises Refused where the gateway answers with an error, TimeoutError where it does not answer.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        """The client id."""
        self.placed: dict[int, Placed] = {}
        """Its orders, by their numbers."""
        self.codes: list[tuple[int, int]] = []
        """Of all notices: the number of the request or order (-1 for none), and the code."""

    # --------------------------------------------------------------------------------------------- what it is told

    def heard_notice(self, number: int, code: int, text: str) -> None:
        """An error or a notice came."""
        self.codes.append((number, code))
        if number in self.placed:
            self.placed[number].codes.append(code)
        say("notice", client=self.number, number=number, code=code, text=text)

    def heard_status(
        self, number: int, status: str, filled: object, remaining: object, average: object
    ) -> None:
        """The status of an order came."""
        say(
            "order_status",
            client=self.number,
            order=number,
            status=status,
            filled=filled,
            remaining=remaining,
            average_price=average,
        )
        if number in self.placed:
            self.placed[number].status = status

    def heard_execution(self, execution: Execution) -> None:
        """An order of this client was filled."""
        say("execution", told=self.number, **execution._asdict())
        if execution.order in self.placed:
            self.placed[execution.order].executed[execution.id] = execution.quantity

    def heard_commission(self, commission: Commission) -> None:
        """The commission of an execution came."""
        say("commission", told=self.number, **commission._asdict())
        for placed in self.placed.values():
            if commission.execution in placed.executed:
                placed.commissions.add(commission.execution)

    # ------------------------------------------------------------------------------------------------- what it asks

    @property
    @abstractmethod
    def server_version(self) -> int:
        """The version that was negotiated."""

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    @abstractmethod
    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds. Raises TimeoutError with `what`."""

    @abstractmethod
    def accounts(self) -> list[str]:
        """The accounts that may be traded."""

    @abstractmethod
    def contract(self, **fields: object) -> Any:
        """A contract of the client's own, by the vendor's names."""

    @abstractmethod
    def details(self, contract: Any) -> list[Any]:
        """The details of every contract that fits."""

    @abstractmethod
    def option_chains(self, stock: Any) -> list[Chain]:
        """The options on a stock, by exchange."""

    @abstractmethod
    def snapshot(self, contract: Any) -> Quote:
        """One quote."""

    @abstractmethod
    def watch(self, contract: Any) -> Callable[[], Prices]:
        """Start a stream; call what it returns for the prices so far."""

    @abstractmethod
    def bars(self, contract: Any, duration: str, size: str) -> list[Any]:
        """The bars of some time until now, in regular trading hours."""

    @abstractmethod
    def place(self, contract: Any, action: str, quantity: int, limit: float | None = None) -> Placed:
        """Send a limit order, or a market order where no limit is given. Does not wait."""

    @abstractmethod
    def change(self, placed: Placed, limit: float) -> None:
        """Send an order again with another limit. Does not wait."""

    @abstractmethod
    def cancel(self, order_number: int) -> None:
        """Ask for the end of an order. Does not wait."""

    @abstractmethod
    def executions(self) -> list[Execution]:
        """All executions of the day, whoever's."""

    @abstractmethod
    def open_orders(self) -> list[OpenOrder]:
        """The live orders of all clients."""

    @abstractmethod
    def holdings(self) -> dict[int, Holding]:
        """The positions, by contract id."""

    @abstractmethod
    def account(self, name: str) -> Account:
        """One download of the account."""

    @abstractmethod
    def summary(self, tags: str) -> list[SummaryRow]:
        """Some values of all accounts."""

    @abstractmethod
    def profit(self, account: str, contract_id: int) -> Profit:
        """Profit and loss of one position."""

    @abstractmethod
    def real_time_bars(self, contract: Any) -> Callable[[], list[Row]]:
        """Start bars of five seconds; call what it returns for those so far: time, open, high, low, close."""

    @abstractmethod
    def scan(self, code: str) -> list[str]:
        """The symbols that a scan of US stocks finds, by rank."""

    # ------------------------------------------------------------------------------------------------- derived from it

    def stock(self, symbol: str) -> Any:
        """A stock as users name it."""
        return self.contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")

    def qualified(self, symbol: str) -> Any:
        """A stock, completed by the gateway."""
        return self.details(self.stock(symbol))[0].contract

    def wait_for_status(self, placed: Placed, status: str) -> None:
        """Wait until an order has come so far."""
        self.wait_until(lambda: placed.status == status, f"status {status} of order {placed.number}")

    def wait_for_code(self, number: int, code: int) -> None:
        """Wait for an error or notice about a request or an order."""
        self.wait_until(lambda: (number, code) in self.codes, f"code {code} about {number}")

    def trade(self, contract: Any, action: str, quantity: int) -> Placed:
        """Trade at the market, and wait until everything is known, the commission included."""
        placed = self.place(contract, action, quantity)
        self.wait_for_status(placed, "Filled")
        self.wait_until(
            lambda: (
                sum(placed.executed.values()) == quantity and placed.commissions == placed.executed.keys()
            ),
            f"executions and commissions of order {placed.number}",
        )
        return placed

    def rest(self, contract: Any, quantity: int, limit: float) -> Placed:
        """Place a purchase that the market does not fill, and wait until it works."""
        placed = self.place(contract, "BUY", quantity, limit)
        self.wait_for_status(placed, "Submitted")
        return placed
