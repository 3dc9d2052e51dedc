"""What an order trades, contract by contract, and what matching remembers of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments.margins import ZERO


@dataclass(slots=True, eq=False)
class Part:
    """What an order trades in one contract: in its own, or in one leg of a combination.

    Responsible for: how much of the contract was traded, for how much. Not responsible for: the order as a whole.
    """

    contract: Contract
    """As executions name it, but for the exchange."""
    listing: Contract
    """As it is held: with its primary exchange."""
    ratio: Decimal = Decimal(1)
    """How many of the contract go into one of the order; negative for a leg that a purchase sells."""
    limit: float | None = None
    """The worst price of a leg that has one of its own."""
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    """Sum of quantity times price of the fills."""
    commission: Decimal = ZERO

    @property
    def average_price(self) -> float:
        """Zero before the first fill."""
        return float(round(self.spent / self.filled, 8)) if self.filled else 0.0

    def fill(self, quantity: Decimal, price: Decimal, commission: Decimal) -> None:
        """Count a fill; quantities are without a sign."""
        self.filled += quantity
        self.spent += quantity * price
        self.commission += commission


@dataclass(slots=True)
class Window:
    """The time in which an algorithm works an order, in epoch seconds."""

    start: float
    end: float
    volume: float | None = None
    """What the market trades in all of it, once it is known."""


@dataclass(slots=True)
class Work:
    """How an order is being worked under its present terms. A change of the terms begins a new one."""

    terms: Order
    """The very object that the order held when this began."""
    started: float
    """Epoch seconds."""
    cap: float | None
    """The client's own limit: a price that follows the market never goes beyond it."""
    price: float | None = None
    """The limit at which it works now; None takes the market's price."""
    base: float | None = None
    """Where a price that moves with a reference began."""
    reference: float | None = None
    """The price of the reference then."""
    filled: Decimal = ZERO
    """Of the order, when it began."""
    window: Window | None = None
    """Of an algorithm."""
    auction_at: float | None = None
    """Epoch seconds of the auction that it waits for, once it is known."""
    print_seen: tuple[float, ...] = ()
    """The trade of the market that it was matched with last."""
    trigger_seen: tuple[float, ...] = ()
    """The prices that last counted for its trigger."""
    confirmations: int = 0
    """How many of them in a row have reached the trigger price."""
    restored: Decimal = ZERO
    """What a scale order put back onto its ladder after taking profits."""
