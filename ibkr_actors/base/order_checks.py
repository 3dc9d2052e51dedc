"""An order on its way to the bridge: the request it becomes, and what speaks against it.

That is told before it leaves: the bridge would refuse it later, or worse, take it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Final

from msgspec import structs

from ibkr_actors.base.ids import FIRST_REQUEST_ID
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import AttachedOrders, PlaceOrderRequest
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest

_ACTIONS: Final = tuple(OrderAction)
_SIZES: Final = (
    "total_quantity",
    "cash_quantity",
    "display_size",
    "minimum_quantity",
    "minimum_trade_quantity",
    "minimum_compete_size",
    "scale_initial_level_size",
    "scale_subsequent_level_size",
    "scale_initial_fill_quantity",
    "hedge_max_size",
)
_sizes_of: Final = attrgetter(*_SIZES)
_PRICES: Final = ("limit_price", "auxiliary_price")


def placement(
    order: Order,
    contract: Contract | None,
    order_id: int = 0,
    attached_orders: AttachedOrders | None = None,
) -> PlaceOrderRequest:
    """The request to place an order, with copies of what the caller filled in; the contract may ride along with it.

    Raises InvalidRequest when there is no contract, when a value has a type that its field can't hold, and when the
    order has another id than it is to be placed under: its children would follow an order that is not there.
    """
    plain = snapshot(order, Order)
    if order_id and plain.order_id not in (0, order_id):
        raise InvalidRequest(
            f"the order has the order_id {plain.order_id} and can't be placed under {order_id}: give the same id, or "
            "set order.order_id to 0"
        )
    wanted = plain.contract if contract is None else snapshot(contract, Contract)
    if wanted is None:
        raise InvalidRequest("an order needs a contract: give one to place_order, or set order.contract")
    plain.contract = None
    return PlaceOrderRequest(order_id, wanted, plain, attached_orders or AttachedOrders())


def change_of(current: PlaceOrderRequest, order: Order) -> PlaceOrderRequest:
    """The request to change an order, which goes on trading what it trades; its contract may ride along.

    Raises InvalidRequest as `placement`, and when another contract rides along, or the order only asks.
    """
    request = placement(order, None if order.contract else current.contract, current.order_id)
    if request.order.what_if:
        raise InvalidRequest("a change can't be a what-if order: ask by an order of its own")
    if not _may_be_same(request.contract, current.contract):
        raise InvalidRequest(
            f"order {current.order_id} trades {current.contract} and can't be changed to trade {request.contract}: "
            "place another one"
        )
    return structs.replace(request, contract=current.contract)


def _may_be_same(one: Contract, other: Contract) -> bool:
    """Either may be a description of the other; but a combination is described by nothing less than its legs."""
    is_set = SecurityType.BAG in (one.security_type, other.security_type)
    return one == other if is_set else one.fits(other) or other.fits(one)


def objection_to_id(order_id: object) -> str:
    """Why no order can have such an id; empty when one can."""
    if not isinstance(order_id, int) or isinstance(order_id, bool) or order_id == 0:
        return f"{order_id!r} is no order id; next_order_id() gives one"
    if order_id >= FIRST_REQUEST_ID:
        return (
            f"{order_id} is no order id, for ids of requests begin at {FIRST_REQUEST_ID}; where the bridge's order ids "
            "have come so far use another client id, or reset their sequence in the settings of its API"
        )
    return ""


def refuse_about_orders(request: Request, passed_by: str, calls: str) -> None:
    """Raises InvalidRequest for a request about an order: it has to be made by a call that checks and follows it."""
    if isinstance(request, ABOUT_AN_ORDER):
        raise InvalidRequest(f"{type(request).__name__} would pass by {passed_by}; use {calls}")


def named_accounts(names: Iterable[str]) -> frozenset[str]:
    """The live accounts that may be traded, by their whole names.

    Raises InvalidRequest for one text in place of several: every account that it contains would be allowed.
    """
    named = [] if isinstance(names, str) else list(names)
    if isinstance(names, str) or not all(isinstance(name, str) and name for name in named):
        raise InvalidRequest(f'live_accounts are account codes, such as {{"U1234567"}}; got {names!r}')
    return frozenset(named)


def objection_to(order: Order, accounts: Collection[str], live_accounts: Collection[str]) -> str:
    """Why the order must not leave; empty when nothing speaks against it.

    `accounts` are those of the login, `live_accounts` those that may be traded though they are live. A what-if order
    trades nothing, and may be asked of any of them.
    """
    if order.action not in _ACTIONS:
        return f"action {order.action!r} is none of {', '.join(OrderAction)}"
    if not order.order_type:
        return "the order has no type"
    if not _is_sized_elsewhere(order) and not _is_positive(order.total_quantity):
        return f"quantity {order.total_quantity} is not positive"
    for name, size in zip(_SIZES, _sizes_of(order), strict=True):
        if size and not (Decimal(size).is_finite() and size > 0):
            return f"{name} {size} is no size"
    for name in _PRICES:
        price = getattr(order, name)
        if price is not None and not math.isfinite(price):
            return f"{name} {price} is no price"
    return objection_to_account(order.account, accounts, accounts if order.what_if else live_accounts)


def _is_sized_elsewhere(order: Order) -> bool:
    """Whether something else than its quantity says how large the order is: cash, the hedged order, an allocation."""
    return bool(order.cash_quantity or order.hedge_type or order.advisor_group or order.advisor_method)


def objection_to_exercise(
    request: ExerciseOptionsRequest, accounts: Collection[str], live_accounts: Collection[str]
) -> str:
    """Why the exercise of options must not leave; empty when nothing speaks against it."""
    if request.exercise_quantity <= 0:
        return f"quantity {request.exercise_quantity} is not positive"
    return objection_to_account(request.account, accounts, live_accounts)


def _is_positive(quantity: Decimal | None) -> bool:
    return quantity is not None and quantity.is_finite() and quantity > 0


def objection_to_account(wanted: str, accounts: Collection[str], live_accounts: Collection[str]) -> str:
    """Why nothing must be traded in an account (an empty one: any of the login's); empty when it may."""
    if not accounts:
        return "the bridge has not told which accounts this login has"
    if wanted and wanted not in accounts:
        return f"account {_masked(wanted)} is not one of this login"
    for account in (wanted,) if wanted else accounts:
        if not account.startswith("D") and account not in live_accounts:
            return f"account {_masked(account)} is live, and trading it has to be allowed (live_accounts)"
    return ""


def _masked(account: str) -> str:
    """An account code for the log: its first letter and last two digits."""
    return f"{account[:1]}…{account[-2:]}"
