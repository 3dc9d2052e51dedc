"""What a strategy has earned, from its executions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Amounts, Holding, Performance, performance_of, totals_of
from ibkr_actors.actors.valuation import Valuation
from ibkr_actors.base.messages.accounts import PortfolioValue
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
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
    """Live prices, and nothing from the bridge."""
    return lambda contract: Valuation(contract, by_id.get(contract.contract_id))


def in_portfolio(quantity, price, cost, value):
    """A row of the portfolio; value and cost are in the currency."""
    row = PortfolioValue(
        position=Decimal(quantity), market_price=price, market_value=value, average_cost=cost
    )
    return lambda contract: Valuation(contract, None, row, row)


def earned(*orders, told=None):
    """The amounts of the one strategy, by currency."""
    (account,) = performance_of(orders, told or prices({})).values()
    return account.amounts


def round_trip(contract, quantity, bought, sold, realized, costs=(1.0, 1.0), currency=None):
    """An order that bought and sold, and the bridge's reports: what it says was realised is less both commissions."""
    trades = [
        fill(1, quantity, price=bought, contract=contract, execution_id="1.1.01", time="20261123-15:00:00"),
        fill(1, quantity, price=sold, side="SLD", contract=contract, execution_id="2.1.01",
             time="20261123-15:01:00"),
    ]  # fmt: skip
    tracked = OwnedOrder(1, PlaceOrderRequest(1, contract, limit_order()), 0.0, code="trend")
    for trade, cost, gain in zip(trades, costs, (None, realized - sum(costs)), strict=True):
        tracked.hear_execution(trade)
        execution_id = trade.execution.execution_id
        tracked.hear_commission(
            CommissionAndFeesReport(execution_id, cost, currency or contract.currency, gain)
        )
    return tracked


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

    def test_without_a_price_it_is_not_known_what_is_unrealised(self):
        assert held(("BOT", 100, 10.0)).unrealized(None) is None

    def test_that_is_closed_needs_no_price(self):
        assert held(("BOT", 100, 10.0), ("SLD", 100, 10.0)).unrealized(None) == 0.0


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
        cross, momentum = accounts["cross"].amounts["USD"], accounts["momentum"].amounts["USD"]
        assert (cross.realized, cross.net) == (pytest.approx(100.0), pytest.approx(97.0))
        assert momentum.unrealized == pytest.approx(10.0)
        assert accounts["momentum"].holdings[8314].quantity == Decimal(10)

    def test_an_order_without_a_fill_counts_as_an_order(self):
        accounts = performance_of([order(1, "cross")], prices({}))
        assert (accounts["cross"].orders, accounts["cross"].fills, accounts["cross"].amounts) == (1, 0, {})

    def test_contracts_that_orders_describe_without_an_id_are_held_apart(self):
        """A pair is bought and sold by Stock("KO") and Stock("PEP"): the bridge's fills tell which is which."""
        ko, pep = Stock("KO", contract_id=8894), Stock("PEP", contract_id=11017)
        orders = [
            order(details.execution.order_id, "pair", details, contract=Stock(details.contract.symbol))
            for details in bought_and_sold(ko, pep)
        ]

        account = performance_of(orders, prices({}))["pair"]

        assert account.amounts["USD"].realized == pytest.approx(2.0)
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
        traded = round_trip(future, 1, 6900.0, 6901.0, 50.0)
        described = replace(
            traded, request=PlaceOrderRequest(1, Future("ES", "202612", "CME"), limit_order())
        )
        assert earned(described)["USD"].realized == pytest.approx(50.0)

    def test_fills_are_taken_in_the_order_of_time_however_the_bridge_spelled_it(self):
        """The first fill was asked for after a lost connection, the second one was told as it happened."""
        asked_for = fill(2, 100, price=10.0, execution_id="a.1.01", time="20261123 10:00:00 US/Eastern")
        told = fill(1, 100, price=11.0, side="SLD", execution_id="b.1.01", time="20261123-15:01:00")

        account = performance_of([order(1, "cross", told), order(2, "cross", asked_for)], prices({}))["cross"]

        assert (account.amounts["USD"].realized, account.holdings[8314].cost) == (pytest.approx(100.0), 10.0)

    def test_an_open_position_without_a_price_leaves_the_net_unknown(self):
        amounts = earned(order(1, "cross", fill(1, 100, price=10.0)))["USD"]
        assert (amounts.commission, amounts.realized, amounts.unrealized) == (1.5, 0.0, None)
        assert amounts.net is None

    def test_a_corrected_execution_counts_as_corrected(self):
        tracked = order(1, "cross", fill(1, 100, price=10.0, execution_id="a.1.01"))
        tracked.hear_execution(fill(1, 100, price=11.0, execution_id="a.1.02"))
        assert earned(tracked, told=prices({8314: 12.0}))["USD"].unrealized == pytest.approx(100.0)


class TestCurrencies:
    TOYOTA = Stock("7203", "TSEJ", "JPY", contract_id=1)

    def test_are_never_added(self):
        dollars, yen = (
            round_trip(ibm(), 10, 100.0, 90.0, -100.0),
            round_trip(self.TOYOTA, 100, 2500, 2520, 2000),
        )

        amounts = earned(dollars, yen)

        assert {name: (one.realized, one.commission, one.net) for name, one in amounts.items()} == {
            "USD": (-100.0, 2.0, -102.0),
            "JPY": (2000.0, 2.0, 1998.0),
        }

    def test_of_a_commission_is_that_of_its_report(self):
        amounts = earned(round_trip(self.TOYOTA, 100, 2500, 2520, 2000, currency="USD"))

        assert (amounts["JPY"].net, amounts["USD"].net) == (2000.0, -2.0)

    def test_of_all_strategies_have_a_total_each(self):
        first = Performance(amounts={"USD": Amounts(1.0, 10.0, None), "JPY": Amounts(100.0, 0.0, 0.0)})
        second = Performance(amounts={"USD": Amounts(1.0, 20.0, 5.0)})

        assert totals_of([first, second]) == {
            "USD": Amounts(2.0, 30.0, None),
            "JPY": Amounts(100.0, 0.0, 0.0),
        }
        assert first.amounts["USD"].commission == 1.0  # as it was


VODAFONE = Stock("VOD", "LSE", "GBP", contract_id=1)
BOND = Contract(contract_id=2, symbol="AAPL", security_type="BOND", currency="USD")
CORN = Future("ZC", "202612", "CBOT", contract_id=3, multiplier="5000")


class TestUnitsOfPrices:
    """Executions are priced as the contract is quoted; portfolio and reports of commission are in the currency."""

    @pytest.mark.parametrize(
        ("contract", "bought", "sold", "realized"),
        [(VODAFONE, 92.70, 92.66, -0.4), (VODAFONE, 0.9270, 0.9266, -0.4), (BOND, 85.4162, 85.4159, -3.0),
         (CORN, 450.0, 451.0, 50_000.0)],
    )  # fmt: skip
    def test_of_what_was_closed_the_bridges_reports_tell(self, contract, bought, sold, realized):
        assert earned(round_trip(contract, 1000, bought, sold, realized))[
            contract.currency
        ].realized == pytest.approx(realized)

    @pytest.mark.parametrize(
        ("contract", "quoted", "row", "unrealized"),
        [
            (VODAFONE, 92.70, (100, 0.93, 0.9308, 93.0), 0.30),
            (VODAFONE, 0.9270, (100, 0.93, 0.9308, 93.0), 0.30),
            (BOND, 85.421, (100, 85.5, 855.21, 85_500.0), 79.0),
            (CORN, 450.0, (100, 4.6, 22_500.85, 2_300_000.0), 50_000.0),
        ],
    )
    def test_of_what_is_held_the_portfolio_tells(self, contract, quoted, row, unrealized):
        bought = order(1, "trend", fill(1, 100, price=quoted, contract=contract), contract=contract)

        amounts = earned(bought, told=in_portfolio(*row))

        assert amounts[contract.currency].unrealized == pytest.approx(unrealized)

    def test_the_portfolios_price_of_what_may_be_in_pence_is_not_relied_on(self):
        """Bridges differ in its unit; the value is in pounds always."""
        bought = order(1, "trend", fill(1, 100, price=92.7, contract=VODAFONE))

        amounts = earned(bought, told=in_portfolio(100, 93.0, 0.9308, 93.0))

        assert amounts["GBP"].unrealized == pytest.approx(0.30)

    def test_a_live_price_in_pence_goes_before_the_portfolios_value(self):
        row = PortfolioValue(position=Decimal(100), market_value=93.0, average_cost=0.9308)
        bought = order(1, "trend", fill(1, 100, price=92.7, contract=VODAFONE))

        amounts = earned(bought, told=lambda contract: Valuation(contract, 94.0, row, row))

        assert amounts["GBP"].unrealized == pytest.approx(1.30)

    def test_of_what_was_closed_stays_known_from_when_it_was_held(self):
        closed = PortfolioValue(position=Decimal(0), market_price=0.93)
        held = PortfolioValue(position=Decimal(100), market_value=93.0, average_cost=0.9308)
        traded = round_trip(VODAFONE, 100, 92.0, 93.0, 0.0)

        amounts = earned(traded, told=lambda contract: Valuation(contract, None, closed, held))

        assert (amounts["GBP"].realized, amounts["GBP"].unrealized) == (pytest.approx(1.0), 0.0)

    @pytest.mark.parametrize("contract", [VODAFONE, BOND, CORN])
    def test_that_nobody_tells_leave_profit_unknown_rather_than_wrong(self, contract):
        trades = bought_and_sold(contract, contract)[:3]
        amounts = earned(order(1, "trend", *trades), told=prices({contract.contract_id: 93.0}))[
            contract.currency
        ]

        assert (amounts.realized, amounts.unrealized, amounts.net) == (None, None, None)

    @pytest.mark.parametrize(
        ("average_cost", "value"),
        [(0.0093, 0.93), (12.0, 20.0), (92.7, 0.93)],
        ids=["of long ago", "of nothing known", "of each other's opposite"],
    )
    def test_are_what_fits_all_that_the_bridge_tells(self, average_cost, value):
        bought = order(1, "trend", fill(1, 100, price=92.7, contract=VODAFONE))

        amounts = earned(bought, told=in_portfolio(100, value, average_cost, value * 100))["GBP"]

        expected = pytest.approx(0.30) if average_cost < 0.01 else None
        assert amounts.unrealized == expected

    def test_of_an_option_in_dollars_are_dollars_though_it_lost_nearly_all(self):
        option = Contract(contract_id=4, security_type="OPT", currency="USD", multiplier="100")
        bought = order(1, "trend", fill(1, 1, price=5.0, contract=option))

        assert earned(bought, told=in_portfolio(1, 0.05, 501.0, 5.0))["USD"].unrealized == pytest.approx(
            -495.0
        )

    def test_a_report_that_is_missing_or_tells_of_others_trades_tells_no_unit(self):
        late = round_trip(VODAFONE, 1000, 92.70, 92.66, -0.4)
        del late.commissions["1.1.01"]
        mixed = round_trip(VODAFONE, 1000, 92.70, 92.66, -0.9)

        assert earned(late)["GBP"].realized is earned(mixed)["GBP"].realized is None
