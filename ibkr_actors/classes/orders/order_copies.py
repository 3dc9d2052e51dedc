"""What every order can do: a copy of itself with one more wish, and itself in few words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

from msgspec import Struct, structs

from ibkr_actors.classes.contracts.market_rule import PriceGrid
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.algo import Algo
from ibkr_actors.classes.orders.auxiliary_price import AUXILIARY_PRICES
from ibkr_actors.classes.orders.conditions import AnyCondition, OrderCondition
from ibkr_actors.errors import InvalidRequest

if TYPE_CHECKING:
    from ibkr_actors.classes.orders.order import Order

C = TypeVar("C")

_LIMITS: Final = ("limit_price", "adjusted_stop_limit_price", "starting_price")
_TRIGGERS: Final = ("trail_stop_price", "trigger_price", "adjusted_stop_price")


class OrderCopies:
    """Copies of an order that differ in one respect; the order itself stays as it is.

    Not responsible for what goes together: the bridge refuses what it does not take.
    """

    __slots__ = ()

    def as_what_if(self) -> Self:
        """The question what it would cost: it is not traded, and the bridge answers with an `OrderState`.

        Margins before and after, equity and expected commission are there. `transmit` is set, for the bridge refuses
        to answer for an order that it may not transmit.
        """
        return _copy(self, what_if=True, transmit=True)

    def rounded(self, rule: PriceGrid) -> Self:
        """With every price one that the contract's market rule allows.

        A limit is never worse than it was: that of a buyer is rounded down, that of a seller up. A price that only
        triggers (stop, touch, adjustment) goes to the nearest that is allowed. Distances (trailing amounts, offsets,
        discretion), percentages, and prices of other contracts (reference, range, hedge, legs) are left as they are.
        Raises InvalidRequest when there is a limit to round and the order neither buys nor sells.
        """
        return _copy(self, **dict(_rounded_prices(cast("Order", self), rule)))

    def worked_by(self, algo: Algo) -> Self:
        """Given to an algorithm: `LimitOrder("BUY", stock, 1000, 27.5).worked_by(Adaptive("Patient"))`."""
        return _copy(self, algo_strategy=algo.strategy, algo_parameters=algo.parameters)

    def only_if(
        self,
        conditions: OrderCondition | Iterable[AnyCondition],
        *,
        ignore_regular_trading_hours: bool = False,
        include_overnight: bool = False,
    ) -> Self:
        """Held back until the conditions hold, which may be watched outside regular hours or overnight too.

        Raises InvalidRequest for none.
        """
        return _conditional(self, conditions, False, ignore_regular_trading_hours, include_overnight)

    def cancelled_if(
        self,
        conditions: OrderCondition | Iterable[AnyCondition],
        *,
        ignore_regular_trading_hours: bool = False,
        include_overnight: bool = False,
    ) -> Self:
        """At work at once, and cancelled when the conditions hold. Otherwise as `only_if`."""
        return _conditional(self, conditions, True, ignore_regular_trading_hours, include_overnight)

    def __str__(self) -> str:
        """The order in few words: "BUY 100 BAC LMT 187.25 DAY"; `repr` shows every field that is set."""
        return " ".join(filter(None, _words(cast("Order", self))))


def _copy(order: C, **fields: Any) -> C:
    return cast(C, structs.replace(cast(Struct, order), **fields))


def _conditional(
    order: C,
    conditions: OrderCondition | Iterable[AnyCondition],
    cancels: bool,
    outside_hours: bool,
    overnight: bool,
) -> C:
    row = (conditions,) if isinstance(conditions, OrderCondition) else tuple(conditions)
    if not row or not all(isinstance(condition, OrderCondition) for condition in row):
        raise InvalidRequest(f"expected conditions, one or several joined by & and |; got {conditions!r}")
    return _copy(
        order,
        conditions=row,
        conditions_cancel_order=cancels,
        conditions_ignore_regular_trading_hours=outside_hours,
        conditions_include_overnight=overnight,
    )


# ------------------------------------------------------------------------------------------------------- rounding


def _rounded_prices(order: Order, rule: PriceGrid) -> Iterator[tuple[str, float]]:
    meaning = AUXILIARY_PRICES.get(order.order_type)
    triggers = [*_TRIGGERS, "auxiliary_price"] if meaning is not None and meaning.is_price else _TRIGGERS
    for name in triggers:
        value = getattr(order, name)
        if value is not None:
            yield name, rule.rounded(value)
    for name in _LIMITS:
        value = getattr(order, name)
        if value is not None:
            yield name, _in_favour(order, rule)(value)


def _in_favour(order: Order, rule: PriceGrid) -> Callable[[float], float]:
    """The rounding that never makes a limit worse."""
    if order.action not in tuple(OrderAction):
        raise InvalidRequest(
            f"to round a limit, the order has to buy or sell; its action is {order.action!r}"
        )
    return rule.rounded_down if order.action == OrderAction.BUY else rule.rounded_up


# ---------------------------------------------------------------------------------------------------------- words


def _words(order: Order) -> Iterator[str]:
    yield order.action
    yield _quantity(order)
    if order.contract is not None:
        yield order.contract.local_symbol or order.contract.symbol
    yield order.order_type
    yield from _prices(order)
    yield order.time_in_force
    if order.algo_strategy:
        yield f"worked by {order.algo_strategy}"
    if order.parent_id:
        yield f"child of {order.parent_id}"
    if order.oca_group:
        yield f"in group {order.oca_group}"
    if order.conditions:
        yield "cancelled on condition" if order.conditions_cancel_order else "on condition"
    if order.what_if:
        yield "(what-if)"


def _quantity(order: Order) -> str:
    if order.cash_quantity:
        return f"for {order.cash_quantity:f}"
    return "" if order.total_quantity is None else f"{order.total_quantity:f}"


def _prices(order: Order) -> Iterator[str]:
    """The prices that the type has; the bridge sends 0 for one that it has not."""
    has_limit = order.limit_price is not None and (order.limit_price != 0 or "LMT" in order.order_type)
    if has_limit:
        yield _number(order.limit_price)
    meaning = AUXILIARY_PRICES.get(order.order_type)
    if meaning is not None and order.auxiliary_price is not None:
        yield f"{meaning.word} {_number(order.auxiliary_price)}"
    elif meaning is not None and order.trailing_percent is not None:
        yield f"{meaning.word} {_number(order.trailing_percent)}%"


def _number(number: float | None) -> str:
    return f"{number:.12g}"
