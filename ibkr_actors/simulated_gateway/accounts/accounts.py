"""The accounts of the login: their books, at the market's prices."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ibkr_actors.simulated_gateway.accounts.ledger import Ledger
from ibkr_actors.simulated_gateway.accounts.valuation import HoldingValue, Valuation, value_of
from ibkr_actors.simulated_gateway.instruments.margins import ZERO, multiplier_of
from ibkr_actors.simulated_gateway.market.marks import MarketMarks
from ibkr_actors.simulated_gateway.orders.commissions import order_commission
from ibkr_actors.simulated_gateway.orders.order_parts import Part
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder


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

    def book(
        self, order: WorkingOrder, part: Part, quantity: Decimal, price: Decimal
    ) -> tuple[Decimal, Decimal | None]:
        """Book a fill at a quoted price, a sale with a minus; returns its commission and what it realised."""
        contract_id, traded = part.listing.contract_id, abs(quantity)
        spent = self.marks.in_currency(contract_id, part.spent + traded * price)
        commission = self._commission(part, part.filled + traded, spent) - part.commission
        worth = self.marks.in_currency(contract_id, price)
        realized = self[order.account].book(part.listing, quantity, worth, commission)
        part.fill(traded, price, commission)
        return commission, realized

    def value(self, account: str) -> Valuation:
        """An account at the market's prices."""
        return value_of(self[account], self.marks)

    def held_by(self, order: WorkingOrder) -> list[HoldingValue]:
        """What the order's account holds of the contracts that it traded, valued."""
        holdings = self.value(order.account).holdings
        ids = (part.listing.contract_id for part in order.parts)
        return [holdings[contract_id] for contract_id in ids if contract_id in holdings]

    def projected(self, order: WorkingOrder) -> tuple[Valuation, Decimal]:
        """The account as it would be if the rest of the order filled at the market's price; and the commission."""
        ledger, total = self[order.account], ZERO
        for part in order.parts:
            price, quantity = self.marks.price(part.listing.contract_id), order.remaining * part.ratio
            commission = self._commission(part, abs(quantity), abs(quantity) * price)
            ledger = ledger.projected(part.listing, order.signed(quantity), price, commission)
            total += commission
        return value_of(ledger, self.marks), total

    def _commission(self, part: Part, quantity: Decimal, paid: Decimal) -> Decimal:
        contract = part.listing
        dollar = Decimal(1)
        if contract.currency != "USD":
            dollar = self.marks.rate("USD") / self.marks.rate(contract.currency)
        return order_commission(contract, quantity, paid * multiplier_of(contract), dollar)

    def start_day(self) -> None:
        """A new trading day: profit and loss of the day begin at zero."""
        for account, ledger in self._ledgers.items():
            values = {number: holding.value for number, holding in self.value(account).holdings.items()}
            ledger.start_day(values)
