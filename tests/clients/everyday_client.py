"""What a client of the bridge does on an ordinary day, so that a claim is written once for every client.

Contracts, contract details and bars are the client's own objects: all clients use the vendor's names for their
attributes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

DEADLINE: Final = 10.0
"""Seconds that any one answer may take."""
ACCOUNT: Final = "DU1000001"


class Refused(Exception):
    """The gateway answered a request with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


class Notice(NamedTuple):
    """An error or notice, as the client was told."""

    number: int
    """The request's or the order's; -1 for the connection."""
    code: int
    text: str


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


class Fill(NamedTuple):
    """One execution with its commission."""

    execution_id: str
    side: str
    quantity: Decimal
    price: Decimal
    commission: Decimal
    currency: str


class OpenOrder(NamedTuple):
    """A live order as it is listed, whoever placed it."""

    client: int
    number: int
    limit: float
    quantity: Decimal
    status: str


class Holding(NamedTuple):
    """A position, and what one unit of it cost."""

    quantity: Decimal
    average_cost: Decimal

    @property
    def cost(self) -> Decimal:
        """What the whole position cost."""
        return self.quantity * self.average_cost


class Profit(NamedTuple):
    """Profit and loss of one position."""

    position: Decimal
    value: Decimal
    unrealized: Decimal


class Account(NamedTuple):
    """An account as one download shows it."""

    values: dict[tuple[str, str], str]
    """By name and currency."""
    portfolio: dict[int, Decimal]
    """Market value of each position, by contract id."""

    def money(self, name: str) -> Decimal:
        """An amount in US dollars."""
        return Decimal(self.values[name, "USD"])

    @property
    def cash(self) -> Decimal:
        """All of it."""
        return self.money("TotalCashValue")


NOTHING: Final = Holding(Decimal(0), Decimal(0))


@dataclass
class Placed:
    """An order that a client has placed, and what it was told of it since."""

    number: int
    contract: Any
    order: Any
    """The client's own order."""
    statuses: list[str] = field(default_factory=list)
    """In the order of their arrival, repetitions left out."""
    filled: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    average_price: Decimal = Decimal(0)
    notices: list[Notice] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The newest; empty before the first."""
        return self.statuses[-1] if self.statuses else ""


class EverydayClient(ABC):
    """A client on an ordinary day. Every method that asks waits for the whole answer, at most `DEADLINE`.

    Raises Refused where the gateway answers with an error, TimeoutError where it does not answer.
    """

    number: int
    """The client id."""
    notices: list[Notice]
    """All that it was told, in order."""

    @property
    @abstractmethod
    def server_version(self) -> int:
        """The version that was negotiated."""

    @property
    @abstractmethod
    def is_connected(self) -> bool:
        """The connection stands."""

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
    def snapshot(self, contract: Any) -> Quote:
        """One quote."""

    @abstractmethod
    def watch(self, contract: Any) -> Callable[[], Prices]:
        """Start a stream; call what it returns for the prices so far."""

    @abstractmethod
    def daily_bars(self, contract: Any) -> list[Any]:
        """The bars of the year until now."""

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
    def fills(self, placed: Placed) -> list[Fill]:
        """What the client was told of an order's executions as they happened, those with a commission."""

    @abstractmethod
    def executions(self, placed: Placed) -> list[Fill]:
        """What the list of executions says of an order, asked for anew."""

    @abstractmethod
    def open_orders(self) -> list[OpenOrder]:
        """The live orders of all clients."""

    @abstractmethod
    def holdings(self) -> dict[int, Holding]:
        """The positions, by contract id."""

    @abstractmethod
    def account(self) -> Account:
        """One download of the account."""

    @abstractmethod
    def profit(self, contract_id: int) -> Profit:
        """Profit and loss of one position."""

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

    def wait_for_notice(self, number: int, code: int) -> Notice:
        """Wait for an error or notice about a request or an order."""

        def found() -> list[Notice]:
            return [notice for notice in self.notices if notice[:2] == (number, code)]

        self.wait_until(found, f"code {code} about {number}")
        return found()[0]

    def fill_at_market(self, contract: Any, action: str, quantity: int) -> Placed:
        """Trade, and wait until everything is known, the commission included."""
        placed = self.place(contract, action, quantity)
        self.wait_for_status(placed, "Filled")
        wanted = Decimal(quantity)
        self.wait_until(
            lambda: sum(fill.quantity for fill in self.fills(placed)) == wanted, "executions and commissions"
        )
        return placed

    def rest(self, contract: Any, quantity: int, limit: float) -> Placed:
        """Place a purchase that the market does not fill, and wait until it works."""
        placed = self.place(contract, "BUY", quantity, limit)
        self.wait_for_status(placed, "Submitted")
        return placed
