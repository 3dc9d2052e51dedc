"""The vendor's calls for searches, market rules, exchanges, tiers and families, and the end of contract details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import contracts, reference_data
from ibkr_actors.base.messages.declaration import Message

CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    contracts.CancelContractData: lambda client, request: client.cancelContractData(request.request_id),
    reference_data.MatchingSymbolsRequest: lambda client, request: client.reqMatchingSymbols(
        request.request_id, request.pattern
    ),
    reference_data.MarketRuleRequest: lambda client, request: client.reqMarketRule(request.market_rule_id),
    reference_data.SmartComponentsRequest: lambda client, request: client.reqSmartComponents(
        request.request_id, request.bbo_exchange
    ),
    reference_data.SoftDollarTiersRequest: lambda client, request: client.reqSoftDollarTiers(
        request.request_id
    ),
    reference_data.FamilyCodesRequest: lambda client, _: client.reqFamilyCodes(),
}
