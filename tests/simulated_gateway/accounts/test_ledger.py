"""The books of an account: cost, cash, realised profit; and its value at the market's prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.accounts.account_values import (
    account_values,
    ledger_values,
    summary_values,
)
from ibkr_actors.simulated_gateway.accounts.ledger import Ledger
from ibkr_actors.simulated_gateway.accounts.valuation import Valuation, value_of
from ibkr_actors.simulated_gateway.instruments.margins import margin_of

STOCK = Contract(contract_id=1, symbol="AAPL", security_type="STK", currency="USD")
FUTURE = Contract(contract_id=2, symbol="ES", security_type="FUT", currency="USD", multiplier="50")
OPTION = Contract(
    contract_id=3,
    symbol="AAPL",
    security_type="OPT",
    currency="USD",
    multiplier="100",
    strike=100.0,
    right="C",
)
EURO = Contract(contract_id=4, symbol="EUR", security_type="CASH", currency="USD")
YEN = Contract(contract_id=5, symbol="USD", security_type="CASH", currency="JPY")

START = Decimal(1_000_000)


def money(text: str) -> Decimal:
    return Decimal(text)


class Prices:
    """Marks that a test sets; a currency is worth what its pair says."""

    def __init__(self, **prices: str) -> None:
        given = {"stock": "100", "future": "5000", "option": "4", "euro": "1.10", "yen": "150"} | prices
        order = ("stock", "future", "option", "euro", "yen")
        self._prices = {number: Decimal(given[name]) for number, name in enumerate(order, 1)}

    def price(self, contract_id: int) -> Decimal:
        return self._prices[contract_id]

    def underlying_price(self, contract_id: int) -> Decimal | None:
        return self._prices[1] if contract_id == OPTION.contract_id else None

    def rate(self, currency: str) -> Decimal:
        return self._prices[4] if currency == "EUR" else 1 / self._prices[5]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.with_cash("DU1", START)


def valued(ledger: Ledger, **prices: str) -> Valuation:
    return value_of(ledger, Prices(**prices))


class TestCost:
    def test_the_average_cost_of_a_purchase_holds_its_commission(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(100), money("50"), money("1"))

        assert ledger.holdings[1].average_cost == money("50.01")
        assert ledger.cash["USD"] == START - 5001

    def test_a_short_position_costs_less_than_it_was_sold_for(self, ledger: Ledger) -> None:
        """What a short seller keeps is the price less commission."""
        ledger.book(STOCK, Decimal(-100), money("50"), money("1"))

        assert ledger.holdings[1].average_cost == money("49.99")
        assert ledger.position(1) == -100

    def test_the_cost_of_a_future_is_times_its_multiplier_and_takes_no_cash(self, ledger: Ledger) -> None:
        ledger.book(FUTURE, Decimal(1), money("5000"), money("0.85"))

        assert ledger.holdings[2].average_cost == money("250000.85")
        assert ledger.cash["USD"] == START - money("0.85")


class TestRealizedProfit:
    def test_an_opening_trade_realizes_nothing(self, ledger: Ledger) -> None:
        assert ledger.book(STOCK, Decimal(10), money("50"), money("1")) is None

    def test_a_closing_trade_realizes_its_share_after_both_commissions(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(100), money("50"), money("1"))

        assert ledger.book(STOCK, Decimal(-40), money("52"), money("1")) == money("78.6")
        assert ledger.holdings[1].average_cost == money("50.01")

    def test_a_trade_through_zero_closes_and_opens_at_its_price(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(100), money("50"), money("0"))

        assert ledger.book(STOCK, Decimal(-150), money("52"), money("3")) == money("198")
        assert ledger.position(1) == -50
        assert ledger.holdings[1].average_cost == money("51.98")

    def test_closing_a_future_moves_the_profit_into_cash(self, ledger: Ledger) -> None:
        ledger.book(FUTURE, Decimal(2), money("5000"), money("1.70"))

        assert ledger.book(FUTURE, Decimal(-2), money("5010"), money("1.70")) == money("996.60")
        assert ledger.cash["USD"] == START + money("996.60")


class TestCurrencies:
    def test_buying_euros_moves_both_currencies(self, ledger: Ledger) -> None:
        ledger.book(EURO, Decimal(20_000), money("1.10"), money("2"))

        assert ledger.cash == {"USD": START - 22_002, "EUR": Decimal(20_000)}

    def test_a_pair_against_the_base_currency_agrees_with_the_cash_behind_it(self, ledger: Ledger) -> None:
        ledger.book(YEN, Decimal(10_000), money("150"), money("0"))

        valuation = valued(ledger, yen="160")

        assert valuation.net_liquidation == START + money("625.00")  # 100,000 yen at 160
        assert valuation.total.unrealized == money("625.00")


class TestDay:
    def test_a_new_day_forgets_closed_positions_and_realized_profit(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(10), money("90"), money("0"))
        ledger.book(FUTURE, Decimal(1), money("5000"), money("0"))
        ledger.book(FUTURE, Decimal(-1), money("5001"), money("0"))

        ledger.start_day({number: value.value for number, value in valued(ledger).holdings.items()})

        assert set(ledger.holdings) == {1}
        assert valued(ledger).total.realized == 0
        assert valued(ledger).total.daily == 0
        assert valued(ledger, stock="101").total.daily == 10

    def test_the_books_as_they_would_be_leave_the_books_alone(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(10), money("90"), money("1"))

        after = ledger.projected(STOCK, Decimal(-10), money("95"), money("1"))

        assert ledger.position(1) == 10
        assert after.position(1) == 0
        assert ledger.cash["USD"] == START - 901


class TestValues:
    def test_a_stock_needs_half_its_value_and_then_a_quarter(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(1000), money("100"), money("0"))

        valuation = valued(ledger)

        assert valuation.total.initial_margin == 50_000
        assert valuation.total.maintenance_margin == 25_000
        assert valuation.available_funds == START - 50_000
        assert valuation.buying_power == 2 * (START - 50_000)

    def test_a_long_option_has_no_loan_value(self, ledger: Ledger) -> None:
        ledger.book(OPTION, Decimal(1), money("4"), money("0"))

        valuation = valued(ledger)

        assert valuation.net_liquidation == START
        assert valuation.equity_with_loan == START - 400
        assert valuation.total.initial_margin == 0

    def test_a_short_option_is_held_at_premium_and_a_fifth_of_the_underlying(self, ledger: Ledger) -> None:
        ledger.book(OPTION, Decimal(-1), money("4"), money("0"))

        assert valued(ledger).total.initial_margin == 400 + 2000

    def test_all_reports_of_an_account_name_the_same_amounts(self, ledger: Ledger) -> None:
        ledger.book(STOCK, Decimal(7), money("33.333"), money("1.0003"))
        ledger.book(EURO, Decimal(333), money("1.09995"), money("2"))
        valuation = valued(ledger, euro="1.12345")

        rows = {(row.key, row.currency): row.value for row in account_values(valuation)}
        base = {row.key: Decimal(row.value) for row in ledger_values(valuation, "BASE")[1:-1]}

        assert rows["NetLiquidation", "USD"] == summary_values(valuation)["NetLiquidation"].value
        assert Decimal(rows["NetLiquidation", "USD"]) == base["NetLiquidationByCurrency"]
        assert base["NetLiquidationByCurrency"] == base["CashBalance"] + base["StockMarketValue"]

    def test_unrealized_profit_is_the_difference_of_the_amounts_that_are_shown(self, ledger: Ledger) -> None:
        """A thousandth at 89505.75 is worth 89.51 and cost 90.40: that is 0.89, not 0.90 as without rounding."""
        ledger.book(STOCK, money("0.001"), money("90401.10"), money("0"))

        (holding,) = valued(ledger, stock="89505.75").holdings.values()

        assert (holding.value, holding.unrealized, holding.daily) == (
            money("89.51"),
            money("-0.89"),
            money("-0.89"),
        )

    @pytest.mark.parametrize(
        ("kind", "symbol", "initial", "maintenance"),
        [
            ("STK", "ANY", "5000", "2500"),
            ("FUND", "VTSAX", "5000", "2500"),
            ("CRYPTO", "BTC", "10000", "10000"),
            ("BOND", "IBM", "3000", "2500"),
            ("BOND", "US-T", "500", "400"),
            ("CMDTY", "XAUUSD", "700", "600"),
            ("CFD", "IBUS500", "2000", "2000"),
            ("SOMETHING NEW", "ANY", "5000", "2500"),
        ],
    )
    def test_each_kind_is_held_at_its_own_share(
        self, kind: str, symbol: str, initial: str, maintenance: str
    ) -> None:
        contract = Contract(contract_id=1, symbol=symbol, security_type=kind, currency="USD")

        margin = margin_of(contract, Decimal(100), Decimal(100))

        assert (margin.initial, margin.maintenance) == (money(initial), money(maintenance))

    @pytest.mark.parametrize(
        ("kind", "row"),
        [
            ("STK", "StockMarketValue"),
            ("CMDTY", "StockMarketValue"),
            ("OPT", "OptionMarketValue"),
            ("FOP", "FutureOptionValue"),
            ("FUND", "MutualFundValue"),
            ("BOND", "CorporateBondValue"),
            ("CRYPTO", "Cryptocurrency"),
        ],
    )
    def test_what_is_paid_for_is_in_the_row_of_its_kind(self, ledger: Ledger, kind: str, row: str) -> None:
        contract = Contract(contract_id=1, symbol="ANY", security_type=kind, currency="USD")
        ledger.book(contract, Decimal(10), money("100"), money("0"))

        valuation = valued(ledger)
        rows = {each.key: each.value for each in ledger_values(valuation, "USD")}

        assert rows[row] == "1000.00"
        assert valuation.net_liquidation == START

    def test_options_on_futures_have_no_loan_value_either(self, ledger: Ledger) -> None:
        contract = Contract(contract_id=1, symbol="ES", security_type="FOP", currency="USD")
        ledger.book(contract, Decimal(10), money("100"), money("0"))

        assert valued(ledger).equity_with_loan == START - 1000


amounts = st.integers(1, 500).map(Decimal)
trades = st.lists(
    st.tuples(
        st.sampled_from([STOCK, FUTURE, OPTION, EURO]),
        amounts,
        st.sampled_from([1, -1]),
        st.integers(9_000, 11_000).map(lambda price: Decimal(price) / 100),
        st.integers(0, 500).map(lambda fee: Decimal(fee) / 100),
    ),
    max_size=12,
)


class TestInvariants:
    @settings(deadline=None)
    @given(trades, st.integers(9_000, 11_000).map(lambda price: str(Decimal(price) / 100)))
    def test_worth_is_the_start_plus_realized_and_unrealized(
        self, done: list[tuple[Contract, Decimal, int, Decimal, Decimal]], price: str
    ) -> None:
        ledger = Ledger.with_cash("DU1", START)
        for contract, quantity, side, paid, fee in done:
            ledger.book(contract, side * quantity, paid, fee)

        total = valued(ledger, stock=price, future=price, option=price, euro=price).total

        # Every holding and currency is rounded once, so that many cents may lie between the two.
        assert abs(total.net_liquidation - (START + total.realized + total.unrealized)) <= money("0.05")
        assert abs(total.daily - (total.realized + total.unrealized)) <= money("0.05")
