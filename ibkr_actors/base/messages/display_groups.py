"""Windows of the bridge's screen that show the same contract: a client can follow a group's choice, and make it."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.base.messages.declaration import (
    Cancellation,
    IdentifiedRequest,
    Reply,
    Request,
    message,
    one,
    stream,
)
from ibkr_actors.base.server_versions import PROTOBUF_CONNECTION
from ibkr_actors.wire.annotation import Wire


@message(67, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class DisplayGroupList(Reply, frozen=True):
    """The groups of windows that the bridge has."""

    request_id: Annotated[int, Wire(1)] = -1
    groups: Annotated[str, Wire(2)] = ""
    """Their ids with bars in between, the most used first: "1|2|3|4|5|6|7"."""

    @property
    def group_ids(self) -> tuple[int, ...]:
        """The ids, in the same order."""
        return tuple(int(group) for group in self.groups.split("|") if group)


@message(67, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1, replies=one(DisplayGroupList))
class QueryDisplayGroupsRequest(IdentifiedRequest, frozen=True):
    """Ask which groups of windows there are."""


@message(68, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class DisplayGroupUpdated(Reply, frozen=True):
    """The contract that a group shows: at once after the subscription, then at each change."""

    request_id: Annotated[int, Wire(1)] = -1
    contract_info: Annotated[str, Wire(2)] = ""
    """"contract id@exchange" (8314@SMART), "none", or "combo" for any combination."""


@message(70, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class UnsubscribeFromGroupEvents(Cancellation, frozen=True):
    """Follow a group no more."""


@message(
    68,
    protobuf_since=PROTOBUF_CONNECTION,
    legacy_version=1,
    replies=stream(DisplayGroupUpdated, cancel=UnsubscribeFromGroupEvents),
)
class SubscribeToGroupEventsRequest(IdentifiedRequest, frozen=True):
    """Follow what a group shows."""

    group_id: Annotated[int, Wire(2)] = 0
    """One of those that the list of groups names, 1 to 7."""


@message(69, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class UpdateDisplayGroupRequest(Request, frozen=True):
    """Let a group show a contract. The answer is a `DisplayGroupUpdated` of the subscription."""

    request_id: Annotated[int, Wire(1)] = 0
    """That of the subscription to the group."""
    contract_info: Annotated[str, Wire(2)] = ""
    """As in `DisplayGroupUpdated`."""
