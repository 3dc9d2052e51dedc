"""The accounts of the login: their books, at the market's prices."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ibkr_actors.simulated_gateway.commissions import order_commission
from ibkr_actors.simulated_gateway.ledger import Ledger
from ibkr_actors.simulated_gateway.margins import multiplier_of
from ibkr_actors.simulated_gateway.marks import MarketMarks
from ibkr_actors.simulated_gateway.valuation import Valuation, value_of
from ibkr_actors.simulated_gateway.working_order import WorkingOrder


class Accounts:
    """The ledgers by account code, and what they are worth.

    Responsible for: booking fills with their commission; valuing an account as it is, or as an order would leave it.
    Not responsible for: whether an order is allowed, who is told.
    """

    def __init__(self, ledgers: Iterable[Ledger], marks: MarketMarks) -> None:
        self._ledgers = {ledger.account: ledger for ledger in ledgers}
        self.marks = marks

    @property
    def codes(self) -> tuple[str, ...]:
        """The account codes, the default account first."""
        return tuple(self._ledgers)

    def __getitem__(self, account: str) -> Ledger:
        """The books of an account; KeyError for one that isn't ours."""
        return self._ledgers[account]

    def __contains__(self, account: str) -> bool:
        return account in self._ledgers

    def book(self, order: WorkingOrder, quantity: Decimal, price: Decimal) -> tuple[Decimal, Decimal | None]:
        """Book a fill at a quoted price; returns its commission and what it realised."""
        contract_id = order.listing.contract_id
        spent = self.marks.in_currency(contract_id, order.spent + quantity * price)
        commission = self._commission(order, order.filled + quantity, spent) - order.commission
        price = self.marks.in_currency(contract_id, price)
        realized = self[order.account].book(order.listing, _signed(order, quantity), price, commission)
        return commission, realized

    def value(self, account: str) -> Valuation:
        """An account at the market's prices."""
        return value_of(self[account], self.marks)

    def projected(self, order: WorkingOrder) -> tuple[Valuation, Decimal]:
        """The account as it would be if the rest of the order filled at the market's price; and the commission."""
        price = self.marks.price(order.listing.contract_id)
        commission = self._commission(order, order.remaining, order.remaining * price)
        ledger = self[order.account].projected(
            order.listing, _signed(order, order.remaining), price, commission
        )
        return value_of(ledger, self.marks), commission

    def _commission(self, order: WorkingOrder, quantity: Decimal, paid: Decimal) -> Decimal:
        currency = order.listing.currency
        dollar = Decimal(1) if currency == "USD" else self.marks.rate("USD") / self.marks.rate(currency)
        return order_commission(order.listing, quantity, paid * multiplier_of(order.listing), dollar)

    def start_day(self) -> None:
        """A new trading day: profit and loss of the day begin at zero."""
        for account, ledger in self._ledgers.items():
            values = {number: holding.value for number, holding in self.value(account).holdings.items()}
            ledger.start_day(values)


def _signed(order: WorkingOrder, quantity: Decimal) -> Decimal:
    return quantity if order.is_buy else -quantity
