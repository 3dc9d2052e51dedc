"""Orders: placing and cancelling them, and what the bridge tells about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Struct, field

from ibkr_actors.base.message_codes import Ends
from ibkr_actors.base.messages.declaration import Replies, Reply, Request, many, message
from ibkr_actors.base.messages.order_layouts import OPEN_ORDER, PLACE_ORDER
from ibkr_actors.base.server_versions import ATTACHED_ORDERS, PROTOBUF_OPEN_ORDERS, PROTOBUF_ORDERS
from ibkr_actors.classes.contracts.contract import Contract, DeltaNeutralContract
from ibkr_actors.classes.enum.manual_order_indicator import ManualOrderIndicator
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.spelling import Moment
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.fields import at, constant, layout, within
from ibkr_actors.wire.kinds import LONG, NUMBER

_ORDER_CANCEL = layout(
    at("order_cancel.external_operator", since=192),
    at("order_cancel.manual_order_indicator", since=192),
)


class AttachedOrders(Struct, frozen=True):
    """Ids and types of a stop loss and a profit taker that the bridge's preset attaches to an order.

    Every request to place an order holds it since orders travel as protobuf; its fields came later.
    """

    stop_loss_order_id: Annotated[int | None, Wire(1, since=ATTACHED_ORDERS)] = None
    stop_loss_order_type: Annotated[Word[OrderType], Wire(2, since=ATTACHED_ORDERS)] = ""
    profit_taker_order_id: Annotated[int | None, Wire(3, since=ATTACHED_ORDERS)] = None
    profit_taker_order_type: Annotated[Word[OrderType], Wire(4, since=ATTACHED_ORDERS)] = ""


class OrderCancel(Struct, frozen=True):
    """What a regulator may want to know about a cancellation."""

    manual_order_cancel_time: Annotated[Moment, Wire(1, since=169)] = ""
    """When a client cancelled by hand: an aware `datetime`, or "YYYYMMDD-HH:MM:SS" in UTC."""
    external_operator: Annotated[str, Wire(2, since=192)] = ""
    manual_order_indicator: Annotated[Number[ManualOrderIndicator] | None, Wire(3, since=192)] = None


@message(3, protobuf_since=PROTOBUF_ORDERS)
class OrderStatus(Reply, frozen=True):
    """Where an order stands. May come twice, and before or after the execution that it tells about."""

    order_id: Annotated[int, Wire(1)] = 0
    status: Annotated[Word[Status], Wire(2)] = ""
    filled: Annotated[Decimal, Wire(3)] = Decimal(0)
    remaining: Annotated[Decimal, Wire(4)] = Decimal(0)
    average_fill_price: Annotated[float, Wire(5, NUMBER)] = 0.0
    permanent_id: Annotated[int, Wire(6, LONG)] = 0
    parent_id: Annotated[int, Wire(7)] = 0
    last_fill_price: Annotated[float, Wire(8, NUMBER)] = 0.0
    client_id: Annotated[int, Wire(9)] = 0
    why_held: Annotated[str, Wire(10)] = ""
    """Empty, or locate, trigger, child; comma separated."""
    market_cap_price: Annotated[float, Wire(11, NUMBER)] = 0.0


@message(5, protobuf_since=PROTOBUF_ORDERS, text=OPEN_ORDER)
class OpenOrder(Reply, frozen=True):
    """An order as the bridge holds it, with its state."""

    order_id: Annotated[int, Wire(1)] = 0
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    order: Annotated[Order, Wire(3)] = field(default_factory=Order)
    order_state: Annotated[OrderState, Wire(4)] = field(default_factory=OrderState)


@message(53, protobuf_since=PROTOBUF_ORDERS, legacy_version=1)
class OpenOrderEnd(Reply, frozen=True):
    """All open orders have been sent."""


@message(100, protobuf_since=PROTOBUF_OPEN_ORDERS)
class OrderBound(Reply, frozen=True):
    """An order placed by hand got an id of client 0, which may change and cancel it from now on."""

    permanent_id: Annotated[int, Wire(1, LONG)] = 0
    """The order's id for good, by which its other messages tell it."""
    client_id: Annotated[int, Wire(2)] = 0
    order_id: Annotated[int, Wire(3)] = 0
    """Negative, when the bridge is set to give such orders negative ids."""


@message(
    56,
    legacy_version=1,
    text=layout("request_id", within("contract", "contract_id", "delta", "price")),
)
class DeltaNeutralValidation(Reply, frozen=True):
    """The underlying that the bridge took for a delta-neutral request for quote."""

    request_id: Annotated[int, Wire()] = -1
    contract: Annotated[DeltaNeutralContract, Wire()] = DeltaNeutralContract()


@message(
    3,
    protobuf_since=PROTOBUF_ORDERS,
    text=PLACE_ORDER,
    replies=Replies((OpenOrder, OrderStatus), errors_end=False),
)
class PlaceOrderRequest(Request, frozen=True):
    """Place an order, or change one by sending its id again."""

    order_id: Annotated[int, Wire(1)] = 0
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    order: Annotated[Order, Wire(3)] = field(default_factory=Order)
    attached_orders: Annotated[AttachedOrders, Wire(4, always=True)] = AttachedOrders()


@message(
    4,
    protobuf_since=PROTOBUF_ORDERS,
    legacy_version=1,
    legacy_until=191,
    text=layout(
        "order_id",
        "order_cancel.manual_order_cancel_time",
        constant("", since=187, until=189),  # request for quote, withdrawn
        constant("", since=187, until=189),
        constant("2147483647", since=187, until=189),
        _ORDER_CANCEL,
    ),
    replies=Replies((OrderStatus,), errors_end=False, also_ended_by=frozenset((Ends.CHANGE,))),
)
class CancelOrderRequest(Request, frozen=True):
    """Cancel one order of this client."""

    order_id: Annotated[int, Wire(1)] = 0
    order_cancel: Annotated[OrderCancel, Wire(2, always=True)] = OrderCancel()


@message(
    58,
    protobuf_since=PROTOBUF_ORDERS,
    legacy_version=1,
    legacy_until=191,
    text=_ORDER_CANCEL,
    replies=Replies((OrderStatus,), errors_end=False),
)
class GlobalCancelRequest(Request, frozen=True):
    """Cancel every open order of the account, whoever placed it."""

    order_cancel: Annotated[OrderCancel, Wire(1, always=True)] = OrderCancel()


_OPEN_ORDERS = many(OpenOrder, OrderStatus, end=OpenOrderEnd, unidentified=True)


@message(5, protobuf_since=PROTOBUF_OPEN_ORDERS, legacy_version=1, replies=_OPEN_ORDERS)
class OpenOrdersRequest(Request, frozen=True):
    """Ask for the open orders of this client; client 0 also binds orders placed by hand."""


@message(16, protobuf_since=PROTOBUF_OPEN_ORDERS, legacy_version=1, replies=_OPEN_ORDERS)
class AllOpenOrdersRequest(Request, frozen=True):
    """Ask for the open orders of all clients, and of the bridge's own screen."""


@message(15, protobuf_since=PROTOBUF_OPEN_ORDERS, legacy_version=1)
class AutoOpenOrdersRequest(Request, frozen=True):
    """Client 0 only: be told of orders placed by hand from now on. Nothing answers."""

    auto_bind: Annotated[bool, Wire(1)] = False
