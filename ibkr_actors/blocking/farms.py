"""How the bridge's own servers are, as it last told: why an answer may not come."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.message_codes import FarmKind, FarmState, farm_state
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.depth import MarketDepthRequest
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalDataRequest, RealTimeBarsRequest
from ibkr_actors.base.messages.history_queries import HeadTimestampRequest, HistogramDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.options import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    OptionChainsRequest,
)
from ibkr_actors.base.messages.reference_data import MatchingSymbolsRequest
from ibkr_actors.base.messages.tick_by_tick import TickByTickRequest

_REQUESTS: Final[dict[FarmKind, tuple[type[Request], ...]]] = {
    FarmKind.MARKET_DATA: (
        MarketDataRequest,
        MarketDepthRequest,
        RealTimeBarsRequest,
        TickByTickRequest,
        CalculateImpliedVolatilityRequest,
        CalculateOptionPriceRequest,
    ),
    FarmKind.HISTORICAL_DATA: (
        HistoricalDataRequest,
        HistoricalTicksRequest,
        HeadTimestampRequest,
        HistogramDataRequest,
    ),
    FarmKind.SECURITY_DEFINITIONS: (ContractDataRequest, MatchingSymbolsRequest, OptionChainsRequest),
}
_KIND_OF: Final = {request: kind for kind, requests in _REQUESTS.items() for request in requests}


class Farms:
    """The servers that the bridge takes data from, by name. One thread tells, any thread may look."""

    def __init__(self) -> None:
        self.states: dict[str, FarmState] = {}

    def hear_notice(self, notice: Notice) -> None:
        """A notice, perhaps of a farm."""
        state = farm_state(notice.code, notice.text)
        if state is not None:
            self.states = self.states | {state.name: state}

    def clear(self) -> None:
        """The connection is gone."""
        self.states = {}

    def behind(self, request: Request) -> str:
        """How the farms stand that a request depends on, in words; empty when it depends on none."""
        kind = _KIND_OF.get(type(request))
        if kind is None:
            return ""
        states = [f"{farm.name} {farm.condition}" for farm in self.states.values() if farm.kind is kind]
        return f"{kind} farms: {', '.join(states) or 'the bridge has told of none'}"
