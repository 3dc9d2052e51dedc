"""Brackets and one-cancels-all groups."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.orders.groups import bracket, one_cancels_all
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.stop_orders import StopOrder
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
        made = bracket(entry(action), (7, 8, 9), 30.0, 25.0)

        assert (made.profit_taker.action, made.profit_taker.limit_price) == (closing, 30.0)
        assert (made.stop_loss.action, made.stop_loss.auxiliary_price) == (closing, 25.0)

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
            bracket(entry(""), (7, 8, 9), 30.0, 25.0)


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
