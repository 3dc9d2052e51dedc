"""What a strategy has earned, from its executions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Holding, performance_of
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.classes.contracts.bag import Bag
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.future import Future
from ibkr_actors.classes.contracts.stock import Stock
from tests.actors.helpers import commission, fill, ibm, limit_order


def held(*trades, contract=None):
    holding = Holding(contract or ibm())
    for side, shares, price in trades:
        holding.add(fill(1, shares, price=price, side=side).execution)
    return holding


def order(order_id, code, *fills, contract=None):
    wanted = PlaceOrderRequest(order_id, contract or ibm(), limit_order())
    tracked = OwnedOrder(order_id, wanted, 0.0, code=code)
    for one in fills:
        tracked.hear_execution(one)
        tracked.hear_commission(commission(one.execution.execution_id, 1.5))
    return tracked


def prices(by_id):
    return lambda contract: by_id.get(contract.contract_id)


def bought_and_sold(first, second):
    """One share of each is bought, then sold for a dollar more; each fill as the bridge names its contract."""
    fills = [
        (1, "BOT", 10.0, first),
        (2, "BOT", 100.0, second),
        (3, "SLD", 11.0, first),
        (4, "SLD", 101.0, second),
    ]
    return [
        (
            fill(
                number,
                1,
                price=price,
                side=side,
                contract=contract,
                execution_id=f"{number}.1.01",
                time=f"20261123 10:0{number}:00 US/Eastern",
            )
        )
        for number, side, price, contract in fills
    ]


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
            [order(2, "cross", sold), order(1, "cross", bought), order(3, "momentum", other)],
            prices({8314: 21.0}),
        )

        assert (accounts["cross"].orders, accounts["cross"].fills) == (2, 2)
        assert accounts["cross"].realized == pytest.approx(100.0)
        assert accounts["cross"].net == pytest.approx(97.0)
        assert accounts["momentum"].unrealized == pytest.approx(10.0)
        assert accounts["momentum"].holdings[8314].quantity == Decimal(10)

    def test_an_order_without_a_fill_counts_as_an_order(self):
        accounts = performance_of([order(1, "cross")], prices({}))
        assert (accounts["cross"].orders, accounts["cross"].fills, accounts["cross"].net) == (1, 0, 0.0)

    def test_contracts_that_orders_describe_without_an_id_are_held_apart(self):
        """A pair is bought and sold by Stock("KO") and Stock("PEP"): the bridge's fills tell which is which."""
        ko, pep = Stock("KO", contract_id=8894), Stock("PEP", contract_id=11017)
        orders = [
            order(details.execution.order_id, "pair", details, contract=Stock(details.contract.symbol))
            for details in bought_and_sold(ko, pep)
        ]

        account = performance_of(orders, prices({}))["pair"]

        assert account.realized == pytest.approx(2.0)
        assert {key: held.quantity for key, held in account.holdings.items()} == {8894: 0, 11017: 0}

    def test_of_a_combination_the_legs_are_held_and_not_the_whole_besides(self):
        near, far = Future("ES", "202612", "CME", contract_id=1), Future("ES", "202703", "CME", contract_id=2)
        whole = Bag.spread(near, far, exchange="CME")
        legs = bought_and_sold(near, far)[:2]
        told = fill(1, 1, price=-90.0, contract=whole, execution_id="9.1.01")

        account = performance_of([order(1, "calendar", *legs, told, contract=whole)], prices({}))["calendar"]

        assert sorted(account.holdings) == [1, 2]

    def test_the_multiplier_is_that_of_what_was_traded_though_the_order_left_it_out(self):
        future = Future("ES", "202612", "CME", contract_id=1, multiplier="50")
        trades = [
            fill(1, 1, price=6900.0, contract=future, execution_id="1.1.01", time="20261123-15:00:00"),
            fill(
                1,
                1,
                price=6901.0,
                side="SLD",
                contract=future,
                execution_id="2.1.01",
                time="20261123-15:01:00",
            ),
        ]
        described = order(1, "trend", *trades, contract=Future("ES", "202612", "CME"))
        assert performance_of([described], prices({}))["trend"].realized == pytest.approx(50.0)

    def test_fills_are_taken_in_the_order_of_time_however_the_bridge_spelled_it(self):
        """The first fill was asked for after a lost connection, the second one was told as it happened."""
        asked_for = fill(2, 100, price=10.0, execution_id="a.1.01", time="20261123 10:00:00 US/Eastern")
        told = fill(1, 100, price=11.0, side="SLD", execution_id="b.1.01", time="20261123-15:01:00")

        account = performance_of([order(1, "cross", told), order(2, "cross", asked_for)], prices({}))["cross"]

        assert (account.realized, account.holdings[8314].cost) == (pytest.approx(100.0), 10.0)
