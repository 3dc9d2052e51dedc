"""What a call returns, made of the answer that came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.base.messages.accounts import Position, PositionsRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionRequest
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, RerouteMarketData
from ibkr_actors.base.messages.orders import AllOpenOrdersRequest, OpenOrder, OpenOrdersRequest
from ibkr_actors.base.messages.reference_data import FamilyCodesRequest, MatchingSymbolsRequest
from ibkr_actors.base.replies import Answer
from ibkr_actors.blocking.quote import Quote
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.tables import Table, Tabular
from ibkr_actors.errors import AmbiguousContract, RequestRejected, RequestRerouted


class Parts(Rows[Any]):
    """An answer of any number of parts, as a list.

    `end` is the message that closed it, which of some requests tells more (`has_more` of historical news); `notices`
    are the bridge's warnings about it.
    """

    def __init__(self, parts: Iterable[Any], kind: type[Struct] | None, answer: Answer) -> None:
        super().__init__(parts, kind)
        self.end: Any = answer.end
        self.notices = tuple(answer.notices)


class _BarsOfRequest(NamedTuple):
    message_id: int
    request_id: int
    bars: Rows[Bar]


class Bars(Tabular, _BarsOfRequest):
    """Bars of history, to unpack as `(message_id, request_id, bars)`, or to make a table of as it is.

    `message_id` is the id of the bridge's message; `bars` are the bars in the order of time.
    """

    __slots__ = ()

    def table(self, columns: Iterable[str] | None, zone: str | tzinfo) -> Table:
        """A row for each bar."""
        return self.bars.table(columns, zone)


class MatchingSymbols(NamedTuple):
    """What a search by symbol found, the likeliest first."""

    request_id: int
    contracts: tuple[ContractDescription, ...]


def shaped(answer: Answer) -> Any:
    """What the call returns: a list of the parts, or the one message of a request that gets one."""
    request = answer.request
    shape = _SHAPES.get(type(request))
    if shape is not None:
        return shape(answer)
    if request.facts.replies.end is None:
        return answer.parts[-1]
    return Parts(answer.parts, request.facts.replies.parts[0], answer)


def _completed(answer: Answer) -> Contract:
    matches: list[Contract] = [part.contract for part in answer.parts]  # type: ignore[attr-defined]  # details only
    wanted = answer.request.contract  # type: ignore[attr-defined]  # likewise
    if not matches:  # a real bridge says so by error 200
        raise RequestRejected(answer.request, 200, f"no contract fits {wanted}")
    if len(matches) > 1:
        raise AmbiguousContract(wanted, matches)
    return matches[0]


def _historical(answer: Answer) -> Any:
    """Bars; of a request that shows SCHEDULE, the message with the sessions."""
    message = answer.parts[-1]
    if not isinstance(message, HistoricalData):
        return message
    return Bars(message.facts.id, message.request_id, Rows(message.bars, Bar))


def _historical_ticks(answer: Answer) -> Parts:
    return Parts([tick for part in answer.parts for tick in part.ticks], None, answer)  # type: ignore[attr-defined]  # of ticks


def _quote(answer: Answer) -> Quote:
    for part in answer.parts:
        if isinstance(part, RerouteMarketData):
            raise RequestRerouted(answer.request, part.contract_id, part.exchange)
    return Quote(answer.request.contract, answer.parts)  # type: ignore[attr-defined]  # of market data


def _orders(answer: Answer) -> Parts:
    """Orders with their contract and ids. The bridge may tell of one twice: the last time counts."""
    found = _last_of_each(
        (part for part in answer.parts if isinstance(part, OpenOrder)),
        lambda part: (part.order.client_id, part.order_id, part.order.permanent_id),
    )
    return Parts([_order_of(part) for part in found], Order, answer)


def _order_of(message: OpenOrder) -> Order:
    return replace(message.order, order_id=message.order_id, contract=message.contract.copy())


def _positions(answer: Answer) -> Parts:
    found = _last_of_each(
        (part for part in answer.parts if isinstance(part, Position)),
        lambda part: (part.account, part.contract.contract_id or str(part.contract)),
    )
    return Parts(found, Position, answer)


def _executions(answer: Answer) -> Parts:
    """Commissions come beside them, or later: they are kept by execution id."""
    found = _last_of_each(
        (part for part in answer.parts if isinstance(part, ExecutionDetails)),
        lambda part: part.execution.execution_id,
    )
    return Parts(found, ExecutionDetails, answer)


def _last_of_each(parts: Iterable[Any], key: Callable[[Any], Any]) -> list[Any]:
    return list({key(part): part for part in parts}.values())


def _family_codes(answer: Answer) -> list[Any]:
    return [code for part in answer.parts for code in part.family_codes]  # type: ignore[attr-defined]  # one message


def _matching_symbols(answer: Answer) -> MatchingSymbols:
    message: Any = answer.parts[-1]
    return MatchingSymbols(message.request_id, message.contract_descriptions)


_SHAPES: Final[dict[type[Request], Callable[[Answer], Any]]] = {
    ContractDataRequest: _completed,
    HistoricalDataRequest: _historical,
    HistoricalTicksRequest: _historical_ticks,
    MarketDataRequest: _quote,
    OpenOrdersRequest: _orders,
    AllOpenOrdersRequest: _orders,
    PositionsRequest: _positions,
    ExecutionRequest: _executions,
    FamilyCodesRequest: _family_codes,
    MatchingSymbolsRequest: _matching_symbols,
}
