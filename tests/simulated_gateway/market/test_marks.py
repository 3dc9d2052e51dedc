"""Prices as the accounts need them, and the accounts of orders in other currencies and instruments."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.market.marks import exact
from tests.simulated_gateway.helpers import ACCOUNT, Desk, codes, limit, order

YEN, EURO = 15016059, 12087792


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def accounts(desk: Desk) -> Accounts:
    return desk.gateway.accounts


def pair(symbol: str, currency: str) -> Contract:
    return Contract(symbol=symbol, security_type="CASH", exchange="IDEALPRO", currency=currency)


def test_a_price_is_the_decimal_that_people_mean() -> None:
    assert exact(187.25) == Decimal("187.25")
    assert exact(0.1) == Decimal("0.1")


def test_a_currency_is_worth_what_its_pair_says(desk: Desk, accounts: Accounts) -> None:
    desk.gateway.market.set_quote(EURO, bid=1.1, ask=1.1001, last=1.1)
    desk.gateway.market.set_quote(YEN, bid=125.0, ask=125.01, last=125.0)

    assert accounts.marks.rate("EUR") == accounts.marks.price(EURO)
    assert accounts.marks.rate("JPY") * accounts.marks.price(YEN) == pytest.approx(1)
    assert accounts.marks.rate("USD") == 1


def test_an_option_knows_the_price_of_its_underlying(desk: Desk, accounts: Accounts) -> None:
    spy = 756733
    option = desk.gateway.catalogue.options_on(spy)[0]

    assert accounts.marks.underlying_price(option.contract_id) == accounts.marks.price(spy)
    assert accounts.marks.underlying_price(spy) is None


def test_a_trade_in_a_pair_leaves_the_account_worth_the_same_less_spread_and_commission(
    desk: Desk, accounts: Accounts
) -> None:
    desk.place(desk.connect(), 1, order("BUY", 20_000), pair("USD", "JPY"))

    valuation = accounts.value(ACCOUNT)

    assert set(valuation.by_currency) == {"USD", "JPY"}
    assert Decimal(-60) < valuation.net_liquidation - 1_000_000 < 0
    assert abs(valuation.total.unrealized - (valuation.net_liquidation - 1_000_000)) <= Decimal("0.02")


def test_a_future_is_traded_on_margin(desk: Desk, accounts: Accounts) -> None:
    future = next(item for item in desk.gateway.catalogue if item.symbol == "ES")
    desk.place(desk.connect(), 1, order("BUY", 1), future.contract())

    valuation = accounts.value(ACCOUNT)

    assert valuation.total.cash == Decimal("999999.15")
    assert valuation.total.initial_margin == pytest.approx(
        accounts.marks.price(future.contract_id) * 50 * Decimal("0.066"), abs=Decimal("0.01")
    )


def test_a_new_day_begins_without_yesterdays_profit_and_day_orders(desk: Desk, accounts: Accounts) -> None:
    client = desk.connect()
    desk.place(client, 1, order("BUY", 100))
    desk.place(client, 2, limit("BUY", 1, 90.0))
    desk.place(client, 3, limit("BUY", 1, 90.0, time_in_force="GTC"))
    assert accounts.value(ACCOUNT).total.daily == -3
    desk.heard(client)

    desk.step(24 * 3600)

    assert accounts.value(ACCOUNT).total.daily == 0
    assert 202 in codes(desk.heard(client))
    assert [held.order_id for held in desk.gateway.exchange.book.open_orders()] == [3]


def test_with_several_accounts_an_order_has_to_name_one() -> None:
    desk = Desk(accounts=("DU1", "DU2"))
    client = desk.connect()

    assert codes(desk.place(client, 1, order("BUY", 10))) == [435]
    desk.place(client, 1, order("BUY", 10, account="DU2"))

    assert [desk.gateway.accounts[code].position(265598) for code in ("DU1", "DU2")] == [0, 10]
