"""The bridge's configuration: told, changed, and followed."""

from __future__ import annotations

from typing import Any

import pytest

from ibkr_actors.base.messages.bridge_configuration import (
    ConfigurationRequest,
    ConfigurationResponse,
    UpdateConfigurationRequest,
    UpdateConfigurationResponse,
)
from ibkr_actors.base.messages.connection import (
    CurrentTimeRequest,
    IdsRequest,
    NextValidId,
    SetServerLogLevelRequest,
)
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrdersRequest,
    OrderBound,
    PlaceOrderRequest,
)
from ibkr_actors.classes.bridge_configuration import (
    ApiConfiguration,
    ApiPrecautions,
    ApiSettings,
    LockAndExit,
    MessageConfiguration,
    OrdersConfiguration,
    SmartRoutingConfiguration,
)
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions, Presets
from ibkr_actors.simulated_gateway.replies.bridge_settings import bridge_name
from tests.oracles.vendor_client import vendor_protobuf
from tests.simulated_gateway.helpers import Desk, Wire, apple, codes, limit, names, only


@pytest.fixture
def wire() -> Wire:
    return Wire(Desk(), 226)


def configuration(wire: Wire) -> ConfigurationResponse:
    (message,) = wire.ask(ConfigurationRequest(request_id=8))
    assert isinstance(message, ConfigurationResponse)
    return message


def settings(wire: Wire) -> ApiSettings:
    api = configuration(wire).api
    assert api is not None
    assert api.settings is not None
    return api.settings


def update(wire: Wire, **changes: Any) -> UpdateConfigurationResponse:
    (message,) = wire.ask(UpdateConfigurationRequest(**changes, request_id=9))
    assert isinstance(message, UpdateConfigurationResponse)
    assert message.request_id == 9
    return message


def api(**values: Any) -> ApiConfiguration:
    return ApiConfiguration(settings=ApiSettings(**values))


class TestTheConfiguration:
    def test_has_all_its_parts(self, wire: Wire) -> None:
        told = configuration(wire)

        assert told.request_id == 8
        assert told.lock_and_exit == LockAndExit("11:45", "PM", "restart")
        assert told.messages
        assert told.orders is not None
        assert settings(wire).read_only_api is False

    def test_is_the_same_for_all_clients(self, wire: Wire) -> None:
        other = Wire(wire.desk, 226, client_id=2)

        update(wire, api=api(master_client_id=5))

        assert settings(other).master_client_id == 5


class TestSettingsOfOrders:
    """What they do to orders is tested with the options of the same effect."""

    def test_the_master_client_hears_of_the_orders_of_others_from_now_on(self, wire: Wire) -> None:
        desk = wire.desk
        client = desk.connect(5)
        update(wire, api=api(master_client_id=5))

        desk.place(wire.client, 1, limit("BUY", 10, 99.0))

        assert names(desk.heard(client)) == ["OpenOrder", "OrderStatus"]

    def test_orders_placed_by_hand_get_negative_ids_from_now_on(self, wire: Wire) -> None:
        update(wire, api=api(use_negative_auto_range=True))
        wire.desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))

        (bound,) = only(OrderBound, wire.desk.ask(wire.desk.connect(0), OpenOrdersRequest()))

        assert bound.order_id == -1

    def test_bypassed_precautions_check_no_order(self) -> None:
        wire = Wire(Desk(orders=OrderOptions(presets=Presets(percentage=3.0))), 226)
        assert codes(wire.desk.place(wire.client, 1, limit("BUY", 10, 90.0))) == [163]

        bypass = ApiPrecautions(bypass_order_precautions=True)
        told = update(wire, api=ApiConfiguration(precautions=bypass))
        if told.warnings:  # which the bridge wants accepted
            update(wire, api=ApiConfiguration(precautions=bypass), accepted_warnings=told.warnings)

        assert codes(wire.desk.place(wire.client, 1, limit("BUY", 10, 90.0))) == []


class TestAnUpdate:
    def test_changes_what_it_says_and_nothing_else(self, wire: Wire) -> None:
        before = settings(wire)

        told = update(wire, api=api(logging_level="detail", bulk_data_timeout=0))

        assert (told.status, told.errors, told.warnings) == ("success", (), ())
        assert told.changed_fields == (
            "configuration.api.settings.loggingLevel",
            "configuration.api.settings.bulkDataTimeout",
        )
        after = settings(wire)
        assert (after.logging_level, after.bulk_data_timeout) == ("detail", 0)
        assert after.encode_api_messages == before.encode_api_messages

    def test_reaches_every_part(self, wire: Wire) -> None:
        told = update(
            wire,
            lock_and_exit=LockAndExit(auto_logoff_time="1:05"),
            messages=(MessageConfiguration(131, enabled=False),),
            api=ApiConfiguration(precautions=ApiPrecautions(bypass_route_marketable_to_bbo=True)),
            orders=OrdersConfiguration(SmartRoutingConfiguration(seek_price_improvement=True)),
        )

        assert set(told.changed_fields) == {
            "configuration.lockAndExit.autoLogoffTime",
            "configuration.messages[131].enabled",
            "configuration.api.precautions.bypassRouteMarketableToBBO",
            "configuration.orders.smartRouting.seekPriceImprovement",
        }
        after = configuration(wire)
        assert after.lock_and_exit == LockAndExit("1:05", "PM", "restart")
        assert [message.enabled for message in after.messages if message.id == 131] == [False]

    def test_of_what_is_so_already_changes_nothing(self, wire: Wire) -> None:
        told = update(wire, api=api(read_only_api=False))

        assert (told.status, told.changed_fields) == ("success", ())

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"api": api(logging_level="loud")}, "configuration.api.settings.loggingLevel: expected one of"),
            ({"api": api(socket_port=7)}, "configuration.api.settings.socketPort: a simulated gateway"),
            ({"messages": (MessageConfiguration(7, enabled=True),)}, "configuration.messages[7]: no message"),
            (
                {"lock_and_exit": LockAndExit(auto_logoff_time="23:00")},
                "configuration.lockAndExit.autoLogoffTime: expected",
            ),
            (
                {"lock_and_exit": LockAndExit(auto_logoff_period="noon")},
                "configuration.lockAndExit.autoLogoffPeriod: expected AM or PM",
            ),
        ],
    )
    def test_that_is_wrong_in_one_setting_changes_none(
        self, wire: Wire, changes: dict[str, Any], error: str
    ) -> None:
        before = configuration(wire)
        orders = OrdersConfiguration(SmartRoutingConfiguration(pre_open_reroute=True))

        told = update(wire, orders=orders, **changes)

        assert (told.status, told.changed_fields) == ("error", ())
        assert [text for text in told.errors if text.startswith(error)] == list(told.errors) != []
        assert configuration(wire) == before

    def test_that_draws_a_warning_is_made_when_the_warning_is_accepted(self, wire: Wire) -> None:
        change = api(allow_localhost_only=False)

        warned = update(wire, api=change)
        assert (warned.status, warned.changed_fields, warned.errors) == ("error", (), ())
        assert len(warned.warnings) == 1
        assert settings(wire).allow_localhost_only is True

        done = update(wire, api=change, accepted_warnings=warned.warnings)
        assert (done.status, done.warnings) == ("success", ())
        assert settings(wire).allow_localhost_only is False


class TestTheSequenceOfOrderIds:
    def test_begins_anew_when_nothing_is_open(self, wire: Wire) -> None:
        wire.ask(PlaceOrderRequest(41, apple(), limit("BUY", 1, 200.0)))
        wire.step()
        assert wire.ask(IdsRequest()) == [NextValidId(42)]

        told = update(wire, reset_api_order_sequence=True)

        assert (told.status, told.changed_fields) == ("success", ("resetAPIOrderSequence",))
        assert wire.ask(IdsRequest()) == [NextValidId(1)]
        assert "OrderStatus" in names(wire.ask(PlaceOrderRequest(41, apple(), limit("BUY", 1, 200.0))))

    def test_goes_on_while_orders_are_open(self, wire: Wire) -> None:
        wire.ask(PlaceOrderRequest(41, apple(), limit("BUY", 1, 50.0)))

        told = update(wire, reset_api_order_sequence=True)

        assert (told.status, told.errors) == ("error", ("resetAPIOrderSequence: there are open orders",))
        assert wire.ask(IdsRequest()) == [NextValidId(42)]


class TestWhatFollows:
    @pytest.mark.parametrize(
        "request_",
        [
            PlaceOrderRequest(1, apple(), limit("BUY", 1, 50.0)),
            CancelOrderRequest(1),
            GlobalCancelRequest(),
            ExerciseOptionsRequest(1, apple()),
            IdsRequest(),
            OpenOrdersRequest(),
            AllOpenOrdersRequest(),
            AutoOpenOrdersRequest(),
        ],
    )
    def test_a_read_only_interface_refuses_what_trades(self, wire: Wire, request_: Request) -> None:
        update(wire, api=api(read_only_api=True))

        told = wire.ask(request_)

        assert codes(told) == [321]
        assert "Read-Only" in told[0].text  # type: ignore[attr-defined]
        assert len(told) == 1

    def test_a_read_only_interface_serves_everything_else(self, wire: Wire) -> None:
        update(wire, api=api(read_only_api=True))

        assert names(wire.ask(CurrentTimeRequest())) == ["CurrentTime"]
        assert names(wire.ask(ContractDataRequest(apple(), request_id=1)))[-1] == "ContractDataEnd"

    def test_open_orders_can_be_announced_to_whoever_connects(self, wire: Wire) -> None:
        wire.ask(PlaceOrderRequest(1, apple(), limit("BUY", 1, 50.0)))
        update(wire, api=api(download_open_orders_on_connection=True))
        wire.desk.gateway.disconnect(wire.client)

        assert names(Wire(wire.desk, 226).welcome)[:3] == ["OpenOrder", "OrderStatus", "OpenOrderEnd"]

    def test_the_level_of_the_log_is_a_setting(self, wire: Wire) -> None:
        assert wire.ask(SetServerLogLevelRequest(5)) == []

        assert settings(wire).logging_level == "detail"

    @pytest.mark.parametrize("level", [0, 6])
    def test_a_level_out_of_range_is_refused(self, wire: Wire, level: int) -> None:
        assert codes(wire.ask(SetServerLogLevelRequest(level))) == [319]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (LockAndExit, "LockAndExitConfig"),
        (MessageConfiguration, "MessageConfig"),
        (ApiPrecautions, "ApiPrecautionsConfig"),
        (ApiSettings, "ApiSettingsConfig"),
        (ApiConfiguration, "ApiConfig"),
        (SmartRoutingConfiguration, "OrdersSmartRoutingConfig"),
        (OrdersConfiguration, "OrdersConfig"),
    ],
)
def test_settings_are_called_as_the_bridge_calls_them(values: Any, message: str) -> None:
    theirs = [field.name for field in vendor_protobuf(message, b"").DESCRIPTOR.fields]

    assert [bridge_name(name) for name in values.__struct_fields__] == theirs
