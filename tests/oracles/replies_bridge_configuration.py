"""The vendor's callbacks for the bridge's configuration; they hand over protobuf messages as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages.bridge_configuration import ConfigurationResponse, UpdateConfigurationResponse
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.vendor_protobuf import vendor_message

CALLBACKS: Final[dict[type[Message], Callable[[Any], list[tuple[str, tuple[Any, ...]]]]]] = {
    ConfigurationResponse: lambda reply: [
        ("configResponseProtoBuf", (vendor_message("ConfigResponse", reply),))
    ],
    UpdateConfigurationResponse: lambda reply: [
        ("updateConfigResponseProtoBuf", (vendor_message("UpdateConfigResponse", reply),))
    ],
}
