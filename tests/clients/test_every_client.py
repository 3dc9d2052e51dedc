"""What any client can do on an ordinary day, with values that fit together.

Each claim holds for the vendor's client over protobuf and over text, and for `ib_async`, all unmodified, against a
gateway in a process of its own. Tests trade in one account, one after the other, so they speak of what changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.clients.conftest import Kind
from tests.clients.everyday_client import ACCOUNT, NOTHING, EverydayClient, Fill, Refused

CENT = Decimal("0.01")
FAR_BELOW = 0.5
"""A limit at this part of the price rests."""
UNKNOWN_CONTRACT = "No security definition has been found for the request"
NO_CONTRACT = 999_999_999
NEVER_PLACED = 987_654


def resting_limit(client: EverydayClient, contract: object) -> float:
    """A price that nobody sells at."""
    return round(client.snapshot(contract).bid * FAR_BELOW, 2)


def value(fills: list[Fill]) -> Decimal:
    """Of all fills of a stock."""
    return sum((fill.quantity * fill.price for fill in fills), Decimal(0))


def commission(fills: list[Fill]) -> Decimal:
    """Of all fills."""
    return sum((fill.commission for fill in fills), Decimal(0))


class TestConnecting:
    def test_the_newest_common_version_is_settled(self, client: EverydayClient, kind: Kind) -> None:
        assert client.server_version == kind.version

    def test_the_accounts_are_told(self, client: EverydayClient) -> None:
        assert client.accounts() == [ACCOUNT]

    def test_the_data_farms_are_said_to_be_well(self, client: EverydayClient) -> None:
        told = [client.wait_for_notice(-1, code).text for code in (2104, 2106, 2158)]

        assert told == [
            "Market data farm connection is OK:usfuture",
            "HMDS data farm connection is OK:ushmds",
            "Sec-def data farm connection is OK:secdefnj",
        ]


class TestContracts:
    def test_a_stock_is_completed(self, client: EverydayClient) -> None:
        (found,) = client.details(client.stock("AAPL"))

        assert (found.contract.conId, found.contract.primaryExchange) == (265598, "NASDAQ")
        assert (found.longName, found.minTick, found.stockType) == ("APPLE INC", 0.01, "COMMON")
        assert (found.contract.localSymbol, found.contract.tradingClass) == ("AAPL", "NMS")

    def test_a_future_is_found_by_its_month(self, client: EverydayClient) -> None:
        wanted = client.contract(symbol="ES", secType="FUT", exchange="CME", currency="USD")
        listed = client.details(wanted)

        months = [details.contractMonth for details in listed]
        assert months == sorted(set(months))
        wanted.lastTradeDateOrContractMonth = months[0]
        (found,) = client.details(wanted)
        assert (found.contract.conId, found.contract.multiplier) == (listed[0].contract.conId, "50")

    def test_an_option_chain_has_a_call_and_a_put_at_every_strike(self, client: EverydayClient) -> None:
        (expiry, *_), chain = option_chain(client)

        strikes = {right: [c.strike for c in chain if c.right == right] for right in "CP"}
        assert strikes["C"] == strikes["P"]
        assert len(strikes["C"]) > 10
        assert {c.lastTradeDateOrContractMonth for c in chain} == {expiry}
        assert {c.multiplier for c in chain} == {"100"}

    def test_an_unknown_contract_is_error_200(self, client: EverydayClient) -> None:
        with pytest.raises(Refused) as refusal:
            client.details(client.stock("NOSUCH"))

        assert (refusal.value.code, refusal.value.text) == (200, UNKNOWN_CONTRACT)


def option_chain(client: EverydayClient) -> tuple[list[str], list]:
    """The expiries of the options on Apple, and all options of the first one that lies ahead, by strike."""
    partial = client.contract(symbol="AAPL", secType="OPT", exchange="SMART", currency="USD", right="C")
    calls = [details.contract for details in client.details(partial)]
    expiries = sorted({call.lastTradeDateOrContractMonth for call in calls})[1:]  # the first may be today
    partial.right, partial.lastTradeDateOrContractMonth = "", expiries[0]
    chain = [details.contract for details in client.details(partial)]
    return expiries, sorted(chain, key=lambda option: option.strike)


class TestMarketData:
    def test_a_snapshot_is_one_quote_and_ends(self, client: EverydayClient) -> None:
        quote = client.snapshot(client.qualified("MSFT"))

        assert 0 < quote.bid <= quote.last <= quote.ask
        assert quote.bid < quote.ask
        assert quote.close == pytest.approx(quote.last, rel=0.2)

    def test_a_stream_moves_on_the_tick_grid(self, client: EverydayClient) -> None:
        prices = client.watch(client.qualified("MSFT"))

        client.wait_until(lambda: len(set(prices().bids)) >= 3, "third bid")
        told = [*prices().bids, *prices().asks]
        assert all(price == round(price, 2) for price in told)
        assert max(told) == pytest.approx(min(told), rel=0.02)

    def test_an_option_costs_at_least_what_exercising_it_yields(self, client: EverydayClient) -> None:
        underlying = client.snapshot(client.qualified("AAPL"))
        _, chain = option_chain(client)
        deepest = next(option for option in chain if option.right == "C")

        quote = client.snapshot(deepest)

        assert quote.bid < quote.ask
        assert quote.ask == pytest.approx(underlying.last - deepest.strike, rel=0.05)

    def test_an_unknown_contract_is_error_200(self, client: EverydayClient) -> None:
        with pytest.raises(Refused) as refusal:
            client.snapshot(client.contract(conId=NO_CONTRACT, exchange="SMART"))

        assert (refusal.value.code, refusal.value.text) == (200, UNKNOWN_CONTRACT)


class TestHistory:
    def test_a_year_has_a_bar_for_every_trading_day(self, client: EverydayClient) -> None:
        bars = client.daily_bars(client.qualified("IBM"))

        days = [as_date(bar.date) for bar in bars]
        assert 245 <= len(days) <= 255
        assert days == sorted(set(days))
        assert all(day.weekday() < 5 for day in days)
        assert max((later - day).days for day, later in itertools.pairwise(days)) <= 4

    def test_every_bar_holds_its_prices_between_low_and_high(self, client: EverydayClient) -> None:
        bars = client.daily_bars(client.qualified("IBM"))

        assert all(bar.low <= min(bar.open, bar.close) for bar in bars)
        assert all(bar.high >= max(bar.open, bar.close) for bar in bars)
        assert all(bar.volume > 0 and bar.barCount > 0 for bar in bars)

    def test_the_last_bar_leads_to_the_present_price(self, client: EverydayClient) -> None:
        contract = client.qualified("IBM")

        assert client.daily_bars(contract)[-1].close == pytest.approx(client.snapshot(contract).last, rel=0.1)

    def test_an_unknown_contract_is_error_200(self, client: EverydayClient) -> None:
        with pytest.raises(Refused) as refusal:
            client.daily_bars(client.contract(conId=NO_CONTRACT, exchange="SMART"))

        assert (refusal.value.code, refusal.value.text) == (200, UNKNOWN_CONTRACT)


def as_date(told: str | date) -> date:
    """The date of a daily bar: text on the wire, which one of the clients parses."""
    return told if isinstance(told, date) else datetime.strptime(told, "%Y%m%d").date()  # noqa: DTZ007


class TestAnOrderThatRests:
    def test_it_works_at_once_and_nothing_of_it_is_filled(self, client: EverydayClient) -> None:
        contract = client.qualified("KO")

        placed = client.rest(contract, 200, resting_limit(client, contract))

        assert placed.statuses[-1] == "Submitted"
        assert (placed.filled, placed.remaining, placed.average_price) == (0, 200, 0)
        assert not placed.notices

    def test_others_see_it_as_it_was_placed(self, client: EverydayClient, onlooker: EverydayClient) -> None:
        contract = client.qualified("KO")
        limit = resting_limit(client, contract)

        placed = client.rest(contract, 200, limit)

        (seen,) = [order for order in onlooker.open_orders() if order.client == client.number]
        assert seen == (client.number, placed.number, limit, 200, "Submitted")

    def test_others_see_its_new_price_when_it_is_changed(
        self, client: EverydayClient, onlooker: EverydayClient
    ) -> None:
        contract = client.qualified("KO")
        limit = resting_limit(client, contract)
        placed = client.rest(contract, 200, limit)

        client.change(placed, round(limit + 1.25, 2))

        client.open_orders()  # answered behind the change
        (seen,) = [order for order in onlooker.open_orders() if order.client == client.number]
        assert (seen.number, seen.limit, seen.status) == (placed.number, round(limit + 1.25, 2), "Submitted")

    def test_its_cancellation_is_confirmed_by_status_and_code_202(
        self, client: EverydayClient, onlooker: EverydayClient
    ) -> None:
        contract = client.qualified("KO")
        placed = client.rest(contract, 200, resting_limit(client, contract))

        client.cancel(placed.number)

        told = client.wait_for_notice(placed.number, 202)
        assert told.text == "Order Canceled - reason:"
        assert placed.status == "Cancelled"
        assert (placed.filled, placed.remaining) == (0, 200)
        assert not [order for order in onlooker.open_orders() if order.client == client.number]

    def test_it_outlives_the_connection_of_its_client(self, connect: Callable[..., EverydayClient]) -> None:
        client = connect()
        contract = client.qualified("KO")
        placed = client.rest(contract, 200, limit := resting_limit(client, contract))
        client.close()

        returned = connect(client.number)

        orders = [order for order in returned.open_orders() if order.client == client.number]
        assert orders == [(client.number, placed.number, limit, 200, "Submitted")]


class TestAnOrderAtTheMarket:
    def test_a_purchase_fills_at_an_ask_that_was_shown(self, client: EverydayClient) -> None:
        contract = client.qualified("VZ")
        prices = client.watch(contract)
        client.wait_until(lambda: prices().asks, "ask")

        placed = client.fill_at_market(contract, "BUY", 100)

        assert {float(fill.price) for fill in client.fills(placed)} <= set(prices().asks)
        assert {fill.side for fill in client.fills(placed)} == {"BOT"}

    def test_a_sale_fills_at_a_bid_that_was_shown(self, client: EverydayClient) -> None:
        contract = client.qualified("VZ")
        prices = client.watch(contract)
        client.wait_until(lambda: prices().bids, "bid")

        placed = client.fill_at_market(contract, "SELL", 100)

        assert {float(fill.price) for fill in client.fills(placed)} <= set(prices().bids)
        assert {fill.side for fill in client.fills(placed)} == {"SLD"}

    def test_its_last_status_tells_the_average_of_its_fills(self, client: EverydayClient) -> None:
        placed = client.fill_at_market(client.qualified("VZ"), "BUY", 700)

        average = value(client.fills(placed)) / 700
        assert placed.statuses[-1] == "Filled"
        assert (placed.filled, placed.remaining) == (700, 0)
        assert placed.average_price == pytest.approx(average, abs=Decimal("0.000001"))

    @pytest.mark.parametrize(
        ("quantity", "published"),
        [
            (100, "1.00"),
            (200, "1.00"),
            (300, "1.50"),
            (500, "2.50"),
        ],  # half a cent a share, a dollar at least
    )
    def test_it_costs_the_published_commission(
        self, client: EverydayClient, quantity: int, published: str
    ) -> None:
        placed = client.fill_at_market(client.qualified("NKE"), "BUY", quantity)

        assert commission(client.fills(placed)) == Decimal(published)
        assert {fill.currency for fill in client.fills(placed)} == {"USD"}

    def test_the_position_grows_by_what_it_filled_and_cost(self, client: EverydayClient) -> None:
        contract = client.qualified("CSCO")
        before = client.holdings().get(contract.conId, NOTHING)

        placed = client.fill_at_market(contract, "BUY", 300)

        after, fills = client.holdings()[contract.conId], client.fills(placed)
        assert after.quantity == before.quantity + 300
        assert after.cost - before.cost == pytest.approx(value(fills) + commission(fills), abs=CENT)

    def test_the_cash_falls_by_price_and_commission(self, client: EverydayClient) -> None:
        contract = client.qualified("KO")
        before = client.account().cash

        fills = client.fills(client.fill_at_market(contract, "BUY", 100))

        assert before - client.account().cash == value(fills) + commission(fills)

    def test_the_list_of_executions_tells_the_same_of_it(
        self, client: EverydayClient, onlooker: EverydayClient
    ) -> None:
        placed = client.fill_at_market(client.qualified("VZ"), "BUY", 100)
        onlooker.number = client.number  # it asks for the executions of the other

        assert onlooker.executions(placed) == client.fills(placed)

    def test_an_option_costs_price_times_multiplier_and_commission_by_contract(
        self, client: EverydayClient
    ) -> None:
        _, chain = option_chain(client)
        calls = [option for option in chain if option.right == "C"]
        call, before = calls[len(calls) // 2], client.account().cash

        fills = client.fills(client.fill_at_market(call, "BUY", 2))

        assert commission(fills) == Decimal("1.30")
        assert before - client.account().cash == 100 * value(fills) + Decimal("1.30")


class TestRefusals:
    def test_an_order_for_an_unknown_contract_is_error_200(self, client: EverydayClient) -> None:
        placed = client.place(client.stock("NOSUCH"), "BUY", 100, 10.0)

        assert client.wait_for_notice(placed.number, 200).text == UNKNOWN_CONTRACT

    def test_an_order_beyond_the_means_of_the_account_is_error_201(self, client: EverydayClient) -> None:
        placed = client.place(client.qualified("GS"), "BUY", 100_000)

        told = client.wait_for_notice(placed.number, 201)

        assert told.text.startswith("Order rejected - reason:YOUR ORDER IS NOT ACCEPTED.")
        assert not client.fills(placed)

    def test_the_cancellation_of_what_was_never_placed_is_error_10147(self, client: EverydayClient) -> None:
        client.cancel(NEVER_PLACED)

        told = client.wait_for_notice(NEVER_PLACED, 10147)
        assert told.text == f"OrderId {NEVER_PLACED} that needs to be cancelled is not found."

    def test_the_cancellation_of_a_filled_order_is_error_10148(self, client: EverydayClient) -> None:
        placed = client.fill_at_market(client.qualified("VZ"), "BUY", 100)

        client.cancel(placed.number)

        told = client.wait_for_notice(placed.number, 10148)
        assert told.text == (
            f"OrderId {placed.number} that needs to be cancelled cannot be cancelled, state: Filled."
        )


class TestTheAccount:
    def test_its_net_liquidation_is_cash_and_positions(self, client: EverydayClient) -> None:
        client.fill_at_market(client.qualified("PG"), "BUY", 100)

        account = client.account()

        held = sum(account.portfolio.values(), Decimal(0))
        assert held > 0
        assert account.money("NetLiquidation") == pytest.approx(account.cash + held, abs=CENT)
        assert account.money("GrossPositionValue") == pytest.approx(held, abs=CENT)
        assert account.values["AccountCode", ""] == ACCOUNT

    def test_what_a_position_gained_is_its_value_less_its_cost(self, client: EverydayClient) -> None:
        contract = client.qualified("PG")
        client.fill_at_market(contract, "BUY", 100)
        holding = client.holdings()[contract.conId]

        profit = client.profit(contract.conId)

        assert profit.position == holding.quantity
        assert profit.unrealized == pytest.approx(profit.value - holding.cost, abs=CENT)


class TestScanner:
    def test_gainers_are_ranked_by_what_they_gained(self, client: EverydayClient) -> None:
        found = client.scan("TOP_PERC_GAIN")

        gains = [gain(client, symbol) for symbol in (found[0], found[len(found) // 2], found[-1])]
        assert len(found) == len(set(found)) > 20
        assert gains[0] > gains[1] > gains[2]


def gain(client: EverydayClient, symbol: str) -> float:
    """Since the close of yesterday."""
    quote = client.snapshot(client.qualified(symbol))
    return quote.last / quote.close
