"""Display groups: seven groups of windows that clients point at contracts, though no window is there."""

from __future__ import annotations

import re
from typing import Final

from ibkr_actors.base.messages.display_groups import (
    DisplayGroupList,
    DisplayGroupUpdated,
    QueryDisplayGroupsRequest,
    SubscribeToGroupEventsRequest,
    UnsubscribeFromGroupEvents,
    UpdateDisplayGroupRequest,
)
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.refusals import duplicate_ticker, invalid, unknown_ticker
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

GROUPS: Final = range(1, 8)
NOTHING_SHOWN: Final = "none"
_CONTRACT_INFO: Final = re.compile(r"none|combo|\d+@\w+")


class DisplayGroupReplies(Service):
    """Keeps what each group shows, and tells it to all clients that follow the group.

    The groups are the gateway's: one client sees what another one chose, and the choice outlives its client.
    """

    def __init__(self) -> None:
        self._shown = dict.fromkeys(GROUPS, NOTHING_SHOWN)
        self._followed: dict[tuple[Client, int], int] = {}

    def handlers(self) -> Handlers:
        """The list of groups, following one, changing what it shows."""
        return {
            QueryDisplayGroupsRequest: self._send_groups,
            SubscribeToGroupEventsRequest: self._subscribe,
            UpdateDisplayGroupRequest: self._update,
            UnsubscribeFromGroupEvents: self._unsubscribe,
        }

    def forget(self, client: Client) -> None:
        """End what a client follows."""
        for key in [key for key in self._followed if key[0] is client]:
            del self._followed[key]

    def _send_groups(self, client: Client, request: QueryDisplayGroupsRequest) -> None:
        client.tell(DisplayGroupList(request.request_id, "|".join(map(str, GROUPS))))

    def _subscribe(self, client: Client, request: SubscribeToGroupEventsRequest) -> None:
        key, group = (client, request.request_id), request.group_id
        if key in self._followed:
            raise duplicate_ticker()
        if group not in GROUPS:
            raise invalid(f"Invalid display group id: {group}")
        self._followed[key] = group
        client.tell(DisplayGroupUpdated(request.request_id, self._shown[group]))

    def _update(self, client: Client, request: UpdateDisplayGroupRequest) -> None:
        changed = self._followed.get((client, request.request_id))
        if changed is None:
            raise unknown_ticker(request.request_id)
        if not _CONTRACT_INFO.fullmatch(request.contract_info):
            raise invalid(f"Invalid contract info: {request.contract_info}")
        self._shown[changed] = request.contract_info
        for (follower, request_id), group in self._followed.items():
            if group == changed:
                follower.tell(DisplayGroupUpdated(request_id, request.contract_info))

    def _unsubscribe(self, client: Client, request: UnsubscribeFromGroupEvents) -> None:
        """Silent, as the end of other subscriptions; also when there was nothing to end."""
        self._followed.pop((client, request.request_id), None)
