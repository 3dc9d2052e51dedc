"""Profit and loss of accounts and of single positions, about once a second."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.messages.accounts import (
    CancelProfitAndLoss,
    CancelProfitAndLossSingle,
    ProfitAndLoss,
    ProfitAndLossRequest,
    ProfitAndLossSingle,
    ProfitAndLossSingleRequest,
)
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.accounts.valuation import Valuation
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.refusals import ACCOUNT_UNKNOWN, Refusal, duplicate_ticker, unknown_ticker
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

INTERVAL: Final = 1.0


class ProfitReplies(Service):
    """Keeps clients informed of profit and loss: the account's in its base currency, a position's in its own."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._subscriptions: dict[tuple[Client, int], ProfitAndLossRequest | ProfitAndLossSingleRequest] = {}
        self._next = 0.0

    def handlers(self) -> Handlers:
        """Both kinds of profit and loss."""
        return {
            ProfitAndLossRequest: self._subscribe,
            ProfitAndLossSingleRequest: self._subscribe,
            CancelProfitAndLoss: self._cancel,
            CancelProfitAndLossSingle: self._cancel,
        }

    def forget(self, client: Client) -> None:
        """End the subscriptions of a client."""
        for key in [key for key in self._subscriptions if key[0] is client]:
            del self._subscriptions[key]

    def advance(self, now: float) -> None:
        """Tell everyone, once a second."""
        if now < self._next or not self._subscriptions:
            return
        self._next = now + INTERVAL
        valuations = {account: self._accounts.value(account) for account in self._accounts.codes}
        for (client, request_id), request in self._subscriptions.items():
            client.tell(_message(request_id, request, valuations[request.account]))

    def _subscribe(
        self,
        client: Client,
        request: ProfitAndLossRequest | ProfitAndLossSingleRequest,
    ) -> None:
        if request.account not in self._accounts:
            raise Refusal(*ACCOUNT_UNKNOWN)
        if (client, request.request_id) in self._subscriptions:
            raise duplicate_ticker()
        self._subscriptions[client, request.request_id] = request
        client.tell(_message(request.request_id, request, self._accounts.value(request.account)))

    def _cancel(
        self,
        client: Client,
        request: CancelProfitAndLoss | CancelProfitAndLossSingle,
    ) -> None:
        if self._subscriptions.pop((client, request.request_id), None) is None:
            raise unknown_ticker(request.request_id)


def _message(
    request_id: int, request: ProfitAndLossRequest | ProfitAndLossSingleRequest, valuation: Valuation
) -> ProfitAndLoss | ProfitAndLossSingle:
    if isinstance(request, ProfitAndLossRequest):
        total = valuation.total
        return ProfitAndLoss(request_id, float(total.daily), float(total.unrealized), float(total.realized))
    holding = valuation.holdings.get(request.contract_id)
    if holding is None:
        return ProfitAndLossSingle(request_id)
    return ProfitAndLossSingle(
        request_id,
        holding.position,
        float(holding.daily),
        float(holding.unrealized),
        float(holding.realized),
        float(holding.value),
    )
