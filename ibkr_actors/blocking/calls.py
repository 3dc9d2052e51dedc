"""The calls of `ApiCalls` as blocking ones, and as streams."""

from __future__ import annotations

from typing import Any

from ibkr_actors.base.api_calls import ApiCalls, refuse_id
from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.base.messages.declaration import Cancellation, Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.order_checks import refuse_about_orders
from ibkr_actors.base.replies import Answer, has_answer
from ibkr_actors.base.timeouts import time_limit
from ibkr_actors.blocking.client import Client
from ibkr_actors.blocking.shapes import Parts, shaped
from ibkr_actors.blocking.stream import Stream
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.higher_requests.requests import HigherRequests


class BlockingCalls(HigherRequests, ApiCalls):  # type: ignore[misc]  # typed chains replace the plain call
    """Every request of the protocol, each call of which returns its data.

    | the bridge answers with      | the call returns                                                          |
    |------------------------------|---------------------------------------------------------------------------|
    | one message                  | that message                                                              |
    | any number, then an end      | a list, whose `end` and `notices` tell the rest                           |
    | a stream                     | a `Stream`, to iterate over                                               |
    | a first round, then changes  | the first round as a list; `streams` has the same call with the changes   |
    | a snapshot of market data    | a `Quote`                                                                 |
    | nothing                      | None, when it is sent                                                     |

    Raises RequestRejected, RequestTimeout, ConnectionLost, InvalidRequest, UnsupportedByServer.
    """

    def __init__(self, client: Client, timeout: float) -> None:
        self._client = client
        self.timeout = timeout

    @property
    def timeout(self) -> float:
        """Seconds that the bridge may take for an answer. Setting raises InvalidRequest for what is no limit."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        self._timeout = time_limit(seconds)

    def __repr__(self) -> str:
        address = self._client.address
        return f"<calls of {address.host}:{address.port}, client {address.client_id}, within {self.timeout:g} seconds>"

    def perform(self, request: Request) -> Any:
        """Make a request and return its data, in the shape that the table of the class gives.

        Raises InvalidRequest for a request about an order: only the calls for those check it and return its handle.
        """
        replies = request.facts.replies
        refuse_id(request)
        refuse_about_orders(
            request,
            "the checks of orders",
            "place_order, cancel_order, exercise_options or an order's handle",
        )
        if isinstance(request, Cancellation) or not has_answer(request):
            return self._client.send(request)
        if replies.keeps_on(request) and not replies.has_first_round:
            return self._client.stream(request)
        return shaped(self.answer_to(request))

    def answer_to(self, request: Request) -> Answer:
        """Make a request and return the whole answer as it came: `parts`, `end`, `notices`. Raises as a call does.

        For requests that keep on, use `streams`: their answer has no end. Raises InvalidRequest for one of those, and
        for a request that nothing answers.
        """
        replies = request.facts.replies
        if not has_answer(request) or (replies.keeps_on(request) and not replies.has_first_round):
            raise InvalidRequest(
                f"{type(request).__name__} has no answer with an end that could be waited for"
            )
        return self._client.ask(request, self.timeout)

    def known_commissions(self) -> dict[str, CommissionAndFeesReport]:
        """What executions cost, by execution id, as far as the bridge has told; the newest 10,000."""
        with self._client.lock:
            return dict(self._client.kept.commissions)

    # ------------------------------------------------------------------------------- more than one request has to say

    def request_contract_details(self, contract: Contract) -> list[ContractData]:
        """All contracts that fit a description, each with its details. Raises as every call."""
        request = ContractDataRequest(snapshot(contract, Contract))
        answer = self.answer_to(request)
        return Parts(answer.parts, ContractData, answer)


class StreamCalls(ApiCalls):
    """The calls of subscriptions, each of which returns a `Stream` that goes on behind the first round:

        with ibkr.streams.request_positions() as positions:
            for position in positions: ...

    The message that closes the first round comes among the others. Raises InvalidRequest for a request that is no
    subscription.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def perform(self, request: Request) -> Stream:
        """Subscribe."""
        refuse_id(request)
        if not request.facts.replies.keeps_on(request) or not has_answer(request):
            raise InvalidRequest(
                f"{type(request).__name__} is no subscription: call it on the interface itself"
            )
        return self._client.stream(request)
