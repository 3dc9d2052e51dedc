"""Whether an account can carry an order, and what an order would do to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.accounts.valuation import Valuation
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

_NOT_ACCEPTED: Final = (
    "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH LOAN VALUE "
    "[{equity:.2f} {currency}] MUST EXCEED THE INITIAL MARGIN [{margin:.2f} {currency}]"
)


class Credit:
    """Checks orders against what the account has left.

    An order passes when, filled at the market's price, it leaves the initial margin of all positions and of all other
    working orders covered by the equity; or when it frees more than it takes.
    """

    def __init__(self, accounts: Accounts, book: OrderBook) -> None:
        self._accounts = accounts
        self._book = book

    def refusal(self, order: WorkingOrder) -> str | None:
        """Why the account can't carry the order; None when it can. Notes the margin that the order takes."""
        before = self._accounts.value(order.account)
        after, commission = self._accounts.projected(order)
        taken = max(before.available_funds - after.available_funds, ZERO)
        order.margin = taken * order.total / order.remaining
        if taken <= commission or after.available_funds >= self._reserved_by_others(order):
            return None
        margin = after.total.initial_margin + self._reserved_by_others(order)
        return _NOT_ACCEPTED.format(
            equity=after.equity_with_loan, margin=margin, currency=after.base_currency
        )

    def _reserved_by_others(self, order: WorkingOrder) -> Decimal:
        return sum(
            (
                other.reserved_margin
                for other in self._book.live_orders()
                if other is not order and other.account == order.account
            ),
            ZERO,
        )

    def preview(self, order: WorkingOrder) -> OrderState:
        """What a what-if order is answered with: margins and equity before, after, and the difference."""
        before = self._accounts.value(order.account)
        after, commission = self._accounts.projected(order)
        state = OrderState(
            str(Status.PRE_SUBMITTED),
            commission_and_fees=float(commission),
            commission_and_fees_currency=order.contract.currency,
            margin_currency=after.base_currency,
        )
        return msgspec.structs.replace(state, **_margin_fields(_margins(before), _margins(after)))


def _margin_fields(before: dict[str, Decimal], after: dict[str, Decimal]) -> dict[str, float]:
    return {
        f"{name}_{moment}": float(amount)
        for name in before
        for moment, amount in (
            ("before", before[name]),
            ("change", after[name] - before[name]),
            ("after", after[name]),
        )
    }


def _margins(valuation: Valuation) -> dict[str, Decimal]:
    return {
        "initial_margin": valuation.total.initial_margin,
        "maintenance_margin": valuation.total.maintenance_margin,
        "equity_with_loan": valuation.equity_with_loan,
    }
