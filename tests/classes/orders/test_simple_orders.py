"""Orders as users say them: the fields that each type sets."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.groups import bracket
from ibkr_actors.classes.orders.limit_orders import (
    LimitIfTouchedOrder,
    LimitOnCloseOrder,
    LimitOnOpenOrder,
    LimitOrder,
    MidpriceOrder,
)
from ibkr_actors.classes.orders.market_orders import (
    MarketIfTouchedOrder,
    MarketOnCloseOrder,
    MarketOnOpenOrder,
    MarketOrder,
    MarketToLimitOrder,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.pegged_orders import PeggedToMidpointOrder, RelativeOrder
from ibkr_actors.classes.orders.simple_order import SimpleOrder
from ibkr_actors.classes.orders.stop_orders import (
    StopLimitOrder,
    StopOrder,
    TrailingStopLimitOrder,
    TrailingStopOrder,
)
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest

STOCK = Stock("BAC")

# class, values behind the quantity, order type, time in force, and the fields they set
TYPES: list[tuple[type[SimpleOrder], tuple[float, ...], str, str, dict[str, float]]] = [
    (MarketOrder, (), "MKT", "DAY", {}),
    (MarketOnCloseOrder, (), "MOC", "DAY", {}),
    (MarketOnOpenOrder, (), "MKT", "OPG", {}),
    (MarketToLimitOrder, (), "MTL", "DAY", {}),
    (MarketIfTouchedOrder, (9.5,), "MIT", "DAY", {"auxiliary_price": 9.5}),
    (LimitOrder, (10.5,), "LMT", "DAY", {"limit_price": 10.5}),
    (LimitOnCloseOrder, (10.5,), "LOC", "DAY", {"limit_price": 10.5}),
    (LimitOnOpenOrder, (10.5,), "LMT", "OPG", {"limit_price": 10.5}),
    (MidpriceOrder, (10.5,), "MIDPRICE", "DAY", {"limit_price": 10.5}),
    (LimitIfTouchedOrder, (10.5, 9.5), "LIT", "DAY", {"limit_price": 10.5, "auxiliary_price": 9.5}),
    (StopOrder, (9.5,), "STP", "DAY", {"auxiliary_price": 9.5}),
    (StopLimitOrder, (10.5, 9.5), "STP LMT", "DAY", {"limit_price": 10.5, "auxiliary_price": 9.5}),
    (TrailingStopOrder, (0.5,), "TRAIL", "DAY", {"auxiliary_price": 0.5}),
    (
        TrailingStopLimitOrder,
        (0.5, 0.1),
        "TRAIL LIMIT",
        "DAY",
        {"auxiliary_price": 0.5, "limit_price_offset": 0.1},
    ),
    (RelativeOrder, (0.01, 10.5), "REL", "DAY", {"auxiliary_price": 0.01, "limit_price": 10.5}),
    (PeggedToMidpointOrder, (0.01, 10.5), "PEG MID", "DAY", {"auxiliary_price": 0.01, "limit_price": 10.5}),
]


def make(kind: type[SimpleOrder], *values: Any, **fields: Any) -> SimpleOrder:
    """An order of a class that only the test's table names."""
    constructor: Any = kind
    order: SimpleOrder = constructor(*values, **fields)
    return order


@pytest.mark.parametrize(("kind", "prices", "order_type", "time_in_force", "fields"), TYPES)
class TestEachType:
    def test_sets_these_fields_and_no_others(
        self,
        kind: type[SimpleOrder],
        prices: tuple[float, ...],
        order_type: str,
        time_in_force: str,
        fields: dict[str, float],
    ) -> None:
        order = make(kind, OrderAction.SELL.value, STOCK, 100, *prices)

        assert snapshot(order, Order) == Order(
            action="SELL",
            contract=snapshot(STOCK, Contract),
            total_quantity=Decimal(100),
            order_type=order_type,
            time_in_force=time_in_force,
            **fields,  # type: ignore[arg-type]
        )

    def test_survives_copying_and_pickling_as_its_own_type(
        self,
        kind: type[SimpleOrder],
        prices: tuple[float, ...],
        order_type: str,
        time_in_force: str,
        fields: dict[str, float],
    ) -> None:
        order = make(kind, "BUY", None, 100, *prices)

        copies = [order.copy(), copy.deepcopy(order)]
        copies.append(pickle.loads(pickle.dumps(order)))  # noqa: S301  # our own bytes

        assert copies == [order] * 3
        assert (order_type, time_in_force) == (copies[0].order_type, copies[0].time_in_force)
        assert len(fields) == len(prices)

    def test_has_type_and_time_in_force_that_the_enumerations_know(
        self,
        kind: type[SimpleOrder],
        prices: tuple[float, ...],
        order_type: str,
        time_in_force: str,
        fields: dict[str, float],
    ) -> None:
        assert OrderType(order_type) is kind.type_of_class
        assert TimeInForce(time_in_force) is kind.usual_time_in_force
        assert len(fields) == len(prices)


class TestConstructors:
    def test_the_line_of_the_documentation_runs(self) -> None:
        contract, total_quantity, limit_price = Stock("BAC"), 100, 27.5

        order = LimitOrder(OrderAction.BUY.value, contract, total_quantity, limit_price)

        assert order.contract is contract
        assert (order.action, order.total_quantity, order.limit_price) == ("BUY", Decimal(100), 27.5)

    def test_the_contract_can_be_left_to_the_request(self) -> None:
        assert LimitOrder("BUY", total_quantity=100, limit_price=27.5).contract is None

    def test_any_other_field_can_be_given_by_name_and_wins(self) -> None:
        order = LimitOrder("BUY", STOCK, 100, 27.5, time_in_force="GTC", account="DU1")

        assert (order.time_in_force, order.account) == ("GTC", "DU1")

    def test_a_percentage_can_replace_the_trailing_amount(self) -> None:
        order = TrailingStopOrder("SELL", STOCK, 100, trailing_percent=2.5, trail_stop_price=26.0)

        assert (order.auxiliary_price, order.trailing_percent) == (None, 2.5)

    def test_an_amount_of_cash_can_replace_the_quantity(self) -> None:
        order = MarketOrder("BUY", STOCK, cash_quantity=Decimal(5000))

        assert order.total_quantity is None

    def test_a_name_that_is_no_field_is_refused(self) -> None:
        with pytest.raises(TypeError, match="MarketOrder has no field 'lmtPrice'"):
            MarketOrder("BUY", STOCK, 100, lmtPrice=27.5)

    def test_a_quantity_in_the_place_of_the_contract_is_refused(self) -> None:
        """Other clients write LimitOrder("BUY", 100, 27.5): that would place an order for 27.5 without a limit."""
        with pytest.raises(InvalidRequest, match="the second parameter is the contract, got 100"):
            make(LimitOrder, "BUY", 100, 27.5)

    @pytest.mark.parametrize("quantity", [Decimal("0.1"), 0.1, "0.1"])
    def test_a_quantity_is_decimal_as_it_is_written(self, quantity: Decimal | float | str) -> None:
        assert MarketOrder("BUY", STOCK, quantity).total_quantity == Decimal("0.1")

    def test_a_quantity_that_is_no_number_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="'ten' is no quantity"):
            MarketOrder("BUY", STOCK, "ten")

    def test_a_side_may_be_said_by_its_enumeration(self) -> None:
        assert MarketOrder(OrderAction.BUY, None, 1) == MarketOrder("BUY", None, 1)


class TestOnTheWire:
    @pytest.mark.parametrize("version", [157, 200, 203, 226])
    def test_the_contract_that_rides_along_is_no_field_of_the_order(self, version: int) -> None:
        codec = codec_for(Role.CLIENT, version)

        def encoded(order: Order) -> bytes:
            return codec.encode(PlaceOrderRequest(7, snapshot(STOCK, Contract), snapshot(order, Order)))

        assert encoded(LimitOrder("BUY", STOCK, 100, 27.5)) == encoded(LimitOrder("BUY", None, 100, 27.5))

    @pytest.mark.parametrize("version", [157, 200, 203, 226])
    def test_the_orders_of_a_bracket_can_be_sent(self, version: int) -> None:
        codec = codec_for(Role.CLIENT, version)

        for order in bracket(LimitOrder("BUY", STOCK, 100, 27.5), (7, 8, 9), 30.0, 25.0):
            plain = snapshot(order, Order)
            assert codec.encode(PlaceOrderRequest(order.order_id, snapshot(STOCK, Contract), plain))
