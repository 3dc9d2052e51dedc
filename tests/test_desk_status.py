"""Where the price of a holding comes from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.base.messages.accounts import PortfolioValue
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.desk_status import live_prices, valuations_of, watched_prices
from tests.trading import price

KO = Contract(8894, "KO", "STK", exchange="NYSE", currency="USD", local_symbol="KO", trading_class="KO")
PEP = Contract(11017, "PEP", "STK", exchange="NASDAQ", currency="USD", local_symbol="PEP")


def accounts():
    value = PortfolioValue(contract=KO, market_price=70.0)
    return AccountState(portfolio={("DU1", KO.contract_id): value})


def price_of(contract, live):
    return valuations_of(accounts(), live)(contract).price


class TestPricesOfHoldings:
    def test_the_line_of_a_contract_goes_before_the_portfolio(self):
        assert price_of(KO, [(Stock("KO", contract_id=8894), 71.0)]) == 71.0

    def test_a_line_that_was_described_without_an_id_is_that_of_what_it_describes(self):
        live = [(Stock("PEP"), 150.0), (Stock("KO"), 72.0)]
        assert (price_of(KO, live), price_of(PEP, live)) == (72.0, 150.0)

    def test_without_a_line_the_portfolio_tells_it(self):
        assert price_of(KO, [(Stock("PEP"), 150.0)]) == 70.0

    def test_of_what_nobody_tells_a_price_of_there_is_none(self):
        assert price_of(PEP, [(Stock("KO"), 72.0)]) is None

    def test_the_row_in_which_it_was_held_stays_known(self):
        held = PortfolioValue(contract=KO, position=Decimal(10), market_value=710.0)
        state = replace(accounts(), held={("DU1", KO.contract_id): held})
        assert valuations_of(state, [])(KO).held is held


def line(**told):
    """A line of KO, by the names of its ticks."""
    return [(KO, {TYPES[name]: price(1, TYPES[name], amount) for name, amount in told.items()})]


TYPES = {"bid": 1, "ask": 2, "last": 4, "close": 9, "mark": 37, "delayed_bid": 66, "delayed_ask": 67,
         "delayed_last": 68, "delayed_close": 75}  # fmt: skip


class TestTheLivePrice:
    @pytest.mark.parametrize(
        ("told", "live"),
        [
            ({"close": 9.0, "last": 10.0, "mark": 10.5, "bid": 9.9, "ask": 10.3}, 10.0),
            ({"close": 9.0, "delayed_last": 10.0}, 10.0),
            ({"close": 9.0, "mark": 10.5, "bid": 9.9, "ask": 10.3}, 10.5),
            ({"close": 9.0, "bid": 10.0, "ask": 10.5}, 10.25),
            ({"delayed_close": 9.0, "delayed_bid": 10.0, "delayed_ask": 10.5}, 10.25),
        ],
    )
    def test_is_the_last_one_then_the_mark_then_the_middle_of_bid_and_ask(self, told, live):
        assert live_prices(line(**told)) == watched_prices(line(**told)) == [(KO, live)]

    @pytest.mark.parametrize("told", [{"close": 9.0}, {"bid": 10.0, "ask": -1.0}, {"delayed_close": 9.0}, {}])
    def test_is_neither_a_close_nor_one_side_alone(self, told):
        assert live_prices(line(**told)) == []

    def test_is_not_all_that_there_is_to_look_at(self):
        assert watched_prices(line(close=9.0)) == [(KO, 9.0)]
        assert watched_prices(line(close=9.0, bid=10.0)) == [(KO, 10.0)]
        assert watched_prices(line(last=0.0)) == []

    def test_of_a_currency_pair_which_has_no_last_one_values_what_is_held(self):
        live = live_prices(line(close=69.0, bid=71.0, ask=71.5))
        assert price_of(KO, live) == 71.25

    def test_that_is_missing_leaves_the_portfolios_not_the_close_of_yesterday(self):
        assert price_of(KO, live_prices(line(close=69.0))) == 70.0
