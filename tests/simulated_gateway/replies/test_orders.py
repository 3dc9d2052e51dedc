"""What clients are told about orders: the recorded sequences. In brackets: an open order with that status."""

from __future__ import annotations

import base64
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec import structs

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionRequest,
)
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import ExecutionFilter
from ibkr_actors.classes.orders.order import Order
from tests.helpers import in_full
from tests.simulated_gateway.helpers import (
    AAPL,
    ACCOUNT,
    Desk,
    Wire,
    codes,
    limit,
    names,
    only,
    order,
    statuses,
)

GOLDEN = Path(__file__).parents[2] / "golden"
RECORDED_OPEN_ORDER = (
    "AAABOgAAAM0I/wMSLwj+mhASBEFBUEwaA1NUSykAAAAAAAAAAEIFU01BUlRSA1VTRFoEQUFQTGIDTk1TGu8BCAEQ/wMY/9WTrQMgACoDQlVZ"
    "MgExQgNMTVRJAAAAAABAn0BRAAAAAAAAAABaA0RBWWIJRFU5MDAwMDAxegJJQrkBAAAAAABEn0DiASRzYW5pdGl6ZWQtb3JkZXItcmVmLTAw"
    "MDAwMDAwMDAwMDAwMDPwAQP4AQCwAgDAAgDKAgROb25l8AIAqAQAsAQAwAT///////////8B6gUETm9uZZAGAPgGAZoHATCyBylOb3QgYW4g"
    "aW5zaWRlciBvciBzdWJzdGFudGlhbCBzaGFyZWhvbGRlcsAHANAHAMoIDXBhcGVyLXVzZXItMDHwCAAiDgoMUHJlU3VibWl0dGVk"
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestSequences:
    def test_a_new_limit_order_is_submitted_at_once(self, desk: Desk) -> None:
        assert statuses(desk.place(desk.connect(), 1, limit("BUY", 10, 99.0))) == ["(Submitted)", "Submitted"]

    def test_a_fill_is_told_and_told_again_with_its_commission(self, desk: Desk) -> None:
        client = desk.connect()

        at_once = desk.place(client, 1, order("BUY", 100))
        desk.step()
        later = desk.heard(client)

        assert statuses(at_once) == [
            "(PreSubmitted)",
            "PreSubmitted",
            "execution",
            "(Filled)",
            "Filled",
        ]
        assert statuses(later) == ["(Filled)", "Filled", "commission"]
        assert only(OpenOrder, at_once)[-1].order_state.commission_and_fees is None
        assert only(OpenOrder, later)[0].order_state.commission_and_fees == 1.0
        assert only(OrderStatus, at_once)[-1] == only(OrderStatus, later)[0]  # the identical duplicate
        assert only(CommissionAndFeesReport, later)[0].execution_id == (
            only(ExecutionDetails, at_once)[0].execution.execution_id
        )

    def test_partial_fills_carry_running_amounts(self, desk: Desk) -> None:
        client = desk.connect()
        desk.quote(100.0, 100.02, size=40.0)
        first = desk.place(client, 1, order("BUY", 100))
        desk.quote(100.0, 100.04, size=60.0)
        desk.step()
        second = desk.heard(client)

        told = only(OrderStatus, first)[-1]
        assert told.status == "Submitted"
        assert told.filled == 40
        assert told.remaining == 60
        execution = only(ExecutionDetails, second)[0].execution
        assert execution.shares == 60
        assert execution.cumulative_quantity == 100
        assert execution.average_price == pytest.approx(100.032)
        assert only(OrderStatus, second)[-1].last_fill_price == 100.04

    def test_open_orders_say_nothing_of_fills_which_statuses_and_executions_tell(self, desk: Desk) -> None:
        client = desk.connect()
        desk.quote(100.0, 100.02, size=40.0)
        told = desk.place(client, 1, order("BUY", 100))
        for _ in range(4):
            desk.step()
            told += desk.heard(client)

        assert only(OrderStatus, told)[-1].filled == 100
        assert {one.order.filled_quantity for one in only(OpenOrder, told)} == {Decimal(0)}
        assert {one.order.total_quantity for one in only(OpenOrder, told)} == {Decimal(100)}

    def test_a_cancelled_order_ends_with_a_status_and_notice_202(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        told = desk.ask(client, CancelOrderRequest(1))

        assert statuses(told) == ["PendingCancel", "Cancelled", "202"]
        assert only(Notice, told)[0].text == "Order Canceled - reason:"

    def test_a_change_is_an_open_order_with_the_new_values_and_the_status(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        told = desk.place(client, 1, limit("BUY", 20, 99.5))

        assert statuses(told) == ["(Submitted)", "Submitted"]
        assert only(OpenOrder, told)[0].order.limit_price == 99.5

    def test_the_permanent_id_stays_through_changes_and_connections(self, desk: Desk) -> None:
        client = desk.connect()
        told = desk.place(client, 1, limit("BUY", 10, 99.0))
        told += desk.place(client, 1, limit("BUY", 20, 99.5))
        desk.gateway.disconnect(client)
        told += desk.ask(desk.connect(), OpenOrdersRequest())
        told += desk.ask(desk.connect(2), AllOpenOrdersRequest())

        assert len({one.order.permanent_id for one in only(OpenOrder, told)}) == 1
        assert len({one.permanent_id for one in only(OrderStatus, told)}) == 1

    def test_every_order_has_a_permanent_id_of_its_own_whoever_placed_it(self, desk: Desk) -> None:
        told = [
            *desk.place(desk.connect(1), 1, limit("BUY", 10, 99.0)),
            *desk.place(desk.connect(2), 1, limit("BUY", 10, 99.0)),
        ]

        assert len({one.permanent_id for one in only(OrderStatus, told)}) == 2

    def test_a_rejection_is_an_inactive_order_and_error_201(self, desk: Desk) -> None:
        told = desk.place(desk.connect(), 1, limit("BUY", 90_000, 99.0))

        assert statuses(told) == ["(Inactive)", "Inactive", "201"]
        assert only(OpenOrder, told)[0].order_state.reject_reason

    def test_an_order_that_is_not_transmitted_is_silent_until_it_is(self, desk: Desk) -> None:
        client = desk.connect()

        assert desk.place(client, 1, limit("BUY", 10, 99.0, transmit=False)) == []
        assert statuses(desk.place(client, 1, limit("BUY", 10, 99.0))) == ["(Submitted)", "Submitted"]

    def test_a_preview_is_exactly_one_open_order(self, desk: Desk) -> None:
        client = desk.connect()

        told = desk.place(client, 1, order("BUY", 100, what_if=True))

        assert names(told) == ["OpenOrder"]
        state = only(OpenOrder, told)[0].order_state
        assert (state.status, state.margin_currency, state.commission_and_fees) == (
            "PreSubmitted",
            "USD",
            1.0,
        )
        assert names(desk.ask(client, GlobalCancelRequest())) == []

    def test_an_order_while_the_exchange_is_closed_waits_for_the_opening(self) -> None:
        desk = Desk(always_open=False)
        desk.now += 12 * 3600  # ten in the evening
        desk.gateway.advance(desk.now)
        client = desk.connect()

        told = desk.place(client, 1, limit("BUY", 1, 99.0))

        pair = ["(PreSubmitted)", "PreSubmitted"]
        assert statuses(told) == [*pair, "399", *pair, *pair]
        notice = only(Notice, told)[0].text
        assert notice.startswith(
            "Order Message:\nBUY 1 AAPL NASDAQ.NMS\nWarning: Your order will not be placed"
        )
        assert notice.endswith("at the exchange until 2026-11-24 09:30:00 US/Eastern.")
        desk.step(15 * 3600)
        assert statuses(desk.heard(client))[:2] == ["(Submitted)", "Submitted"]


class TestErrors:
    def test_an_unknown_contract_draws_error_200_on_the_order_id(self, desk: Desk) -> None:
        told = desk.place(desk.connect(), 6, order("BUY", 1), Contract(symbol="NOPE", security_type="STK"))

        assert names(told) == ["Notice"]  # neither an open order nor a status
        assert [(notice.request_id, notice.code) for notice in only(Notice, told)] == [(6, 200)]

    def test_an_invalid_type_draws_the_recorded_text(self, desk: Desk) -> None:
        told = desk.place(desk.connect(), 6, order("BUY", 1, "FEELINGS"))

        assert names(told) == ["Notice"]
        (notice,) = only(Notice, told)

        assert notice.text == "Error validating request.-'bF' : cause - Invalid order type was entered"

    def test_cancelling_what_is_not_there_or_has_ended_is_refused(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 1))

        assert [notice.text for notice in only(Notice, desk.ask(client, CancelOrderRequest(7)))] == [
            "OrderId 7 that needs to be cancelled is not found."
        ]
        assert [notice.text for notice in only(Notice, desk.ask(client, CancelOrderRequest(1)))] == [
            "OrderId 1 that needs to be cancelled cannot be cancelled, state: Filled."
        ]

    def test_a_missing_time_in_force_becomes_day_and_new_gateways_say_so(self, desk: Desk) -> None:
        wanted = limit("BUY", 1, 99.0, time_in_force="")

        older = desk.place(desk.connect(1, version=224), 1, wanted)
        newer = desk.place(desk.connect(2, version=225), 1, wanted)

        assert (codes(older), codes(newer)) == ([], [10349])
        assert only(OpenOrder, newer)[0].order.time_in_force == "DAY"


class TestEcho:
    def test_it_carries_what_real_gateways_fill_in(self, desk: Desk) -> None:
        (told,) = only(OpenOrder, desk.place(desk.connect(3), 1, limit("BUY", 10, 99.0)))
        echo = told.order

        assert (echo.client_id, echo.order_id, echo.account) == (3, 1, ACCOUNT)
        assert echo.permanent_id > 0
        assert (echo.oca_type, echo.open_close, echo.clearing_intent) == (3, "", "IB")
        assert (echo.delta_neutral_order_type, echo.adjusted_order_type) == ("None", "None")
        assert (echo.exempt_code, echo.auxiliary_price, echo.trail_stop_price) == (-1, 0.0, 100.0)
        assert echo.do_not_use_auto_price_for_hedge
        assert echo.use_price_management_algo is False
        assert told.contract.contract_id == AAPL
        assert told.contract.exchange == "SMART"

    def test_the_attributes_of_versions_216_and_217_come_back(self) -> None:
        desk = Desk()
        wire = Wire(desk, 217)
        wanted = limit(
            "BUY",
            10,
            99.0,
            post_only=True,
            allow_pre_open=True,
            ignore_open_auction=True,
            route_marketable_to_bbo=True,
            seek_price_improvement=True,
        )
        contract = desk.gateway.catalogue[AAPL].contract("SMART")

        (told,) = only(OpenOrder, wire.ask(PlaceOrderRequest(1, contract, wanted)))

        for name in ("post_only", "allow_pre_open", "ignore_open_auction"):
            assert told.order[name] is True
        assert (told.order.route_marketable_to_bbo, told.order.seek_price_improvement) == (True, True)

    def test_it_is_the_clients_order_and_not_the_same_object(self, desk: Desk) -> None:
        wanted = limit("BUY", 10, 99.0)
        desk.place(desk.connect(), 1, wanted)

        assert (wanted.permanent_id, wanted.account) == (0, "")

    def test_it_is_the_recorded_one_field_by_field(self, desk: Desk) -> None:
        """An openOrder frame of a real gateway, of a limit order for one share at 2000, at server version 225."""
        read, write = codec_for(Role.CLIENT, 225).decode, codec_for(Role.GATEWAY, 225).encode
        recorded = read(base64.b64decode(RECORDED_OPEN_ORDER)[4:])
        assert isinstance(recorded, OpenOrder)

        wanted = limit("SELL", 1, 2000.0, order_reference="sanitized-order-ref-0000000000000003")
        (told,) = only(OpenOrder, desk.place(desk.connect(1, version=225), 511, wanted))
        ours = read(write(told)[4:])

        assert isinstance(ours, OpenOrder)
        assert in_full(ours.contract) == in_full(recorded.contract)
        names_differing = {"permanent_id", "submitter", "action", "account"}  # who, and another side
        assert {name for name in Order.__struct_fields__ if ours.order[name] != recorded.order[name]} == (
            names_differing
        )

    def test_as_text_it_is_the_recorded_one_but_for_what_differs_between_the_two_orders(
        self, desk: Desk
    ) -> None:
        """Of a limit order for an option, at server version 200. The recorded one was placed by hand."""
        put = next(
            instrument.contract("SMART")
            for instrument in desk.gateway.catalogue
            if instrument.security_type == "OPT" and instrument.contract().right == "P"
        )
        wanted = limit("SELL", 1, 1000.0, time_in_force="GTC")
        (told,) = only(OpenOrder, desk.place(desk.connect(1, version=200), 1, wanted, put))
        ours = codec_for(Role.GATEWAY, 200).encode(told)[4:].decode().split("\0")

        theirs = recorded_text("OpenOrder").split("|")
        assert len(ours) == len(theirs)
        assert [place for place, text in enumerate(ours) if text != theirs[place]] == [
            *(ORDER_ID, CONTRACT_ID, SYMBOL, EXPIRY, STRIKE, LOCAL_SYMBOL, TRADING_CLASS, LIMIT_PRICE),
            *(ACCOUNT_CODE, CLIENT_ID, PERMANENT_ID, ALLOCATION, *OF_A_MANUAL_ORDER[:2], STATUS),
            *(OF_A_MANUAL_ORDER[2], LOGIN),
        ]


ORDER_ID, CONTRACT_ID, SYMBOL, EXPIRY, STRIKE, LOCAL_SYMBOL, TRADING_CLASS = 1, 2, 3, 5, 6, 11, 12
LIMIT_PRICE, ACCOUNT_CODE, CLIENT_ID, PERMANENT_ID, ALLOCATION, STATUS, LOGIN = 16, 20, 24, 25, 30, 93, 154
OF_A_MANUAL_ORDER = (36, 67, 135)
"""Rule 80A, how its delta neutral part opens or closes, the quantity in cash: 0, ? and 0 in place of nothing."""


def recorded_text(message: str) -> str:
    """The first frame of a kind that was recorded at server version 200."""
    frames = tomllib.loads((GOLDEN / "text_200.toml").read_text(encoding="utf-8"))["frame"]
    return next(str(frame["text"]) for frame in frames if frame["message"] == message)


class TestARecordedEvening:
    """24 August 2026, 16:54 in New York: an order for one share at 2000, too late for the day; twelve seconds later it
    is cancelled. All frames are of a real gateway at server version 225, but for permanent id and login."""

    PLACED_AT, CANCELLED_AT = 1787604843.0, 1787604855.0
    WHO: ClassVar = {"permanent_id": 900000511, "submitter": "paper-user-01"}
    PRE_SUBMITTED = (
        "AAAAQAAAAMsI/wMSDFByZVN1Ym1pdHRlZBoBMCIBMSkAAAAAAAAAADD/1ZOtAzgAQQAAAAAAAAAASAFZAAAAAAAAAAA="
    )
    CLOSED = (
        "AAAAlQAAAMwI/wMQ+PO0rIM0GI8DIoEBT3JkZXIgTWVzc2FnZToKQlVZIDEgQUFQTCBOQVNEQVEuTk1TCldhcm5pbmc6IFlvdXIgb3JkZXIg"
        "d2lsbCBub3QgYmUgcGxhY2VkIGF0IHRoZSBleGNoYW5nZSB1bnRpbCAyMDI2LTA4LTI1IDA5OjMwOjAwIFVTL0Vhc3Rlcm4u"
    )
    CANCELLED = "AAAAPQAAAMsI/wMSCUNhbmNlbGxlZBoBMCIBMSkAAAAAAAAAADD/1ZOtAzgAQQAAAAAAAAAASAFZAAAAAAAAAAA="
    CANCELLED_NOTICE = "AAAAKwAAAMwI/wMQ2NG1rIM0GMoBIhhPcmRlciBDYW5jZWxlZCAtIHJlYXNvbjo="

    def frames(self, messages: list[Message]) -> list[str]:
        """As the recording has them."""
        write = codec_for(Role.GATEWAY, 225).encode
        return [base64.b64encode(write(self.as_recorded(message))).decode() for message in messages]

    def as_recorded(self, message: Any) -> Message:
        match message:
            case OrderStatus():
                return structs.replace(message, permanent_id=self.WHO["permanent_id"])
            case OpenOrder():
                return structs.replace(message, order=structs.replace(message.order, **self.WHO))
        return message  # type: ignore[no-any-return]

    def test_is_repeated_byte_for_byte(self) -> None:
        desk = Desk(self.PLACED_AT, accounts=("DU9000001",), always_open=False)
        client = desk.connect(1, version=225)
        reference = "sanitized-order-ref-0000000000000003"

        placed = desk.place(client, 511, limit("BUY", 1, 2000.0, order_reference=reference))
        desk.step(self.CANCELLED_AT - self.PLACED_AT)
        assert desk.heard(client) == []
        cancelled = desk.ask(client, CancelOrderRequest(511))

        pair = [RECORDED_OPEN_ORDER, self.PRE_SUBMITTED]
        assert self.frames(placed) == [*pair, self.CLOSED, *pair, *pair]
        assert self.frames(cancelled)[1:] == [self.CANCELLED, self.CANCELLED_NOTICE]


class TestOwnership:
    def test_an_order_outlives_its_clients_connection(self, desk: Desk) -> None:
        client = desk.connect(3)
        desk.place(client, 1, limit("BUY", 10, 99.0))
        desk.gateway.disconnect(client)
        again = desk.connect(3)

        assert names(desk.ask(again, OpenOrdersRequest())) == ["OpenOrder", "OrderStatus", "OpenOrderEnd"]
        desk.quote(98.98, 99.0)
        desk.step()
        assert only(ExecutionDetails, desk.heard(again))

    def test_open_orders_are_the_clients_own_and_all_open_orders_are_everyones(self, desk: Desk) -> None:
        first, second = desk.connect(1), desk.connect(2)
        desk.place(first, 1, limit("BUY", 10, 99.0))
        desk.place(second, 1, limit("BUY", 20, 99.0))

        assert len(only(OpenOrder, desk.ask(first, OpenOrdersRequest()))) == 1
        everyone = only(OpenOrder, desk.ask(first, AllOpenOrdersRequest()))
        assert [told.order.client_id for told in everyone] == [1, 2]

    def test_a_list_that_is_asked_for_again_comes_again_with_its_end(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))
        burst = ["OpenOrder", "OrderStatus", "OpenOrderEnd"]

        for request in (OpenOrdersRequest(), OpenOrdersRequest(), AllOpenOrdersRequest()):
            assert names(desk.ask(client, request)) == burst

    def test_only_client_0_may_bind_orders_and_hears_nothing(self, desk: Desk) -> None:
        assert desk.ask(desk.connect(0), AutoOpenOrdersRequest(True)) == []
        assert codes(desk.ask(desk.connect(1), AutoOpenOrdersRequest(True))) == [327]

    def test_each_client_hears_of_its_own_orders_only(self, desk: Desk) -> None:
        first, second = desk.connect(1), desk.connect(2)
        desk.place(first, 1, limit("BUY", 10, 99.0))

        assert desk.heard(second) == []
        desk.ask(second, GlobalCancelRequest())
        assert statuses(desk.heard(first)) == ["PendingCancel", "Cancelled", "202"]


class TestExecutions:
    @pytest.fixture
    def traded(self, desk: Desk) -> Desk:
        desk.place(desk.connect(1), 1, order("BUY", 10))
        desk.place(desk.connect(2), 1, order("SELL", 10))
        return desk

    def test_each_is_followed_by_its_commission_and_then_comes_an_end(self, traded: Desk) -> None:
        client = traded.connect(3)

        told = traded.ask(client, ExecutionRequest(ExecutionFilter(), request_id=8))

        pair = ["ExecutionDetails", "CommissionAndFeesReport"]
        assert names(told) == [*pair, *pair, "ExecutionDetailsEnd"]
        assert {details.request_id for details in only(ExecutionDetails, told)} == {8}
        profits = [report.realized_profit_and_loss for report in only(CommissionAndFeesReport, told)]
        assert profits == [None, pytest.approx(-2.2)]  # it opened; it closed 10 two cents lower

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (ExecutionFilter(client_id=2), ["SLD"]),
            (ExecutionFilter(side="BUY"), ["BOT"]),
            (ExecutionFilter(symbol="AAPL", security_type="STK"), ["BOT", "SLD"]),
            (ExecutionFilter(symbol="MSFT"), []),
            (ExecutionFilter(account="DU0"), []),
            (ExecutionFilter(time="20261123-14:59:00"), ["BOT", "SLD"]),
            (ExecutionFilter(time="20261123 10:30:00 US/Eastern"), []),
            (ExecutionFilter(specific_dates=(20261122,)), []),
            (ExecutionFilter(specific_dates=(20261123,)), ["BOT", "SLD"]),
        ],
    )
    def test_a_filter_leaves_what_fits(self, traded: Desk, wanted: ExecutionFilter, found: list[str]) -> None:
        told = traded.ask(traded.connect(3), ExecutionRequest(wanted, request_id=8))

        assert [details.execution.side for details in only(ExecutionDetails, told)] == found

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (ExecutionFilter(), [3]),  # today's
            (ExecutionFilter(last_days=1), [2, 3]),
            (ExecutionFilter(last_days=2), [1, 2, 3]),
            (ExecutionFilter(last_days=0), [3]),
            (ExecutionFilter(specific_dates=(20261124,)), [2]),
            (ExecutionFilter(specific_dates=(20261123, 20261125)), [1, 3]),
            (ExecutionFilter(specific_dates=(20261123,), symbol="MSFT"), []),
            (ExecutionFilter(last_days=2, time="20261124-00:00:00"), [2, 3]),
            (ExecutionFilter(last_days=2, exchange="NASDAQ"), [1, 2, 3]),
            (ExecutionFilter(last_days=2, exchange="NYSE"), []),
        ],
    )
    def test_days_before_today_are_found_when_they_are_asked_for(
        self, desk: Desk, wanted: ExecutionFilter, found: list[int]
    ) -> None:
        """From server version 200: so many days before today, or some days by name."""
        client = desk.connect(1, version=200)
        for quantity in (1, 2, 3):
            desk.place(client, quantity, order("BUY", quantity))
            if quantity < 3:
                desk.step(24 * 3600)

        told = desk.ask(client, ExecutionRequest(wanted, request_id=8))

        assert [int(each.execution.shares) for each in only(ExecutionDetails, told)] == found

    def test_live_reports_are_in_universal_time_and_queries_in_the_exchanges(self, desk: Desk) -> None:
        client = desk.connect()

        live = only(ExecutionDetails, desk.place(client, 1, order("BUY", 1)))[0]
        asked = only(ExecutionDetails, desk.ask(client, ExecutionRequest(request_id=8)))[0]

        assert (live.request_id, live.execution.time) == (-1, "20261123-15:00:00")
        assert (asked.request_id, asked.execution.time) == (8, "20261123 10:00:00 US/Eastern")
        assert live.execution.execution_id == asked.execution.execution_id

    def test_an_unreadable_time_is_refused(self, desk: Desk) -> None:
        request = ExecutionRequest(ExecutionFilter(time="yesterday"), request_id=8)

        assert codes(desk.ask(desk.connect(), request)) == [391]


@pytest.mark.parametrize("version", [157, 163, 178, 195, 200, 201, 203, 211, 226])
def test_an_order_with_fill_and_commission_survives_the_wire_at(version: int) -> None:
    desk = Desk()
    wire = Wire(desk, version)

    told = wire.ask(PlaceOrderRequest(1, desk.gateway.catalogue[AAPL].contract("SMART"), order("BUY", 100)))
    later = wire.step()

    assert statuses(told)[-3:] == ["execution", "(Filled)", "Filled"]
    assert only(OrderStatus, told)[-1].filled == Decimal(100)
    assert only(CommissionAndFeesReport, later)[0].commission_and_fees == 1.0
