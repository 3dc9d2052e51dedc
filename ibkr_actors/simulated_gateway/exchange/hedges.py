"""Children that hedge their parent: the gateway works out how much they trade."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.hedge_type import HedgeType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments.instrument import CURRENCY
from ibkr_actors.simulated_gateway.instruments.margins import ZERO, multiplier_of
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.marks import DERIVED, exact
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import MISSING_PARENT, Refusal

INVALID_TYPE: Final = (10007, "Invalid hedge type.")
INVALID_BETA: Final = (10008, "Invalid beta value.")
INVALID_RATIO: Final = (10009, "Invalid hedge ratio.")
INVALID_DELTA: Final = (10010, "Invalid delta hedge order.")
SIZE_SET: Final = (10032, "The size of a hedge order must not be set.")
INVALID_PAIR: Final = (10063, "The currency pair does not hedge the currency of the parent order.")


def check_hedge(order: Order, contract: Contract, parent: WorkingOrder | None) -> None:
    """Raises Refusal for a hedge that nobody can work out; an order that is no hedge passes."""
    if not order.hedge_type:
        return
    if order.hedge_type not in tuple(HedgeType):
        raise Refusal(*INVALID_TYPE)
    if order.total_quantity:
        raise Refusal(*SIZE_SET)
    if parent is None:
        raise Refusal(*MISSING_PARENT)
    if not _IS_POSSIBLE[HedgeType(order.hedge_type)](order, contract, parent.listing):
        raise Refusal(*_REFUSALS[HedgeType(order.hedge_type)])


class Hedges:
    """Works out the quantities of hedges, in whole units, when their parent is filled.

    By beta: so much of the hedge that its value is beta times that of the parent. By ratio: so many for each of the
    parent. By delta: the underlying that moves as the options do. For a currency: what the parent cost or brought.
    """

    def __init__(self, market: Market) -> None:
        self._market = market

    def quantity(self, child: WorkingOrder, parent: WorkingOrder) -> Decimal:
        """How much a hedge of a filled parent trades; zero when that rounds to nothing."""
        measure = {
            HedgeType.DELTA: self._delta,
            HedgeType.BETA: self._beta,
            HedgeType.CURRENCY: self._currency,
            HedgeType.PAIR: self._pair,
        }[HedgeType(child.order.hedge_type)]
        wanted = measure(child, parent).quantize(Decimal(1), ROUND_HALF_UP)
        largest = child.order.hedge_max_size
        return wanted if largest is None else min(wanted, Decimal(largest))

    def _price(self, order: WorkingOrder) -> Decimal:
        return exact(self._market.quote(order.listing.contract_id).mark)

    def _delta(self, _: WorkingOrder, parent: WorkingOrder) -> Decimal:
        values = self._market.option_values(parent.listing.contract_id)
        return abs(exact(values["model"].delta)) * parent.filled * multiplier_of(parent.listing)

    def _beta(self, child: WorkingOrder, parent: WorkingOrder) -> Decimal:
        one = self._price(child) * multiplier_of(child.listing)
        return _parameter(child.order, "beta") * _value(parent) / one

    def _pair(self, child: WorkingOrder, parent: WorkingOrder) -> Decimal:
        return _parameter(child.order, "ratio") * parent.filled

    def _currency(self, child: WorkingOrder, parent: WorkingOrder) -> Decimal:
        value = _value(parent)
        return value if child.listing.symbol == parent.listing.currency else value / self._price(child)


def _value(order: WorkingOrder) -> Decimal:
    return order.spent * multiplier_of(order.listing)


def _parameter(order: Order, name: str) -> Decimal:
    """The number of a hedge parameter such as `beta=1.2`; zero for anything else."""
    key, _, text = order.hedge_parameter.partition("=")
    try:
        number = Decimal(text.strip() or 0)
    except ArithmeticError:
        return ZERO
    return number if key.strip().lower() == name and number.is_finite() else ZERO


_IsPossible = Callable[[Order, Contract, Contract], bool]
"""The hedge, its contract, and the contract of its parent."""

_IS_POSSIBLE: Final[dict[HedgeType, _IsPossible]] = {
    HedgeType.DELTA: lambda _order, contract, of: (
        of.security_type in DERIVED and contract.symbol == of.symbol
    ),
    HedgeType.BETA: lambda order, _contract, _of: _parameter(order, "beta") > 0,
    HedgeType.PAIR: lambda order, _contract, _of: _parameter(order, "ratio") > 0,
    HedgeType.CURRENCY: lambda _order, contract, of: (
        contract.security_type == CURRENCY and of.currency in (contract.symbol, contract.currency)
    ),
}
_REFUSALS: Final = {
    HedgeType.DELTA: INVALID_DELTA,
    HedgeType.BETA: INVALID_BETA,
    HedgeType.PAIR: INVALID_RATIO,
    HedgeType.CURRENCY: INVALID_PAIR,
}
"""What is wrong with a hedge of each type that is not possible."""
