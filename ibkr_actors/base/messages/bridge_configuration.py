"""The bridge's own configuration: reading it, and changing parts of it. Protobuf only."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, message, one
from ibkr_actors.base.server_versions import CONFIGURATION, UPDATE_CONFIGURATION
from ibkr_actors.classes.bridge_configuration import (
    ApiConfiguration,
    ConfigurationWarning,
    LockAndExit,
    MessageConfiguration,
    OrdersConfiguration,
)
from ibkr_actors.wire.annotation import Wire


@message(110, since=CONFIGURATION, protobuf_since=CONFIGURATION)
class ConfigurationResponse(Reply, frozen=True):
    """The settings of the bridge."""

    request_id: Annotated[int, Wire(1)] = -1
    lock_and_exit: Annotated[LockAndExit | None, Wire(2)] = None
    """When it ends or restarts by itself."""
    messages: Annotated[tuple[MessageConfiguration, ...], Wire(3)] = ()
    """The messages that it can show."""
    api: Annotated[ApiConfiguration | None, Wire(4)] = None
    """How it treats clients."""
    orders: Annotated[OrdersConfiguration | None, Wire(5)] = None
    """How it treats orders."""


@message(108, since=CONFIGURATION, protobuf_since=CONFIGURATION, replies=one(ConfigurationResponse))
class ConfigurationRequest(IdentifiedRequest, frozen=True):
    """Ask for the settings of the bridge."""


@message(111, since=UPDATE_CONFIGURATION, protobuf_since=UPDATE_CONFIGURATION)
class UpdateConfigurationResponse(Reply, frozen=True):
    """What became of a change of settings."""

    request_id: Annotated[int, Wire(1)] = -1
    status: Annotated[str, Wire(2)] = ""
    """`success` or `error`."""
    message: Annotated[str, Wire(3)] = ""
    """The same as a sentence."""
    changed_fields: Annotated[tuple[str, ...], Wire(4)] = ()
    """The settings that changed, as paths in the bridge's names: `configuration.api.settings.loggingLevel`."""
    errors: Annotated[tuple[str, ...], Wire(5)] = ()
    """The settings that were refused, likewise, or why."""
    warnings: Annotated[tuple[ConfigurationWarning, ...], Wire(6)] = ()
    """What the bridge wants accepted first: ask again with these as `accepted_warnings`."""


@message(
    109,
    since=UPDATE_CONFIGURATION,
    protobuf_since=UPDATE_CONFIGURATION,
    replies=one(UpdateConfigurationResponse),
)
class UpdateConfigurationRequest(IdentifiedRequest, frozen=True):
    """Change settings of the bridge: those that are not None, and no other."""

    lock_and_exit: Annotated[LockAndExit | None, Wire(2)] = None
    """When it ends or restarts by itself."""
    messages: Annotated[tuple[MessageConfiguration, ...], Wire(3)] = ()
    """Messages to show or to hide, by their ids."""
    api: Annotated[ApiConfiguration | None, Wire(4)] = None
    """How it treats clients."""
    orders: Annotated[OrdersConfiguration | None, Wire(5)] = None
    """How it treats orders."""
    accepted_warnings: Annotated[tuple[ConfigurationWarning, ...], Wire(6)] = ()
    """Warnings of an earlier answer that shall not stop the change."""
    reset_api_order_sequence: Annotated[bool | None, Wire(7)] = None
    """True starts the ids of orders anew."""
