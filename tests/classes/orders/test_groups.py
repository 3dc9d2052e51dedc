"""Brackets and one-cancels-all groups."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.forex import Forex
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.orders.groups import attached, bracket, one_cancels_all
from ibkr_actors.classes.orders.hedge_orders import CurrencyHedgeOrder
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.stop_orders import StopOrder, TrailingStopOrder
from ibkr_actors.errors import InvalidRequest

STOCK = Stock("BAC")


def entry(action: str = "BUY") -> LimitOrder:
    return LimitOrder(action, STOCK, 100, 27.5, time_in_force="GTC", account="DU1")


class TestBracket:
    def test_only_the_last_order_is_transmitted(self) -> None:
        assert [order.transmit for order in bracket(entry(), (7, 8, 9), 30.0, 25.0)] == [False, False, True]

    def test_each_order_has_its_id_and_the_children_name_their_parent(self) -> None:
        orders = list(bracket(entry(), (7, 8, 9), 30.0, 25.0))

        assert [order.order_id for order in orders] == [7, 8, 9]
        assert [order.parent_id for order in orders] == [0, 7, 7]

    @pytest.mark.parametrize(("action", "closing"), [("BUY", "SELL"), ("SELL", "BUY"), ("SSHORT", "BUY")])
    def test_the_children_close_what_the_parent_opens(self, action: str, closing: str) -> None:
        profit, stop = (30.0, 25.0) if closing == "SELL" else (25.0, 30.0)

        made = bracket(entry(action), (7, 8, 9), profit, stop)

        assert (made.profit_taker.action, made.profit_taker.limit_price) == (closing, profit)
        assert (made.stop_loss.action, made.stop_loss.auxiliary_price) == (closing, stop)

    def test_the_children_last_as_long_as_the_parent_in_the_same_account(self) -> None:
        for child in list(bracket(entry(), (7, 8, 9), 30.0, 25.0))[1:]:
            assert (child.time_in_force, child.account) == ("GTC", "DU1")
            assert (child.total_quantity, child.contract) == (Decimal(100), STOCK)

    def test_the_parent_of_the_user_is_left_as_it_is(self) -> None:
        parent = entry()

        made = bracket(parent, (7, 8, 9), 30.0, 25.0)

        assert (parent.transmit, parent.order_id) == (True, 0)
        assert isinstance(made.parent, LimitOrder)

    def test_an_id_used_twice_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="three different order ids"):
            bracket(entry(), (7, 8, 8), 30.0, 25.0)

    def test_a_parent_that_neither_buys_nor_sells_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="a bracket's parent buys or sells, got ''"):
            bracket(Order(total_quantity=Decimal(100)), (7, 8, 9), 30.0, 25.0)

    @pytest.mark.parametrize(("action", "side"), [("BUY", "above"), ("SELL", "below")])
    def test_a_profit_on_the_side_of_the_stop_is_refused(self, action: str, side: str) -> None:
        """Either child would fill at once, and close the position that was just opened."""
        prices = (25.0, 30.0) if action == "BUY" else (30.0, 25.0)

        with pytest.raises(InvalidRequest, match=f"takes its profit {side} its stop"):
            bracket(entry(action), (7, 8, 9), *prices)

    def test_a_price_that_is_none_is_refused_by_its_name(self) -> None:
        with pytest.raises(InvalidRequest, match="bracket: stop_price is nan; expected a price"):
            bracket(entry(), (7, 8, 9), 30.0, float("nan"))

    def test_an_advisor_allocates_the_children_like_the_parent(self) -> None:
        parent = LimitOrder("BUY", STOCK, 100, 27.5, advisor_group="All", advisor_method="NetLiq")

        for child in list(bracket(parent, (7, 8, 9), 30.0, 25.0))[1:]:
            assert (child.advisor_group, child.advisor_method) == ("All", "NetLiq")


class TestAttached:
    def test_children_get_their_parent_and_only_the_last_is_transmitted(self) -> None:
        hedge = CurrencyHedgeOrder("SELL", Forex("EURUSD"))

        orders = attached(entry(), (7, 8, 9), [TrailingStopOrder("SELL", None, 100, 0.5), hedge])

        assert [order.order_id for order in orders] == [7, 8, 9]
        assert [order.parent_id for order in orders] == [0, 7, 7]
        assert [order.transmit for order in orders] == [False, False, True]

    def test_a_child_without_a_contract_is_for_that_of_its_parent(self) -> None:
        hedge = CurrencyHedgeOrder("SELL", Forex("EURUSD"))

        _, stop, currency = attached(entry(), (7, 8, 9), [StopOrder("SELL", None, 100, 25.0), hedge])

        assert stop.contract == STOCK
        assert currency.contract == Forex("EURUSD")

    def test_the_orders_of_the_user_are_left_as_they_are(self) -> None:
        parent, child = entry(), StopOrder("SELL", STOCK, 100, 25.0)

        attached(parent, (7, 8), [child])

        assert (parent.order_id, parent.transmit, child.parent_id) == (0, True, 0)

    @pytest.mark.parametrize("order_ids", [(7,), (7, 7), (7, 8, 9), (0, 8)])
    def test_ids_that_are_not_one_for_each_are_refused(self, order_ids: tuple[int, ...]) -> None:
        with pytest.raises(InvalidRequest, match="needs 2 different order ids above zero"):
            attached(entry(), order_ids, [StopOrder("SELL", STOCK, 100, 25.0)])

    def test_no_children_are_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="needs children"):
            attached(entry(), (7,), [])


class TestOneCancelsAll:
    def test_the_orders_get_the_group_and_the_type(self) -> None:
        orders = one_cancels_all([entry(), entry()], "exit-1", OcaType.REDUCE_WITH_BLOCK)

        assert [(order.oca_group, order.oca_type) for order in orders] == [("exit-1", 2)] * 2

    def test_the_others_are_cancelled_unless_said_otherwise(self) -> None:
        assert one_cancels_all([entry()], "exit-1")[0].oca_type == 1

    def test_the_orders_of_the_user_are_left_as_they_are(self) -> None:
        order = StopOrder("SELL", STOCK, 100, 25.0)

        one_cancels_all([order], "exit-1")

        assert (order.oca_group, order.oca_type) == ("", 0)

    def test_a_group_without_a_name_is_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="needs a name"):
            one_cancels_all([entry()], "")
