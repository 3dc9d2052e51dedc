"""The bridge's own configuration: telling it, changing it, and what follows from it."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from ibkr_actors.base.messages.bridge_configuration import (
    ConfigurationRequest,
    ConfigurationResponse,
    UpdateConfigurationRequest,
    UpdateConfigurationResponse,
)
from ibkr_actors.base.messages.connection import IdsRequest, SetServerLogLevelRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.classes.bridge_configuration import ApiConfiguration, ApiSettings, ConfigurationWarning
from ibkr_actors.classes.enum.server_log_level import ServerLogLevel
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.refusals import Refusal, invalid
from ibkr_actors.simulated_gateway.replies.bridge_settings import (
    LOGGING_LEVELS,
    Configuration,
    changes_between,
    default_configuration,
    objections,
    updated,
    warnings_of,
)
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

INVALID_LOG_LEVEL: Final = (319, "Invalid log level")
READ_ONLY: Final = "The API interface is currently in Read-Only mode."
ORDER_FUNCTIONS: Final = (
    PlaceOrderRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    ExerciseOptionsRequest,
    IdsRequest,
    OpenOrdersRequest,
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
)
"""What a read-only interface refuses."""
SEQUENCE: Final = "resetAPIOrderSequence"


class ConfigurationReplies(Service):
    """Keeps the configuration, which all clients share and may change.

    These settings have an effect: `read_only_api` refuses what trades, `download_open_orders_on_connection` announces
    open orders to a client that connects, `master_client_id` hears of all orders, `use_negative_auto_range` binds
    orders placed by hand to negative ids, `bypass_order_precautions` lets orders pass the presets' limits, and
    `logging_level` is what `set_server_log_level` sets. The others are kept and told, no more.
    """

    def __init__(self, book: OrderBook, options: OrderOptions, *, announces_open_orders: bool) -> None:
        self._book = book
        self._configuration = default_configuration(
            announces_open_orders=announces_open_orders,
            is_read_only=options.read_only,
            master_client_id=options.master_client_id,
            negative_manual_ids=options.negative_manual_ids,
        )

    def handlers(self) -> Handlers:
        """The configuration, its changes, the level of the log."""
        return {
            ConfigurationRequest: self._send,
            UpdateConfigurationRequest: self._update,
            SetServerLogLevelRequest: self._set_log_level,
        }

    @property
    def _settings(self) -> ApiSettings:
        settings = self._configuration.api.settings
        assert settings is not None, "the default has settings, and no update takes any away"
        return settings

    @property
    def announces_open_orders(self) -> bool:
        """A client that connects is told of its open orders first."""
        return bool(self._settings.download_open_orders_on_connection)

    @property
    def master_client_id(self) -> int | None:
        """The client that hears of the orders of all clients."""
        return self._settings.master_client_id

    @property
    def bypasses_precautions(self) -> bool:
        """Orders are not checked against the presets' limits."""
        precautions = self._configuration.api.precautions
        return precautions is not None and bool(precautions.bypass_order_precautions)

    @property
    def negative_manual_ids(self) -> bool:
        """Orders placed by hand are bound to negative ids."""
        return bool(self._settings.use_negative_auto_range)

    def check(self, request: Message) -> None:
        """Raises Refusal for what a read-only interface does not do."""
        if self._settings.read_only_api and isinstance(request, ORDER_FUNCTIONS):
            raise invalid(READ_ONLY)

    # ----------------------------------------------------------------------------------------------------- requests

    def _send(self, client: Client, request: ConfigurationRequest) -> None:
        client.tell(ConfigurationResponse(request.request_id, **structs.asdict(self._configuration)))

    def _set_log_level(self, _client: Client, request: SetServerLogLevelRequest) -> None:
        if request.log_level not in tuple(ServerLogLevel):
            raise Refusal(*INVALID_LOG_LEVEL)
        settings = ApiSettings(logging_level=LOGGING_LEVELS[request.log_level - 1])
        self._configuration = structs.replace(
            self._configuration, api=updated(self._configuration.api, ApiConfiguration(settings=settings))
        )

    def _update(self, client: Client, request: UpdateConfigurationRequest) -> None:
        """All of an update or, when anything is wrong with it or has to be accepted first, nothing."""
        after = updated(self._configuration, request)
        changes = list(changes_between(self._configuration, after))
        wrong = [*objections(self._configuration, request, changes), *self._sequence_objections(request)]
        accepted = {warning.message_id for warning in request.accepted_warnings}
        open_warnings = [warning for warning in warnings_of(changes) if warning.message_id not in accepted]
        if wrong or open_warnings:
            client.tell(_not_done(request.request_id, wrong, open_warnings))
            return
        client.tell(self._done(request, after, [change.path for change in changes]))

    def _sequence_objections(self, request: UpdateConfigurationRequest) -> list[str]:
        is_busy = request.reset_api_order_sequence and self._book.open_orders()
        return [f"{SEQUENCE}: there are open orders"] if is_busy else []

    def _done(
        self, request: UpdateConfigurationRequest, after: Configuration, changed: list[str]
    ) -> UpdateConfigurationResponse:
        self._configuration = after
        if request.reset_api_order_sequence:
            self._book.restart_ids()
            changed.append(SEQUENCE)
        return UpdateConfigurationResponse(
            request.request_id, "success", "Configuration is updated.", tuple(changed)
        )


def _not_done(
    request_id: int, wrong: list[str], warnings: list[ConfigurationWarning]
) -> UpdateConfigurationResponse:
    reason = "The update is not valid." if wrong else "The warnings have to be accepted first."
    return UpdateConfigurationResponse(
        request_id, "error", reason, errors=tuple(wrong), warnings=tuple(warnings)
    )
