"""Where the price of a holding comes from."""

from __future__ import annotations

from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.base.messages.accounts import PortfolioValue
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.desk_status import prices_of

KO = Contract(8894, "KO", "STK", exchange="NYSE", currency="USD", local_symbol="KO", trading_class="KO")
PEP = Contract(11017, "PEP", "STK", exchange="NASDAQ", currency="USD", local_symbol="PEP")


def accounts():
    value = PortfolioValue(contract=KO, market_price=70.0)
    return AccountState(portfolio={("DU1", KO.contract_id): value})


class TestPricesOfHoldings:
    def test_the_line_of_a_contract_goes_before_the_portfolio(self):
        assert prices_of(accounts(), [(Stock("KO", contract_id=8894), 71.0)])(KO) == 71.0

    def test_a_line_that_was_described_without_an_id_is_that_of_what_it_describes(self):
        price_of = prices_of(accounts(), [(Stock("PEP"), 150.0), (Stock("KO"), 72.0)])
        assert (price_of(KO), price_of(PEP)) == (72.0, 150.0)

    def test_without_a_line_the_portfolio_tells_it(self):
        assert prices_of(accounts(), [(Stock("PEP"), 150.0)])(KO) == 70.0

    def test_of_what_nobody_tells_a_price_of_there_is_none(self):
        assert prices_of(accounts(), [(Stock("KO"), 72.0)])(PEP) is None
