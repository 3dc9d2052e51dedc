"""The blocking interface against the simulated gateway, at versions of every kind of encoding."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.accounts import AccountValue, PortfolioValue
from ibkr_actors.base.messages.market_data import Tick, TickSize
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.groups import bracket
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.errors import (
    AmbiguousContract,
    ConnectFailed,
    ConnectionLost,
    HandshakeRefused,
    InvalidRequest,
    OrderEnded,
    RequestRejected,
    RequestTimeout,
    UnsupportedByServer,
)
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401

VERSIONS = (157, 178, 200, 226)
PATIENCE = 10.0


@pytest.fixture(params=VERSIONS)
def gateway(request):
    with Server(Options(seed=3), tick=0.02, server_version=request.param) as server:
        yield server


@pytest.fixture
def newest():
    with Server(Options(seed=3), tick=0.02) as server:
        yield server


@pytest.fixture
def ibkr(gateway):
    with IBKR_API(gateway.host, gateway.port, 3, timeout=PATIENCE) as ibkr:
        yield ibkr


@pytest.fixture
def ibkr_newest(newest):
    with IBKR_API(newest.host, newest.port, 3, timeout=PATIENCE) as ibkr:
        yield ibkr


class TestTheConnection:
    def test_is_there_when_the_constructor_returns(self, gateway, ibkr):
        assert ibkr.is_connected
        assert ibkr.accounts == ("DU1000001",)
        assert f"client 3, server version {ibkr.server_version}" in repr(ibkr)

    def test_is_refused_with_the_reason_where_nobody_listens(self):
        with pytest.raises(ConnectFailed, match="Start TWS"):
            IBKR_API("127.0.0.1", 1, timeout=1.0)

    def test_is_refused_with_the_bridge_s_words_when_the_client_id_is_in_use(self, newest, ibkr_newest):
        with pytest.raises(HandshakeRefused, match=r"326 .*already in use.*client id 3"):
            IBKR_API(newest.host, newest.port, 3, timeout=PATIENCE)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"client_id": "1"}, "client_id is a whole number, 0 or above, got '1'"),
            ({"client_id": -1}, "client_id is a whole number, 0 or above, got -1"),
            ({"port": "7497"}, "port is a whole number from 1 to 65535, got '7497'"),
            ({"port": 74970}, "port is a whole number from 1 to 65535, got 74970"),
            ({"host": None}, "host is the name or the address of a machine, got None"),
            ({"host": ""}, "host is the name or the address of a machine, got ''"),
            ({"timeout": None}, "a timeout is a positive number of seconds, .* got None"),
            ({"timeout": 0}, "a timeout is a positive number of seconds, .* got 0"),
            ({"live_accounts": "U1234567"}, "live_accounts are account codes, such as .*; got 'U1234567'"),
        ],
    )
    def test_can_t_be_made_with_values_that_make_no_sense(self, values, words):
        with pytest.raises(InvalidRequest, match=words):
            IBKR_API(**{"host": "127.0.0.1", "port": 1, **values})

    def test_ends_with_the_with_block(self, newest):
        with IBKR_API(newest.host, newest.port, 3, timeout=PATIENCE) as ibkr:
            pass

        assert not ibkr.is_connected
        with pytest.raises(ConnectionLost, match=r"call connect\(\)"):
            ibkr.request_current_time()

    def test_can_be_made_again(self, newest):
        with IBKR_API(newest.host, newest.port, 3, timeout=PATIENCE) as ibkr:
            ibkr.disconnect()
            ibkr.disconnect()
            ibkr.connect()
            ibkr.connect()

            assert ibkr.request_current_time().at

    def test_that_is_lost_reaches_everybody_who_waits(self, newest, ibkr_newest):
        handle = ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))
        handle.wait_for("Submitted", PATIENCE)
        stream = ibkr_newest.request_market_data(Stock("IBM"))
        next(stream)

        def read():
            for _ in stream:
                pass

        with ThreadPoolExecutor() as pool:
            waiting = [pool.submit(read), pool.submit(handle.wait_until_ended, PATIENCE)]
            newest.stop()
            errors = [each.exception(PATIENCE) for each in waiting]

        assert [type(error) for error in errors] == [ConnectionLost] * 2
        assert not ibkr_newest.is_connected


class TestContracts:
    def test_one_is_completed(self, ibkr):
        contract = ibkr.request_contract_data(Stock("IBM"))

        assert type(contract) is Contract
        assert (contract.contract_id, contract.local_symbol) == (8314, "IBM")

    def test_one_that_was_completed_is_good_for_every_request(self, ibkr):
        """The request for a report has no place for some of what its id tells; it is refused for another reason."""
        contract = ibkr.request_contract_data(Stock("IBM"))

        with pytest.raises(RequestRejected, match="10358"):
            ibkr.request_fundamental_data(contract, "ReportSnapshot")

    def test_details_are_printed_in_few_words(self, ibkr):
        (found,) = ibkr.request_contract_details(Stock("IBM"))

        assert str(found).startswith("IBM STK SMART/NYSE USD, ")
        assert "ticks of 0.01" in str(found)
        assert len(str(found)) < 120

    def test_that_nobody_knows_is_refused_with_code_text_and_request(self, ibkr):
        with pytest.raises(RequestRejected) as caught:
            ibkr.request_contract_data(Stock("NOSUCHSYMBOL"))

        assert caught.value.code == 200
        assert "No security definition" in caught.value.text
        assert caught.value.request.contract.symbol == "NOSUCHSYMBOL"

    def test_several_that_fit_are_listed(self, ibkr_newest):
        future = Contract(symbol="ES", security_type="FUT", exchange="CME", currency="USD")

        with pytest.raises(AmbiguousContract) as caught:
            ibkr_newest.request_contract_data(future)

        all_of_them = ibkr_newest.request_contract_details(future)
        assert [match.contract_id for match in caught.value.matches] == [
            each.contract.contract_id for each in all_of_them
        ]
        assert len(all_of_them) > 1

    def test_what_is_no_contract_is_refused_before_anything_is_sent(self, ibkr_newest):
        with pytest.raises(InvalidRequest):
            ibkr_newest.request_contract_data("IBM")


class TestMarketData:
    def test_a_stream_brings_ticks_and_the_newest_values(self, ibkr):
        with ibkr.request_market_data(Stock("IBM")) as ticks:
            first = [next(ticks) for _ in range(6)]

            assert all(isinstance(tick, Tick) for tick in first)
            assert ticks.quote.bid < ticks.quote.ask
        assert ticks.is_over
        assert list(ticks) == []

    def test_a_snapshot_is_one_quote(self, ibkr):
        quote = ibkr.request_market_data(Stock("IBM"), snapshot=True)

        assert quote.bid < quote.midpoint < quote.ask
        assert (quote.contract.symbol, quote.is_delayed, quote.close is not None) == ("IBM", False, True)
        assert quote.bid_size is not None
        assert quote.last_trade_at is None or quote.last_trade_at.tzinfo is not None
        assert repr(quote).startswith("<Quote IBM bid=")

    def test_a_refused_stream_raises_when_it_is_read(self, ibkr):
        with (
            ibkr.request_market_data(Stock("NOSUCHSYMBOL")) as ticks,
            pytest.raises(RequestRejected, match="200"),
        ):
            next(ticks)

    def test_a_stream_can_be_cancelled_by_its_request_id(self, ibkr_newest):
        ticks = ibkr_newest.request_market_data(Stock("IBM"))

        ibkr_newest.cancel_market_data(ticks.request_id)

        assert list(ticks) == []

    def test_a_stream_that_is_cancelled_elsewhere_lets_its_reader_go_on(self, ibkr_newest):
        ticks = ibkr_newest.request_profit_and_loss(ibkr_newest.accounts[0])
        with ThreadPoolExecutor() as pool:
            reading = pool.submit(list, ticks)
            ticks.cancel()

            assert isinstance(reading.result(PATIENCE), list)


class TestHistory:
    def test_bars_come_with_the_ids_of_message_and_request(self, ibkr):
        message_id, request_id, bars = ibkr.request_historical_data(Stock("IBM"), "", "5 D", "1 day")

        assert message_id == 17
        assert request_id >= 1_000_000_000
        assert len(bars) == 5
        assert all(bar.low <= bar.close <= bar.high for bar in bars)

    def test_bars_that_are_kept_up_to_date_are_a_stream(self, ibkr):
        with ibkr.request_historical_data(
            Stock("IBM"), "", "1800 S", "5 secs", keep_up_to_date=True
        ) as updates:
            assert next(updates).bars

    def test_a_refusal_is_an_error(self, ibkr):
        with pytest.raises(RequestRejected):
            ibkr.request_historical_data(Stock("IBM"), "", "5 D", "7 minutes")


class TestAccounts:
    def test_positions_are_a_list_and_stay_current(self, ibkr):
        assert ibkr.request_positions() == []
        ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for("Filled", PATIENCE)

        with ibkr.streams.request_positions() as positions:
            position = positions.next(PATIENCE)

        assert (position["position"], position["contract"].symbol) == (Decimal(10), "IBM")
        assert [each.position for each in ibkr.positions] == [Decimal(10)]

    def test_positions_are_asked_for_by_themselves(self, ibkr_newest):
        ibkr_newest.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for("Filled", PATIENCE)

        assert [each.position for each in ibkr_newest.positions] == [Decimal(10)]

    def test_nothing_is_kept_of_positions_that_are_not_followed_any_more(self, ibkr_newest):
        ibkr_newest.request_positions()
        ibkr_newest.cancel_positions()
        ibkr_newest.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for("Filled", PATIENCE)

        assert [each.position for each in ibkr_newest.positions] == [Decimal(10)]

    def test_values_and_portfolio_are_asked_for_by_themselves(self, ibkr):
        ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for("Filled", PATIENCE)

        assert {type(each) for each in ibkr.account_values} == {AccountValue}
        assert [each.contract.symbol for each in ibkr.portfolio] == ["IBM"]
        assert {type(each) for each in ibkr.request_account_updates(True, "DU1000001")} > {PortfolioValue}

    def test_what_is_kept_and_what_calls_return_become_tables(self, ibkr):
        ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for_commission(PATIENCE)
        ticks = ibkr.request_market_data(Stock("IBM"))
        ticks.next(PATIENCE)
        bars = ibkr.request_historical_data(Stock("IBM"), "", "5 D", "1 day")
        (_, _, rows) = bars

        for value, column in (
            (ibkr.positions, "contract_symbol"),
            (ibkr.executions, "execution_id"),
            (ibkr.account_values, "key"),
            (ibkr.portfolio, "market_price"),
            (ticks.take().of(TickSize), "size"),
            (bars, "close"),
        ):
            assert column in value.to_pandas().columns
            assert column in value.to_polars().columns
        assert bars.bars is rows
        assert list(bars.to_pandas(["close"]).close) == [bar.close for bar in rows]

    def test_the_account_has_to_be_named_where_there_are_several(self):
        with (
            Server(Options(accounts=("DU1", "DU2"))) as server,
            IBKR_API(server.host, server.port, timeout=PATIENCE) as ibkr,
        ):
            with pytest.raises(InvalidRequest, match="2 accounts"):
                _ = ibkr.account_values

            ibkr.request_account_updates(True, "DU1")
            assert {value.account for value in ibkr.account_values} == {"DU1"}
            ibkr.request_account_updates(True, "DU2")
            assert {value.account for value in ibkr.account_values} == {"DU2"}

    def test_a_summary_is_a_list_and_leaves_no_subscription(self, ibkr):
        """Two at a time are allowed."""
        for _ in range(3):
            assert [row.tag for row in ibkr.request_account_summary("All", "NetLiquidation")] == [
                "NetLiquidation"
            ]


class TestLiveAccounts:
    """Nothing is traded in one by mistake."""

    @pytest.fixture
    def live(self):
        with Server(Options(accounts=("U1234567",))) as server:
            yield server

    def test_an_order_in_one_is_not_sent(self, live):
        with IBKR_API(live.host, live.port, timeout=PATIENCE) as ibkr:
            for place in (
                lambda: ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10)),
                lambda: ibkr.exercise_options(Stock("IBM")),
            ):
                with pytest.raises(InvalidRequest, match="is live"):
                    place()

            assert ibkr.request_all_open_orders() == []
            assert ibkr.orders == []

    def test_no_request_passes_by_the_checks(self, live):
        with IBKR_API(live.host, live.port, timeout=PATIENCE) as ibkr:
            order_id = ibkr.next_order_id()
            for request in (
                PlaceOrderRequest(order_id, Stock("IBM"), MarketOrder("BUY", None, 10)),
                ExerciseOptionsRequest(order_id, Stock("IBM")),
                CancelOrderRequest(order_id),
            ):
                with pytest.raises(
                    InvalidRequest, match="would pass by the checks of orders; use place_order"
                ):
                    ibkr.perform(request)

            assert ibkr.request_all_open_orders() == []

    def test_an_order_in_one_that_is_named_is_sent(self, live):
        with IBKR_API(live.host, live.port, timeout=PATIENCE, live_accounts=["U1234567"]) as ibkr:
            assert ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for("Filled", PATIENCE)

    def test_a_preview_asks_and_trades_nothing(self, live):
        with IBKR_API(live.host, live.port, timeout=PATIENCE) as ibkr:
            assert ibkr.preview_order(MarketOrder("BUY", Stock("IBM"), 10)).commission_and_fees


class TestOrders:
    def test_waiting_for_what_is_no_status_is_refused(self, ibkr_newest):
        """It would be waited for in vain."""
        handle = ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))

        with pytest.raises(InvalidRequest, match=r"filled is no status .* Filled, .*use wait_until"):
            handle.wait_for("filled", PATIENCE)
        with pytest.raises(RequestTimeout, match=r"Filled did not come within 0\.05 seconds"):
            handle.wait_for("Filled", 0.05)

    def test_a_filled_one_tells_everything_about_itself(self, ibkr):
        handle = ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10))

        facts = handle.wait_for("Filled", PATIENCE)
        commission = handle.wait_for_commission(PATIENCE)

        assert (facts.filled, facts.remaining) == (Decimal(10), Decimal(0))
        assert handle.average_price == pytest.approx(
            sum(float(each.shares) * each.price for each in handle.executions) / 10
        )
        assert commission == sum(each.commission_and_fees for each in handle.commissions) > 0
        assert handle.history[0].status == "Sent"
        assert handle.history[-1].status == "Filled"
        assert handle.ended
        assert handle.permanent_id > 0
        assert ibkr.orders == [handle]
        assert [each.execution.order_id for each in ibkr.executions] == [handle.order_id]
        assert set(ibkr.commissions) == {each.execution_id for each in handle.executions}

    def test_one_can_be_changed_and_cancelled(self, ibkr):
        handle = ibkr.place_order(LimitOrder("BUY", None, 10, 1.0), Stock("IBM"))
        handle.wait_for("Submitted", PATIENCE)
        order = handle.order
        order.limit_price = 2.0
        order.total_quantity = Decimal(20)
        handle.modify(order)

        facts = handle.wait_until(lambda facts: facts.remaining == 20, PATIENCE)
        assert [each.limit_price for each in ibkr.request_open_orders()] == [2.0]
        handle.cancel()

        assert facts.status == "Submitted"
        assert handle.wait_for("Cancelled", PATIENCE).filled == 0
        assert "202" in handle.reason
        assert ibkr.request_open_orders() == []
        handle.cancel()  # of an order that has ended: nothing happens
        with pytest.raises(OrderEnded, match="can't be changed"):
            handle.modify(order)

    @pytest.mark.parametrize(
        ("kind", "change"),
        [
            ({}, {"total_quantity": Decimal(20)}),
            ({}, {"limit_price": 2.0}),
            ({}, {"time_in_force": "GTC"}),
            ({}, {"outside_regular_trading_hours": True}),
            ({}, {"order_reference": "mine"}),
            ({}, {"order_type": "STP LMT", "auxiliary_price": 5000.0}),
            ({"order_type": "STP", "auxiliary_price": 5000.0}, {"auxiliary_price": 5001.0}),
            ({"order_type": "STP", "auxiliary_price": 5000.0}, {"trigger_method": 2}),
            ({"order_type": "TRAIL", "auxiliary_price": 50.0}, {"auxiliary_price": 60.0}),
            ({"order_type": "TRAIL", "trailing_percent": 50.0}, {"trailing_percent": 60.0}),
            (
                {
                    "order_type": "TRAIL LIMIT",
                    "auxiliary_price": 50.0,
                    "limit_price_offset": 0.1,
                    "limit_price": None,
                },
                {"limit_price_offset": 0.2},
            ),
        ],
    )
    def test_a_change_of_one_is_confirmed_by_what_is_changed(self, ibkr, kind, change):
        order = LimitOrder("BUY", Stock("IBM"), 10, 1.0)
        for name, value in kind.items():
            setattr(order, name, value)
        handle = ibkr.place_order(order)
        handle.wait_for(("PreSubmitted", "Submitted"), PATIENCE)
        order = handle.order
        for name, value in change.items():
            setattr(order, name, value)
        handle.modify(order)

        handle.wait_until(lambda _facts: not handle.tracked.terms.under_way, PATIENCE)
        assert handle.notices == ()
        assert {name: getattr(handle.order, name) for name in change} == change

    def test_nothing_of_a_change_that_was_refused_is_built_on(self, ibkr):
        handle = ibkr.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))
        handle.wait_for("Submitted", PATIENCE)
        order = handle.order
        order.action, order.limit_price = "SELL", 2.0
        handle.modify(order)
        handle.wait_until(lambda facts: "105" in facts.reason, PATIENCE)

        assert (handle.order.action, handle.order.limit_price) == ("BUY", 1.0)

    def test_a_refused_one_says_why(self, ibkr):
        handle = ibkr.place_order(LimitOrder("BUY", Stock("NOSUCHSYMBOL"), 10, 1.0))

        with pytest.raises(OrderEnded, match="200 No security") as caught:
            handle.wait_for("Filled", PATIENCE)

        assert (caught.value.status, caught.value.order_id) == ("Refused", handle.order_id)
        assert [notice.code for notice in handle.notices] == [200]

    def test_waiting_has_an_end(self, ibkr_newest):
        handle = ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))
        handle.wait_for(("PreSubmitted", "Submitted"), PATIENCE)

        with pytest.raises(RequestTimeout, match=r"order 1: Filled .*it is Submitted, filled 0"):
            handle.wait_for("Filled", 0.01)

    def test_a_preview_tells_margin_and_commission_and_places_nothing(self, ibkr):
        order = LimitOrder("BUY", Stock("IBM"), 100, 50.0)

        preview = ibkr.preview_order(order)

        assert preview.initial_margin_change > 0
        assert preview.commission_and_fees > 0
        assert not order.what_if
        assert ibkr.request_open_orders() == []
        order.what_if = True
        again = ibkr.place_order(order)
        assert again.commission_and_fees == preview.commission_and_fees
        # The margin is that of the price of the moment, and the market goes on.
        assert again.initial_margin_change == pytest.approx(preview.initial_margin_change, rel=0.01)

    def test_a_preview_can_be_refused(self, ibkr):
        with pytest.raises(RequestRejected, match="200"):
            ibkr.preview_order(LimitOrder("BUY", Stock("NOSUCHSYMBOL"), 10, 1.0))

    @pytest.mark.parametrize(
        "what",
        [(), (1,), (Stock("IBM"),), (1, 2, MarketOrder("BUY", Stock("IBM"), 1)), (True,), ("BUY", 5),
         (0, MarketOrder("BUY", Stock("IBM"), 1)), (MarketOrder("BUY", None, 1),)],
    )  # fmt: skip
    def test_what_is_no_order_is_refused_before_anything_is_sent(self, ibkr_newest, what):
        with pytest.raises(InvalidRequest):
            ibkr_newest.place_order(*what)

        assert ibkr_newest.orders == []

    def test_every_order_of_parameters_is_understood(self, ibkr_newest):
        stock, order = Stock("IBM"), LimitOrder(OrderAction.BUY, None, 10, 1.0)
        ids = [ibkr_newest.next_order_id() for _ in range(2)]

        handles = [
            ibkr_newest.place_order(ids[0], order, stock),
            ibkr_newest.place_order(ids[1], stock, order),
            ibkr_newest.place_order(order, stock),
        ]

        assert [handle.order_id for handle in handles] == [*ids, ids[1] + 1]
        assert {handle.contract.symbol for handle in handles} == {"IBM"}

    def test_those_of_a_bracket_are_placed_under_the_ids_that_they_have(self, ibkr):
        ids = tuple(ibkr.next_order_id() for _ in range(3))
        entry = LimitOrder("BUY", Stock("IBM"), 10, 1.0)

        handles = [ibkr.place_order(order) for order in bracket(entry, ids, 2.0, 0.5)]

        handles[0].wait_for("Submitted", PATIENCE)
        for child in handles[1:]:
            child.wait_for("PreSubmitted", PATIENCE)
        assert tuple(handle.order_id for handle in handles) == ids
        assert all(handle.order.transmit for handle in handles), "a change would be held back"

    def test_an_order_can_t_be_placed_under_another_id_than_it_has(self, ibkr_newest):
        ids = (7, 8, 9)
        entry, *_ = bracket(LimitOrder("BUY", Stock("IBM"), 10, 1.0), ids, 2.0, 0.5)

        with pytest.raises(InvalidRequest, match="has the order_id 7 and can't be placed under 30"):
            ibkr_newest.place_order(30, entry)

        assert ibkr_newest.orders == []

    def test_one_that_was_placed_already_is_neither_placed_twice_nor_changed_unasked(self, ibkr_newest):
        handle = ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))
        handle.wait_for("Submitted", PATIENCE)
        (order,) = ibkr_newest.request_open_orders()
        order.limit_price = 2.0

        with pytest.raises(InvalidRequest, match=f"was placed as {handle.order_id} already"):
            ibkr_newest.place_order(order)

        (unchanged,) = ibkr_newest.request_open_orders()
        assert unchanged.limit_price == 1.0

    def test_an_id_that_works_changes_its_order(self, ibkr_newest):
        order_id = ibkr_newest.next_order_id()
        handle = ibkr_newest.place_order(order_id, LimitOrder("BUY", Stock("IBM"), 10, 1.0))

        again = ibkr_newest.place_order(order_id, LimitOrder("BUY", Stock("IBM"), 30, 1.0))

        assert again is handle
        handle.wait_until(lambda facts: facts.remaining == 30, PATIENCE)

    def test_an_id_of_the_user_is_never_given_out_again(self, ibkr_newest):
        ibkr_newest.place_order(500, LimitOrder("BUY", Stock("IBM"), 10, 1.0))

        assert ibkr_newest.next_order_id() == 501

    def test_those_of_an_earlier_program_can_be_followed_and_cancelled(self, newest):
        with IBKR_API(newest.host, newest.port, 3, timeout=PATIENCE) as earlier:
            earlier.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0)).wait_for("Submitted", PATIENCE)
        with IBKR_API(newest.host, newest.port, 3, timeout=PATIENCE) as ibkr:
            ibkr.request_open_orders()
            (handle,) = ibkr.orders
            ibkr.cancel_order(handle.order_id)

            assert handle.wait_for("Cancelled", PATIENCE)

    def test_those_of_another_client_can_be_seen_and_nothing_else(self, newest, ibkr_newest):
        with IBKR_API(newest.host, newest.port, 5, timeout=PATIENCE) as other:
            other.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0)).wait_for("Submitted", PATIENCE)
            (order,) = ibkr_newest.request_all_open_orders()
            (handle,) = ibkr_newest.orders

            assert (order.client_id, handle.client_id, handle.status) == (5, 5, "Submitted")
            with pytest.raises(InvalidRequest, match="placed by client 5"):
                handle.cancel()

    def test_cancelling_all_ends_all(self, ibkr_newest):
        handles = [ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0)) for _ in range(3)]

        ibkr_newest.request_global_cancel()

        assert {handle.wait_until_ended(PATIENCE).status for handle in handles} == {"Cancelled"}

    def test_those_that_worked_when_the_connection_was_lost_are_asked_about_again(self, newest, ibkr_newest):
        working, cancelled = (
            ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0)) for _ in range(2)
        )
        for handle in (working, cancelled):
            handle.wait_for("Submitted", PATIENCE)
        ibkr_newest.disconnect()
        with pytest.raises(ConnectionLost):
            working.wait_for("Filled", PATIENCE)
        with newest.hold() as gateway:
            gateway.exchange.cancel(3, cancelled.order_id)
        ibkr_newest.connect()

        assert (working.status, working.lost) == ("Submitted", None)
        assert (cancelled.status, cancelled.ended) == ("Unknown", True)
        assert "neither as an open order nor by its fills" in cancelled.reason


class TestSeveralThreads:
    def test_each_gets_its_own_answer(self, ibkr_newest):
        symbols = ("IBM", "AAPL", "MSFT", "XOM") * 5

        with ThreadPoolExecutor(8) as pool:
            found = list(
                pool.map(lambda each: ibkr_newest.request_contract_data(Stock(each)).symbol, symbols)
            )

        assert found == list(symbols)

    def test_answers_without_an_id_reach_all_who_ask(self, ibkr_newest):
        with ThreadPoolExecutor(8) as pool:
            times = list(pool.map(lambda _: ibkr_newest.request_current_time().at, range(20)))

        assert len(times) == 20

    def test_no_two_orders_have_the_same_id(self, ibkr_newest):
        with ThreadPoolExecutor(8) as pool:
            handles = list(
                pool.map(
                    lambda _: ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 1, 1.0)), range(20)
                )
            )

        assert len({handle.order_id for handle in handles}) == 20
        for handle in handles:
            handle.wait_for("Submitted", PATIENCE)

    def test_what_the_bridge_holds_back_leaves_in_its_turn(self, ibkr_newest):
        """Fifty a second."""
        handles = [ibkr_newest.place_order(LimitOrder("BUY", Stock("IBM"), 1, 1.0)) for _ in range(60)]

        for handle in handles:
            handle.wait_for("Submitted", PATIENCE)

    def test_the_connection_may_be_closed_while_others_wait(self, ibkr_newest):
        entered = threading.Event()

        def wait():
            stream = ibkr_newest.request_profit_and_loss(ibkr_newest.accounts[0])
            entered.set()
            for _ in stream:
                pass

        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(wait)
            entered.wait(PATIENCE)
            ibkr_newest.disconnect()

            assert isinstance(waiting.exception(PATIENCE), ConnectionLost)


class TestRequestsThatCanNotBeMade:
    def test_for_an_older_bridge_say_which_version_they_need(self):
        with (
            Server(server_version=157) as server,
            IBKR_API(server.host, server.port, timeout=PATIENCE) as ibkr,
            pytest.raises(UnsupportedByServer, match="219"),
        ):
            ibkr.request_configuration()

    def test_a_subscription_is_no_answer(self, ibkr_newest):
        request = ibkr_newest.request_market_data(Stock("IBM")).request

        with pytest.raises(InvalidRequest, match="has no answer"):
            ibkr_newest.answer_to(request)
        with pytest.raises(InvalidRequest, match="no subscription"):
            ibkr_newest.streams.request_family_codes()

    def test_patience_is_a_number_of_seconds(self, ibkr_newest):
        with pytest.raises(InvalidRequest, match="positive"):
            ibkr_newest.within(0)
        assert repr(ibkr_newest.within(5)).endswith("client 3, within 5 seconds>")
        with pytest.raises(InvalidRequest, match="stream_limit"):
            IBKR_API(stream_limit=0)
