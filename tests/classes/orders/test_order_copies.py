"""Copies of orders: what-if, rounded, conditional; and orders in few words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.market_rule import MarketRule
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.adjusted_stops import AdjustedToStopLimitOrder
from ibkr_actors.classes.orders.condition_builders import (
    after,
    before,
    change_at_least,
    change_at_most,
    margin_cushion_at_least,
    margin_cushion_at_most,
    price_at_least,
    price_at_most,
    traded,
    volume_at_least,
    volume_at_most,
)
from ibkr_actors.classes.orders.conditions import MarginCondition, OrderCondition
from ibkr_actors.classes.orders.limit_orders import DiscretionaryOrder, LimitIfTouchedOrder, LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.pegged_orders import RelativeOrder
from ibkr_actors.classes.orders.stop_orders import StopLimitOrder, StopOrder, TrailingStopLimitOrder
from ibkr_actors.classes.price_increment import PriceIncrement
from ibkr_actors.errors import InvalidRequest

NICKELS = MarketRule.of_tick(0.05)
XOM = Stock("XOM", contract_id=13977)


class TestWhatIf:
    def test_asks_what_the_order_would_cost_and_leaves_the_order(self) -> None:
        order = LimitOrder("BUY", XOM, 100, 27.5)

        asked = order.as_what_if()

        assert (asked.what_if, order.what_if) == (True, False)
        assert type(asked) is LimitOrder

    def test_is_transmitted_even_if_the_order_is_not_for_the_bridge_answers_no_other(self) -> None:
        assert LimitOrder("BUY", XOM, 100, 27.5, transmit=False).as_what_if().transmit


class TestRounding:
    @pytest.mark.parametrize(
        ("action", "price", "rounded"),
        [
            ("BUY", 27.49, 27.45),
            ("BUY", 27.45, 27.45),
            ("SELL", 27.46, 27.5),
            ("SSHORT", 27.46, 27.5),
            ("BUY", -0.52, -0.55),
            ("SELL", -0.52, -0.5),
        ],
    )
    def test_a_limit_never_gets_worse(self, action: str, price: float, rounded: float) -> None:
        assert LimitOrder(action, XOM, 100, price).rounded(NICKELS).limit_price == rounded

    @pytest.mark.parametrize("action", ["BUY", "SELL"])
    @pytest.mark.parametrize(("price", "rounded"), [(25.02, 25.0), (25.03, 25.05)])
    def test_a_stop_goes_to_the_nearest(self, action: str, price: float, rounded: float) -> None:
        assert StopOrder(action, XOM, 100, price).rounded(NICKELS).auxiliary_price == rounded

    def test_each_price_of_an_order_is_rounded(self) -> None:
        order = LimitIfTouchedOrder("BUY", XOM, 100, limit_price=26.19, touch_price=26.01).rounded(NICKELS)

        assert (order.limit_price, order.auxiliary_price) == (26.15, 26.0)

    def test_the_prices_after_an_adjustment_are_rounded(self) -> None:
        order = AdjustedToStopLimitOrder("SELL", XOM, 100, 25.01, 30.01, 28.01, 27.51).rounded(NICKELS)

        assert (order.auxiliary_price, order.trigger_price) == (25.0, 30.0)
        assert (order.adjusted_stop_price, order.adjusted_stop_limit_price) == (28.0, 27.55)

    def test_distances_are_left_as_they_are(self) -> None:
        trailing = TrailingStopLimitOrder("SELL", XOM, 100, 0.52, 0.11, trail_stop_price=26.01).rounded(
            NICKELS
        )
        relative = RelativeOrder("BUY", XOM, 100, 0.02).rounded(NICKELS)
        discreet = DiscretionaryOrder("BUY", XOM, 100, 27.5, 0.03).rounded(NICKELS)

        assert (trailing.auxiliary_price, trailing.limit_price_offset) == (0.52, 0.11)
        assert trailing.trail_stop_price == 26.0
        assert relative.auxiliary_price == 0.02
        assert discreet.discretionary_amount == 0.03

    def test_the_increment_is_that_of_the_price(self) -> None:
        rule = MarketRule(1, (PriceIncrement(0.0, 0.01), PriceIncrement(3.0, 0.05)))

        assert LimitOrder("BUY", XOM, 1, 2.998).rounded(rule).limit_price == 2.99
        assert LimitOrder("BUY", XOM, 1, 3.04).rounded(rule).limit_price == 3.0

    def test_an_order_without_a_side_has_no_direction_to_round_to(self) -> None:
        with pytest.raises(InvalidRequest, match="the order has to buy or sell; its action is ''"):
            Order(order_type="LMT", limit_price=1.0).rounded(NICKELS)

    def test_an_order_without_prices_stays_as_it_is(self) -> None:
        assert MarketOrder("BUY", XOM, 1).rounded(NICKELS) == MarketOrder("BUY", XOM, 1)


class TestConditions:
    def test_one_condition_or_a_row_may_hold_an_order_back(self) -> None:
        order, condition = LimitOrder("BUY", XOM, 100, 27.5), MarginCondition(percent=10)

        assert order.only_if(condition).conditions == (condition,)
        assert len(order.only_if(condition & condition).conditions) == 2
        assert order.conditions == ()

    def test_conditions_may_cancel_an_order_and_be_watched_at_all_hours(self) -> None:
        order = LimitOrder("BUY", XOM, 100, 27.5).cancelled_if(
            MarginCondition(percent=10), ignore_regular_trading_hours=True, include_overnight=True
        )

        assert order.conditions_cancel_order
        assert order.conditions_ignore_regular_trading_hours
        assert order.conditions_include_overnight

    @pytest.mark.parametrize("conditions", [(), ("price above 5",)])
    def test_no_conditions_are_refused(self, conditions: Any) -> None:
        with pytest.raises(InvalidRequest, match="expected conditions"):
            LimitOrder("BUY", XOM, 100, 27.5).only_if(conditions)

    @pytest.mark.parametrize(
        ("most", "least", "field", "value"),
        [
            (price_at_most(XOM, 110.0), price_at_least(XOM, 110.0), "price", 110.0),
            (before("20261123-15:00:00"), after("20261123-15:00:00"), "time", "20261123-15:00:00"),
            (margin_cushion_at_most(10), margin_cushion_at_least(10), "percent", 10),
            (volume_at_most(XOM, 5), volume_at_least(XOM, 5), "volume", 5),
            (change_at_most(XOM, -2.5), change_at_least(XOM, -2.5), "change_percent", -2.5),
        ],
    )
    def test_are_from_a_level_on_or_up_to_it(self, most: Any, least: Any, field: str, value: object) -> None:
        assert (most.is_more, least.is_more) == (False, True)
        assert getattr(most, field) == getattr(least, field) == value

    @pytest.mark.parametrize(
        "condition", [price_at_most(XOM, 1.0), volume_at_least(XOM, 5), change_at_most(XOM, 2.5)]
    )
    def test_watch_the_contract(self, condition: Any) -> None:
        assert (condition.contract_id, condition.exchange) == (13977, "SMART")

    @pytest.mark.parametrize("make", [price_at_least, volume_at_most, change_at_least])
    def test_of_a_contract_without_its_id_are_refused(self, make: Any) -> None:
        with pytest.raises(InvalidRequest, match="a contract with contract_id and exchange"):
            make(Stock("XOM"), 5)

    def test_on_executions_need_a_symbol(self) -> None:
        condition: Any = traded(XOM)

        assert (condition.symbol, condition.security_type, condition.exchange) == ("XOM", "STK", "SMART")
        assert isinstance(condition, OrderCondition)
        with pytest.raises(InvalidRequest, match="needs symbol, security type and exchange"):
            traded(Contract(contract_id=13977))


class TestWords:
    def test_an_order_without_a_contract(self) -> None:
        assert str(LimitOrder("BUY", None, 100, 187.25)) == "BUY 100 LMT 187.25 DAY"

    def test_an_order_as_the_bridge_tells_it_shows_no_prices_that_it_has_not(self) -> None:
        """The bridge sends 0 for the prices that a type does not have."""
        order = Order(
            action="BUY", total_quantity=Decimal(100), order_type="MKT", limit_price=0.0, auxiliary_price=0.0
        )

        assert str(order) == "BUY 100 MKT"

    def test_a_limit_of_zero_is_a_price(self) -> None:
        assert str(LimitOrder("SELL", None, 1, 0)) == "SELL 1 LMT 0 DAY"

    def test_both_prices_of_a_stop_limit_order(self) -> None:
        assert str(StopLimitOrder("SELL", None, 1, 24.9, 25)) == "SELL 1 STP LMT 24.9 stop 25 DAY"

    def test_an_option_goes_by_its_local_symbol(self) -> None:
        contract = Contract(symbol="OBDC", local_symbol="OBDC  261120P00010000")

        assert str(MarketOrder("BUY", contract, 1)) == "BUY 1 OBDC  261120P00010000 MKT DAY"

    def test_nothing_of_an_empty_order(self) -> None:
        assert str(Order()) == ""

    def test_repr_shows_every_field_that_is_set(self) -> None:
        shown = repr(LimitOrder("BUY", None, 100, 187.25))

        assert shown.startswith("LimitOrder(action=OrderAction.BUY, total_quantity=Decimal('100')")
        assert "limit_price=187.25" in shown
