"""The vendor's calls about the login: an advisor's configuration, display groups, the program's proof of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from ibkr_actors.base.messages import display_groups, financial_advisors, verification
from ibkr_actors.base.messages.declaration import Message


def _authenticating(client: Any) -> Any:
    """The vendor's client verifies itself only when it was told so before it connected."""
    client.extraAuth = True
    return client


CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    financial_advisors.FinancialAdvisorRequest: lambda client, request: client.requestFA(request.data_type),
    financial_advisors.ReplaceFinancialAdvisorRequest: lambda client, request: client.replaceFA(
        request.request_id, request.data_type, request.xml
    ),
    display_groups.QueryDisplayGroupsRequest: lambda client, request: client.queryDisplayGroups(
        request.request_id
    ),
    display_groups.SubscribeToGroupEventsRequest: lambda client, request: client.subscribeToGroupEvents(
        request.request_id, request.group_id
    ),
    display_groups.UpdateDisplayGroupRequest: lambda client, request: client.updateDisplayGroup(
        request.request_id, request.contract_info
    ),
    display_groups.UnsubscribeFromGroupEvents: lambda client, request: client.unsubscribeFromGroupEvents(
        request.request_id
    ),
    verification.VerifyRequest: lambda client, request: _authenticating(client).verifyRequest(
        request.api_name, request.api_version
    ),
    verification.VerifyMessageRequest: lambda client, request: client.verifyMessage(request.api_data),
    verification.VerifyAndAuthenticateRequest: lambda client, request: _authenticating(
        client
    ).verifyAndAuthRequest(request.api_name, request.api_version, request.opaque_vendor_key),
    verification.VerifyAndAuthenticateMessageRequest: lambda client, request: client.verifyAndAuthMessage(
        request.api_data, request.xyz_response
    ),
}

SENDABLE: Final[dict[str, st.SearchStrategy[Any]]] = {
    # It refuses to ask for profiles, the former 2; a bridge that has them no more answers with an error.
    "data_type": st.sampled_from([0, 1, 3, -1, 2**31 - 2]),
}
"""Values of fields, by path, that the vendor's client agrees to send."""
