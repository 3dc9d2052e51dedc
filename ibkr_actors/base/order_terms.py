"""The terms of an order: those that the bridge holds, and those of changes that it has not answered yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final, Self

from msgspec import Struct, structs

from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order

_LIMIT: Final = ("limit_price",)
_STOP: Final = ("auxiliary_price",)
_TRAIL: Final = ("auxiliary_price", "trailing_percent")

_PRICES: Final[dict[str, tuple[str, ...]]] = {
    OrderType.MARKET: (),
    OrderType.MARKET_ON_CLOSE: (),
    OrderType.LIMIT: _LIMIT,
    OrderType.LIMIT_ON_CLOSE: _LIMIT,
    OrderType.STOP: _STOP,
    OrderType.MARKET_IF_TOUCHED: _STOP,
    OrderType.STOP_LIMIT: _LIMIT + _STOP,
    OrderType.LIMIT_IF_TOUCHED: _LIMIT + _STOP,
    OrderType.TRAILING_STOP: _TRAIL,
    OrderType.TRAILING_STOP_LIMIT: _TRAIL,
}
"""By type, what the bridge repeats as it was asked. The prices of other types it makes itself, and may tell those."""

_FILLED_IN: Final = ("total_quantity", "time_in_force")
_AS_TOLD_OF_ANY: Final = attrgetter(*_FILLED_IN)
_AS_TOLD: Final = {kind: attrgetter(*_FILLED_IN, "order_type", *names) for kind, names in _PRICES.items()}
"""By type, all values that an order may take over from what is told of it: most often there are none."""

_NEVER_UNSET: Final = frozenset((*_FILLED_IN, "order_type"))
"""What the bridge fills in when it is left out."""

_REPEATED: Final = (
    *_NEVER_UNSET, "limit_price", "auxiliary_price", "trailing_percent", "limit_price_offset", "trigger_price",
    "adjusted_stop_price", "adjusted_stop_limit_price", "adjusted_trailing_amount", "trigger_method",
    "outside_regular_trading_hours", "all_or_none", "hidden", "minimum_quantity", "display_size",
    "discretionary_amount", "percent_offset", "order_reference",
)  # fmt: skip
"""What an open order tells as it was asked. Not so times, which it tells in another zone; what it fills in by itself
(groups, clearing, the words for none); and the first stop price of a trailing order, which moves."""


class OrderTerms(Struct, frozen=True):
    """What is known of an order's terms. Never changes: each of the methods returns the terms from then on.

    Responsible for: which changes the bridge has taken (`hear`), which it has refused (`refuse`), also when it does not
    say which one, and what the order is shown as meanwhile. Nobody ever builds on terms that were refused.
    Not responsible for: knowing what a code means, and the status of the order.
    """

    held: PlaceOrderRequest
    """As the bridge holds the order; as it was placed, before the bridge has said so. For nobody to change."""
    under_way: tuple[PlaceOrderRequest, ...] = ()
    """Changes that were sent and not answered, the oldest first."""
    is_new: bool = True
    """Nobody has heard of the order, so that it may be the order that is refused."""
    refusals: int = 0
    """How often something was refused of which nobody knows what: one of several changes, or the order itself."""
    is_disputed: bool = False
    """The bridge has said something that does not fit all changes under way."""

    @classmethod
    def of(cls, request: PlaceOrderRequest, *, is_new: bool = True) -> Self:
        """Those of an order that is placed, whatever becomes of the request."""
        return cls(copy_of(request), is_new=is_new)

    @property
    def shown(self) -> PlaceOrderRequest:
        """What to build on: the last change while nothing speaks against it, else what the bridge holds."""
        return self.under_way[-1] if self.under_way and not self.is_disputed else self.held

    @property
    def is_refused(self) -> bool:
        """All that was sent was refused, so there is no order."""
        return self.is_new and self.refusals > len(self.under_way)

    def change(self, request: PlaceOrderRequest) -> Self:
        """Other terms are about to be sent."""
        return structs.replace(self, under_way=(*self.under_way, request), is_disputed=False)

    def fail(self, request: PlaceOrderRequest) -> Self:
        """A change was not sent, or the connection was lost before it was answered."""
        places = [place for place, change in enumerate(self.under_way) if change == request][-1:]
        left = [change for place, change in enumerate(self.under_way) if place not in places]
        return self.settle(left, self.refusals)

    def fail_all(self) -> Self:
        """The connection is lost: the next open order says what has become of the changes."""
        return self.settle((), 0)

    def exist(self) -> Self:
        """Something was heard of the order, so what was refused is not the order."""
        refusals = self.refusals if self.under_way else 0
        return structs.replace(self, is_new=False, refusals=refusals) if self.is_new else self

    def refuse(self, *, only_a_change: bool) -> Self:
        """Something of the order was refused, the order itself or a change of it; or a change for certain."""
        if only_a_change and not self.under_way:
            return self
        if only_a_change and len(self.under_way) == 1 and not self.refusals:
            return self.settle((), 0)
        return self.settle(self.under_way, self.refusals + 1)

    def dispute(self) -> Self:
        """The bridge has said something about the order that may be a refusal."""
        return structs.replace(self, is_disputed=bool(self.under_way))

    def hear(self, told: Order) -> Self:
        """The order as the bridge holds it: perhaps with a change, or as it was before, or as nobody here asked."""
        repeated = as_repeated(self.held.order, told)
        if repeated is self.held.order and not self.under_way:
            return self.exist()
        terms, taken = self.exist(), self._taken(told)
        if taken is None:
            held = _with_order(self.held, repeated)
            terms = structs.replace(terms, held=held, is_disputed=self.is_disputed or held is not self.held)
            return terms.settle(self.under_way, terms.refusals)
        change = self.under_way[taken]
        held = _with_order(change, as_repeated(change.order, told))
        terms = structs.replace(terms, held=held)
        return terms.settle(self.under_way[taken + 1 :], max(0, self.refusals - taken))

    def _taken(self, told: Order) -> int | None:
        """The newest change that fits what is told; what tells it from the others and from what was held has to fit."""
        if not self.under_way:
            return None
        orders = [request.order for request in (self.held, *self.under_way)]
        telling = [name for name in _REPEATED if len({_value(order, name) for order in orders}) > 1]
        if not telling and self.refusals:
            return None
        fitting = [n for n, change in enumerate(self.under_way) if _fits(change.order, told, telling)]
        return fitting[-1] if fitting else None

    def map(self, function: Callable[[Order], Order]) -> Self:
        """The same with other orders."""
        changes = tuple(_with_order(change, function(change.order)) for change in self.under_way)
        held = _with_order(self.held, function(self.held.order))
        return structs.replace(self, held=held, under_way=changes)

    def settle(self, left: Iterable[PlaceOrderRequest], refusals: int) -> Self:
        """These changes are left, and so many refusals: as many as there are things to refuse leave none of them."""
        changes = tuple(left)
        if refusals >= len(changes) + self.is_new:
            changes, refusals = (), refusals if self.is_new else 0
        is_disputed = bool(changes) and (self.is_disputed or refusals > 0)
        return structs.replace(self, under_way=changes, refusals=refusals, is_disputed=is_disputed)


def as_repeated(order: Order, told: Order) -> Order:
    """An order with the values that the bridge tells of it; the same one when they are the same.

    Of what was set in it: what the bridge fills in by itself is no part of what was asked, and would be refused, or
    mean something else, when it is sent back. Prices that the bridge makes itself (pegged orders, limits that trail)
    are left as they were asked as well.
    """
    as_told = _AS_TOLD.get(told.order_type, _AS_TOLD_OF_ANY)
    if as_told(order) == as_told(told):
        return order
    values = {
        name: getattr(told, name) for name in _FILLED_IN if getattr(order, name) and getattr(told, name)
    }
    if told.order_type in _PRICES:
        is_other_type = told.order_type != order.order_type
        values["order_type"] = told.order_type
        for name in _PRICES[told.order_type]:
            if getattr(told, name) is not None and (is_other_type or getattr(order, name) is not None):
                values[name] = getattr(told, name)
    other = {name: value for name, value in values.items() if value != getattr(order, name)}
    return structs.replace(order, **other) if other else order


def _fits(order: Order, told: Order, names: Iterable[str]) -> bool:
    return all(
        _value(order, name) == _value(told, name)
        for name in names
        if not (name in _NEVER_UNSET and _value(order, name) is None)
    )


def _value(order: Order, name: str) -> Any:
    """A value to compare: the bridge tells nothing as a zero, or not at all. A limit that trails is nobody's value."""
    if name == "limit_price" and order.order_type == OrderType.TRAILING_STOP_LIMIT:
        return None
    return getattr(order, name) or None


def copy_of(request: PlaceOrderRequest) -> PlaceOrderRequest:
    """The same, with an order that may be changed without a change of this one."""
    return structs.replace(request, order=structs.replace(request.order))


def _with_order(request: PlaceOrderRequest, order: Order) -> PlaceOrderRequest:
    return request if order is request.order else structs.replace(request, order=order)
