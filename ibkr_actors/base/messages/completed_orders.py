"""Orders of the day that have ended: filled, or cancelled."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import field

from ibkr_actors.base.messages.declaration import Reply, Request, many, message
from ibkr_actors.base.messages.layouts import CONTRACT_HEAD_SHORT, DELTA_NEUTRAL, FULL_LEG
from ibkr_actors.base.messages.order_layouts import (
    ADVISOR,
    ALGO,
    BENCHMARK,
    CLEARING_ECHO,
    CONDITIONS,
    HEDGE,
    OFFSETS,
    ORDER_HEAD,
    RANGE,
    SCALE_ECHO,
)
from ibkr_actors.base.server_versions import PROTOBUF_OPEN_ORDERS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import IS_SET, at, each, layout, when, within

_VOLATILITY = layout(
    "volatility",
    at("volatility_type", unset="0"),
    "delta_neutral_order_type",
    "delta_neutral_auxiliary_price",
    when(
        "delta_neutral_order_type",
        IS_SET,
        "delta_neutral_contract_id",
        "delta_neutral_short_sale",
        "delta_neutral_short_sale_slot",
        "delta_neutral_designated_location",
    ),
    "continuous_update",
    at("reference_price_type", unset="0"),
    "trail_stop_price",
    "trailing_percent",
)

COMPLETED_ORDER: Final = layout(
    within("contract", CONTRACT_HEAD_SHORT, "exchange", "currency", "local_symbol", "trading_class"),
    within(
        "order",
        ORDER_HEAD,
        "permanent_id",
        "outside_regular_trading_hours",
        "hidden",
        "discretionary_amount",
        "good_after_time",
        ADVISOR,
        CLEARING_ECHO,
        RANGE,
        at("display_size", unset="2147483647"),
        "sweep_to_fill",
        "all_or_none",
        "minimum_quantity",
        "oca_type",
        "trigger_method",
        _VOLATILITY,
    ),
    "contract.combo_legs_description",
    each("contract.combo_legs", FULL_LEG),
    each("contract.combo_legs", "price", joins=True),
    each("order.smart_combo_routing_parameters", "tag", "value"),
    within("order", SCALE_ECHO, HEDGE, "clearing_account", "clearing_intent", "not_held"),
    within("contract", DELTA_NEUTRAL),
    within("order", ALGO, "solicited"),
    "order_state.status",
    within(
        "order",
        "randomize_size",
        "randomize_price",
        BENCHMARK,
        CONDITIONS,
        "trail_stop_price",
        "limit_price_offset",
        at("cash_quantity", unset="0"),
        "do_not_use_auto_price_for_hedge",
        "is_oms_container",
        "auto_cancel_date",
        "filled_quantity",
        at("reference_futures_contract_id", unset="2147483647"),
        at("auto_cancel_parent", since=1),
        "shareholder",
        at("imbalance_only", since=1),
        at("route_marketable_to_bbo", since=1, unset="0"),
        at("parent_permanent_id", unset="9223372036854775807"),
    ),
    "order_state.completed_time",
    "order_state.completed_status",
    within(
        "order",
        "minimum_trade_quantity",
        "minimum_compete_size",
        "compete_against_best_offset",
        OFFSETS,
        "customer_account",
        "professional_customer",
        "submitter",
    ),
)


@message(101, protobuf_since=PROTOBUF_OPEN_ORDERS, text=COMPLETED_ORDER)
class CompletedOrder(Reply, frozen=True):
    """An order that has ended. Its order id is not told; the permanent id is."""

    contract: Annotated[Contract, Wire(1)] = field(default_factory=Contract)
    order: Annotated[Order, Wire(2)] = field(default_factory=Order)
    order_state: Annotated[OrderState, Wire(3)] = field(default_factory=OrderState)


@message(102, protobuf_since=PROTOBUF_OPEN_ORDERS)
class CompletedOrdersEnd(Reply, frozen=True):
    """All completed orders have been sent."""


@message(
    99,
    protobuf_since=PROTOBUF_OPEN_ORDERS,
    replies=many(CompletedOrder, end=CompletedOrdersEnd, unidentified=True),
)
class CompletedOrdersRequest(Request, frozen=True):
    """Ask for the orders of the day that have ended."""

    api_only: Annotated[bool, Wire(1)] = False
    """Leave out orders that no API client placed."""
