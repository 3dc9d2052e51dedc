"""The vendor's calls that read and change the bridge's configuration; they take protobuf messages as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages.bridge_configuration import ConfigurationRequest, UpdateConfigurationRequest
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.vendor_protobuf import vendor_message

CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    ConfigurationRequest: lambda client, request: client.reqConfigProtoBuf(
        vendor_message("ConfigRequest", request)
    ),
    UpdateConfigurationRequest: lambda client, request: client.updateConfigProtoBuf(
        vendor_message("UpdateConfigRequest", request)
    ),
}
