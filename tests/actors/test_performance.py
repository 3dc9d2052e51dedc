"""What a strategy has earned, from its executions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Holding, performance_of
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from tests.actors.helpers import commission, fill, ibm, limit_order


def held(*trades, contract=None):
    holding = Holding(contract or ibm())
    for side, shares, price in trades:
        holding.add(fill(1, shares, price=price, side=side).execution)
    return holding


def order(order_id, code, *fills):
    tracked = OwnedOrder(order_id, PlaceOrderRequest(order_id, ibm(), limit_order()), 0.0, code=code)
    for one in fills:
        tracked.hear_execution(one)
        tracked.hear_commission(commission(one.execution.execution_id, 1.5))
    return tracked


class TestHolding:
    def test_buying_more_averages_the_cost(self):
        holding = held(("BOT", 100, 10.0), ("BOT", 300, 14.0))
        assert (holding.quantity, holding.cost, holding.realized) == (400, 13.0, 0.0)

    def test_selling_realises_against_the_average_cost(self):
        holding = held(("BOT", 100, 10.0), ("BOT", 100, 12.0), ("SLD", 50, 15.0))
        assert (holding.quantity, holding.cost, holding.realized) == (150, 11.0, 200.0)

    def test_buying_back_what_was_sold_short_realises_too(self):
        holding = held(("SLD", 100, 10.0), ("BOT", 100, 8.0))
        assert (holding.quantity, holding.realized) == (0, 200.0)

    def test_selling_more_than_is_held_turns_the_position_around_at_the_new_price(self):
        holding = held(("BOT", 100, 10.0), ("SLD", 150, 12.0))
        assert (holding.quantity, holding.cost, holding.realized) == (-50, 12.0, 200.0)
        assert holding.unrealized(11.0) == 50.0

    def test_a_contract_with_a_multiplier_earns_that_much_more(self):
        option = Contract(contract_id=1, multiplier="100")
        holding = held(("BOT", 2, 3.0), ("SLD", 1, 5.0), contract=option)
        assert holding.realized == 200.0
        assert holding.unrealized(4.0) == 100.0

    def test_without_a_price_nothing_is_unrealised(self):
        assert held(("BOT", 100, 10.0)).unrealized(None) == 0.0


class TestPerformance:
    def test_each_strategy_has_an_account_of_its_own(self):
        bought = fill(1, 100, price=10.0, execution_id="a.1.01", time="20261123 10:00:00")
        sold = fill(2, 100, price=11.0, side="SLD", execution_id="b.1.01", time="20261123 10:01:00")
        other = fill(3, 10, price=20.0, execution_id="c.1.01")

        # The sale is listed first: time decides what closes what, not the order of orders.
        accounts = performance_of(
            [order(2, "cross", sold), order(1, "cross", bought), order(3, "momentum", other)], {8314: 21.0}
        )

        assert (accounts["cross"].orders, accounts["cross"].fills) == (2, 2)
        assert accounts["cross"].realized == pytest.approx(100.0)
        assert accounts["cross"].net == pytest.approx(97.0)
        assert accounts["momentum"].unrealized == pytest.approx(10.0)
        assert accounts["momentum"].holdings[8314].quantity == Decimal(10)

    def test_an_order_without_a_fill_counts_as_an_order(self):
        accounts = performance_of([order(1, "cross")], {})
        assert (accounts["cross"].orders, accounts["cross"].fills, accounts["cross"].net) == (1, 0, 0.0)
