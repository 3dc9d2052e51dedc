"""Account values and positions by account and model: as in `replies_accounts.py`, but each request has its own id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ibkr_actors.base.messages.accounts_multi import (
    AccountUpdateMulti,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    CancelAccountUpdatesMulti,
    CancelPositionsMulti,
    PositionMulti,
    PositionMultiEnd,
    PositionsMultiRequest,
)
from ibkr_actors.simulated_gateway.accounts.account_values import (
    NET_LIQUIDATION,
    NamedValue,
    account_values,
    all_ledger_values,
    summary_values,
)
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.accounts.refresh import Refresh
from ibkr_actors.simulated_gateway.accounts.valuation import HoldingValue, Valuation
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import ACCOUNT_UNKNOWN, Refusal, duplicate_ticker
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

EVERY_ACCOUNT: Final = ("", "All")


@dataclass(slots=True)
class _Updates:
    """One subscription to values, with what it was told last, by account, key and currency."""

    request: AccountUpdatesMultiRequest
    told: dict[tuple[str, str, str], NamedValue] = field(default_factory=dict)


class MultiAccountReplies(Service):
    """Tells clients what single accounts hold, several at a time if they like.

    An empty account means all of them. No account here has models: what is asked of one is answered as empty.
    Not responsible for: the values; they are `account_values.py` over a `Valuation`.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._updates: dict[tuple[Client, int], _Updates] = {}
        self._positions: dict[tuple[Client, int], PositionsMultiRequest] = {}
        self._refresh = Refresh(accounts)

    def handlers(self) -> Handlers:
        """Values and positions."""
        return {
            AccountUpdatesMultiRequest: self._follow_values,
            CancelAccountUpdatesMulti: self._cancel_values,
            PositionsMultiRequest: self._follow_positions,
            CancelPositionsMulti: self._cancel_positions,
        }

    def forget(self, client: Client) -> None:
        """End the subscriptions of a client."""
        self._updates = {key: updates for key, updates in self._updates.items() if key[0] is not client}
        self._positions = {key: request for key, request in self._positions.items() if key[0] is not client}

    def order_filled(self, order: WorkingOrder) -> None:
        """A position changed: its followers hear at once, those of values at the next step of the clock."""
        self._refresh.traded(order.account)
        if self._positions:
            for holding in self._accounts.held_by(order):
                for (client, request_id), request in self._positions.items():
                    if order.account in self._accounts_of(request):
                        client.tell(_position(request_id, order.account, holding))

    def advance(self, now: float) -> None:
        """Tell changed values, when a position changed and every few minutes."""
        due = self._refresh.due(now)
        if not due or not self._updates:
            return
        valuations = {account: self._accounts.value(account) for account in due}
        for (client, request_id), updates in self._updates.items():
            for account in self._accounts_of(updates.request):
                if account in due:
                    _tell_changes(client, request_id, updates, valuations[account])

    # ----------------------------------------------------------------------------------------------------- requests

    def _accounts_of(self, request: AccountUpdatesMultiRequest | PositionsMultiRequest) -> Iterable[str]:
        """The accounts that a request means. Raises Refusal for one that isn't ours."""
        if request.account not in self._accounts and request.account not in EVERY_ACCOUNT:
            raise Refusal(*ACCOUNT_UNKNOWN)
        if request.model_code:
            return ()
        return self._accounts.codes if request.account in EVERY_ACCOUNT else (request.account,)

    def _follow_values(self, client: Client, request: AccountUpdatesMultiRequest) -> None:
        key = client, request.request_id
        if key in self._updates:
            raise duplicate_ticker()
        updates = _Updates(request)
        for account in self._accounts_of(request):
            _tell_changes(client, request.request_id, updates, self._accounts.value(account))
        client.tell(AccountUpdateMultiEnd(request.request_id))
        self._updates[key] = updates

    def _cancel_values(self, client: Client, request: CancelAccountUpdatesMulti) -> None:
        self._updates.pop((client, request.request_id), None)

    def _follow_positions(self, client: Client, request: PositionsMultiRequest) -> None:
        key = client, request.request_id
        if key in self._positions:
            raise duplicate_ticker()
        for account in self._accounts_of(request):
            for holding in self._accounts.value(account).open_holdings():
                client.tell(_position(request.request_id, account, holding))
        client.tell(PositionMultiEnd(request.request_id))
        self._positions[key] = request

    def _cancel_positions(self, client: Client, request: CancelPositionsMulti) -> None:
        self._positions.pop((client, request.request_id), None)


def _tell_changes(client: Client, request_id: int, updates: _Updates, valuation: Valuation) -> None:
    """Send the values that differ from what the subscription was told."""
    account = valuation.account
    for row in _rows(updates.request, valuation):
        if updates.told.get((account, row.key, row.currency)) != row:
            updates.told[account, row.key, row.currency] = row
            client.tell(AccountUpdateMulti(request_id, account, "", row.key, row.value, row.currency))


def _rows(request: AccountUpdatesMultiRequest, valuation: Valuation) -> list[NamedValue]:
    if not request.ledger_and_net_liquidation:
        return account_values(valuation)
    return [summary_values(valuation)[NET_LIQUIDATION], *all_ledger_values(valuation)]


def _position(request_id: int, account: str, holding: HoldingValue) -> PositionMulti:
    average_cost = float(round(holding.average_cost, 8))
    return PositionMulti(request_id, account, holding.contract, holding.position, average_cost)
